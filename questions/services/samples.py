"""Marked answers: load the shipped ones, keep people's, say which grading learns from."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence

from django.contrib.auth.models import User
from django.db import transaction
from django.utils.text import slugify

from questions.files.document import SampleRecord
from questions.files.reader import CREDITS
from questions.hashing import sha256_of_json
from questions.models import Question, Sample

LEARNED_FROM = 200  # samples of one question that grading reads at most
# People's word on this installation's answers comes before what was shipped, where there is more
# than grading reads.
FIRST_READ = [
    Sample.Origin.OVERRIDE,
    Sample.Origin.ANSWER,
    Sample.Origin.AUTHOR,
    Sample.Origin.BANK,
]


def sample_hash(name: str, text: str, marks: Mapping[str, float]) -> str:
    """SHA-256 of what grading reads of a sample."""
    credits_by_key = sorted((key, float(credit)) for key, credit in marks.items())
    return sha256_of_json([name, text, credits_by_key])


def samples_for_grading(question_id: int, *, answer_id: int | None = None) -> list[tuple[str, int]]:
    """(content hash, id) of the samples that grading an answer learns from, by hash.

    These are the question's samples that teach (`SampleQuerySet.teaching`), but never the answer
    being graded. Of more than LEARNED_FROM, people's verdicts on real answers come first, then the
    newest.
    """
    found = Sample.objects.teaching().filter(question=question_id).exclude(marks={})
    rows = [
        row
        for row in found.values_list("content_hash", "pk", "origin", "answer_id")
        if answer_id is None or row[3] != answer_id
    ]
    if len(rows) > LEARNED_FROM:
        rows = sorted(rows, key=lambda row: (FIRST_READ.index(Sample.Origin(row[2])), -row[1]))[
            :LEARNED_FROM
        ]
    return sorted((content_hash, pk) for content_hash, pk, _origin, _answer in rows)


def samples_digest(hashes: Iterable[str]) -> str:
    """SHA-256 of all that was learned from; nothing for nothing."""
    joined = "\n".join(hashes)
    return hashlib.sha256(joined.encode()).hexdigest() if joined else ""


# Change -------------------------------------------------------------------------------------------


@transaction.atomic
def write_sample(
    sample: Sample,
    *,
    name: str = "",
    kind: str,
    text: str,
    marks: Mapping[str, float],
    author: User | None,
) -> Sample:
    """Store what a person says of a sample, new or not.

    A shipped one that is changed here is not overwritten by its file any more.
    """
    if any(credit not in CREDITS for credit in marks.values()):
        raise ValueError(f"A credit is one of {CREDITS}.")
    Question.objects.select_for_update().get(
        pk=sample.question_id
    )  # two at once would be given the same free name
    if sample._state.adding:  # the same words twice, or a button pressed twice, are one sample
        same = Sample.objects.in_use().filter(
            question=sample.question_id, origin=sample.origin, answer=sample.answer_id, text=text
        )
        sample = same.first() or sample
    sample.name = name or sample.name or free_name(sample.question_id, slugify(kind) or "sample")
    sample.kind, sample.text, sample.marks = (
        kind,
        text,
        {key: float(credit) for key, credit in sorted(marks.items())},
    )
    sample.is_edited = sample.pk is not None
    sample.author = author
    sample.content_hash = sample_hash(sample.name, sample.text, sample.marks)
    sample.save()
    return sample


def free_name(question_id: int, stem: str) -> str:
    taken = set(
        Sample.objects.filter(question=question_id, name__startswith=f"{stem}-").values_list(
            "name", flat=True
        )
    )
    return next(
        name for number in range(1, len(taken) + 2) if (name := f"{stem}-{number}") not in taken
    )


def remove_sample(sample: Sample) -> None:
    """Delete a person's sample.

    A shipped one is set aside, since loading the bank would bring it back.
    """
    if sample.origin != Sample.Origin.BANK:
        sample.delete()
        return
    sample.is_set_aside = True
    sample.save(update_fields=["is_set_aside", "updated_at"])


# Load ---------------------------------------------------------------------------------------------


@transaction.atomic
def import_samples(records: Sequence[SampleRecord]) -> int:
    """Bring the shipped samples to what the files state; the number of rows written or removed.

    A second time writes nothing.

    A sample is known by its question and name. What a person changed or set aside here stays as it
    is.
    """
    questions = dict(
        Question.objects.filter(slug__in={record.question for record in records}).values_list(
            "slug", "pk"
        )
    )
    stored = {
        (sample.question_id, sample.name): sample
        for sample in Sample.objects.filter(question__in=questions.values())
    }
    stated = {
        (questions[record.question], record.name): record
        for record in records
        if record.question in questions
    }
    new, changed = [], []
    for (question_id, name), record in stated.items():
        digest = sample_hash(name, record.text, record.marks)
        sample = stored.get((question_id, name))
        if sample is None:
            sample = Sample(question_id=question_id, name=name, origin=Sample.Origin.BANK)
            new.append(sample)
        elif not is_as_shipped(sample) or (sample.content_hash, sample.kind) == (
            digest,
            record.kind,
        ):
            continue
        else:
            changed.append(sample)
        sample.kind, sample.text, sample.marks, sample.content_hash = (
            record.kind,
            record.text,
            record.marks,
            digest,
        )
    Sample.objects.bulk_create(new)
    Sample.objects.bulk_update(changed, ["kind", "text", "marks", "content_hash"])
    gone = [
        sample.pk
        for place, sample in stored.items()
        if place not in stated and is_as_shipped(sample)
    ]
    if gone:
        Sample.objects.filter(pk__in=gone).delete()
    return len(new) + len(changed) + len(gone)


def add_samples(
    question: Question, records: Iterable[SampleRecord], *, author: User | None
) -> None:
    """Store a file's samples under names that the question has not given yet."""
    Sample.objects.bulk_create(
        Sample(
            question=question,
            name=record.name,
            kind=record.kind,
            text=record.text,
            marks=dict(sorted(record.marks.items())),
            origin=Sample.Origin.AUTHOR,
            author=author,
            content_hash=sample_hash(record.name, record.text, record.marks),
        )
        for record in records
    )


def is_as_shipped(sample: Sample) -> bool:
    return sample.origin == Sample.Origin.BANK and not sample.is_edited and not sample.is_set_aside
