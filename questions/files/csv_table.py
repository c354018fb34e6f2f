"""Reads and writes CSV: the table of tables.py, as spreadsheets save it."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

from django.utils.translation import gettext as _

from questions.files.document import Document, checked_text, refuse
from questions.files.limits import MAX_FILE_BYTES
from questions.files.nodes import Fields
from questions.files.reader import Reader
from questions.files.table_reader import header_of, question_nodes
from questions.files.table_writer import question_rows
from questions.files.tables import COLUMNS, MAX_COLUMNS, MAX_ROWS, Row

DELIMITERS = (",", ";", "\t")
csv.field_size_limit(
    MAX_FILE_BYTES
)  # a file is no larger, and the check of each text names the question


def parse_csv(text: str, *, path: str) -> Document:
    """The questions of a table.

    Raises BankFileError with every mistake found, each with its line.
    """
    text = checked_text(text, path)
    reader = Reader(path, columns=True)
    rows = rows_of(text, delimiter_of(text), path)
    header = next(rows, None)
    if header is None:
        raise refuse(
            path,
            1,
            _("there is no row that names the columns. Begin with one: %(columns)s.")
            % {"columns": ", ".join(COLUMNS)},
        )
    names = header_of(header, COLUMNS, reader)
    if len(names) > MAX_COLUMNS:
        raise refuse(
            path,
            header.line,
            _("there are more than %(most)s columns. Remove those that have no name.")
            % {"most": MAX_COLUMNS},
        )
    reader.finish()  # without its columns a table can't be read any further
    root = Fields(header.line)
    root.put("questions", question_nodes(rows, names, reader))
    return reader.document(root)


def delimiter_of(text: str) -> str:
    """What divides the columns: what makes “slug” one of them."""
    first = next(
        (line for line in text.split("\n") if line.strip() and not line.startswith("sep=")), ""
    )
    for delimiter in DELIMITERS:
        if "slug" in (cell.strip(' "').casefold() for cell in first.split(delimiter)):
            return delimiter
    return ","


def rows_of(text: str, delimiter: str, path: str) -> Iterator[Row]:
    """The rows that are not blank, from the header on, each with the line it begins in."""
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    count = 0
    while True:
        start = lines.line_num + 1
        try:
            cells = next(lines)
        except StopIteration:
            return
        except csv.Error as error:
            what = _(
                "the row that begins here is not CSV: %(error)s. Look for a quotation mark that "
                "is not closed, or not doubled in a text."
            ) % {"error": error}
            raise refuse(path, start, what) from None
        if start == 1 and len(cells) <= 2 and cells and cells[0].startswith("sep="):
            continue  # how a spreadsheet notes the delimiter
        if any(cell.strip() for cell in cells):
            count += 1
            if count > MAX_ROWS:
                raise refuse(
                    path,
                    start,
                    _("there are more than %(most)s rows. Split the file.") % {"most": MAX_ROWS},
                )
            yield Row(start, cells)


def write_csv(document: Document) -> bytes:
    """The table in UTF-8 with the mark by which spreadsheets know it."""
    stream = io.StringIO(newline="")
    writer = csv.writer(stream)
    writer.writerow(COLUMNS)
    for row in question_rows(document):
        writer.writerow("true" if cell is True else cell for cell in row)
    return stream.getvalue().encode("utf-8-sig")
