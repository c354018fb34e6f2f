"""End sessions: by hand, and when their time is up."""

from __future__ import annotations

import logging
from datetime import timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from interview.models import Answer, InterviewSession
from interview.services.answers import freeze_and_queue
from interview.services.reserved import refuse_reserved_practice
from interview.services.sessions import LATE_GRACE, close_session, lock_candidate

CLOSE_LIMIT = 100  # sessions ended in one sweep
CLOSE_RETRY_AFTER = timedelta(minutes=1)  # for a session that could not be ended

logger = logging.getLogger(__name__)


@transaction.atomic
def finish_session(session: InterviewSession) -> InterviewSession:
    """End a session: drafts with text are submitted, blank ones stay unanswered.

    Ending it twice changes nothing. A draft is submitted also when its question was archived since:
    the question was open when the candidate wrote it. A practice with a written draft of a question
    that is reserved by now stays open: RefusedError says which.
    """
    if session.candidate is not None and session.is_practice:
        lock_candidate(session.candidate)
    stored = InterviewSession.objects.select_for_update(of=("self",)).filter(pk=session.pk).first()
    if stored is None:  # discarded at the same moment
        return session
    if stored.status == InterviewSession.Status.SUBMITTED:
        return stored
    drafts = Answer.objects.select_for_update(of=("self",)).filter(
        session=stored, status=Answer.Status.DRAFT
    )
    written = [
        draft for draft in drafts.select_related("question", "session") if draft.text.strip()
    ]
    refuse_reserved_practice(stored, [draft.question for draft in written])
    for draft in written:
        freeze_and_queue(draft, draft.text)
    stored.refresh_from_db()
    if stored.status != InterviewSession.Status.SUBMITTED:
        close_session(stored)
    return stored


def close_overdue_sessions() -> int:
    """End the sessions whose time is up and return how many.

    What was written is then graded also when its candidate never comes back. A session that can't
    be ended is logged and left for later, so that it never keeps the others waiting.
    """
    now = timezone.now()
    overdue = InterviewSession.objects.filter(
        Q(close_retry_at__isnull=True) | Q(close_retry_at__lte=now),
        status=InterviewSession.Status.OPEN,
        deadline__lt=now - LATE_GRACE,
    )
    closed = 0
    for session in overdue.order_by("deadline", "pk")[:CLOSE_LIMIT]:
        try:
            finish_session(session)
        except Exception:
            logger.exception(
                "session %s can't be ended; tried again in %s", session.pk, CLOSE_RETRY_AFTER
            )
            later = timezone.now() + CLOSE_RETRY_AFTER
            InterviewSession.objects.filter(pk=session.pk).update(close_retry_at=later)
        else:
            closed += 1
    return closed
