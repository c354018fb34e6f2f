"""Start a session, and the rules on when it is open."""

from __future__ import annotations

from datetime import timedelta

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from interview.models import Answer, InterviewSession, QuestionSet, policy_of
from interview.services.errors import RefusedError
from interview.visibility import sets_open_to
from questions.models import Question

LATE_GRACE = timedelta(seconds=15)  # for what was sent in time and arrived late


@transaction.atomic
def start_session(*, candidate: User, question_set: QuestionSet) -> InterviewSession:
    """Open a session with an empty draft for each question of the set. Its time begins now."""
    entries = list(question_set.set_questions.select_related("question"))
    for entry in entries:
        check_open(entry.question)
    if not entries:
        raise RefusedError("no_questions", _("This question set is empty. Ask your interviewer."))
    now = timezone.now()
    session = InterviewSession.objects.create(
        candidate_id=candidate.pk,
        question_set=question_set,
        started_at=now,
        deadline=now + timedelta(minutes=question_set.minutes) if question_set.minutes else None,
        **policy_of(question_set),
    )
    Answer.objects.bulk_create(
        Answer(session=session, question=entry.question, order=entry.order) for entry in entries
    )
    return session


def lock_candidate(candidate: User) -> None:
    """Make what one candidate begins happen one after the other, until the transaction ends.

    So an interview that starts in one window is seen by a practice that starts in another, which
    would show the key points of its questions.
    """
    User.objects.select_for_update(no_key=True).get(pk=candidate.pk)


def start_interview(*, candidate: User, question_set: QuestionSet) -> InterviewSession:
    """Start the candidate's session of an interview set, or return the one there is.

    Each candidate takes a set once.
    """
    with transaction.atomic():
        lock_candidate(candidate)  # two starts at the same moment are one
        locked = QuestionSet.objects.select_for_update().get(pk=question_set.pk)
        former = InterviewSession.objects.of(candidate).filter(question_set=locked).first()
        if former is not None:
            return former
        if not sets_open_to(candidate).filter(pk=locked.pk).exists():
            raise RefusedError("set_closed", why_closed(locked))
        return start_session(candidate=candidate, question_set=locked)


def why_closed(question_set: QuestionSet) -> str:
    start = question_set.starts_at
    if question_set.is_open and start is not None and timezone.now() < start:
        at = date_format(timezone.localtime(start), "DATETIME_FORMAT")
        return _("This interview can be started from %(time)s on.") % {"time": at}
    return _("This interview is no longer open. Ask your interviewer.")


def check_open(question: Question) -> None:
    """Raise RefusedError unless the question may be answered now."""
    if not Question.objects.published().filter(pk=question.pk).exists():
        raise RefusedError(
            "question_not_open",
            _("The question “%(slug)s” is not open for answers.") % {"slug": question.slug},
        )


def check_in_time(session: InterviewSession) -> None:
    late = session.deadline is not None and timezone.now() > session.deadline + LATE_GRACE
    if session.status == InterviewSession.Status.SUBMITTED or late:
        raise RefusedError(
            "session_over",
            _("This session is over. What you had written was kept and submitted."),
        )


def close_session(session: InterviewSession) -> None:
    session.status = InterviewSession.Status.SUBMITTED
    session.submitted_at = timezone.now()
    session.save(update_fields=["status", "submitted_at"])
