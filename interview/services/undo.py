"""Take an interview's answer back for some seconds after it was submitted."""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext as _

from grading.models import Grade
from interview.models import Answer, InterviewSession, Review
from interview.services.answers import locked_answer
from interview.services.errors import RefusedError


def unclaimed_grades(session: InterviewSession) -> QuerySet[Grade]:
    """The session's grades that no worker may take yet, and none has taken before."""
    return Grade.objects.filter(
        answer__session=session, status=Grade.Status.QUEUED, attempts=0, due_at__gt=Now()
    )


def undoable(session: InterviewSession) -> tuple[Answer, timedelta] | None:
    """The answer that can be taken back now, and for how long; None if there is none."""
    now = timezone.now()
    if session.deadline is not None and session.deadline <= now:
        return None
    grade = unclaimed_grades(session).select_related("answer").order_by("-due_at").first()
    if grade is None:
        return None
    ends = min(grade.due_at, session.deadline) if session.deadline else grade.due_at
    return grade.answer, max(ends - now, timedelta(0))


@transaction.atomic
def undo_submit(answer: Answer) -> Answer:
    """Make an answer just submitted a draft again, and open the session that it ended.

    Raises RefusedError once its grade is due, and after the deadline. The grade's row is locked
    before it is deleted: a worker who wants it at the same moment either has it before, and then
    the answer stays submitted, or finds nothing left to claim.
    """
    stored = locked_answer(answer)
    session = stored.session
    too_late = RefusedError(
        "undo_too_late", _("It is too late to undo: this answer is submitted for good.")
    )
    if not stored.is_submitted:
        return stored
    if session.deadline is not None and timezone.now() >= session.deadline:
        raise too_late
    grade = unclaimed_grades(session).filter(answer=stored).select_for_update(of=("self",)).first()
    if grade is None or Review.objects.filter(answer=stored).exists():
        raise too_late
    if session.status == InterviewSession.Status.SUBMITTED:
        if not _ended_by(stored, session):
            raise too_late
        session.status, session.submitted_at = InterviewSession.Status.OPEN, None
        session.save(update_fields=["status", "submitted_at"])
    grade.delete()
    stored.status, stored.submitted_at = Answer.Status.DRAFT, None
    stored.revision += 1
    stored.save(update_fields=["status", "submitted_at", "revision"])
    return stored


def _ended_by(answer: Answer, session: InterviewSession) -> bool:
    """Whether the session ended because this was its last answer, not because it was finished."""
    others = session.answers.exclude(pk=answer.pk)
    return not others.filter(status=Answer.Status.DRAFT).exists() and not (
        others.filter(submitted_at__gt=answer.submitted_at).exists()
    )
