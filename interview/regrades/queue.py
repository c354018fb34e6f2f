"""Start a regrade's dry run, queue it, cancel it, resume it."""

from __future__ import annotations

import logging
from datetime import timedelta
from functools import partial

from django.conf import settings
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext as _
from kombu.exceptions import OperationalError

from audit.services import record_change
from grading.models import Regrade, RegradeRow
from grading.services.queue import published_rubric
from interview.regrades.concerned import graded_answers
from interview.regrades.state import lock_regrade, refuse_old_rubric
from interview.services.errors import RefusedError
from questions.models import Question

logger = logging.getLogger(__name__)


def start_regrade(question: Question, *, actor: User) -> Regrade:
    """Queue a dry run of the published rubric over every graded answer. One that runs already is returned as it is, one of an older
    rubric is cancelled.

    Raises NoRubricError, and RefusedError when the question has no graded answer.
    """
    rubric = published_rubric(question)
    for outdated in Regrade.objects.unfinished().filter(question=question).exclude(rubric=rubric):
        cancel_regrade(outdated, actor=actor)
    try:
        with transaction.atomic():
            regrade = Regrade.objects.create(
                question=question, rubric=rubric, requested_by=actor, dispatched_at=Now()
            )
            rows = RegradeRow.objects.bulk_create(
                (
                    RegradeRow(regrade=regrade, answer_id=answer_id, old_grade_id=grade_id)
                    for answer_id, grade_id in graded_answers(question)
                    .order_by("pk")
                    .values_list("pk", "counting_grade")
                ),
                batch_size=1000,
            )
            if not rows:
                raise RefusedError(
                    "nothing_to_regrade",
                    _(
                        "No answer to this question has a grade yet, so there is nothing to regrade."
                    ),
                )
            regrade.total = len(rows)
            regrade.save(update_fields=["total"])
            record_change(
                actor=actor,
                action="regrade.previewed",
                target=regrade,
                new={"rubric": str(rubric), "answers": len(rows)},
            )
            transaction.on_commit(partial(send_message, regrade.pk), robust=True)
    except IntegrityError:
        return Regrade.objects.filter(question=question).latest("id")  # it may be over by now
    return regrade


def send_message(regrade_id: int) -> bool:
    from interview.tasks import preview_regrade  # late: the task calls back into this module

    try:
        preview_regrade.delay(regrade_id)
    except (OperationalError, OSError) as error:
        logger.warning(
            "message for regrade %s not sent, the sweeper will: %s",
            regrade_id,
            type(error).__name__,
        )
        Regrade.objects.unfinished().filter(pk=regrade_id).update(dispatched_at=None)
        return False
    return True


def requeue_stale_regrades(*, workers_died: bool = False) -> dict[str, int]:
    """Fail dry runs that stopped their workers too often, send again those nobody is working on. Safe to run anywhere, any time."""
    unfinished = Regrade.objects.unfinished()
    if workers_died:
        unfinished.filter(status=Regrade.Status.RUNNING).update(
            lease_until=Now() - timedelta(seconds=1)
        )
        unfinished.update(dispatched_at=None)
    failed = unfinished.filter(
        status=Regrade.Status.RUNNING,
        lease_until__lt=Now(),
        attempts__gte=settings.GRADE_MAX_ATTEMPTS,
    ).update(
        status=Regrade.Status.FAILED,
        error=f"The dry run stopped {settings.GRADE_MAX_ATTEMPTS} times without progress.",
        finished_at=Now(),
        lease_token=None,
        lease_until=None,
    )
    lost = Q(dispatched_at__isnull=True) | Q(
        dispatched_at__lt=Now() - timedelta(seconds=settings.GRADE_REDISPATCH_AFTER_S)
    )
    stale = list(Regrade.objects.claimable().filter(lost).values_list("pk", flat=True))
    Regrade.objects.unfinished().filter(pk__in=stale).update(dispatched_at=Now())
    return {"failed": failed, "sent": sum(send_message(pk) for pk in stale)}


def cancel_regrade(regrade: Regrade, *, actor: User) -> bool:
    """Stop a dry run: its worker loses the lease and drops its chunk. False if it was over already."""
    return _move(
        regrade,
        actor,
        [Regrade.Status.QUEUED, Regrade.Status.RUNNING],
        Regrade.Status.CANCELLED,
        "regrade.cancelled",
    )


def set_aside(regrade: Regrade, *, actor: User) -> bool:
    """Apply none of it."""
    return _move(
        regrade,
        actor,
        [Regrade.Status.READY, Regrade.Status.FAILED],
        Regrade.Status.SET_ASIDE,
        "regrade.set_aside",
    )


@transaction.atomic
def _move(
    regrade: Regrade, actor: User, former: list[Regrade.Status], status: Regrade.Status, action: str
) -> bool:
    found = Regrade.objects.filter(pk=regrade.pk, status__in=former)
    if not found.update(status=status, lease_token=None, lease_until=None, finished_at=Now()):
        return False
    record_change(actor=actor, action=action, target=regrade)
    return True


@transaction.atomic
def resume_regrade(regrade: Regrade, *, actor: User) -> Regrade:
    """Go on with a dry run that failed, was cancelled or set aside, and look again at rows that were overtaken, undone or refused."""
    stored = lock_regrade(regrade)
    if stored.is_running:
        return stored
    refuse_old_rubric(stored)
    again = stored.rows.filter(
        status__in=[
            RegradeRow.Status.OVERTAKEN,
            RegradeRow.Status.UNDONE,
            RegradeRow.Status.REFUSED,
        ]
    )
    counting = dict(graded_answers(stored.question).values_list("pk", "counting_grade"))
    moved = list(again)
    for row in moved:
        row.status, row.old_grade_id, row.new_grade, row.error = (
            RegradeRow.Status.WAITING,
            counting[row.answer_id],
            None,
            "",
        )
    RegradeRow.objects.bulk_update(
        moved, ["status", "old_grade", "new_grade", "error"], batch_size=500
    )
    stored.status, stored.attempts, stored.error, stored.finished_at = (
        Regrade.Status.QUEUED,
        0,
        "",
        None,
    )
    try:
        with transaction.atomic():
            stored.save(update_fields=["status", "attempts", "error", "finished_at"])
    except IntegrityError:
        raise RefusedError(
            "other_dry_run",
            _("Another dry run of this question is in progress. Wait for it or cancel it."),
        ) from None
    Regrade.objects.filter(pk=stored.pk).update(due_at=Now(), dispatched_at=Now())
    record_change(actor=actor, action="regrade.resumed", target=stored, new={"answers": len(moved)})
    transaction.on_commit(partial(send_message, stored.pk), robust=True)
    return stored
