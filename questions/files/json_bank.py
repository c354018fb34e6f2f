"""Reads and writes JSON with the fields of our YAML.

The library's parser keeps no lines, so what is here walks through the text and keeps them. What
a string says and what is wrong with a broken file is left to the library.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from typing import Any

from django.utils.translation import gettext as _

from questions.files.document import BankFileError, Document, checked_text, refuse
from questions.files.limits import MAX_DEPTH
from questions.files.nodes import TOO_DEEP, TOO_MANY, Fields, Items, most_values, number, twice
from questions.files.plain import as_plain
from questions.files.reader import Reader

SPACE = " \t\n\r"
# A string, a sign, or a run of anything else: a number or a word.
PART = re.compile(rf'[{SPACE}]*("[^"\\]*(?:\\.[^"\\]*)*"|[][{{}}:,]|[^\s"\[\]{{}}:,]+)', re.DOTALL)
NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?")
WORDS = {"true": True, "false": False, "null": None}
NO_NUMBERS = ("NaN", "Infinity", "-Infinity")  # which Python writes and JSON does not know


def parse_json(text: str, *, path: str) -> Document:
    """The questions of a file.

    Raises BankFileError with every mistake found, each with its line.
    """
    return Reader(path).document(load_json(text, path))


def write_json(document: Document) -> bytes:
    return (json.dumps(as_plain(document), ensure_ascii=False, indent=1) + "\n").encode()


def load_json(text: str, path: str) -> Any:
    """What the text states, as Fields and Items with their lines. Raises BankFileError."""
    return Walker(checked_text(text, path), path).root()


class Walker:
    """Walks through a text part by part, and refuses what a file of ours has no use for."""

    def __init__(self, text: str, path: str) -> None:
        self.text = text
        self.path = path
        self.most = most_values(text)
        self.line_starts = [0, *(found.end() for found in re.finditer("\n", text))]
        self.part = ""  # where the walk has come to,
        self.start = 0  # where that begins,
        self.end = 0  # and where it ends

    def line(self, place: int) -> int:
        return bisect_right(self.line_starts, place)

    def error(self, place: int, what: str) -> BankFileError:
        return refuse(self.path, self.line(place), what)

    def broken(self) -> BankFileError:
        """What the library says is wrong with the text. It gets no further than the walk did."""
        try:
            json.loads(self.text, parse_int=str, parse_float=str)
        except json.JSONDecodeError as error:
            what = _("this is not JSON: %(msg)s at character %(colno)s of the line.")
            told = {"msg": error.msg, "colno": error.colno}
            return refuse(self.path, error.lineno, what % told)
        raise AssertionError("the library reads what the walk does not")

    def next(self) -> str:
        found = PART.match(self.text, self.end)
        if found is None:
            raise self.broken()
        self.part = found[1]
        self.start, self.end = found.span(1)
        return self.part

    def root(self) -> Any:
        self.next()
        root = self.value(1)
        if self.text[self.end :].strip(SPACE):
            raise self.broken()
        return root

    def value(self, depth: int) -> Any:
        """The value that begins with this part, up to its last one."""
        part = self.part
        if part[0] == '"':
            return self.string()
        if part in ("{", "["):
            if depth > MAX_DEPTH:
                raise self.error(self.start, str(TOO_DEEP))
            return self.fields(depth) if part == "{" else self.items(depth)
        if part in WORDS:
            return WORDS[part]
        if NUMBER.fullmatch(part):
            return number(part)
        if part in NO_NUMBERS:
            what = _("%(name)s is not a JSON number. Write a plain number.") % {"name": part}
            raise self.error(self.start, what)
        raise self.broken()

    def string(self) -> str:
        if self.part[0] != '"':
            raise self.broken()
        try:
            return str(json.loads(self.part))
        except json.JSONDecodeError:
            raise self.broken() from None

    def inner_value(self, depth: int) -> tuple[Any, int]:
        """A value inside of an object or a list, and where it begins."""
        start = self.start
        self.most -= 1
        if self.most < 0:
            raise self.error(start, str(TOO_MANY))
        return self.value(depth + 1), start

    def fields(self, depth: int) -> Fields:
        fields = Fields(self.line(self.start))
        if self.next() == "}":
            return fields
        while True:
            name = self.string()
            if self.next() != ":":
                raise self.broken()
            self.next()
            value, start = self.inner_value(depth)
            if name in fields:
                raise self.error(start, twice(name))
            fields.put(name, value, self.line(start))
            if not self.goes_on("}"):
                return fields

    def items(self, depth: int) -> Items:
        items = Items()
        if self.next() == "]":
            return items
        while True:
            value, start = self.inner_value(depth)
            items.put(value, self.line(start))
            if not self.goes_on("]"):
                return items

    def goes_on(self, end: str) -> bool:
        """Step over the comma before the next value or name; False at the `end`."""
        sign = self.next()
        if sign == ",":
            self.next()
            return True
        if sign != end:
            raise self.broken()
        return False
