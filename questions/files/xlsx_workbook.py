"""Reads and writes workbooks: the table of tables.py on a sheet “questions”, and the topics on a sheet “topics”.

A workbook is a zip of XML, and both can be made to burst. `refuse_bombs` bounds every part before openpyxl sees any.
"""

from __future__ import annotations

import datetime
import io
import re
import stat
import warnings
import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any
from xml.etree.ElementTree import ParseError  # the exception only

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import iterparse
from django.utils.translation import gettext as _
from openpyxl import Workbook, load_workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Font
from openpyxl.utils import column_index_from_string, get_column_letter

from questions.files.document import BankFileError, Document, refuse
from questions.files.reader import Fields, Items, Reader
from questions.files.tables import (
    COLUMNS,
    MAX_COLUMNS,
    MAX_ROWS,
    SAMPLE_COLUMNS,
    TOPIC_COLUMNS,
    Cell,
    Row,
    header_of,
    question_nodes,
    question_rows,
    sample_nodes,
    sample_row,
    topic_nodes,
    topic_row,
)

MAX_PARTS = 200
MAX_UNPACKED = 20 * 1024 * 1024
MAX_RATIO = 100
SMALL = 1024 * 1024  # parts below it may be packed as tightly as they like
MAX_XML_DEPTH = 50
MAX_CELL = 32_767  # characters that spreadsheets keep in a cell
NOT_XML = re.compile("[\x00-\x08\x0b-\x1f\ufffe\uffff]")  # and not \t, \n
ESCAPE = re.compile("_x([0-9A-Fa-f]{4})_")
LOOKS_ESCAPED = re.compile("_(?=x[0-9A-Fa-f]{4}_)")
OLD_OFFICE = b"\xd0\xcf\x11\xe0"
NAMES = (
    "slug",
    "seed",
    "key",
    "topics",
    "parent",
    "question",
    "name",
)  # a number here has lost how it was written
SPREADSHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


class UnwritableError(Exception):
    """A text is longer than a cell holds."""


@dataclass(slots=True)
class SheetFacts:
    """What is told about a sheet's XML before its cells are read."""

    last_row: int = 0
    last_column: int = 0
    merged: list[str] = field(default_factory=list)
    hidden_rows: list[int] = field(default_factory=list)
    hidden_columns: list[str] = field(default_factory=list)


# Reading ------------------------------------------------------------------------------------------------------------


def parse_xlsx(content: bytes, *, path: str) -> Document:
    """The questions and topics of a workbook. Raises BankFileError with every mistake found, each with its row."""
    facts = refuse_bombs(content, path)
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore"
        )  # what openpyxl leaves out (drawings, validation) is nothing to us
        try:
            workbook = load_workbook(
                io.BytesIO(content), read_only=True, data_only=False, keep_links=False
            )
            return read_workbook(workbook, facts, path)
        except BankFileError:
            raise
        except (
            Exception
        ) as error:  # openpyxl answers a damaged workbook with whatever its parts raise
            what = _(
                "the workbook is damaged (%(kind)s). Open it in a spreadsheet program "
                "and save it again as .xlsx."
            ) % {"kind": type(error).__name__}
            raise refuse(path, None, what) from error


def read_workbook(workbook: Any, facts: dict[str, SheetFacts], path: str) -> Document:
    sheets = {sheet.title.strip().casefold(): sheet for sheet in workbook.worksheets}
    if not sheets:
        raise refuse(
            path, None, _("the workbook has no sheet. Put the questions on one named “questions”.")
        )
    first = next(
        (sheet for sheet in sheets.values() if sheet.sheet_state == "visible"),
        next(iter(sheets.values())),
    )
    questions = sheets.get("questions", first)
    reader = SheetReader(path)
    root = Fields(1)
    others = {
        name: sheets[name]
        for name in ("topics", "samples")
        if sheets.get(name, questions) is not questions
    }
    for name, sheet in others.items():
        reader.on_sheet(name)
        columns, nodes = (
            (TOPIC_COLUMNS, topic_nodes) if name == "topics" else (SAMPLE_COLUMNS, sample_nodes)
        )
        root.put(name, reader.nodes(sheet, facts, columns, nodes))
    reader.on_sheet("")
    for sheet in sheets.values():
        if sheet not in (questions, *others.values()):
            reader.warn(
                None,
                _(
                    "the sheet “%(title)s” is not read. "
                    "Only “questions”, “topics” and “samples” are."
                )
                % {"title": sheet.title},
            )
        elif sheet.sheet_state != "visible":
            reader.warn(
                None,
                _("the sheet “%(title)s” is hidden and was read anyway.") % {"title": sheet.title},
            )
    root.put("questions", reader.nodes(questions, facts, COLUMNS, question_nodes))
    return reader.document(root)


