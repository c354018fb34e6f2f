"""The shipped bank as rubrics and marked answers, read without a database."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from grading import engine
from grading.evaluation.types import AnswerLine, InputError

BANK_DIR = Path(__file__).resolve().parent.parent.parent / "questions" / "bank"


def read_glossary(path: Path) -> engine.Glossary:
    """The shared glossary from its YAML file: `groups` of terms, and `opposites` in pairs."""
    try:
        record = YAML(typ="safe").load(path.read_text(encoding="utf-8"))
        groups = tuple(tuple(str(word) for word in group) for group in record["groups"])
        opposites = tuple((str(one), str(other)) for one, other in record["opposites"])
    except (OSError, YAMLError, KeyError, TypeError, ValueError) as error:
        raise InputError(f"{path}: not a glossary ({error})") from error
    return engine.Glossary(groups, opposites)


@lru_cache(maxsize=1)
def shipped_glossary() -> engine.Glossary:
    """The glossary shipped with the bank; an empty one where the file is missing."""
    path = BANK_DIR / "glossary.yaml"
    return read_glossary(path) if path.exists() else engine.Glossary()


def _bank_records() -> Iterable[Mapping[str, Any]]:
    for path in sorted(BANK_DIR.glob("*.yaml")):
        record = YAML(typ="safe").load(path.read_text(encoding="utf-8"))
        if isinstance(record, dict):
            yield from record.get("questions") or ()


def _bank_rubric(question: Mapping[str, Any]) -> engine.Rubric:
    points = tuple(_bank_point(point) for point in question["key_points"])
    return engine.Rubric(
        tuple(_languages(question["prompt"])), points, tuple(_languages(question["model_answer"]))
    )


def bank_rubric(name: str) -> engine.Rubric:
    """The rubric of a question of the shipped bank, by slug or `seed:1.1`, with the texts of both languages."""
    seed = name.removeprefix("seed:") if name.startswith("seed:") else None
    for question in _bank_records():
        if question.get("slug") == name or (seed is not None and str(question.get("seed")) == seed):
            return _bank_rubric(question)
    raise InputError(f"the shipped bank has no question {name!r}")


def bank_samples() -> tuple[dict[str, engine.Rubric], dict[str, str], list[AnswerLine]]:
    """The shipped bank's rubrics and places in the source document by slug, and its marked samples."""
    questions = list(_bank_records())
    rubrics = {str(question["slug"]): _bank_rubric(question) for question in questions}
    answers = []
    for path in sorted((BANK_DIR / "samples").glob("*.yaml")):
        for sample in YAML(typ="safe").load(path.read_text(encoding="utf-8"))["samples"]:
            marks = {str(key): float(mark) for key, mark in sample["marks"].items()}
            weights = {
                point.key: float(point.weight) for point in rubrics[sample["question"]].key_points
            }
            score = (
                100
                * sum(weights[key] * mark for key, mark in marks.items())
                / sum(weights.values())
            )
            answers.append(
                AnswerLine(
                    sample["name"],
                    sample["question"],
                    sample["text"],
                    marks,
                    score,
                    sample["kind"],
                )
            )
    return (
        rubrics,
        {str(question["slug"]): str(question["seed"]) for question in questions},
        answers,
    )


def bank_model_answers() -> list[AnswerLine]:
    """The bank's model answers in both languages, each key point marked as covered."""
    return [
        AnswerLine(
            f"{question['slug']}-{language}",
            str(question["slug"]),
            str(text),
            {str(p["key"]): 1.0 for p in question["key_points"]},
            100.0,
            "model answer",
        )
        for question in _bank_records()
        for language, text in question["model_answer"].items()
    ]


def _languages(text: object) -> list[str]:
    values = text.values() if isinstance(text, dict) else [text]
    return [str(value) for value in values if value]


def _bank_point(record: Mapping[str, Any]) -> engine.KeyPoint:
    phrases = [engine.Phrase(str(text)) for text in record.get("says_it") or ()]
    phrases += [
        engine.Phrase("\n".join(map(str, g)), engine.PhraseKind.TERM_GROUP)
        for g in record.get("term_groups") or ()
    ]
    phrases += [
        engine.Phrase(str(text), engine.PhraseKind.CONTRADICTS)
        for text in record.get("contradicts") or ()
    ]
    return engine.KeyPoint(
        str(record["key"]),
        tuple(_languages(record["text"])),
        Decimal(str(record.get("weight", 1))),
        bool(record.get("required")),
        tuple(phrases),
    )
