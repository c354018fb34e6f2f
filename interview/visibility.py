"""Who may see what. Pages, endpoints and services ask it here: when they read and when they accept.

A rule about one row is followed by the same rule about many rows: a condition (`Q`) or a queryset.
tests/interview/test_visibility.py holds each such pair to each other over a table of cases.
A condition takes the path from the queried model to the session, such as "answer__session__".

One rule is elsewhere: candidate pages begin with `InterviewSession.objects.of(user)`, so that
they hold nobody else's sessions.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.contrib.auth.models import AnonymousUser, User
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from interview.models import Answer, InterviewSession, QuestionSet
from interview.roles import INTEGRATOR, has_role
from questions.models import Proposal, Question, QuestionQuerySet, Sample

# What a session's candidate sees ------------------------------------------------------------------


def holds_back_results(rules: QuestionSet | InterviewSession) -> bool:
    """Whether results wait for an interviewer: of the sessions of a set, or of this session.

    A session asks its own copy of the policy, made at its start, and never its set.
    """
    return rules.release_policy == QuestionSet.ReleasePolicy.ON_RELEASE


def is_released(session: InterviewSession) -> bool:
    """Whether the candidate sees the reviewer's verdicts and comments too."""
    return session.released_at is not None


def released(path: str = "") -> Q:
    """`is_released` for many rows."""
    return Q((f"{path}released_at__isnull", False))


def shows_results(session: InterviewSession) -> bool:
    """Whether the session lets its candidate see grades, key points and model answers.

    A single answer is still hidden while its question is held: see `shown_to_candidate`.
    """
    return is_released(session) or not holds_back_results(session)


def results_shown(path: str = "") -> Q:
    """`shows_results` for many rows."""
    policy = f"{path}release_policy"
    return released(path) | ~Q((policy, QuestionSet.ReleasePolicy.ON_RELEASE))


def waits_for_release(session: InterviewSession) -> bool:
    """Whether the session is submitted and its candidate sees no result before a release."""
    return session.status == InterviewSession.Status.SUBMITTED and not shows_results(session)


def sessions_waiting_for_release() -> QuerySet[InterviewSession]:
    """`waits_for_release` for many rows."""
    submitted = InterviewSession.objects.filter(status=InterviewSession.Status.SUBMITTED)
    return submitted.exclude(results_shown())


# Questions that a candidate's interviews hold -----------------------------------------------------

# An interview holds a question from its candidate while it asks it, and until it shows its result.
# Until then nothing on any path may show that person the question's key points, feedback or model
# answer, and no other grading of it may begin: the engine would answer the same words alike.


def held_back_answers(candidate_id: int | None) -> QuerySet[Answer]:
    """The candidate's answers, blank ones too, whose questions an interview of theirs holds."""
    policy = {"session__release_policy": QuestionSet.ReleasePolicy.ON_RELEASE}
    unreleased = Q(**policy, session__released_at__isnull=True)
    being_asked = Q(
        session__mode=QuestionSet.Mode.INTERVIEW,
        session__status=InterviewSession.Status.OPEN,
        status=Answer.Status.DRAFT,
    )
    return Answer.objects.filter(unreleased | being_asked, session__candidate_id=candidate_id)


def held_questions(candidate_id: int | None, question_ids: Iterable[int]) -> set[int]:
    """Which of the questions an interview of the candidate holds."""
    held = held_back_answers(candidate_id).filter(question__in=set(question_ids))
    return set(held.order_by().values_list("question_id", flat=True))


