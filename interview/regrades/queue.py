"""Start a regrade's dry run, queue it, cancel it, resume it."""

from __future__ import annotations

from functools import partial

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from audit.services import record_change
from grading.leases import LeasedQueue
from grading.services.queue import published_rubric
from interview.regrades.concerned import graded_answers
from interview.regrades.models import Regrade, RegradeRow
from interview.regrades.state import lock_regrade, refuse_old_rubric
from interview.services.errors import RefusedError
from questions.models import Question


def start_regrade(question: Question, *, actor: User) -> Regrade:
    """Queue a dry run of the published rubric over every graded answer.

    One that runs already is returned as it is, one of an older rubric is cancelled.

    Raises NoRubricError, and RefusedError when the question has no graded answer.
    """
    rubric = published_rubric(question)
    for outdated in Regrade.objects.unfinished().filter(question=question).exclude(rubric=rubric):
        cancel_regrade(outdated, actor=actor)
    try:
        with transaction.atomic():
            regrade = Regrade.objects.create(
                question=question,
                rubric=rubric,
                requested_by=actor,
                dispatched_at=Now(),
                dispatches=1,
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
                        "No answer to this question has a grade yet, so there is nothing to "
                        "regrade."
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
            transaction.on_commit(partial(REGRADES.publish, [regrade.pk]), robust=True)
    except IntegrityError:
        return Regrade.objects.filter(question=question).latest("id")  # it may be over by now
    return regrade


def send_message(regrade_id: int) -> None:
    from interview.tasks import preview_regrade  # noqa: PLC0415 - the task calls into the services

    preview_regrade.delay(regrade_id)


REGRADES = LeasedQueue(
    Regrade,
    send=send_message,
    stopped="The dry run stopped {attempts} times without progress.",
)


def cancel_regrade(regrade: Regrade, *, actor: User) -> bool:
    """Stop a dry run: its worker loses the lease and drops its chunk. False if it was over."""
    return _move(
        regrade,
        actor,
        [Regrade.Status.QUEUED, Regrade.Status.RUNNING],
        Regrade.Status.CANCELLED,
        "regrade.cancelled",
    )


def set_aside(regrade: Regrade, *, actor: User) -> bool:
    """Close a finished dry run without applying it. False if it was applied or closed already."""
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
    """Go on with a dry run that failed, was cancelled or set aside.

    Rows that were overtaken, undone or refused are looked at again.
    """
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
    Regrade.objects.filter(pk=stored.pk).update(due_at=Now(), dispatched_at=Now(), dispatches=1)
    record_change(actor=actor, action="regrade.resumed", target=stored, new={"answers": len(moved)})
    transaction.on_commit(partial(REGRADES.publish, [stored.pk]), robust=True)
    return stored
