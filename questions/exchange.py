"""The bank in and out: what the database holds as documents, and documents into the database."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import astuple, dataclass
from datetime import timedelta
from enum import StrEnum
from pathlib import Path, PurePath
from typing import Any

from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from rapidfuzz.fuzz import ratio

from audit.services import record_change
from questions.bank_files import BANK_DIR, load_glossary, parse_questions, read_bank, read_samples
from questions.glossary import import_glossary
from questions.importing.documents import (
    BankFileError,
    Document,
    Problem,
    QuestionRecord,
    SampleRecord,
    TopicRecord,
    refuse,
    tidy,
    tidy_line,
)
from questions.importing.fields import LANGUAGES
from questions.importing.markdown import SEED_PREFIX
from questions.importing.plain import phrases
from questions.models import PendingImport, Phrase, Question, Rubric, Sample, Topic, worded
from questions.samples import add_samples, import_samples, write_sample
from questions.services import (
    MAX_NOTE,
    RubricUngradableError,
    publish_rubric,
    rubric_contents,
    set_question_status,
    start_draft,
    write_key_points,
)
from questions.versions import IMPORTED

ALIKE = 50  # of 100: a prompt that was reworded stays above, another question's falls below

# Out ----------------------------------------------------------------------------------------------------------------


def export_questions(questions: QuerySet[Question], *, published: bool = False) -> Document:
    """The questions with their newest key points, draft or not, and the topics they stand in.

    `published` takes only questions open for answers, with the prompt and the key points that new grades use.
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
    """A question of the database as a file would state it, and the rubric its key points come from."""

    record: QuestionRecord
    question: Question
    rubric: Rubric | None