def shown_to_candidate(answers: Sequence[Answer]) -> set[int]:
    """The ids of those answers whose result their candidate sees. All are of one candidate.

    The answers need their sessions. One query, however many there are.
    """
    open_ones = [answer for answer in answers if shows_results(answer.session)]
    if not open_ones:
        return set()
    candidate_id = open_ones[0].session.candidate_id
    held = held_questions(candidate_id, [answer.question_id for answer in open_ones])
    return {answer.pk for answer in open_ones if answer.question_id not in held}


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

    Reviewers do at once, of others' answers. Candidates do once their session shows results, and
    the sending program at once, unless an interview of the reader's own holds the question.
    """
    if not may_read_answer(reader, answer):
        return False
    if reviews_grades(reader) and not is_own(answer.session, reader):
        return True
    shown = answer.session.candidate_id is None or shows_results(answer.session)
    return shown and not held_questions(reader.pk, [answer.question_id])


def results_readable_by(reader: User) -> QuerySet[Answer]:
    """`may_read_result` for many rows: the answers whose grade the reader sees."""
    held = Exists(held_back_answers(reader.pk).filter(question_id=OuterRef("question_id")))
    own = Q(session__candidate_id=reader.pk)
    shown = Q(session__candidate__isnull=True) | (own & results_shown("session__"))
    readable = shown & ~Q(held)
    if reviews_grades(reader):
        readable |= of_others(reader, "session__")
    return answers_readable_by(reader).filter(readable)


def may_read_review(reader: User, answer: Answer) -> bool:
    """Whether the reader sees the reviewer's verdicts over the machine's.

    Reviewers see those on others' answers at once. Everybody else who sees the result sees them
    once the session is released.
    """
    if not may_read_result(reader, answer):
        return False
    reviews = reviews_grades(reader) and not is_own(answer.session, reader)
    return reviews or is_released(answer.session)


# Candidates' texts on the test bench --------------------------------------------------------------


def reads_candidates_answers(reader: User | AnonymousUser) -> bool:
    """Whether the bench offers the reader real answers to try a rubric on."""
    return reader.has_perm("interview.view_answer")


def may_read_text(reader: User | AnonymousUser, answer: Answer) -> bool:
    """Whether the reader sees an answer's text beside a rubric, without its writer's name.

    Reviewers do. Authors do once its interview is released; practice is never theirs to read.
    """
    session = answer.session
    return reads_candidates_answers(reader) or (not session.is_practice and is_released(session))


def samples_readable_by(reader: User | AnonymousUser) -> QuerySet[Sample]:
    """The marked answers the reader sees with their texts, for those who may read samples.

    Samples of the origins *override* and *answer* hold a candidate's text: see `may_read_text`.
    Nobody reads here what a reviewer says of their own answer.
    """
    may_read = ("questions.view_sample", "questions.change_sample")
    if not any(reader.has_perm(permission) for permission in may_read):
        return Sample.objects.none()
    found = Sample.objects.filter(of_others(reader, "answer__session__"))
    if reads_candidates_answers(reader):
        return found
    interview_released = Q(answer__session__mode=QuestionSet.Mode.INTERVIEW) & released(
        "answer__session__"
    )
    return found.filter(Q(answer__isnull=True) | interview_released)


def proposals_readable_by(reader: User | AnonymousUser) -> QuerySet[Proposal]:
    """The proposed wordings the reader sees. One quotes a few words of its marked answer.

    Reviewers see all, authors those from answers that are released, of a practice too.
    """
    found = Proposal.objects.filter(of_others(reader, "sample__answer__session__"))
    if reads_candidates_answers(reader):
        return found
    return found.filter(Q(sample__answer__isnull=True) | released("sample__answer__session__"))


# Questions ----------------------------------------------------------------------------------------


def sets_open_to(candidate: User) -> QuerySet[QuestionSet]:
    """The interviews that the candidate may start now. Each candidate takes a set once.

    A set is open to all candidates or to none.
    """
    now = timezone.now()
    return QuestionSet.objects.filter(
        Q(starts_at__isnull=True) | Q(starts_at__lte=now),
        Q(ends_at__isnull=True) | Q(ends_at__gt=now),
        mode=QuestionSet.Mode.INTERVIEW,
        is_open=True,
    ).exclude(Exists(InterviewSession.objects.of(candidate).filter(question_set=OuterRef("pk"))))


def reserved(candidate: User) -> Q:
    """The condition on questions that are kept out of the candidate's bank.

    Their author reserved them, or an interview that the candidate may still start asks them and is
    not open-book. A question with this condition can't be found, read or practised.
    """
    reserving = sets_open_to(candidate).filter(is_open_book=False)
    return Q(is_reserved=True) | Q(
        pk__in=reserving.filter(questions__isnull=False).order_by().values("questions")
    )


def bank_of(candidate: User) -> QuestionQuerySet:
    """The published questions that the candidate may find and, unless held, practise."""
    return Question.objects.published().exclude(reserved(candidate))


def questions_readable_by(reader: User) -> QuestionQuerySet:
    """The published questions that a program with this account reads.

    Programs that send in others' answers, and people who read key points, read the whole bank.
    """
    if reader.has_perm("questions.view_keypoint") or has_role(reader, INTEGRATOR):
        return Question.objects.published()
    return bank_of(reader)


def may_not_practise(candidate: User, question_ids: Iterable[int]) -> set[int]:
    """Which of the questions the candidate may not begin or submit a practice of now."""
    ids = set(question_ids)
    found = Question.objects.filter(reserved(candidate), pk__in=ids)
    return held_questions(candidate.pk, ids) | set(found.values_list("pk", flat=True))


# Who decides on a session -------------------------------------------------------------------------


def is_own(session: InterviewSession, reader: User | AnonymousUser) -> bool:
    """Whether it is the reader's own session, on which others decide."""
    return reader.pk is not None and session.candidate_id == reader.pk


def of_others(reader: User | AnonymousUser, path: str = "") -> Q:
    """Not `is_own`, for many rows."""
    return ~Q((f"{path}candidate_id", reader.pk)) | Q((f"{path}candidate__isnull", True))
