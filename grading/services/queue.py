"""Grading as rows: queue, claim, grade outside any transaction, finish, sweep.

Any message may be lost or doubled. Each step is a conditional UPDATE, so a doubled message
changes no row, and the sweeper sends again what a lost one left behind.
"""

from __future__ import annotations

import logging
from datetime import timedelta
from functools import partial

from django.conf import settings
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.db.models import F, Q
from django.db.models.functions import Now
from kombu.exceptions import OperationalError

from grading.models import Grade
from questions.models import Question, Rubric

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
    from grading.tasks import grade_answer  # noqa: PLC0415 - the task calls into this module

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
