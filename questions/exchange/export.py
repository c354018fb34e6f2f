"""The bank's rows as a document."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from questions.content import rubric_contents
from questions.files.document import (
    Document,
    QuestionRecord,
    SampleRecord,
    TopicRecord,
    tidy,
    tidy_line,
)
from questions.models import Phrase, Question, Rubric, Sample, Topic, localized_texts


def export_questions(questions: QuerySet[Question], *, published: bool = False) -> Document:
    """The questions with their newest key points, draft or not, and the topics they stand in.

    `published` takes only questions open for answers, with the prompt and the key points that new
    grades use.
    """
    if published:
        questions = questions.filter(
            status=Question.Status.PUBLISHED, rubrics__status=Rubric.Status.PUBLISHED
        )
    rows = list(questions.distinct().prefetch_related("topics"))
    stored = stored_records(rows, published=published)
    return Document(
        tuple(stored[row.slug].record for row in rows),
        topics=tuple(topic_records({topic.pk for row in rows for topic in row.topics.all()})),
        samples=tuple(sample_records(stored)),
    )


@dataclass(frozen=True, slots=True)
class Stored:
    """A question as a file would state it, and the rubric its key points come from."""

    record: QuestionRecord
    question: Question
    rubric: Rubric | None


def stored_records(rows: Iterable[Question], *, published: bool = False) -> dict[str, Stored]:
    """By slug, with the newest key points or the published ones.

    The rows need their topics fetched.
    """
    by_id = {row.pk: row for row in rows}
    wanted = Rubric.objects.filter(question__in=by_id).order_by("version")
    if published:
        wanted = wanted.filter(status=Rubric.Status.PUBLISHED)
    newest = {rubric.question_id: rubric for rubric in wanted}
    contents = rubric_contents(rubric.pk for rubric in newest.values())
    found = {}
    for row in by_id.values():
        rubric = newest.get(row.pk)
        words = localized_texts(
            rubric
            if rubric is not None and (published or (rubric.has_own_texts and not rubric.is_frozen))
            else row
        )
        record = QuestionRecord(
            path="",
            line=0,
            slug=row.slug,
            seed=tidy(row.seed),
            difficulty=row.difficulty,
            minutes=row.suggested_minutes,
            reserved=row.is_reserved or None,
            source_url=row.source_url,
            prompt=both(**words["prompt"]),
            model_answer=both(
                **(
                    words["model_answer"]
                    if any(words["model_answer"].values())
                    else localized_texts(row)["model_answer"]
                )
            ),
            key_points=[tidy_point(point) for point in contents[rubric.pk]] if rubric else [],
            topics=tuple(topic.slug for topic in row.topics.all()),
        )
        found[row.slug] = Stored(record, row, rubric)
    return found


# Answers that people gave here are theirs: they don't leave with the bank.
IN_FILES = (Sample.Origin.BANK, Sample.Origin.AUTHOR)


def sample_records(stored: dict[str, Stored]) -> Iterator[SampleRecord]:
    """The marked samples that authors wrote, with the marks in the order of the key points."""
    questions = [found.question.pk for found in stored.values()]
    marked = Sample.objects.in_use().filter(question__in=questions, origin__in=IN_FILES)
    for sample in marked.select_related("question").order_by("question_id", "pk"):
        slug = sample.question.slug
        keys = [point["key"] for point in stored[slug].record.key_points]
        marks = {
            key: float(sample.marks[key])
            for key in [*keys, *sorted(sample.marks.keys() - keys)]
            if key in sample.marks
        }
        if marks and tidy(sample.text):
            yield SampleRecord(
                "", 0, slug, sample.name, tidy(sample.kind), tidy(sample.text), marks
            )


def both(zh: str, en: str) -> dict[str, str]:
    return {"zh": tidy(zh), "en": tidy(en)}


def tidy_point(point: dict[str, Any]) -> dict[str, Any]:
    """A key point's content as a file has it: its phrases by kind.

    The order of kinds means nothing.
    """
    texts = {name: both(**point[name]) for name in ("text", "hint", "feedback")}
    kinds = list(Phrase.Kind.values)
    tidied = [
        [
            kind,
            "\n".join(filter(None, map(tidy, text.split("\n"))))
            if kind == Phrase.Kind.TERM_GROUP
            else tidy_line(text),
        ]
        for kind, text in point["phrases"]
    ]
    return (
        point
        | texts
        | {
            "phrases": sorted(
                (phrase for phrase in tidied if phrase[1]),
                key=lambda phrase: kinds.index(phrase[0]),
            )
        }
    )


def topic_records(ids: set[int]) -> Iterator[TopicRecord]:
    """The topics and those above them, parents before their children."""
    topics = {topic.pk: topic for topic in Topic.objects.all()}
    wanted: set[int] = set()
    for pk in ids:
        above: Topic | None = topics[pk]
        while above is not None and above.pk not in wanted:
            wanted.add(above.pk)
            above = topics.get(above.parent_id) if above.parent_id else None
    waiting = [topic for topic in topics.values() if topic.pk in wanted]
    while waiting:
        for topic in [
            topic for topic in waiting if topic.parent_id not in {other.pk for other in waiting}
        ]:
            parent = topics[topic.parent_id].slug if topic.parent_id else None
            yield TopicRecord(topic.slug, {"zh": topic.name_zh, "en": topic.name_en}, parent)
            waiting.remove(topic)
