"""What a workbook may do to the machine that opens it.

A workbook is a zip of XML, and both can be made to burst. `refuse_bombs` bounds every part before
openpyxl sees any.
"""

from __future__ import annotations

import io
import re
import stat
import zipfile
from dataclasses import dataclass, field
from typing import Any
from xml.etree.ElementTree import ParseError  # the exception only

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import iterparse
from django.utils.translation import gettext as _
from openpyxl.utils import column_index_from_string, get_column_letter

from questions.files.document import BankFileError, refuse

MAX_PARTS = 200
MAX_UNPACKED = 20 * 1024 * 1024
MAX_RATIO = 100
SMALL = 1024 * 1024  # parts below it may be packed as tightly as they like
MAX_XML_DEPTH = 50
OLD_OFFICE = b"\xd0\xcf\x11\xe0"
SPREADSHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


@dataclass(slots=True)
class SheetFacts:
    """What is told about a sheet's XML before its cells are read."""

    last_row: int = 0
    last_column: int = 0
    merged: list[str] = field(default_factory=list)
    hidden_rows: list[int] = field(default_factory=list)
    hidden_columns: list[str] = field(default_factory=list)


def refuse_bombs(content: bytes, path: str) -> dict[str, SheetFacts]:
    """What stands in each sheet's part.

    Raises BankFileError for anything that would unpack, nest or expand without end.
    """
    if content.startswith(OLD_OFFICE):
        raise refuse(
            path,
            None,
            _(
                "this is an old .xls file or one with a password. Save it as .xlsx without a "
                "password."
            ),
        )
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = archive.infolist()
            refuse_archive(parts, path)
            return {
                part.filename: facts_of(archive, part, path)
                for part in parts
                if part.filename.endswith((".xml", ".rels"))
            }
    except BankFileError:
        raise
    except DefusedXmlException:
        raise refuse(
            path,
            None,
            _(
                "the workbook declares a document type or entities in its XML. Save it again as "
                ".xlsx."
            ),
        ) from None
    except Exception as error:  # zipfile and zlib have many words for a damaged archive
        what = _(
            "this is not a workbook (%(kind)s): the file is damaged or of another kind. Save it "
            "again as .xlsx."
        ) % {"kind": type(error).__name__}
        raise refuse(path, None, what) from error


def refuse_archive(parts: list[zipfile.ZipInfo], path: str) -> None:
    if len(parts) > MAX_PARTS:
        raise refuse(
            path,
            None,
            _("the workbook has more than %(most)s parts. Save the sheet alone in a new workbook.")
            % {"most": MAX_PARTS},
        )
    for part in parts:
        name = part.filename
        if (
            name.startswith(("/", "\\"))
            or ".." in re.split(r"[/\\]", name)
            or stat.S_ISLNK(part.external_attr >> 16)
        ):
            raise refuse(
                path,
                None,
                _("a part of the workbook points outside it (%(name)s). Save it again.")
                % {"name": repr(name[:60])},
            )
        if part.flag_bits & 0x1:
            raise refuse(path, None, _("the workbook has a password. Save it without one."))
        if part.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise refuse(
                path,
                None,
                _(
                    "the workbook is packed in a way that spreadsheet programs don't use. Save "
                    "it again."
                ),
            )
        if part.file_size > SMALL and part.file_size > MAX_RATIO * max(part.compress_size, 1):
            raise refuse(
                path,
                None,
                _(
                    "%(name)s unpacks to %(file_size)s MB, over %(most)s times its size. Save "
                    "it again."
                )
                % {"name": name[:60], "file_size": part.file_size // SMALL, "most": MAX_RATIO},
            )
    if sum(part.file_size for part in parts) > MAX_UNPACKED:
        raise refuse(
            path,
            None,
            _("the workbook unpacks to more than %(most)s MB. Split it, and leave out pictures.")
            % {"most": MAX_UNPACKED // SMALL},
        )


def facts_of(archive: zipfile.ZipFile, part: zipfile.ZipInfo, path: str) -> SheetFacts:
    """Reads a part's XML once, without keeping it."""
    facts = SheetFacts()
    depth = row = column = 0
    parents: list[Any] = []
    try:
        with archive.open(part) as stream:
            for event, element in iterparse(stream, events=("start", "end"), forbid_dtd=True):
                if event == "start":
                    depth += 1
                    parents.append(element)
                    if depth > MAX_XML_DEPTH:
                        raise refuse(
                            path,
                            None,
                            _(
                                "%(filename)s is nested deeper than %(most)s. Save the workbook "
                                "again."
                            )
                            % {"filename": part.filename[:60], "most": MAX_XML_DEPTH},
                        )
                    row, column = note_element(facts, element, row, column)
                else:
                    depth -= 1
                    parents.pop()
                    if parents:
                        parents[-1].remove(element)  # or a large part would be kept whole
    except ParseError as error:
        raise refuse(
            path,
            None,
            _("%(filename)s in the workbook is not XML (%(error)s). Save it again.")
            % {"filename": part.filename[:60], "error": error},
        ) from None
    return facts


def note_element(facts: SheetFacts, element: Any, row: int, column: int) -> tuple[int, int]:
    """What one element tells, and the row and column it is in."""
    tag = element.tag.removeprefix(SPREADSHEET)
    if tag == "row":
        row, column = int(element.get("r") or row + 1), 0
        if element.get("hidden") in ("1", "true"):
            facts.hidden_rows.append(row)
    elif tag == "c":
        letters = re.match(r"[A-Z]{1,3}", element.get("r") or "")
        column = column_index_from_string(letters[0]) if letters else column + 1
    elif tag in ("v", "is", "f"):
        facts.last_row, facts.last_column = max(facts.last_row, row), max(facts.last_column, column)
    elif tag == "mergeCell":
        facts.merged.append(str(element.get("ref"))[:20])
    elif tag == "col" and element.get("hidden") in ("1", "true"):
        facts.hidden_columns.append(get_column_letter(int(element.get("min") or 1)))
    return row, column
