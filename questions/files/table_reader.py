"""The rows of a table become the fields that our YAML has."""

from __future__ import annotations

import csv
import difflib
import re
from collections.abc import Iterable, Iterator, Sequence

from django.utils.translation import gettext as _

from questions.files.field_reader import FieldReader
from questions.files.nodes import Fields, Items
from questions.files.tables import OF_POINT, OF_QUESTION, Row, unescape_formula
from questions.languages import LANGUAGES

MARK = re.compile(r"([-a-zA-Z0-9_]+)\s*[:=：]\s*(0|0?[.]5|1|0[.]0|1[.]0)")
SEPARATES_TOPICS = re.compile(r"[\s,;，；、]+")
YES = frozenset({"true", "yes", "1", "x", "是"})
NO = frozenset({"false", "no", "0", "否"})


def header_of(row: Row, known: Sequence[str], reader: FieldReader) -> list[str]:
    """The names of the columns; an empty one where a column has none."""
    names = [cell.strip().casefold() for cell in row.cells]
    for place, name in enumerate(names):
        if name and name not in known:
            near = difflib.get_close_matches(name, known, 1)
            meant = (
                _("Do you mean “%(name)s”?") % {"name": near[0]}
                if near
                else _("Use one of %(known)s.") % {"known": ", ".join(known)}
            )
            reader.problem(
                row.line,
                _("there is no column “%(name)s”. %(meant)s") % {"name": name[:60], "meant": meant},
            )
        elif name and name in names[:place]:
            reader.problem(
                row.line,
                _(
                    "the column “%(name)s” appears twice, in columns %(index)s and %(place)s. "
                    "Keep one."
                )
                % {"name": name, "index": names.index(name) + 1, "place": place + 1},
            )
    if known[0] not in names:
        what = _(
            "the first row must name the columns, and “%(name)s” is not among them. Possible "
            "columns: %(columns)s."
        ) % {
            "name": known[0],
            "columns": ", ".join(known),
        }
        reader.problem(row.line, what)
    return names


def named_cells(
    rows: Iterable[Row], names: list[str], reader: FieldReader
) -> Iterator[tuple[int, dict[str, str]]]:
    """The cells of each row that has any, by their columns' names."""
    for row in rows:
        cells: dict[str, str] = {}
        for place, cell in enumerate(row.cells):
            if not cell.strip():
                continue
            name = names[place] if place < len(names) else ""
            if name:
                cells[name] = unescape_formula(cell)
            else:
                reader.problem(
                    row.line,
                    _("column %(place)s contains “%(text)s” and has no name. Name or empty it.")
                    % {"place": place + 1, "text": cell.strip()[:40]},
                )
        if cells:
            yield row.line, cells


def question_nodes(rows: Iterable[Row], names: list[str], reader: FieldReader) -> Items:
    """The questions of a table, as the fields our YAML has."""
    found: dict[str, Fields] = {}
    stated: dict[str, dict[str, tuple[str, int]]] = {}
    points: dict[str, Items] = {}
    slug = ""
    for line, cells in named_cells(rows, names, reader):
        slug = (
            cells.pop("slug", "").strip() or slug
        )  # merged cells hold their text in the first one
        if not slug:
            reader.problem(
                line, _("the cell of “slug” is empty. Name the question in each of its rows.")
            )
            continue
        if slug not in found:
            found[slug], stated[slug], points[slug] = Fields(line), {}, Items()
            found[slug].put("slug", slug)
        for name in OF_QUESTION:
            text = cells.get(name, "").strip()
            former, place = stated[slug].setdefault(name, (text, line)) if text else ("", 0)
            if text != former:
                reader.problem(
                    line,
                    _(
                        "“%(name)s” of %(slug)s differs from row %(place)s. Give it in only one "
                        "of its rows."
                    )
                    % {"name": name, "slug": slug[:80], "place": place},
                )
        if any(name in cells for name in OF_POINT):
            points[slug].put(point_node(line, cells, reader), line)
    items = Items()
    for slug, question in found.items():
        fill_question(question, stated[slug], names)
        question.put("key_points", points[slug])
        items.put(question, question.line)
    if not items:
        reader.finish()  # what is wrong with its rows, not that the table holds none
    return items


