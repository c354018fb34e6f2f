"""Reads workbooks: a sheet “questions” with the table of tables.py, and others.

The others have topics and samples.
"""

from __future__ import annotations

import datetime
import io
import re
import warnings
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from django.utils.translation import gettext as _
from openpyxl import load_workbook
from openpyxl.utils import get_column_letter

from questions.files.document import BankFileError, Document, refuse
from questions.files.nodes import Fields, Items
from questions.files.reader import Reader
from questions.files.table_reader import header_of, question_nodes, sample_nodes, topic_nodes
from questions.files.tables import (
    COLUMNS,
    MAX_COLUMNS,
    MAX_ROWS,
    SAMPLE_COLUMNS,
    TOPIC_COLUMNS,
    Row,
)
from questions.files.xlsx_guard import MAX_UNPACKED, SMALL, SheetFacts, refuse_bombs

ESCAPE = re.compile("_x([0-9A-Fa-f]{4})_")
NAMES = (
    "slug",
    "seed",
    "key",
    "topics",
    "parent",
    "question",
    "name",
)  # a number here has lost how it was written


def parse_xlsx(content: bytes, *, path: str) -> Document:
    """The questions and topics of a workbook.

    Raises BankFileError with every mistake found, each with its row.
    """
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
            elif name not in ("weight", "minutes", "required", "reserved"):
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
