"""The shipped bank out and in again, in every format.

Nothing is lost but what the format says it leaves out.
"""

from dataclasses import replace

import pytest

from questions.exchange.apply import import_questions, import_topics
from questions.exchange.export import export_questions
from questions.exchange.plan import Outcome, plan_import
from questions.files.bank import (
    NOT_IN_CSV,
    Format,
    parse_questions,
    write_questions,
)
from questions.files.document import Document
from questions.files.markdown_writer import NOT_HELD
from questions.models import Question, Rubric

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def shipped(bank_files) -> Document:
    return Document(
        tuple(record for document in bank_files.documents for record in document.questions),
        (),
        tuple(bank_files.topics),
        tuple(bank_files.samples),
    )


def stated(document: Document) -> dict:
    return {
        "questions": [replace(record, path="", line=0) for record in document.questions],
        "topics": {topic.slug: topic for topic in document.topics},
        "samples": {
            (sample.question, sample.name): replace(sample, path="", line=0)
            for sample in document.samples
        },
    }


def exported() -> Document:
    return export_questions(Question.objects.order_by("pk"))


def imported(content: bytes, kind: Format) -> Document:
    document = parse_questions(content, name=f"bank.{kind}")
    import_questions([document], publish=True)
    return document


def again(document: Document) -> set[Outcome]:
    return {plan.outcome for plan in plan_import([document], publish=True)}


@pytest.mark.parametrize("kind", [Format.YAML, Format.JSON, Format.XLSX])
def test_the_shipped_bank_comes_back_whole(shipped, kind):
    content, remarks = write_questions(shipped, kind)

    document = imported(content, kind)

    assert stated(exported()) == stated(shipped)
    assert remarks == []
    assert again(document) == {Outcome.UNCHANGED}
    assert Rubric.objects.count() == len(shipped.questions)


def test_csv_brings_back_all_but_topics_and_marked_answers_and_says_so(shipped):
    content, remarks = write_questions(shipped, Format.CSV)
    import_topics(shipped.topics)

    document = imported(content, Format.CSV)

    assert stated(exported())["questions"] == stated(shipped)["questions"]
    assert remarks == [NOT_IN_CSV]
    assert again(document) == {Outcome.UNCHANGED}
    assert write_questions(exported(), Format.CSV)[0] == content


def test_markdown_brings_back_prompts_key_points_and_sources_and_says_so(shipped):
    content, remarks = write_questions(shipped, Format.MARKDOWN)

    document = imported(content, Format.MARKDOWN)

    assert sorted(map(held, exported().questions)) == sorted(map(held, shipped.questions))
    assert remarks == [NOT_HELD]
    assert again(document) == {Outcome.UNCHANGED}
    assert write_questions(exported(), Format.MARKDOWN)[0] == content


def held(record) -> tuple:
    return (
        record.seed,
        record.prompt["zh"],
        record.source_url,
        [point["text"]["zh"] for point in record.key_points],
    )
