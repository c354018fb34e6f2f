"""What must hold before documents are imported."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from django.utils.translation import gettext as _
from rapidfuzz.fuzz import ratio

from questions.files.document import BankFileError, Document, Problem, QuestionRecord, TopicRecord
from questions.files.markdown import SEED_PREFIX
from questions.models import Question, Topic

ALIKE = 50  # of 100: a prompt that was reworded stays above, another question's falls below


def refuse_another_document(documents: Sequence[Document]) -> None:
    """Raise BankFileError if Markdown would overwrite the questions of another document.

    That can be where it has no prefix of its own.
    """
    placed = {
        record.slug: record
        for document in documents
        for record in document.questions
        if record.slug.startswith(f"{SEED_PREFIX}-")
    }
    placed = {
        slug: record
        for slug, record in placed.items()
        if record.topics is None and record.difficulty is None
    }
    stored = list(Question.objects.filter(slug__in=placed).order_by("pk"))
    others = [question for question in stored if not is_alike(question, placed[question.slug])]
    if len(others) * 2 > len(stored):
        other, record = others[0], placed[others[0].slug]
        what = _(
            "%(slug)s is a different question here, “%(prompt)s”, and so are %(others)s of "
            "%(stored)s. If this is another document, give it its own prefix; to overwrite, use "
            "the prefix %(seed_prefix)s."
        ) % {
            "slug": other.slug,
            "prompt": other.prompt[:60],
            "others": len(others),
            "stored": len(stored),
            "seed_prefix": SEED_PREFIX,
        }
        raise BankFileError([Problem(record.path, record.line, what)])


def is_alike(question: Question, record: QuestionRecord) -> bool:
    stated = record.prompt["zh"] + record.prompt["en"]
    return ratio(question.prompt_zh + question.prompt_en, stated, score_cutoff=ALIKE) > 0


def notes(documents: Sequence[Document]) -> Iterator[Problem]:
    """What an author may want to look at again, though the import takes it."""
    known = set(Topic.objects.values_list("slug", flat=True)) | {
        topic.slug for document in documents for topic in document.topics
    }
    for document in documents:
        yield from document.warnings
        unknown = {
            slug: record
            for record in reversed(document.questions)
            for slug in record.topics or ()
            if slug not in known
        }
        for slug, record in unknown.items():
            what = _(
                "there is no topic “%(slug)s”, so its questions come without one. Add it in the "
                "dashboard."
            ) % {"slug": slug}
            yield Problem(record.path, record.line, what)
        keys = {
            record.slug: {point["key"] for point in record.key_points}
            for record in document.questions
        }
        for sample in document.samples:
            if sample.question not in keys:
                what = _(
                    "the marked answer %(name)s is left out: its question “%(question)s” is not "
                    "in the file."
                ) % {
                    "name": sample.name,
                    "question": sample.question,
                }
                yield Problem(sample.path, sample.line, what)
            elif keys[sample.question] and (
                unknown_keys := sorted(sample.marks.keys() - keys[sample.question])
            ):
                yield Problem(
                    sample.path,
                    sample.line,
                    _(
                        "the marked answer %(name)s marks %(unknown_keys)s: no key point has "
                        "this key."
                    )
                    % {"name": sample.name, "unknown_keys": ", ".join(unknown_keys)},
                )
        for record in document.questions:
            if not record.key_points:
                what = _(
                    "%(slug)s comes without key points: its existing ones stay, and without any "
                    "it can't be published."
                ) % {"slug": record.slug}
                yield Problem(record.path, record.line, what)


def missing_topics(documents: Iterable[Document]) -> list[TopicRecord]:
    """The topics that the documents describe and that are not here."""
    described = {topic.slug: topic for document in documents for topic in document.topics}
    known = (
        set(Topic.objects.filter(slug__in=described).values_list("slug", flat=True))
        if described
        else set()
    )
    return [topic for slug, topic in described.items() if slug not in known]


def refuse_strange_topics(documents: Sequence[Document]) -> None:
    """Raise BankFileError for a topic under one that neither a file nor the bank has."""
    described = {topic.slug for document in documents for topic in document.topics}
    if not described:
        return
    known = described | set(Topic.objects.values_list("slug", flat=True))
    problems = [
        Problem(
            document.questions[0].path,
            None,
            _("the topic “%(slug)s” has the parent “%(parent)s”, which is not defined. Add it.")
            % {"slug": topic.slug, "parent": topic.parent},
        )
        for document in documents
        for topic in document.topics
        if topic.parent is not None and topic.parent not in known
    ]
    if problems:
        raise BankFileError(problems)
