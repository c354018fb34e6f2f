"""Writes workbooks: questions, topics and marked answers on a sheet each."""

from __future__ import annotations

import io
import re
from typing import Any

from django.utils.translation import gettext as _
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter

from questions.files.document import Document
from questions.files.table_writer import question_rows, sample_row, topic_row
from questions.files.tables import COLUMNS, SAMPLE_COLUMNS, TOPIC_COLUMNS, Cell

MAX_CELL = 32_767  # characters that spreadsheets keep in a cell
NOT_XML = re.compile("[\x00-\x08\x0b-\x1f\ufffe\uffff]")  # and not \t, \n
LOOKS_ESCAPED = re.compile("_(?=x[0-9A-Fa-f]{4}_)")


class UnwritableError(Exception):
    """A text is longer than a cell holds."""


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


SHORT = frozenset(
    {"slug", "seed", "topics", "difficulty", "minutes", "reserved", "key", "weight", "required"}
)


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
