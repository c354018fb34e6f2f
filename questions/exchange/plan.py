"""What an import would change."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from questions.exchange.checks import refuse_strange_topics
from questions.exchange.export import IN_FILES, Stored, both, stored_records
from questions.files.document import Document, QuestionRecord, SampleRecord, tidy
from questions.files.plain import phrases
from questions.languages import LANGUAGES
from questions.models import Phrase, Question, Sample, Topic


class Outcome(StrEnum):
    """What an import does with one question.

    KEPT: a person changed it here, so the file does not overwrite it.
    """

    CREATED = "created"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    KEPT = "kept"


@dataclass(frozen=True, slots=True)
class Change:
    """One difference between the file and what is here.

    `key` names the key point it is about; a point that only one side has differs in its
    `key_point`.
    """

    field: str
    old: str
    new: str
    key: str = ""


@dataclass(frozen=True, slots=True)
class ImportedQuestion:
    """What becomes of one question.

    `changes` are done, or of a kept one left undone; a new question has none, and no row at first.
    """

    record: QuestionRecord
    outcome: Outcome
    changes: tuple[Change, ...] = ()
    row: Question | None = None
    samples: tuple[SampleRecord, ...] = ()


def plan_import(
    documents: Sequence[Document], *, publish: bool = False, overwrite: bool = False
) -> list[ImportedQuestion]:
    """What `import_questions` would do.

    Raises BankFileError where the documents don't fit what is here.
    """
    refuse_strange_topics(documents)
    records = [record for document in documents for record in document.questions]
    stored = stored_records(
        Question.objects.filter(slug__in=[record.slug for record in records]).prefetch_related(
            "topics"
        )
    )
    topics = set(Topic.objects.values_list("slug", flat=True)) | {
        topic.slug for document in documents for topic in document.topics
    }
    samples: dict[str, list[SampleRecord]] = {}
    for sample in (sample for document in documents for sample in document.samples):
        samples.setdefault(sample.question, []).append(sample)
    marked = stored_samples(found.question.pk for found in stored.values()) if samples else {}
    planned = []
    for record in records:
        here, own = stored.get(record.slug), tuple(samples.get(record.slug, ()))
        if here is None:
            planned.append(ImportedQuestion(record, Outcome.CREATED, samples=own))
            continue
        changes = (
            *differences(here, record, topics),
            *sample_differences(marked.get(here.question.pk, {}), own),
        )
        publishes = (
            publish
            and here.rubric is not None
            and bool(record.key_points)
            and not here.rubric.is_frozen
        )
        if here.question.is_edited and not overwrite and (changes or publishes):
            planned.append(ImportedQuestion(record, Outcome.KEPT, changes, here.question))
        elif changes or publishes:
            planned.append(ImportedQuestion(record, Outcome.CHANGED, changes, here.question, own))
        else:
            planned.append(ImportedQuestion(record, Outcome.UNCHANGED, (), here.question))
    return planned


def name_of(change: Change) -> str:
    return f"{change.key}.{change.field}" if change.key else change.field


def differences(here: Stored, record: QuestionRecord, topics: set[str]) -> Iterator[Change]:
    """Where the file states something else than what is here."""
    old = here.record
    for language in LANGUAGES:
        yield from change(f"prompt_{language}", old.prompt[language], record.prompt[language])
    for language in LANGUAGES:
        yield from change(
            f"model_answer_{language}", old.model_answer[language], record.model_answer[language]
        )
    yield from change("source_url", old.source_url, record.source_url)
    yield from change("seed", old.seed, record.seed)
    if record.difficulty is not None:
        yield from change("difficulty", old.difficulty or "", record.difficulty)
    if record.minutes is not None:
        yield from change("minutes", str(old.minutes), str(record.minutes))
    if record.reserved is not None:
        yield from change("reserved", str(bool(old.reserved)).lower(), str(record.reserved).lower())
    if record.topics is not None:
        stated = {slug for slug in record.topics if slug in topics}
        yield from change("topics", ", ".join(sorted(old.topics or ())), ", ".join(sorted(stated)))
    if record.key_points:
        yield from point_differences(old.key_points, record.key_points)
        rubric = here.rubric
        if (
            rubric is not None
            and rubric.is_frozen
            and both(rubric.prompt_zh, rubric.prompt_en) != record.prompt == old.prompt
        ):
            yield Change(
                "published_prompt",
                rubric.prompt_zh or rubric.prompt_en,
                record.prompt["zh"] or record.prompt["en"],
            )


def point_differences(old: list[dict[str, Any]], new: list[dict[str, Any]]) -> Iterator[Change]:
    before = {point["key"]: point for point in old}
    after = {point["key"]: point for point in new}
    for key, point in before.items():
        if key not in after:
            yield Change("key_point", shown(point["text"]), "", key)
    for key, point in after.items():
        if key not in before:
            yield Change("key_point", "", shown(point["text"]), key)
            continue
        former = before[key]
        for name in ("text", "hint", "feedback"):
            for language in LANGUAGES:
                yield from change(
                    f"{name}_{language}", former[name][language], point[name][language], key
                )
        yield from change("weight", former["weight"], point["weight"], key)
        yield from change(
            "required", str(former["required"]).lower(), str(point["required"]).lower(), key
        )
        for kind in Phrase.Kind.values:
            yield from change(
                kind, written(phrases(former, kind)), written(phrases(point, kind)), key
            )
    if [key for key in before if key in after] != [key for key in after if key in before]:
        yield Change("order", ", ".join(before), ", ".join(after))


def stored_samples(questions: Iterable[int]) -> dict[int, dict[str, Sample]]:
    """By question and name."""
    found: dict[int, dict[str, Sample]] = {}
    for sample in Sample.objects.filter(question__in=list(questions)):
        found.setdefault(sample.question_id, {})[sample.name] = sample
    return found


def sample_differences(
    here: dict[str, Sample], records: Iterable[SampleRecord]
) -> Iterator[Change]:
    """Samples that the file adds or states otherwise.

    One of the same name that is somebody's answer here is left alone.
    """
    for record in records:
        sample = here.get(record.name)
        if sample is None:
            yield Change(
                "sample", "", marked_text(record.kind, record.marks, record.text), record.name
            )
        elif sample.origin in IN_FILES and not sample.is_set_aside:
            old = marked_text(tidy(sample.kind), sample.marks, tidy(sample.text))
            yield from change(
                "sample", old, marked_text(record.kind, record.marks, record.text), record.name
            )


def marked_text(kind: str, marks: dict[str, float], text: str) -> str:
    said = ", ".join(f"{key}: {float(credit):g}" for key, credit in sorted(marks.items()))
    return "\n".join(filter(None, (kind, said, text)))


def written(texts: list[str]) -> str:
    """Wordings one on each line, and term groups as in a table's cell."""
    return "\n".join(" | ".join(text.split("\n")) for text in texts)


def change(field: str, old: str, new: str, key: str = "") -> Iterator[Change]:
    if old != new:
        yield Change(field, old, new, key)


def shown(texts: dict[str, str]) -> str:
    return texts["zh"] or texts["en"]
