"""Questions, topics and marked answers become the rows of a table."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from typing import Any

from questions.files.document import Document, QuestionRecord, SampleRecord, TopicRecord
from questions.files.plain import number, phrases
from questions.files.tables import OF_POINT, OF_QUESTION, Cell, escape_formula
from questions.languages import LANGUAGES


def question_rows(document: Document) -> Iterator[list[Cell]]:
    """The rows of all questions, in the order of COLUMNS."""
    for record in document.questions:
        of_question = question_cells(record)
        points = [point_cells(point) for point in record.key_points] or [[None] * len(OF_POINT)]
        for place, of_point in enumerate(points):
            yield [
                guarded(record.slug),
                *(of_question if place == 0 else [None] * len(OF_QUESTION)),
                *of_point,
            ]


def question_cells(record: QuestionRecord) -> list[Cell]:
    texts = [
        text[language] for text in (record.prompt, record.model_answer) for language in LANGUAGES
    ]
    cells: list[Cell] = [
        record.seed,
        " ".join(record.topics or ()),
        record.difficulty,
        record.minutes,
        record.reserved,
        record.source_url,
        *texts,
    ]
    return [guarded(cell) for cell in cells]


def point_cells(point: dict[str, Any]) -> list[Cell]:
    groups = "\n".join(term_line(text.split("\n")) for text in phrases(point, "term_group"))
    cells: list[Cell] = [
        point["key"],
        *(point["text"][language] for language in LANGUAGES),
        number(point["weight"]),
        True if point["required"] else None,
        *(point[name][language] for name in ("hint", "feedback") for language in LANGUAGES),
        "\n".join(phrases(point, "says_it")),
        groups,
        "\n".join(phrases(point, "contradicts")),
    ]
    return [guarded(cell) for cell in cells]


def topic_row(topic: TopicRecord) -> list[Cell]:
    return [
        guarded(cell)
        for cell in (topic.slug, topic.parent, *(topic.name[language] for language in LANGUAGES))
    ]


def sample_row(sample: SampleRecord) -> list[Cell]:
    marks = "\n".join(f"{key}: {credit:g}" for key, credit in sample.marks.items())
    return [
        guarded(cell) for cell in (sample.question, sample.name, sample.kind, sample.text, marks)
    ]


def guarded(cell: Cell) -> Cell:
    return escape_formula(cell) or None if isinstance(cell, str) else cell


class Line:
    """Takes what the csv module writes."""

    def __init__(self) -> None:
        self.text = ""

    def write(self, text: str) -> None:
        self.text += text


def term_line(terms: list[str]) -> str:
    line = Line()
    csv.writer(line, delimiter="|", lineterminator="").writerow(terms)
    return line.text
