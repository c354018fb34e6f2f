"""Put documents into the database, and load the shipped bank."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path, PurePath

from django.contrib.auth.models import User
from django.db import transaction
from django.utils.translation import gettext as _

from audit.services import record_change
from questions.exchange.checks import missing_topics
from questions.exchange.plan import ImportedQuestion, Outcome, name_of, plan_import
from questions.files.bank import BANK_DIR, load_glossary, read_bank, read_samples
from questions.files.document import Document, QuestionRecord, TopicRecord, refuse
from questions.models import MAX_NOTE_LENGTH, TEXT_FIELDS, Question, Rubric, Topic
from questions.services.glossary import import_glossary
from questions.services.questions import set_question_status
from questions.services.rubrics import (
    RubricUngradableError,
    publish_rubric,
    start_draft,
    write_key_points,
)
from questions.services.samples import add_samples, import_samples, write_sample
from questions.services.versions import IMPORTED

# The columns of a question that a file states, and when that was.
STATED_FIELDS = (
    *TEXT_FIELDS,
    "source_url",
    "seed",
    "difficulty",
    "suggested_minutes",
    "updated_at",
)


@transaction.atomic
def import_questions(
    documents: Sequence[Document],
    *,
    publish: bool = False,
    overwrite: bool = False,
    actor: User | None = None,
) -> list[ImportedQuestion]:
    """Bring the bank to what the files state, all of it or nothing.

    A second import of the same files changes nothing.

    A question is known by its slug. What a file does not state stays as it is. Changed key points
    go into the question's draft rubric, which `publish` freezes, opening new questions for answers.
    A question that a person edited in the dashboard is kept as it is unless `overwrite` says
    otherwise. Topics that are not here are made; those that are stay. Raises BankFileError.
    """
    lock_named_questions(documents)
    planned = plan_import(documents, publish=publish, overwrite=overwrite)
    if missing := missing_topics(documents):
        import_topics(missing, append=True)
    topics: dict[str, Topic] = {}
    for plan in planned:
        question = plan.row
        if plan.outcome in (Outcome.CREATED, Outcome.CHANGED):
            topics = topics or Topic.objects.in_bulk(field_name="slug")
            question = apply_plan(plan, topics, actor=actor)
        elif (
            plan.outcome == Outcome.KEPT
            or question is None
            or question.status != Question.Status.DRAFT
        ):
            continue
        if publish:
            publish_import(question, plan.record, actor=actor)
    return planned


def lock_named_questions(documents: Iterable[Document]) -> None:
    """Lock the questions that the files name, in one order.

    A plan made before the lock could overwrite a draft that an author saves at the same moment.
    """
    slugs = {record.slug for document in documents for record in document.questions}
    list(Question.objects.select_for_update().filter(slug__in=slugs).order_by("pk"))


def apply_plan(plan: ImportedQuestion, topics: dict[str, Topic], *, actor: User | None) -> Question:
    record = plan.record
    fields = {change.field for change in plan.changes}
    question = plan.row or Question(slug=record.slug)
    words_wait = (
        plan.row is not None and plan.row.rubrics.exclude(status=Rubric.Status.DRAFT).exists()
    )
    state_fields(question, record, with_words=not words_wait)
    # What a file does not state, such as that a person edits it just now, stays as it is.
    question.save(update_fields=STATED_FIELDS if plan.row else None)
    if record.topics is not None and (plan.outcome == Outcome.CREATED or "topics" in fields):
        question.topics.set([topics[slug] for slug in record.topics if slug in topics])
    state_rubric(question, plan, words_wait=words_wait)
    write_samples(question, plan, actor=actor)
    if plan.outcome == Outcome.CREATED or plan.changes:
        record_change(
            actor=actor,
            action="question.imported",
            target=question,
            old={name_of(change): change.old for change in plan.changes} or None,
            new={name_of(change): change.new for change in plan.changes} or {"slug": record.slug},
            reason=f"{record.path}:{record.line}",
        )
    return question


def state_rubric(question: Question, plan: ImportedQuestion, *, words_wait: bool) -> None:
    """Write the key points the file states into the draft.

    The words of a question that was ever published wait there too, as in the dashboard, until the
    draft is published.
    """
    record = plan.record
    fields = {change.field for change in plan.changes if change.field != "sample"}
    points_differ = plan.outcome == Outcome.CREATED or any(
        change.key for change in plan.changes if change.field != "sample"
    )
    if not (points_differ and record.key_points) and not fields & {
        *TEXT_FIELDS,
        "published_prompt",
        "order",
    }:
        return
    if not record.key_points and not words_wait:
        return
    draft = start_draft(question, note=import_note(record))
    if draft.has_own_texts or words_wait:
        draft.has_own_texts = words_wait
        for name, texts in (("prompt", record.prompt), ("model_answer", record.model_answer)):
            for language, text in texts.items():
                setattr(draft, f"{name}_{language}", text if words_wait else "")
        draft.save()
    if record.key_points:
        write_key_points(draft, record.key_points)


def write_samples(question: Question, plan: ImportedQuestion, *, actor: User | None) -> None:
    changed = {change.key for change in plan.changes if change.field == "sample"}
    stored = (
        {sample.name: sample for sample in question.samples.filter(name__in=changed)}
        if changed
        else {}
    )
    for record in plan.samples:
        if record.name in stored:
            write_sample(
                stored[record.name],
                name=record.name,
                kind=record.kind,
                text=record.text,
                marks=record.marks,
                author=actor,
            )
    new = [
        record
        for record in plan.samples
        if record.name not in stored and (plan.outcome == Outcome.CREATED or record.name in changed)
    ]
    add_samples(question, new, author=actor)


def import_note(record: QuestionRecord) -> str:
    """Why the version came about, kept in no language; `questions.versions.reason` words it."""
    return f"{IMPORTED}{PurePath(record.path).name}"[:MAX_NOTE_LENGTH]


def publish_import(question: Question, record: QuestionRecord, *, actor: User | None) -> None:
    """Freeze the question's draft and open it for answers, where there is something to publish.

    Raises BankFileError where it can't be.
    """
    draft = question.rubrics.filter(status=Rubric.Status.DRAFT, key_points__isnull=False).first()
    if draft is not None:
        try:
            publish_rubric(draft, actor=actor, reason=import_note(record))
        except RubricUngradableError as error:
            what = _("%(slug)s can't be published: %(why)s") % {"slug": question.slug, "why": error}
            raise refuse(record.path, record.line, what) from error
    if (
        question.status == Question.Status.DRAFT
        and question.rubrics.filter(status=Rubric.Status.PUBLISHED).exists()
    ):
        set_question_status(question, Question.Status.PUBLISHED, actor=actor)


def state_fields(question: Question, record: QuestionRecord, *, with_words: bool) -> None:
    """Set what the file states on the question."""
    if with_words:
        question.prompt_zh, question.prompt_en = record.prompt["zh"], record.prompt["en"]
        question.model_answer_zh, question.model_answer_en = (
            record.model_answer["zh"],
            record.model_answer["en"],
        )
    question.source_url = record.source_url
    question.seed = record.seed
    if record.difficulty is not None:
        question.difficulty = record.difficulty
    if record.minutes is not None:
        question.suggested_minutes = record.minutes
    if record.reserved is not None:
        question.is_reserved = record.reserved


@transaction.atomic
def import_topics(records: Sequence[TopicRecord], *, append: bool = False) -> None:
    """Make the topics and their names as the file states them; topics it does not name stay.

    `append` puts them behind the others.
    """
    known = Topic.objects.in_bulk(field_name="slug")
    first = max((topic.order for topic in known.values()), default=-1) + 1 if append else 0
    for order, record in enumerate(records, first):
        topic = known.get(record.slug) or Topic(slug=record.slug)
        parent = known[record.parent] if record.parent else None
        stated = (record.name["zh"], record.name["en"], parent.pk if parent else None, order)
        if (
            topic.pk is None
            or (topic.name_zh, topic.name_en, topic.parent_id, topic.order) != stated
        ):
            topic.name_zh, topic.name_en, topic.parent, topic.order = (
                record.name["zh"],
                record.name["en"],
                parent,
                order,
            )
            topic.save()
        known[record.slug] = topic


@transaction.atomic
def load_shipped_bank(folder: Path = BANK_DIR) -> list[ImportedQuestion]:
    """Load the bank that comes with the project and open its questions.

    Raises BankFileError, nothing loaded then.
    """
    topics, documents = read_bank(folder)
    samples = read_samples(folder, documents)
    import_topics(topics)
    if (folder / "glossary.yaml").exists():
        import_glossary(*load_glossary(folder / "glossary.yaml"))
    done = import_questions(documents, publish=True)
    import_samples(samples)
    return done
