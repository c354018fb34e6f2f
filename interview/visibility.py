"""Who may see what."""

from __future__ import annotations

from collections.abc import Iterable

from django.contrib.auth.models import User
from django.db.models import Q, QuerySet

from interview.models import (
    Answer,
    InterviewSession,
    QuestionSet,
)


def questions_in_interview(candidate: User, question_ids: Iterable[int]) -> set[int]:
    """Which of the questions the candidate is being asked in an open interview: practising them now would show their key points."""
    asked = Answer.objects.filter(
        session__candidate_id=candidate.pk,
        session__status=InterviewSession.Status.OPEN,
        session__question_set__mode=QuestionSet.Mode.INTERVIEW,
        question__in=question_ids,
    )
    return set(asked.values_list("question_id", flat=True))


def answers_readable_by(user: User) -> QuerySet[Answer]:
    """The submitted answers a reader may know of: a candidate's own, what a program sent in, for reviewers all."""
    submitted = Answer.objects.submitted()
    if reviews_grades(user):
        return submitted
    return submitted.filter(
        Q(session__candidate_id=user.pk)
        | Q(session__integrator_id=user.pk, session__candidate__isnull=True)
    )


def shows_result_to(user: User, answer: Answer) -> bool:
    """Whether one who may know of the answer sees its grade: reviewers and the sending program always, the candidate when it is shown."""
    return (
        reviews_grades(user) or answer.session.candidate_id is None or answer.session.shows_results
    )


def shows_review_to(user: User, answer: Answer) -> bool:
    """Whether the reviewer's word stands over the machine's for this reader: for other reviewers at once, for all once released."""
    return reviews_grades(user) or answer.session.released_at is not None


def reviews_grades(user: User) -> bool:
    return user.has_perm("grading.view_grade")
