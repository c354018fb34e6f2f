"""What a structured file states: named values and lists that know their lines."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from questions.files.limits import MAX_DIGITS

TOO_MANY = gettext_lazy(
    "there are more values up to here than a bank of this length should have. Remove what "
    "belongs to no question, or split the file."
)
TOO_DEEP = gettext_lazy("lists or mappings are nested deeper than 20. Flatten them.")


def most_values(text: str) -> int:
    """How many values, names and brackets a file of that text may have.

    Without a limit one could take minutes to read.
    """
    return 50_000 + len(text) // 10


def number(digits: str) -> int | Decimal | str:
    """A number of that many digits or more stays a text.

    No field of ours takes it, and its reader says so, with the line.
    """
    if len(digits) > MAX_DIGITS:
        return digits
    return int(digits) if digits.lstrip("+-").isdigit() else Decimal(digits)


class Fields(dict[str, Any]):
    """Named values, as a file states them, with the line each stands in."""

    def __init__(self, line: int) -> None:
        super().__init__()
        self.line = line
        self.lines: dict[str, int] = {}

    def put(self, name: str, value: Any, line: int | None = None) -> None:
        self[name] = value
        self.lines[name] = self.line if line is None else line


class Items(list[Any]):
    """A list, as a file states it, with the line each item stands in."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[int] = []

    def put(self, value: Any, line: int) -> None:
        self.append(value)
        self.lines.append(line)


def twice(name: str) -> str:
    """What is told of a field that an object or a mapping has two times."""
    return _("the field “%(value)s” appears twice here. Keep one.") % {"value": name[:60]}
