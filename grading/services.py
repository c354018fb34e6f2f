"""Grading as rows: queue, claim, grade outside any transaction, finish, sweep.

Any message may be lost or doubled. Each step is a conditional UPDATE, so a doubled message changes no row, and the sweeper sends again
what a lost one left behind.
"""

from __future__ import annotations

import logging
import uuid
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from functools import lru_cache, partial
from importlib import import_module
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.db.models import F, Q
from django.db.models.functions import Now
from kombu.exceptions import OperationalError

from grading import engine
from grading.engine.second_reader import SecondReader, get_reader
from grading.lessons import lessons_for
from grading.models import Grade, KeyPointMatch
from grading.reading import read_text
from questions.glossary import content_hash_of, newest_hash, stored_content
from questions.models import Question, Rubric
from questions.services import rubric_content

logger = logging.getLogger(__name__)

SWEEP_LIMIT = 500
MAX_BACKOFF = 5  # doublings of the wait before a message is sent again


class NoRubricError(Exception):
    """The question has no published rubric, so an answer to it can't be graded."""


def published_rubric(question: Question) -> Rubric:
    """The rubric new grades use. Raises NoRubricError where there is none."""
    rubric = question.rubrics.filter(status=Rubric.Status.PUBLISHED).first()
    if rubric is None:
        raise NoRubricError(f"{question.slug} has no published rubric.")
    return rubric


# Queue --------------------------------------------------------------------------------------------------------------


def queue_grade(answer_id: int, *, rubric: Rubric, requested_by: User | None = None) -> Grade:
    """Write the queued grade of an answer and send its message once the transaction is in.

    An answer that is already waiting to be graded keeps that one grade.
    """
    try:
        with transaction.atomic():
            grade = Grade.objects.create(
                answer_id=answer_id,
                rubric=rubric,
                requested_by=requested_by,
                dispatched_at=Now(),
                dispatches=1,
            )
            # robust: the answer is saved by then, and a dead broker must not turn that into an error.
            transaction.on_commit(partial(send_messages, [grade.pk]), robust=True)
    except IntegrityError:
        return Grade.objects.filter(answer_id=answer_id).latest("id")
    return grade


def queue_grades(answers: list[tuple[int, Rubric]]) -> list[Grade]:
    """The same for many new answers at once: (answer id, rubric) pairs, inside the caller's transaction."""
    grades = Grade.objects.bulk_create(
        Grade(answer_id=answer_id, rubric=rubric, dispatched_at=Now(), dispatches=1)
        for answer_id, rubric in answers
    )
    transaction.on_commit(partial(send_messages, [grade.pk for grade in grades]), robust=True)
    return grades


def send_messages(grade_ids: list[int]) -> int:
    """Tell the workers; the number told. Rows whose message could not be sent are marked, and the sweeper sends again."""
    from grading.tasks import grade_answer  # late: the task calls back into this module

    for sent, grade_id in enumerate(grade_ids):
        try:
            grade_answer.delay(grade_id)
        except (OperationalError, OSError) as error:
            unsent = grade_ids[sent:]
            logger.warning(
                "%s of %s messages not sent, the sweeper will: %s",
                len(unsent),
                len(grade_ids),
                type(error).__name__,
            )
            Grade.objects.unfinished().filter(pk__in=unsent).update(dispatched_at=None)
            return sent
    return len(grade_ids)


# Grade --------------------------------------------------------------------------------------------------------------


def run_grade(grade_id: int) -> bool:
    """Grade one queued answer; False if there was nothing to do. A worker's whole work.

    What the engine refuses is failed at once, since it would refuse it again. Any other error is written down, the row goes back to the
    queue with a growing delay, and the error is raised for the log.
    """
    token = Grade.objects.claim(grade_id)
    if token is None:
        return False
    grade = Grade.objects.select_related("answer", "rubric__question").get(pk=grade_id)
    try:
        reading = read_answer(grade.answer.text, grade.rubric, answer_id=grade.answer_id)
    except engine.EngineError as error:
        fail_grade(grade, token, str(error))
        return False
    except Exception as error:
        release_claim(grade, token, f"{type(error).__name__}: {error}")
        raise
    return save_result(grade, token, reading)


