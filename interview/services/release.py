"""Release a session's result to its candidate, and withdraw it."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from audit.services import record_change
from grading.models import Grade
from interview.models import InterviewSession
from interview.services.errors import RefusedError
from interview.services.own_sessions import refuse_own_session


@transaction.atomic
def release_session(session: InterviewSession, *, actor: User) -> InterviewSession:
    """Show the candidate the result with the reviewer's verdicts.

    Refused while an answer still waits for its grade.
    """
    stored = InterviewSession.objects.select_for_update(of=("self",)).get(pk=session.pk)
    refuse_own_session(stored, actor=actor)
    if stored.released_at is not None:
        return stored
    if stored.status != InterviewSession.Status.SUBMITTED:
        raise RefusedError(
            "session_open",
            _("The candidate is still answering. Release the session after it is submitted."),
        )
    waiting = Grade.objects.unfinished().filter(answer__session=stored).count()
    if waiting:
        raise RefusedError(
            "still_grading",
            ngettext(
                "%(n)d answer is still being graded. Try again in a moment.",
                "%(n)d answers are still being graded. Try again in a moment.",
                waiting,
            )
            % {"n": waiting},
        )
    stored.released_at, stored.released_by_id = timezone.now(), actor.pk
    stored.save(update_fields=["released_at", "released_by"])
    record_change(actor=actor, action="session.released", target=stored)
    return stored


@transaction.atomic
def withdraw_release(
    session: InterviewSession, *, actor: User, reason: str = ""
) -> InterviewSession:
    """Undo a release: the candidate sees again what they saw before it."""
    stored = InterviewSession.objects.select_for_update(of=("self",)).get(pk=session.pk)
    refuse_own_session(stored, actor=actor)
    if stored.released_at is None:
        return stored
    stored.released_at = stored.released_by = None
    stored.save(update_fields=["released_at", "released_by"])
    record_change(actor=actor, action="session.release_withdrawn", target=stored, reason=reason)
    return stored
