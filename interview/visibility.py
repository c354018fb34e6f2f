"""Who may see what. Pages, endpoints and lists ask it here, at the moment they read.

A rule about one row is followed by the same rule about many rows: a condition (`Q`) or a queryset.
tests/interview/test_visibility.py holds each such pair to each other over a table of cases.
A condition takes the path from the queried model to the session, such as "answer__session__".

One rule is elsewhere: candidate pages begin with `InterviewSession.objects.of(user)`, so that
they hold nobody else's sessions.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.contrib.auth.models import AnonymousUser, User
from django.db.models import Q, QuerySet

from interview.models import Answer, InterviewSession, QuestionSet
from questions.models import Sample

# What a session's candidate sees ------------------------------------------------------------------


def holds_back_results(question_set: QuestionSet | None) -> bool:
    """Whether results of the set wait for an interviewer. Answers sent in alone have no set."""
    return (
        question_set is not None
        and question_set.release_policy == QuestionSet.ReleasePolicy.ON_RELEASE
    )


def is_released(session: InterviewSession) -> bool:
    """Whether the candidate sees the reviewer's verdicts and comments too."""
    return session.released_at is not None


def released(path: str = "") -> Q:
    """`is_released` for many rows."""
    return Q((f"{path}released_at__isnull", False))


def shows_results(session: InterviewSession) -> bool:
    """Whether the candidate sees grades, key points and model answers of submitted answers."""
    return is_released(session) or not holds_back_results(session.question_set)


def results_shown(path: str = "") -> Q:
    """`shows_results` for many rows."""
    policy = f"{path}question_set__release_policy"
    return released(path) | ~Q((policy, QuestionSet.ReleasePolicy.ON_RELEASE))


def waits_for_release(session: InterviewSession) -> bool:
    """Whether the session is submitted and its candidate sees no result before a release."""
    return session.status == InterviewSession.Status.SUBMITTED and not shows_results(session)


def sessions_waiting_for_release() -> QuerySet[InterviewSession]:
    """`waits_for_release` for many rows."""
    submitted = InterviewSession.objects.filter(status=InterviewSession.Status.SUBMITTED)
    return submitted.exclude(results_shown())


# Answers and their grades -------------------------------------------------------------------------


def reviews_grades(reader: User | AnonymousUser) -> bool:
    """Whether the reader sees everybody's answers and grades, released or not."""
    return reader.has_perm("grading.view_grade")


def may_read_answer(reader: User, answer: Answer) -> bool:
    """Whether the reader may know of a submitted answer.

    Reviewers know of all, candidates of their own, and a program of those it sent in for others.
    """
    if not answer.is_submitted:
        return False
    session = answer.session
    sent_for_others = session.candidate_id is None and session.integrator_id == reader.pk
    return reviews_grades(reader) or session.candidate_id == reader.pk or sent_for_others


def answers_readable_by(reader: User) -> QuerySet[Answer]:
    """`may_read_answer` for many rows."""
    submitted = Answer.objects.submitted()
    if reviews_grades(reader):
        return submitted
    return submitted.filter(
        Q(session__candidate_id=reader.pk)
        | Q(session__integrator_id=reader.pk, session__candidate__isnull=True)
    )


def may_read_result(reader: User, answer: Answer) -> bool:
    """Whether the reader sees the answer's grade.

    Reviewers and the sending program always do, candidates once their session shows results.
    """
    if not may_read_answer(reader, answer):
        return False
    session = answer.session
    return reviews_grades(reader) or session.candidate_id is None or shows_results(session)


def results_readable_by(reader: User) -> QuerySet[Answer]:
    """`may_read_result` for many rows: the answers whose grade the reader sees."""
    answers = answers_readable_by(reader)
    if reviews_grades(reader):
        return answers
    return answers.filter(Q(session__candidate__isnull=True) | results_shown("session__"))


def may_read_review(reader: User, answer: Answer) -> bool:
    """Whether the reader sees the reviewer's verdicts over the machine's.

    Reviewers see them at once, everybody else who sees the result once the session is released.
    """
    return may_read_result(reader, answer) and (
        reviews_grades(reader) or is_released(answer.session)
    )


# Candidates' texts on the test bench --------------------------------------------------------------


def reads_candidates_answers(reader: User | AnonymousUser) -> bool:
    """Whether the bench offers the reader real answers to try a rubric on."""
    return reader.has_perm("interview.view_answer")


def samples_readable_by(reader: User | AnonymousUser) -> QuerySet[Sample]:
    """The marked answers the reader sees with their texts: all, or none.

    Samples of the origins *override* and *answer* hold a candidate's text. An author who may read
    samples reads those too, also without `reads_candidates_answers`.
    """
    may_read = ("questions.view_sample", "questions.change_sample")
    if any(reader.has_perm(permission) for permission in may_read):
        return Sample.objects.all()
    return Sample.objects.none()


# Questions ----------------------------------------------------------------------------------------


def questions_in_interview(candidate: User, question_ids: Iterable[int]) -> set[int]:
    """Which of the questions the candidate is being asked in an open interview.

    Practising one of them now would show its key points.
    """
    asked = Answer.objects.filter(
        session__candidate_id=candidate.pk,
        session__status=InterviewSession.Status.OPEN,
        session__question_set__mode=QuestionSet.Mode.INTERVIEW,
        question__in=question_ids,
    )
    return set(asked.values_list("question_id", flat=True))