class SheetReader(Reader):
    def __init__(self, path: str) -> None:
        super().__init__(path, columns=True)
        self.sheet = ""
        self.characters = 0

    def on_sheet(self, name: str) -> None:
        self.sheet = (
            _("sheet “%(name)s”: ") % {"name": name}
            if name and name.casefold() != "questions"
            else ""
        )

    def problem(self, line: int | None, what: str) -> None:
        super().problem(line, self.sheet + what)

    def warn(self, line: int | None, what: str) -> None:
        super().warn(line, self.sheet + what)

    def nodes(
        self,
        sheet: Any,
        facts: dict[str, SheetFacts],
        columns: tuple[str, ...],
        nodes_of: Callable[[Iterable[Row], list[str], Reader], Items],
    ) -> Items:
        known = facts.get(str(getattr(sheet, "_worksheet_path", "")).lstrip("/"), SheetFacts())
        if known.last_row > MAX_ROWS or known.last_column > MAX_COLUMNS:
            self.problem(
                None,
                _(
                    "there are cells beyond row %(rows)s or column %(columns)s. Remove "
                    "them, or split the file."
                )
                % {"rows": MAX_ROWS, "columns": MAX_COLUMNS},
            )
            self.finish()
        rows = self.rows(sheet, known)
        header = next(rows, None)
        if header is None:
            self.problem(
                1,
                _("the sheet is empty. Its first row names the columns: %(columns)s.")
                % {"columns": ", ".join(columns)},
            )
            self.finish()
            return Items()
        names = header_of(header, columns, self)
        self.finish()
        self.names = names
        self.tell_hidden(known)
        return nodes_of(rows, names, self)

    names: list[str] | None = None

    def tell_hidden(self, known: SheetFacts) -> None:
        if known.merged:
            self.warn(
                None,
                _("cells are merged (%(merged)s): only the first of them has the text.")
                % {"merged": ", ".join(known.merged[:5])},
            )
        if known.hidden_rows:
            rows = ", ".join(str(row) for row in known.hidden_rows[:10])
            self.warn(
                known.hidden_rows[0],
                _("hidden rows were read anyway (%(rows)s). Remove them if they should not count.")
                % {"rows": rows},
            )
        if known.hidden_columns:
            self.warn(
                None,
                _("hidden columns were read anyway (%(hidden_columns)s).")
                % {"hidden_columns": ", ".join(known.hidden_columns[:10])},
            )

    def rows(self, sheet: Any, known: SheetFacts) -> Iterator[Row]:
        sheet.reset_dimensions()  # some programs state a wrong size
        self.names = None
        width = max(known.last_column, 1)
        for number, cells in enumerate(
            sheet.iter_rows(max_row=known.last_row or 1, max_col=width), 1
        ):
            texts = [self.cell_text(cell, number, place) for place, cell in enumerate(cells)]
            self.characters += sum(map(len, texts))
            if (
                self.characters > MAX_UNPACKED
            ):  # a text that stands in the file once may stand in any number of its cells
                raise refuse(
                    self.path,
                    number,
                    _("the cells have more than %(most)s million characters. Split the file.")
                    % {"most": MAX_UNPACKED // SMALL},
                )
            if any(text.strip() for text in texts):
                yield Row(number, texts)

    def cell_text(self, cell: Any, row: int, place: int) -> str:
        """A cell as text, and a problem where it isn't what was typed."""
        value = cell.value
        if value is None:
            return ""
        name = (
            self.names[place]
            if self.names and place < len(self.names) and self.names[place]
            else ""
        )
        where = (
            f"“{name}”"
            if name
            else _("column %(letter)s") % {"letter": get_column_letter(place + 1)}
        )
        if cell.data_type == "f":
            self.problem(
                row,
                _(
                    "%(where)s contains a formula. Paste its value instead; if it is "
                    "text, put an apostrophe before it."
                )
                % {"where": where},
            )
        elif cell.data_type == "e":
            self.problem(
                row,
                _("%(where)s contains the error %(value)s. Write the text itself.")
                % {"where": where, "value": value},
            )
        elif isinstance(value, datetime.date | datetime.time | datetime.timedelta):
            self.problem(
                row,
                _(
                    "%(where)s contains a date or time (%(value)s), not what was typed. "
                    "Format the column as text and type it again."
                )
                % {"where": where, "value": value},
            )
        elif isinstance(value, bool):
            return "true" if value else "false"
        elif isinstance(value, int | float):
            text = (
                str(int(value))
                if abs(value) < 1e15 and value == int(value)  # neither is true of NaN
                else repr(value)
            )
            if name in NAMES:
                self.problem(
                    row,
                    _(
                        "%(where)s contains the number %(text)s, which drops zeros. "
                        "Format the column as text and type it again."
                    )
                    % {"where": where, "text": text},
                )
            elif name not in ("weight", "minutes", "required"):
                self.warn(
                    row,
                    _("%(where)s contains a number, read as the text “%(text)s”.")
                    % {"where": where, "text": text},
                )
            return text
        elif isinstance(value, str):
            return ESCAPE.sub(lambda found: chr(int(found[1], 16)), value)
        else:
            self.problem(
                row,
                _("%(where)s contains something that is not text. Write it as text.")
                % {"where": where},
            )
        return ""


# What a zip may do ---------------------------------------------------------------------------------------------------


def refuse_bombs(content: bytes, path: str) -> dict[str, SheetFacts]:
    """What stands in each sheet's part. Raises BankFileError for anything that would unpack, nest or expand without end."""
    if content.startswith(OLD_OFFICE):
        raise refuse(
            path,
            None,
            _(
                "this is an old .xls file or one with a password. Save it as .xlsx without a password."
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
                "the workbook declares a document type or entities in its XML. Save it "
                "again as .xlsx."
            ),
        ) from None
    except Exception as error:  # zipfile and zlib have many words for a damaged archive
        what = _(
            "this is not a workbook (%(kind)s): the file is damaged or of another kind. "
            "Save it again as .xlsx."
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
                    "the workbook is packed in a way that spreadsheet programs don't use. "
                    "Save it again."
                ),
            )
        if part.file_size > SMALL and part.file_size > MAX_RATIO * max(part.compress_size, 1):
            raise refuse(
                path,
                None,
                _(
                    "%(name)s unpacks to %(file_size)s MB, over %(most)s times its size. "
                    "Save it again."
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
                                "%(filename)s is nested deeper than %(most)s. Save the "
                                "workbook again."
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


# Writing ------------------------------------------------------------------------------------------------------------


def write_xlsx(document: Document) -> bytes:
    """Raises UnwritableError for texts that no cell holds."""
    rows = list(question_rows(document))
    samples = [sample_row(sample) for sample in document.samples]
    too_long = [
        f"{name} of {row[0]}"
        for columns, table in ((COLUMNS, rows), (SAMPLE_COLUMNS, samples))
        for row in table
        for name, cell in zip(columns, row, strict=True)
        if isinstance(cell, str) and len(xml_text(cell)) > MAX_CELL
    ]
    if too_long:
        raise UnwritableError(
            _("too long for a cell, which can have %(most)s characters: %(texts)s.")
            % {"most": MAX_CELL, "texts": ", ".join(too_long[:10])}
        )
    workbook = Workbook(write_only=True)
    questions = workbook.create_sheet("questions")
    questions.freeze_panes = "B2"
    for place, name in enumerate(COLUMNS, 1):
        questions.column_dimensions[get_column_letter(place)].width = 14 if name in SHORT else 40
    questions.append([head(questions, name) for name in COLUMNS])
    for row in rows:
        questions.append([as_cell(questions, cell) for cell in row])
    for name, columns, more in (
        ("topics", TOPIC_COLUMNS, [topic_row(topic) for topic in document.topics]),
        ("samples", SAMPLE_COLUMNS, samples),
    ):
        sheet = workbook.create_sheet(name)
        sheet.append([head(sheet, column) for column in columns])
        for row in more:
            sheet.append([as_cell(sheet, cell) for cell in row])
    stream = io.BytesIO()
    workbook.save(stream)
    return stream.getvalue()


SHORT = frozenset({"slug", "seed", "topics", "difficulty", "minutes", "key", "weight", "required"})


def head(sheet: Any, name: str) -> Any:
    cell = WriteOnlyCell(sheet, name)
    cell.font = Font(bold=True)
    return cell


def as_cell(sheet: Any, value: Cell) -> Any:
    """Text stays text: a column formatted so keeps what is typed into it later, too."""
    if not isinstance(value, str):
        return value
    cell = WriteOnlyCell(sheet, xml_text(value))
    cell.data_type = "s"
    cell.number_format = "@"
    cell.alignment = Alignment(wrap_text=True, vertical="top")
    return cell


def xml_text(text: str) -> str:
    """The text with the characters that XML can't hold written as spreadsheets write them."""
    return NOT_XML.sub(lambda found: f"_x{ord(found[0]):04X}_", LOOKS_ESCAPED.sub("_x005F_", text))
