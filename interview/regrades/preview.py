"""A regrade's dry run: each answer of a question is graded again into a row of the preview."""

from __future__ import annotations

import logging
import time
import uuid
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Prefetch, QuerySet
from django.db.models.functions import Now

from grading import engine
from grading.agreement import machine_says_yes
from grading.models import KeyPointMatch, Verdict
from grading.services.run import match_fields, read_answer
from interview.models import Answer
from interview.regrades.models import Regrade, RegradeRow
from interview.regrades.queue import REGRADES
from interview.standing import standing_result, standing_score, with_results
from questions.models import KeyPoint, Rubric

logger = logging.getLogger(__name__)


CHUNK = 20
TURN_S = 4.0  # then the worker gives way to answers that wait for their first grade
MATCH_FIELDS = (
    "verdict",
    "credit",
    "chance",
    "confidence",
    "evidence",
    "matched",
    "matched_kind",
    "sample",
    "rule",
)
GRADE_FIELDS = (
    "score",
    "needs_review",
    "reasons",
    "engine_version",
    "glossary_hash",
    "samples_hash",
)  # a row's and a grade's
COMPARED_FIELDS = ("verdict_changes", "stood", "stands", "change", "human_verdicts")


def run_preview(regrade_id: int, *, turn_s: float = TURN_S) -> bool:
    """Preview answers until the turn is over or none is left. False if there was nothing to do.

    This is all that a worker does. Each chunk is saved under the lease, so the next worker goes on
    where a lost one stopped.
    """
    token = Regrade.objects.claim(regrade_id)
    if token is None:
        return False
    regrade = (
        Regrade.objects.select_related("rubric__question")
        .prefetch_related("rubric__key_points")
        .get(pk=regrade_id)
    )
    ends = time.monotonic() + turn_s
    try:
        while True:
            chunk = with_answers(
                regrade.rows.filter(status=RegradeRow.Status.WAITING).order_by("pk")
            )[:CHUNK]
            previewed = [preview_row(row, regrade.rubric) for row in chunk]
            if not previewed:
                return finish_preview(regrade, token)
            if not save_chunk(regrade, token, previewed):
                return False  # cancelled, or another worker has it
            if time.monotonic() >= ends:
                return pass_on(regrade, token)
    except Exception as error:
        Regrade.objects.release(regrade_id, token, f"{type(error).__name__}: {error}")
        raise


def with_answers(rows: QuerySet[RegradeRow]) -> QuerySet[RegradeRow]:
    """The rows with what `standing_result` reads of their answers."""
    answers = with_results(Answer.objects.all()).select_related("session__candidate")
    return rows.select_related("old_grade__rubric").prefetch_related(
        Prefetch("answer", answers), "old_grade__matches__key_point"
    )


def preview_row(row: RegradeRow, rubric: Rubric) -> RegradeRow:
    """Grade the row's answer and fill in the row, unsaved."""
    try:
        reading = read_answer(row.answer.text, rubric, answer_id=row.answer_id)
    except engine.EngineError as error:
        row.status, row.error = RegradeRow.Status.REFUSED, str(error)
        return row
    result = reading.result
    row.score, row.needs_review, row.reasons = (
        result.score,
        result.needs_review,
        list(result.reasons),
    )
    row.engine_version, row.glossary_hash, row.samples_hash = (
        result.engine_version,
        reading.glossary_hash,
        reading.samples_hash,
    )
    row.matches = [{"key": match.key, **match_fields(match)} for match in result.key_points]
    row.status, row.error = RegradeRow.Status.PREVIEWED, ""
    return compare_row(row, rubric)


def compare_row(row: RegradeRow, rubric: Rubric) -> RegradeRow:
    """Fill in the scores before and after, under the reviewer's verdicts of now, unsaved."""
    reviewed = human_verdicts(row.answer)
    before = standing_result(row.answer, grade=row.old_grade)
    points = {point.key: point for point in rubric.key_points.all()}
    old_verdicts = (
        {point.key_point.key: point.verdict.value for point in before.points} if before else {}
    )
    new_verdicts = {
        match["key"]: reviewed.get(match["key"], match["verdict"]) for match in row.matches
    }
    row.verdict_changes = [
        [key, old_verdicts.get(key, ""), new_verdicts.get(key, "")]
        for key in dict.fromkeys([*new_verdicts, *old_verdicts])
        if old_verdicts.get(key, "") != new_verdicts.get(key, "")
    ]
    row.human_verdicts = len(reviewed.keys() & points.keys())
    if row.score is None:
        raise ValueError("The row was not previewed yet.")
    row.stands = standing_score(
        row.score,
        [(points[match["key"]], match["credit"]) for match in row.matches],
        {key: Verdict(verdict) for key, verdict in reviewed.items()},
    )
    row.stood = before.score if before else row.old_grade.score
    row.change = row.stands - (row.stood or Decimal(0))
    return row


def human_verdicts(answer: Answer) -> dict[str, str]:
    """The reviewer's verdicts by key."""
    review = getattr(answer, "review", None)
    return {verdict.key: verdict.verdict for verdict in review.verdicts.all()} if review else {}


def proposed_matches(row: RegradeRow, points: dict[str, KeyPoint]) -> list[KeyPointMatch]:
    """The row's matches as KeyPointMatch, unsaved."""
    return [
        KeyPointMatch(
            key_point=points[match["key"]],
            **{"chance": _former_chance(match)}
            | {name: match[name] for name in MATCH_FIELDS if name in match},
        )
        for match in row.matches
    ]


def _former_chance(match: dict[str, Any]) -> float:
    """The chance of a match that was previewed before matches held it."""
    confidence: float = match["confidence"]
    return confidence if machine_says_yes(match["verdict"]) else 1 - confidence


@transaction.atomic
def save_chunk(regrade: Regrade, token: uuid.UUID, rows: list[RegradeRow]) -> bool:
    """Store the chunk and lengthen the lease; False, and nothing written, if the lease was lost."""
    lease = Now() + timedelta(seconds=settings.GRADE_LEASE_S)
    if not Regrade.objects.held(regrade.pk, token).update(lease_until=lease, attempts=1, error=""):
        logger.info("regrade %s: lease lost, chunk dropped", regrade.pk)
        return False
    RegradeRow.objects.bulk_update(
        rows, ["status", "error", *GRADE_FIELDS, "matches", *COMPARED_FIELDS]
    )
    return True


def finish_preview(regrade: Regrade, token: uuid.UUID) -> bool:
    held = Regrade.objects.held(regrade.pk, token)
    return bool(
        held.update(
            status=Regrade.Status.READY,
            finished_at=Now(),
            lease_token=None,
            lease_until=None,
            error="",
        )
    )


def pass_on(regrade: Regrade, token: uuid.UUID) -> bool:
    """End this worker's turn: back to the end of the queue.

    Answers that came in during the turn go first.
    """
    held = Regrade.objects.held(regrade.pk, token)
    if not held.update(
        status=Regrade.Status.QUEUED,
        attempts=0,
        dispatched_at=Now(),
        dispatches=1,
        lease_token=None,
        lease_until=None,
    ):
        return False
    REGRADES.publish([regrade.pk])
    return True
