"""A worker's whole work: grade one queued answer."""

from __future__ import annotations

import logging
import uuid
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from importlib import import_module
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now

from grading import engine
from grading.engine import readers
from grading.lessons import lessons_for
from grading.models import Grade, KeyPointMatch
from questions.as_rubric import compiled_rubric, current_glossary
from questions.models import Rubric

logger = logging.getLogger(__name__)


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
    result = engine.grade(text, compiled, samples=lessons.samples, second=second_reader())
    return Reading(result, words.content_hash, lessons.digest)


def second_reader() -> readers.SecondReader | None:
    """The reader the setting names, made once for each process; None where it names none."""
    return reader_named(settings.SECOND_READER) if settings.SECOND_READER else None


@lru_cache(maxsize=1)
def reader_named(setting: str) -> readers.SecondReader:
    """The reader of a setting, `package.module:name`. Raises ImportError and LookupError."""
    module, _, name = setting.partition(":")
    import_module(module)
    return readers.reader(name)


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
