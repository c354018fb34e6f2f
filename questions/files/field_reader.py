"""What every reader of structured files shares: fields and lists, and what is wrong with them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext as _

from questions.files.document import SURROGATE, BankFileError, Problem, is_source_address, tidy
from questions.files.limits import MAX_ITEMS, MAX_PROBLEMS, MAX_TEXT, MAX_WARNINGS
from questions.files.nodes import Fields, Items
from questions.languages import LANGUAGES

NAME = re.compile(
    r"[-a-zA-Z0-9_]+"
)  # what the dashboard takes as a slug, so that all it holds can be exported and come back


class FieldReader:
    """Makes questions of fields, and collects what is wrong.

    So an author can fix a file in one go.
    """

    def __init__(self, path: str, *, columns: bool = False) -> None:
        self.path = path
        # The fields are a table's columns, where a text's language belongs to the column's name
        self.columns = columns
        self.problems: list[Problem] = []
        self.warnings: list[Problem] = []

    def problem(self, line: int | None, what: str) -> None:
        self.problems.append(Problem(self.path, line, what))
        if len(self.problems) > 10 * MAX_PROBLEMS:
            self.finish()

    def warn(self, line: int | None, what: str) -> None:
        if len(self.warnings) < MAX_WARNINGS:
            self.warnings.append(Problem(self.path, line, what))

    def finish(self) -> None:
        """Raise BankFileError with the mistakes found so far, if any."""
        found = sorted(self.problems, key=lambda problem: problem.line or 0)
        if len(found) > MAX_PROBLEMS:
            found = [
                *found[:MAX_PROBLEMS],
                Problem(
                    self.path,
                    None,
                    _("there are more mistakes than these %(most)s. Fix these first.")
                    % {"most": MAX_PROBLEMS},
                ),
            ]
        if found:
            raise BankFileError(found)

    def mapping(self, node: Any, line: int, what: str, known: tuple[str, ...]) -> Fields:
        if not isinstance(node, Fields):
            self.problem(
                line,
                _("%(what)s must be written as fields: %(known)s.")
                % {"what": what, "known": ", ".join(known)},
            )
            return Fields(line)  # what its reader misses in it is reported where it should stand
        for name in node:
            if name not in known:
                self.problem(
                    node.lines[name],
                    _("%(what)s has no field “%(name)s”. Use one of %(known)s.")
                    % {"what": what, "name": name[:60], "known": ", ".join(known)},
                )
        return node

    def line_of(self, node: Fields, name: str) -> int:
        return node.lines.get(name, node.line)

    def text(self, node: Fields, name: str, *, required: bool = False, called: str = "") -> str:
        value = node.get(name)
        if value is None or value == "":
            if required:
                self.problem(
                    self.line_of(node, name),
                    _("the field “%(name)s” is missing or empty.") % {"name": name},
                )
            return ""
        if not isinstance(value, str):
            self.problem(
                self.line_of(node, name),
                _("“%(called)s” must be text. Put it in quotation marks.")
                % {"called": called or name},
            )
            return ""
        return self.storable(value, self.line_of(node, name), f"“{called or name}”")

    def storable(self, value: str, line: int, what: str) -> str:
        """The text without space around it and with plain line ends.

        Empty where no database keeps it: escapes can write any character.
        """
        if "\0" in value or SURROGATE.search(value):
            self.problem(
                line,
                _("%(what)s has a NUL character or half of one (a lone surrogate). Remove it.")
                % {"what": what},
            )
        elif len(value) > MAX_TEXT:
            self.problem(
                line,
                _("%(what)s has more than %(most)s characters. Shorten it.")
                % {"what": what, "most": MAX_TEXT},
            )
        else:
            return tidy(value)
        return ""

    def texts(self, node: Fields, name: str, *, required: bool = False) -> dict[str, str]:
        """A text in one or both languages."""
        if name not in node and not required:
            return dict.fromkeys(LANGUAGES, "")
        line = self.line_of(node, name)
        both = (
            self.mapping(node[name], line, f"“{name}”", LANGUAGES) if name in node else Fields(line)
        )
        found = {
            language: self.text(
                both, language, called=f"{name}_{language}" if self.columns else language
            )
            for language in LANGUAGES
        }
        if required and not any(found.values()):
            where = (f"{name}_zh", f"{name}_en") if self.columns else LANGUAGES
            self.problem(
                line,
                _("“%(name)s” needs a text under %(chinese)s or %(english)s.")
                % {"name": name, "chinese": where[0], "english": where[1]},
            )
        return found

    def items(
        self, node: Fields, name: str, *, required: bool = False, most: int = MAX_ITEMS
    ) -> Iterator[tuple[Any, int]]:
        """The items of a list with their lines; none of a list that has too many."""
        values = node.get(name)
        if values is None or values == []:
            if required:
                self.problem(
                    self.line_of(node, name),
                    _("the list “%(name)s” is missing or empty.") % {"name": name},
                )
            return
        if not isinstance(values, Items):
            self.problem(self.line_of(node, name), _("“%(name)s” must be a list.") % {"name": name})
            return
        if len(values) > most:
            self.problem(
                values.lines[most],
                _("“%(name)s” has more than %(most)s items. Shorten it, or split the file.")
                % {"name": name, "most": most},
            )
            return
        yield from zip(values, values.lines, strict=True)

    def choice(self, node: Fields, name: str, allowed: tuple[str, ...]) -> str | None:
        value = self.text(node, name)
        if value and value not in allowed:
            self.problem(
                self.line_of(node, name),
                _("“%(name)s” must be one of %(allowed)s; it is “%(value)s”.")
                % {"name": name, "allowed": ", ".join(allowed), "value": value[:60]},
            )
        return value or None

    def name(
        self, node: Fields, field: str, example: str, *, longest: int, required: bool = True
    ) -> str:
        """A slug or a key."""
        value = self.text(node, field, required=required)
        if value and not NAME.fullmatch(value):
            self.problem(
                self.line_of(node, field),
                _("“%(field)s” must look like %(example)s; it is “%(value)s”.")
                % {"field": field, "example": example, "value": value[:60]},
            )
        if len(value) > longest:
            self.problem(
                self.line_of(node, field),
                _("“%(field)s” can have at most %(longest)s characters. Shorten it.")
                % {"field": field, "longest": longest},
            )
        return value

    def address(self, node: Fields, name: str) -> str:
        value = self.text(node, name)
        if value and not is_source_address(value):
            self.problem(
                self.line_of(node, name),
                _("“%(name)s” must look like https://example.org/page; it is “%(value)s”.")
                % {"name": name, "value": value[:60]},
            )
        return value

    def refuse_repeated(self, name: str, values: list[tuple[str, int]]) -> None:
        first: dict[str, int] = {}
        for value, line in values:
            if value in first:
                self.problem(
                    line,
                    _(
                        "the %(name)s “%(value)s” is already used in line %(first)s. Each needs "
                        "its own."
                    )
                    % {"name": name, "value": value[:80], "first": first[value]},
                )
            first.setdefault(value, line)