def stored_records(rows: Iterable[Question], *, published: bool = False) -> dict[str, Stored]:
    """By slug, with the newest key points or the published ones. The rows need their topics fetched."""
    by_id = {row.pk: row for row in rows}
    wanted = Rubric.objects.filter(question__in=by_id).order_by("version")
    if published:
        wanted = wanted.filter(status=Rubric.Status.PUBLISHED)
    newest = {rubric.question_id: rubric for rubric in wanted}
    contents = rubric_contents(rubric.pk for rubric in newest.values())
    found = {}
    for row in by_id.values():
        rubric = newest.get(row.pk)
        words = worded(
            rubric
            if rubric is not None and (published or (rubric.rewords and not rubric.is_frozen))
            else row
        )
        record = QuestionRecord(
            path="",
            line=0,
            slug=row.slug,
            seed=tidy(row.seed),
            difficulty=row.difficulty,
            minutes=row.suggested_minutes,
            source_url=row.source_url,
            prompt=both(**words["prompt"]),
            model_answer=both(
                **(
                    words["model_answer"]
                    if any(words["model_answer"].values())
                    else worded(row)["model_answer"]
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
    """The marked samples of the questions that authors wrote, with the marks in the order of the key points."""
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
    """A key point's content as a file holds it: its phrases by kind, for the order of kinds means nothing."""
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


# In -----------------------------------------------------------------------------------------------------------------


class Outcome(StrEnum):
    """What an import does with one question. KEPT: a person changed it here, so the file does not overwrite it."""

    CREATED = "created"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    KEPT = "kept"


@dataclass(frozen=True, slots=True)
class Change:
    """One difference between the file and what is here. `key` names the key point it is about; a point that only one side has
    differs in its `key_point`.
    """

    field: str
    old: str
    new: str
    key: str = ""


@dataclass(frozen=True, slots=True)
class ImportedQuestion:
    """What becomes of one question. `changes` are done, or of a kept one left undone; a new question has none, and no row at first."""

    record: QuestionRecord
    outcome: Outcome
    changes: tuple[Change, ...] = ()
    row: Question | None = None
    samples: tuple[SampleRecord, ...] = ()


def plan_import(
    documents: Sequence[Document], *, publish: bool = False, overwrite: bool = False
) -> list[ImportedQuestion]:
    """What `import_questions` would do. Raises BankFileError where the documents don't fit what is here."""
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
    edited = edited_here([found.question for found in stored.values()])
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
        by_hand = here.question.pk in edited or (
            here.rubric is not None and here.rubric.author_id is not None
        )
        publishes = (
            publish
            and here.rubric is not None
            and bool(record.key_points)
            and not here.rubric.is_frozen
        )
        if by_hand and not overwrite and (changes or publishes):
            planned.append(ImportedQuestion(record, Outcome.KEPT, changes, here.question))
        elif changes or publishes:
            planned.append(ImportedQuestion(record, Outcome.CHANGED, changes, here.question, own))
        else:
            planned.append(ImportedQuestion(record, Outcome.UNCHANGED, (), here.question))
    return planned


@transaction.atomic
def import_questions(
    documents: Sequence[Document],
    *,
    publish: bool = False,
    overwrite: bool = False,
    actor: User | None = None,
) -> list[ImportedQuestion]:
    """Bring the bank to what the files state, all of it or nothing; a second import of the same files changes nothing.

    A question is known by its slug. What a file does not state stays as it is. Changed key points go into the question's draft rubric,
    which `publish` freezes, opening new questions for answers. A question that a person edited in the dashboard is kept as it is unless
    `overwrite` says otherwise. Topics that are not here are made; those that are stay. Raises BankFileError.
    """
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


def apply_plan(plan: ImportedQuestion, topics: dict[str, Topic], *, actor: User | None) -> Question:
    record = plan.record
    fields = {change.field for change in plan.changes}
    question = plan.row or Question(slug=record.slug)
    words_wait = (
        plan.row is not None and plan.row.rubrics.exclude(status=Rubric.Status.DRAFT).exists()
    )
    state_fields(question, record, with_words=not words_wait)
    question.save()
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


WORDS = ("prompt_zh", "prompt_en", "model_answer_zh", "model_answer_en")


def state_rubric(question: Question, plan: ImportedQuestion, *, words_wait: bool) -> None:
    """Write the key points the file states into the draft. The words of a question that was ever published wait there too, as in the
    dashboard, until the draft is.
    """
    record = plan.record
    fields = {change.field for change in plan.changes if change.field != "sample"}
    points_differ = plan.outcome == Outcome.CREATED or any(
        change.key for change in plan.changes if change.field != "sample"
    )
    if not (points_differ and record.key_points) and not fields & {
        *WORDS,
        "published_prompt",
        "order",
    }:
        return
    if not record.key_points and not words_wait:
        return
    draft = start_draft(question, note=import_note(record))
    if draft.rewords or words_wait:
        draft.rewords = words_wait
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


def name_of(change: Change) -> str:
    return f"{change.key}.{change.field}" if change.key else change.field


def import_note(record: QuestionRecord) -> str:
    """Why the version came about, kept in no language; `questions.versions.reason` words it."""
    return f"{IMPORTED}{PurePath(record.path).name}"[:MAX_NOTE]


def publish_import(question: Question, record: QuestionRecord, *, actor: User | None) -> None:
    """Freeze the question's draft and open it for answers, where there is something to publish. Raises BankFileError where it can't be."""
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


def edited_here(questions: Iterable[Question]) -> set[int]:
    """The ids of the questions that somebody changed in the dashboard."""
    log = LogEntry.objects.filter(content_type=ContentType.objects.get_for_model(Question))
    ids = log.filter(object_id__in=[str(question.pk) for question in questions]).values_list(
        "object_id", flat=True
    )
    return {int(pk) for pk in ids if pk}


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


# What differs -------------------------------------------------------------------------------------------------------


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
    """Samples that the file adds or states otherwise. One of the same name that is somebody's answer here is left alone."""
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


# What an import has to look at --------------------------------------------------------------------------------------


def refuse_another_document(documents: Sequence[Document]) -> None:
    """Raise BankFileError if Markdown without a prefix of its own would overwrite the questions of a document imported before."""
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
            "%(stored)s. If this is another document, give it its own prefix; to overwrite, "
            "use the prefix %(seed_prefix)s."
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
                "there is no topic “%(slug)s”, so its questions come without one. Add it "
                "in the dashboard."
            ) % {"slug": slug}
            yield Problem(record.path, record.line, what)
        keys = {
            record.slug: {point["key"] for point in record.key_points}
            for record in document.questions
        }
        for sample in document.samples:
            if sample.question not in keys:
                what = _(
                    "the marked answer %(name)s is left out: its question “%(question)s” "
                    "is not in the file."
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
                    "%(slug)s comes without key points: its existing ones stay, and "
                    "without any it can't be published."
                ) % {"slug": record.slug}
                yield Problem(record.path, record.line, what)


# Between preview and import -----------------------------------------------------------------------------------------

KEPT_FOR = timedelta(hours=1)


class PreviewOutdatedError(Exception):
    """What is here changed since the preview, so the import would do something else than what was shown."""


@transaction.atomic
def keep_upload(*, owner: User, name: str, content: bytes, prefix: str) -> PendingImport:
    """Keep the bytes that are previewed, so that these and no others are imported. Who uploads again gives up the file before."""
    PendingImport.objects.filter(
        Q(owner=owner) | Q(created_at__lt=timezone.now() - KEPT_FOR)
    ).delete()
    return PendingImport.objects.create(owner=owner, name=name, content=content, prefix=prefix)


def uploads_of(owner: User) -> QuerySet[PendingImport]:
    """The files that somebody may still import: nobody else's, and none that is an hour old."""
    return PendingImport.objects.filter(owner=owner, created_at__gte=timezone.now() - KEPT_FOR)


def read_upload(upload: PendingImport) -> Document:
    """Raises BankFileError."""
    document = parse_questions(
        bytes(upload.content), name=upload.name, prefix=upload.prefix or SEED_PREFIX
    )
    if not upload.prefix:
        refuse_another_document([document])
    return document


def plan_digest(planned: Iterable[ImportedQuestion]) -> str:
    """Equal for imports that do the same."""
    told = [
        [plan.record.slug, str(plan.outcome), [list(astuple(change)) for change in plan.changes]]
        for plan in planned
    ]
    return hashlib.sha256(json.dumps(told, ensure_ascii=False).encode()).hexdigest()


@transaction.atomic
def import_upload(
    upload_id: int, *, owner: User, seen: str, publish: bool, overwrite: bool
) -> list[ImportedQuestion]:
    """Import the owner's file as it was previewed; `seen` is the preview's digest.

    Raises PendingImport.DoesNotExist, PreviewOutdatedError and BankFileError.
    """
    upload = uploads_of(owner).select_for_update().get(pk=upload_id)
    documents = [read_upload(upload)]
    if plan_digest(plan_import(documents)) != seen:
        raise PreviewOutdatedError
    done = import_questions(documents, publish=publish, overwrite=overwrite, actor=owner)
    upload.delete()
    return done


# Topics and the shipped bank ----------------------------------------------------------------------------------------


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


@transaction.atomic
def import_topics(records: Sequence[TopicRecord], *, append: bool = False) -> None:
    """Make the topics and their names as the file states them; topics it does not name stay. `append` puts them behind the others."""
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
    """Load the bank that comes with the project and open its questions. Raises BankFileError, nothing loaded then."""
    topics, documents = read_bank(folder)
    samples = read_samples(folder, documents)
    import_topics(topics)
    if (folder / "glossary.yaml").exists():
        import_glossary(*load_glossary(folder / "glossary.yaml"))
    done = import_questions(documents, publish=True)
    import_samples(samples)
    return done
