"""The shipped bank as rubrics and marked answers, read without a database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache

from grading import engine
from grading.evaluation.types import AnswerLine, InputError
from questions.as_rubric import glossary_as_written, rubric_as_written
from questions.files.bank import (
    BANK_DIR,
    load_glossary,
    question_files,
    read_bank,
    read_questions,
    read_samples,
)
from questions.files.document import BankFileError, QuestionRecord


@lru_cache(maxsize=1)
def shipped_glossary() -> engine.Glossary:
    """The glossary shipped with the bank. Raises InputError."""
    with bank_errors_as_input_errors():
        return glossary_as_written(*load_glossary())


def bank_rubric(name: str) -> engine.Rubric:
    """The rubric of a question of the shipped bank, by slug or as `seed:1.1`.

    Files are read one by one until the question is found. Raises InputError.
    """
    seed = name.removeprefix("seed:") if name.startswith("seed:") else None
    with bank_errors_as_input_errors():
        for path in question_files():
            for record in read_questions(path).questions:
                if record.slug == name or (seed is not None and record.seed == seed):
                    return rubric_of(record)
    raise InputError(f"the shipped bank has no question {name!r}")


def bank_samples() -> tuple[dict[str, engine.Rubric], dict[str, str], list[AnswerLine]]:
    """All of the shipped bank: (rubrics, places in the source document, marked samples).

    Rubrics and places are by slug. Raises InputError.
    """
    with bank_errors_as_input_errors():
        _topics, documents = read_bank()
        samples = read_samples(BANK_DIR, documents)
    records = [record for document in documents for record in document.questions]
    rubrics = {record.slug: rubric_of(record) for record in records}
    answers = [
        AnswerLine(
            sample.name,
            sample.question,
            sample.text,
            sample.marks,
            marked_score(rubrics[sample.question], sample.marks),
            sample.kind,
        )
        for sample in samples
    ]
    return rubrics, {record.slug: record.seed for record in records}, answers


def bank_model_answers() -> list[AnswerLine]:
    """The bank's model answers in both languages, each key point marked as covered."""
    with bank_errors_as_input_errors():
        _topics, documents = read_bank()
    return [
        AnswerLine(
            f"{record.slug}-{language}",
            record.slug,
            text,
            {point["key"]: 1.0 for point in record.key_points},
            100.0,
            "model answer",
        )
        for document in documents
        for record in document.questions
        for language, text in record.model_answer.items()
        if text
    ]


def rubric_of(record: QuestionRecord) -> engine.Rubric:
    texts = {"prompt": record.prompt, "model_answer": record.model_answer}
    return rubric_as_written(texts, record.key_points)


def marked_score(rubric: engine.Rubric, marks: dict[str, float]) -> float:
    """The points that a person's marks come to, without rounding and without a cap."""
    weights = {point.key: float(point.weight) for point in rubric.key_points}
    return 100 * sum(weights[key] * mark for key, mark in marks.items()) / sum(weights.values())


@contextmanager
def bank_errors_as_input_errors() -> Iterator[None]:
    """Let a command report a broken file of the bank as it reports any file it can't use."""
    try:
        yield
    except BankFileError as error:
        raise InputError(str(error)) from error
