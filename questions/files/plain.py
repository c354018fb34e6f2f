"""Questions as plain dictionaries and lists, the way YAML and JSON files state them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from questions.files.document import Document, QuestionRecord, SampleRecord


def as_plain(document: Document) -> dict[str, Any]:
    plain: dict[str, Any] = {}
    if document.topics:
        plain["topics"] = [
            {"slug": topic.slug, "name": topic.name}
            | ({"parent": topic.parent} if topic.parent else {})
            for topic in document.topics
        ]
    plain["questions"] = [question(record) for record in document.questions]
    if document.samples:
        plain["samples"] = [sample(record) for record in document.samples]
    return plain


def sample(record: SampleRecord) -> dict[str, Any]:
    stated = {
        "question": record.question,
        "name": record.name,
        "kind": record.kind,
        "text": record.text,
    }
    marks = {
        key: int(credit) if credit in (0, 1) else credit for key, credit in record.marks.items()
    }
    return {name: text for name, text in stated.items() if text} | {"marks": marks}


def question(record: QuestionRecord) -> dict[str, Any]:
    stated = {
        "slug": record.slug,
        "seed": record.seed,
        "topics": None if record.topics is None else list(record.topics),
        "difficulty": record.difficulty,
        "minutes": record.minutes,
        "reserved": record.reserved,
        "source": record.source_url,
        "prompt": said(record.prompt),
        "model_answer": said(record.model_answer),
    }
    kept = {name: value for name, value in stated.items() if value or value == []}
    return kept | {"key_points": [key_point(point) for point in record.key_points]}


def key_point(point: dict[str, Any]) -> dict[str, Any]:
    stated: dict[str, Any] = {
        "key": point["key"],
        "text": said(point["text"]),
        "weight": None if point["weight"] == "1.00" else number(point["weight"]),
        "required": point["required"],
        "hint": said(point["hint"]),
        "feedback": said(point["feedback"]),
        "says_it": phrases(point, "says_it"),
        "term_groups": [text.split("\n") for text in phrases(point, "term_group")],
        "contradicts": phrases(point, "contradicts"),
    }
    return {name: value for name, value in stated.items() if value}


def phrases(point: dict[str, Any], kind: str) -> list[str]:
    return [text for of_kind, text in point["phrases"] if of_kind == kind]


def said(texts: dict[str, str]) -> dict[str, str]:
    return {language: text for language, text in texts.items() if text}


def number(weight: str) -> int | float:
    exact = Decimal(weight)
    return int(exact) if exact == exact.to_integral_value() else float(exact)