def fill_question(question: Fields, stated: dict[str, tuple[str, int]], names: list[str]) -> None:
    for name in ("seed", "difficulty", "source"):
        if name in stated:
            question.put(name, *stated[name])
    if "minutes" in stated:
        text, line = stated["minutes"]
        whole = re.fullmatch(r"([0-9]{1,9})(?:\.0{1,3})?", text)
        question.put("minutes", int(whole[1]) if whole else text, line)
    if "reserved" in stated:
        text, line = stated["reserved"]
        question.put("reserved", yes_or_no(text), line)
    if "topics" in names:
        text, line = stated.get("topics", ("", question.line))
        topics = Items()
        for slug in SEPARATES_TOPICS.split(text):
            if slug:
                topics.put(slug, line)
        question.put("topics", topics, line)
    for name in ("prompt", "model_answer"):
        put_texts(
            question,
            name,
            {column: cell for column, (cell, _line) in stated.items()},
            question.line,
        )


def yes_or_no(cell: str) -> bool | str:
    """What the cell says. Any other word stays as it is: the reader of fields reports it."""
    word = cell.strip().casefold()
    return word in YES if word in YES | NO else word


def put_texts(node: Fields, name: str, cells: dict[str, str], line: int) -> None:
    texts = Fields(line)
    for language in LANGUAGES:
        if f"{name}_{language}" in cells:
            texts.put(language, cells[f"{name}_{language}"])
    if texts:
        node.put(name, texts)


def point_node(line: int, cells: dict[str, str], reader: FieldReader) -> Fields:
    point = Fields(line)
    for name in ("key", "weight"):
        if name in cells:
            point.put(name, cells[name].strip())
    if "required" in cells:
        point.put("required", yes_or_no(cells["required"]))
    for name in ("text", "hint", "feedback"):
        put_texts(point, name, cells, line)
    for name in ("says_it", "contradicts"):
        point.put(name, listed(lines_of(cells.get(name, "")), line))
    groups = Items()
    for text in lines_of(cells.get("term_groups", "")):
        try:
            terms = next(csv.reader([text], delimiter="|", skipinitialspace=True, strict=True))
        except csv.Error as error:
            reader.problem(
                line,
                _(
                    "the term group “%(text)s” can't be split (%(error)s). Write it like 方差 | "
                    "variance."
                )
                % {"text": text[:60], "error": error},
            )
            continue
        groups.put(listed([term.strip() for term in terms], line), line)
    point.put("term_groups", groups)
    return point


def lines_of(cell: str) -> list[str]:
    return [
        line.strip()
        for line in cell.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        if line.strip()
    ]


def listed(texts: list[str], line: int) -> Items:
    items = Items()
    for text in texts:
        items.put(text, line)
    return items


def topic_nodes(rows: Iterable[Row], names: list[str], reader: FieldReader) -> Items:
    items = Items()
    for line, cells in named_cells(rows, names, reader):
        topic = Fields(line)
        for name in ("slug", "parent"):
            if name in cells:
                topic.put(name, cells[name].strip())
        put_texts(topic, "name", cells, line)
        items.put(topic, line)
    return items


def sample_nodes(rows: Iterable[Row], names: list[str], reader: FieldReader) -> Items:
    items = Items()
    for line, cells in named_cells(rows, names, reader):
        sample = Fields(line)
        for name in ("question", "name", "kind", "text"):
            if name in cells:
                sample.put(name, cells[name])
        marks = Fields(line)
        for text in lines_of(cells.get("marks", "")):
            if mark := MARK.fullmatch(text):
                marks.put(mark[1], float(mark[2]))
            else:
                reader.problem(
                    line,
                    _("the mark “%(text)s” must look like variance: 0.5, with 0, 0.5 or 1.")
                    % {"text": text[:60]},
                )
        sample.put("marks", marks)
        items.put(sample, line)
    return items