@dataclass(frozen=True, slots=True)
class Reading:
    """What the engine made of an answer, and the hashes of the glossary and of the marked answers it had."""

    result: engine.GradeResult
    glossary_hash: str
    samples_hash: str


def read_answer(text: str, rubric: Rubric, *, answer_id: int | None = None) -> Reading:
    """Grade a text under a published rubric as it would be graded now. An answer is never among the samples it is graded by."""
    words = current_glossary()
    lessons = lessons_for(rubric.question_id, answer_id=answer_id)
    compiled = compiled_rubric(rubric.pk, words)
    result = read_text(text, compiled, samples=lessons.samples, reader=second_reader())
    return Reading(result, words.content_hash, lessons.digest)


def second_reader() -> SecondReader | None:
    """The reader the setting names, made once for each process; None where it names none."""
    return reader_named(settings.SECOND_READER) if settings.SECOND_READER else None


@lru_cache(maxsize=1)
def reader_named(setting: str) -> SecondReader:
    """The reader of a setting, `package.module:name`. Raises ImportError and LookupError."""
    module, _, name = setting.partition(":")
    import_module(module)
    return get_reader(name)


def current_engine_version() -> str:
    """What a grade given now would carry."""
    other = second_reader()
    return engine.ENGINE_VERSION if other is None else f"{engine.ENGINE_VERSION}+{other.name}"


@transaction.atomic
def save_result(grade: Grade, token: uuid.UUID, reading: Reading) -> bool:
    """Finish the grade under its lease, with its matches; False, and nothing written, if the lease was lost."""
    result = reading.result
    finished = Grade.objects.held(grade.pk, token).update(
        status=Grade.Status.GRADED,
        score=result.score,
        needs_review=result.needs_review,
        reasons=list(result.reasons),
        engine_version=result.engine_version,
        glossary_hash=reading.glossary_hash,
        samples_hash=reading.samples_hash,
        finished_at=Now(),
        lease_token=None,
        lease_until=None,
        error="",
    )
    if not finished:
        logger.info("grade %s: lease lost, result dropped", grade.pk)
        return False
    key_points = {point.key: point for point in grade.rubric.key_points.all()}
    KeyPointMatch.objects.bulk_create(
        KeyPointMatch(grade=grade, key_point=key_points[match.key], **match_fields(match))
        for match in result.key_points
    )
    return True


def match_fields(match: engine.KeyPointResult) -> dict[str, Any]:
    """What a KeyPointMatch holds of the engine's word on a key point."""
    return {
        "verdict": match.verdict.value,
        "credit": match.credit,
        "confidence": match.confidence,
        "evidence": [[span.start, span.end] for span in match.evidence],
        "matched": match.matched or "",
        "matched_kind": match.matched_kind.value if match.matched_kind else "",
        "sample": match.sample or "",
    }


def fail_grade(grade: Grade, token: uuid.UUID, reason: str) -> bool:
    """End the grade as failed, visible with its reason; it never becomes a 0."""
    logger.error("grade %s failed: %s", grade.pk, reason)
    return bool(
        Grade.objects.held(grade.pk, token).update(
            status=Grade.Status.FAILED,
            error=reason,
            finished_at=Now(),
            lease_token=None,
            lease_until=None,
        )
    )


def release_claim(grade: Grade, token: uuid.UUID, reason: str) -> None:
    """Give the row back after an error: due again after 2, 4, ... seconds, or failed when its tries are used up."""
    if grade.attempts >= settings.GRADE_MAX_ATTEMPTS:
        fail_grade(grade, token, reason)
        return
    Grade.objects.held(grade.pk, token).update(
        status=Grade.Status.QUEUED,
        error=reason,
        due_at=Now() + timedelta(seconds=2**grade.attempts),
        dispatched_at=None,
        lease_token=None,
        lease_until=None,
    )


# Sweep --------------------------------------------------------------------------------------------------------------


