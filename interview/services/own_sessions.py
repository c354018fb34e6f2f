"""Nobody decides on their own session."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.utils.translation import gettext as _

from interview.models import InterviewSession
from interview.services.errors import RefusedError
from interview.visibility import is_own


def refuse_own_session(session: InterviewSession, *, actor: User) -> None:
    """Raise RefusedError if the session is the actor's own."""
    if is_own(session, actor):
        raise RefusedError("own_session", why_own())


def why_own() -> str:
    return _("This is your own session. Another person must review it and decide on it.")
