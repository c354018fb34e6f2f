"""End sessions: by hand, and when their time is up."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from interview.models import Answer, InterviewSession
from interview.services.answers import freeze_and_queue
from interview.services.sessions import LATE_GRACE, close_session


@transaction.atomic
def finish_session(session: InterviewSession) -> InterviewSession:
    """End a session: drafts with text are submitted, blank ones stay unanswered.

    Ending it twice changes nothing. A draft is submitted also when its question was archived since:
    the question was open when the candidate wrote it.
    """
    stored = InterviewSession.objects.select_for_update(of=("self",)).filter(pk=session.pk).first()
    if stored is None:  # discarded at the same moment
        return session
    if stored.status == InterviewSession.Status.SUBMITTED:
        return stored
    drafts = Answer.objects.select_for_update(of=("self",)).filter(
        session=stored, status=Answer.Status.DRAFT
    )
    for draft in drafts.select_related("question", "session"):
        if draft.text.strip():
            freeze_and_queue(draft, draft.text)
    stored.refresh_from_db()
    if stored.status != InterviewSession.Status.SUBMITTED:
        close_session(stored)
    return stored


def close_overdue_sessions() -> int:
    """End the sessions whose time is up, and return how many.

    What was written is then graded also when its candidate never comes back.
    """
    overdue = InterviewSession.objects.filter(
        status=InterviewSession.Status.OPEN, deadline__lt=timezone.now() - LATE_GRACE
    )
    sessions = list(overdue[:100])
    for session in sessions:
        finish_session(session)
    return len(sessions)
