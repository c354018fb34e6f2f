"""What the pages of one sitting share: its clock, the undo of its last submit, its receipt."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.utils import timezone

from interview.models import Answer, InterviewSession
from interview.services.undo import undoable

# A browser ends the session when its clock shows 00:00, which may be a little early.
EARLY_END = timedelta(seconds=2)


def clock_context(session: InterviewSession) -> dict[str, Any]:
    """What the clock shows; no clock without a deadline, and none once the session is over."""
    if session.deadline is None or session.is_over:
        return {"remaining_s": None, "total_s": None}
    whole = session.deadline - session.started_at
    return {"remaining_s": remaining_s(session), "total_s": int(whole.total_seconds())}


def undo_context(session: InterviewSession, answers: Sequence[Answer]) -> dict[str, Any]:
    """The answer submitted a moment ago that can still be taken back, by its place."""
    found = None if session.is_practice else undoable(session)
    if found is None:
        return {"undo": None}
    answer, left = found
    numbers = {item.pk: number for number, item in enumerate(answers, start=1)}
    return {"undo": {"number": numbers[answer.pk], "left_ms": int(left.total_seconds() * 1000)}}


def remaining_s(session: InterviewSession) -> int | None:
    """Whole seconds to the deadline by the server's clock, never below 0; None without one."""
    if session.deadline is None:
        return None
    return max(0, int((session.deadline - timezone.now()).total_seconds()))


def ran_out(session: InterviewSession) -> bool:
    """Whether the session ended because its time was up."""
    ended = session.submitted_at
    return (
        session.deadline is not None and ended is not None and ended >= session.deadline - EARLY_END
    )


def receipt_context(session: InterviewSession, answers: Sequence[Answer]) -> dict[str, Any]:
    """What was taken of an interview, when, and how it ended: nothing but the candidate's own."""
    return {
        "session": session,
        "answers": answers,
        "taken": sum(answer.is_submitted for answer in answers),
        "ran_out": ran_out(session),
    }
