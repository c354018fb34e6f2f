"""How request bodies are read: strict JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import IO, Any

from django.utils.translation import gettext as _
from rest_framework.parsers import JSONParser

from api.problems import Problem, printable
from api.strict_json import DuplicateKeyError, unique_keys


class StrictJSONParser(JSONParser):
    """UTF-8 JSON without NaN, repeated keys or too deep nesting.

    Nesting too deep would exhaust the interpreter's stack.
    """

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        try:
            # The charset a client names is not looked at: JSON between systems is UTF-8, and Python
            # knows "charsets" that are none.
            text = stream.read().decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise Problem(
                "invalid_encoding",
                _("The body is not UTF-8 at byte %(byte)d. Send it as UTF-8.")
                % {"byte": error.start},
            ) from error
        try:
            return json.loads(text, object_pairs_hook=unique_keys, parse_constant=refuse_constant)
        except RecursionError as error:
            raise Problem("invalid_json", _("The body is nested too deeply.")) from error
        except DuplicateKeyError as error:
            raise Problem(
                "duplicate_key",
                _("The key “%(key)s” appears twice in one object. Keep one.")
                % {"key": printable(error.key)},
            ) from error
        except json.JSONDecodeError as error:
            raise Problem(
                "invalid_json",
                _("The body is not JSON: line %(line)d, column %(column)d.")
                % {"line": error.lineno, "column": error.colno},
            ) from error
        except ValueError as error:  # NaN, and numbers with more digits than Python converts
            raise Problem(
                "invalid_json", _("The body contains a number that can't be read.")
            ) from error


def refuse_constant(name: str) -> Any:
    raise ValueError(name)
