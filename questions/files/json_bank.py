"""Reads and writes JSON with the fields of our YAML. The library's parser does the reading; what is here keeps the lines."""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Callable
from json import decoder, scanner
from typing import Any

from django.utils.translation import gettext as _

from questions.files.document import BankFileError, Document, checked_text, refuse
from questions.files.plain import as_plain
from questions.files.reader import (
    MAX_DEPTH,
    TOO_DEEP,
    TOO_MANY,
    Fields,
    Items,
    Reader,
    most_values,
    number,
)

ScanOnce = Callable[[str, int], tuple[Any, int]]


def parse_json(text: str, *, path: str) -> Document:
    """The questions of a file. Raises BankFileError with every mistake found, each with its line."""
    text = checked_text(text, path)
    parser = PlacedDecoder(text, path)
    try:
        root = parser.decode(text)
    except json.JSONDecodeError as error:
        raise refuse(
            path,
            error.lineno,
            _("this is not JSON: %(msg)s at character %(colno)s of the line.")
            % {"msg": error.msg, "colno": error.colno},
        ) from None
    return Reader(path).document(root)


def write_json(document: Document) -> bytes:
    return (json.dumps(as_plain(document), ensure_ascii=False, indent=1) + "\n").encode()


class PlacedDecoder(json.JSONDecoder):
    """Makes Fields and Items with their lines, and refuses what a file of ours has no use for."""

    def __init__(self, text: str, path: str) -> None:
        super().__init__(parse_float=number, parse_int=number, parse_constant=self.no_constant)
        self.path = path
        self.most = most_values(text)
        self.line_starts = [
            0,
            *(place + 1 for place, character in enumerate(text) if character == "\n"),
        ]
        self.place = 0
        self.depth = 0
        # The library's own parser in Python, which hands every object and list to these two.
        self.parse_object = self.read_object
        self.parse_array = self.read_array
        self.scan_once = scanner.py_make_scanner(self)  # type: ignore[attr-defined]  # typeshed leaves it out

    def line(self, place: int) -> int:
        return bisect_right(self.line_starts, place)

    def error(self, place: int, what: str) -> BankFileError:
        return refuse(self.path, self.line(place), what)

    def no_constant(self, name: str) -> Any:
        raise self.error(
            self.place,
            _("%(name)s is not a JSON number. Write a plain number.") % {"name": name},
        )

    def enter(self, place: int) -> None:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise self.error(place, str(TOO_DEEP))

    def watching(self, scan_once: ScanOnce, places: list[int]) -> ScanOnce:
        def scan(text: str, place: int) -> tuple[Any, int]:
            places.append(place)
            self.place = place
            self.most -= 1
            if self.most < 0:
                raise self.error(place, str(TOO_MANY))
            return scan_once(text, place)

        return scan

    def read_object(  # noqa: PLR0917 - the signature of json.decoder.JSONObject
        self,
        text_and_place: tuple[str, int],
        strict: bool,  # noqa: FBT001
        scan_once: ScanOnce,
        hook: Any,
        pairs_hook: Any,
        memo: Any = None,
    ) -> tuple[Fields, int]:
        start = text_and_place[1] - 1
        self.enter(start)
        places: list[int] = []
        watched = self.watching(scan_once, places)
        pairs, end = decoder.JSONObject(  # type: ignore[attr-defined]
            text_and_place, strict, watched, None, list, memo
        )
        self.depth -= 1
        fields = Fields(self.line(start))
        for (name, value), place in zip(pairs, places, strict=True):
            if name in fields:
                raise self.error(
                    place,
                    _("the field “%(value)s” appears twice here. Keep one.") % {"value": name[:60]},
                )
            fields.put(name, value, self.line(place))
        return fields, end

    def read_array(self, text_and_place: tuple[str, int], scan_once: ScanOnce) -> tuple[Items, int]:
        self.enter(text_and_place[1] - 1)
        places: list[int] = []
        values, end = decoder.JSONArray(text_and_place, self.watching(scan_once, places))  # type: ignore[attr-defined]
        self.depth -= 1
        items = Items()
        for value, place in zip(values, places, strict=True):
            items.put(value, self.line(place))
        return items, end
