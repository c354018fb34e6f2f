"""A worker's whole work: grade one queued answer."""

from __future__ import annotations

import logging
import uuid
from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now

from grading import engine
from grading.engine.second_reader import SecondReader, get_reader
from grading.lessons import lessons_for
from grading.models import Grade, KeyPointMatch
from questions.as_rubric import compiled_rubric, current_glossary
from questions.models import Rubric

logger = logging.getLogger(__name__)


def run_grade(grade_id: int) -> bool:
    """Grade one queued answer; False if there was nothing to do. A worker's whole work.

    What the engine refuses is failed at once, since it would refuse it again. Any other error, in
    grading or in saving, is written down; the row goes back to the queue with a growing delay, and
    the error is raised for the log.
    """
    token = Grade.objects.claim(grade_id)
    if token is None:
        return False
    grade = Grade.objects.select_related("answer", "rubric__question").get(pk=grade_id)
    try:
        reading = read_answer(grade.answer.text, grade.rubric, answer_id=grade.answer_id)
        return save_result(grade, token, reading)
    except engine.EngineError as error:
        Grade.objects.fail(grade_id, token, str(error))
        return False
    except Exception as error:
        Grade.objects.release(grade_id, token, f"{type(error).__name__}: {error}")
        raise


@dataclass(frozen=True, slots=True)
class Reading:
    """What the engine made of an answer.

    The hashes name the glossary and the marked answers that it had.
    """

    result: engine.GradeResult
    glossary_hash: str
    samples_hash: str


def read_answer(text: str, rubric: Rubric, *, answer_id: int | None = None) -> Reading:
    """Grade a text under a published rubric as it would be graded now.

    An answer is never among the samples it is graded by.
    """
    words = current_glossary()
    lessons = lessons_for(rubric.question_id, answer_id=answer_id)
    compiled = compiled_rubric(rubric, words)
    result = engine.grade(text, compiled, samples=lessons.samples, second=second_reader())
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
    """Finish the grade under its lease, with its matches.

    False, and nothing written, if the lease was lost.
    """
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
        "chance": match.chance,
        "confidence": match.confidence,
        "evidence": [[span.start, span.end] for span in match.evidence],
        "matched": match.matched or "",
        "matched_kind": match.matched_kind.value if match.matched_kind else "",
        "sample": match.sample or "",
        "rule": match.rule.value if match.rule else "",
    }