def requeue_stale(*, workers_died: bool = False) -> dict[str, int]:
    """Fail what stopped its workers too often and send again what nobody is working on. Safe to run anywhere, any time.

    Returns {"failed": n, "sent": n}. A message is sent again only after GRADE_REDISPATCH_AFTER_S, doubled each time, so that a long queue
    is not flooded with copies. `workers_died` is for a caller who knows that no worker or message is left: nothing is waited for.
    """
    unfinished = Grade.objects.unfinished()
    if workers_died:
        unfinished.filter(status=Grade.Status.RUNNING).update(
            lease_until=Now() - timedelta(seconds=1)
        )
        unfinished.update(dispatched_at=None)
    failed = unfinished.filter(
        status=Grade.Status.RUNNING,
        lease_until__lt=Now(),
        attempts__gte=settings.GRADE_MAX_ATTEMPTS,
    ).update(
        status=Grade.Status.FAILED,
        error=f"Grading stopped {settings.GRADE_MAX_ATTEMPTS} times without a result.",
        finished_at=Now(),
        lease_token=None,
        lease_until=None,
    )
    stale = (
        Grade.objects.claimable().filter(message_lost()).order_by("pk").values_list("pk", flat=True)
    )
    grade_ids = list(stale[:SWEEP_LIMIT])
    Grade.objects.unfinished().filter(pk__in=grade_ids).update(
        dispatched_at=Now(), dispatches=F("dispatches") + 1
    )
    sent = send_messages(grade_ids)
    if failed or sent:
        logger.info("sweep: %s failed, %s sent again", failed, sent)
    return {"failed": failed, "sent": sent}


def message_lost() -> Q:
    """Rows whose message was never sent, is overdue, or died with the worker that held it (its lease ran out)."""
    lost = Q(dispatched_at__isnull=True) | Q(status=Grade.Status.RUNNING)
    for dispatches in range(1, MAX_BACKOFF + 1):
        wait = timedelta(seconds=settings.GRADE_REDISPATCH_AFTER_S * 2 ** (dispatches - 1))
        count = (
            Q(dispatches=dispatches) if dispatches < MAX_BACKOFF else Q(dispatches__gte=dispatches)
        )
        lost |= count & Q(dispatched_at__lt=Now() - wait)
    return lost


# What the engine reads ----------------------------------------------------------------------------------------------


def engine_rubric(rubric: Rubric) -> engine.Rubric:
    """The rubric's rows as the engine's plain types."""
    return rubric_as_written(rubric.texts, rubric_content(rubric))


def rubric_as_written(
    texts: dict[str, dict[str, str]], content: list[dict[str, Any]]
) -> engine.Rubric:
    """The same from a prompt and a model answer in two languages and key points in the shape of `rubric_content`, stored or not."""
    return engine.Rubric(
        prompts=tuple(text for text in texts["prompt"].values() if text),
        model_answers=tuple(text for text in texts["model_answer"].values() if text),
        key_points=tuple(
            engine.KeyPoint(
                key=point["key"],
                texts=tuple(text for text in point["text"].values() if text),
                weight=Decimal(point["weight"]),
                required=point["required"],
                phrases=tuple(
                    engine.Phrase(text, engine.PhraseKind(kind)) for kind, text in point["phrases"]
                ),
            )
            for point in content
        ),
    )


@dataclass(frozen=True, slots=True)
class HashedGlossary:
    content_hash: str
    glossary: engine.Glossary = field(compare=False)


def current_glossary() -> HashedGlossary:
    """The glossary in force. One small query; its words are read and prepared once for each hash a process meets."""
    return _glossary_of(newest_hash())


def glossary() -> engine.Glossary:
    return current_glossary().glossary


@lru_cache(maxsize=4)
def _glossary_of(content_hash: str | None) -> HashedGlossary:
    """The words behind a hash: they never change, so the cache is never stale."""
    content = stored_content(content_hash)
    return HashedGlossary(
        content_hash_of(content),
        engine.Glossary(
            groups=tuple(tuple(group) for group in content["groups"]),
            opposites=tuple((one, other) for one, other in content["opposites"]),
        ),
    )


def compiled_rubric(rubric_id: int, words: HashedGlossary | None = None) -> engine.CompiledRubric:
    """A rubric that grades point at, prepared for the given glossary, or for the one in force."""
    return _compiled(rubric_id, words or current_glossary())


@lru_cache(maxsize=256)
def _compiled(rubric_id: int, words: HashedGlossary) -> engine.CompiledRubric:
    """Once for each process and glossary: a published rubric is frozen, so the cache is never stale."""
    rubric = Rubric.objects.select_related("question").get(pk=rubric_id)
    return engine.compile_rubric(engine_rubric(rubric), glossary=words.glossary)
