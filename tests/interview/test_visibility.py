"""Who may see what. Each rule on a row gives the same answer as its twin on many rows."""

from itertools import product

import pytest
from django.contrib.auth.models import Group, User
from django.utils import timezone

from interview.models import Answer, InterviewSession
from interview.visibility import (
    answers_readable_by,
    is_released,
    may_read_answer,
    may_read_result,
    may_read_review,
    questions_in_interview,
    released,
    results_readable_by,
    results_shown,
    samples_readable_by,
    sessions_waiting_for_release,
    shows_results,
    waits_for_release,
)
from questions.models import Sample
from tests import factories

pytestmark = pytest.mark.django_db


def make_session(policy: str | None, *, is_released: bool, status: str = "submitted", **fields):
    """A session of a set with this policy; None is an answer sent in without a set."""
    chosen = factories.QuestionSetFactory(release_policy=policy) if policy else None
    return factories.SessionFactory(
        question_set=chosen,
        status=status,
        submitted_at=timezone.now() if status == "submitted" else None,
        released_at=timezone.now() if is_released else None,
        **fields,
    )


@pytest.mark.parametrize(
    ("policy", "is_released_now", "expected"),
    [
        (None, False, True),
        (None, True, True),
        ("when_graded", False, True),
        ("when_graded", True, True),
        ("on_release", False, False),
        ("on_release", True, True),
    ],
)
def test_results_show_unless_the_set_holds_them_back_and_nobody_released_them(
    policy, is_released_now, expected
):
    session = make_session(policy, is_released=is_released_now)
    assert shows_results(session) is expected


def test_conditions_on_many_sessions_agree_with_the_rules_on_one():
    for policy, let_go, status in product(
        (None, "when_graded", "on_release"), (False, True), ("open", "submitted")
    ):
        make_session(policy, is_released=let_go, status=status)
    sessions = list(InterviewSession.objects.all())
    assert len(sessions) == 12

    def having(rule) -> set[int]:
        return {session.pk for session in sessions if rule(session)}

    def found(condition) -> set[int]:
        return set(InterviewSession.objects.filter(condition).values_list("pk", flat=True))

    assert having(shows_results) == found(results_shown())
    assert having(is_released) == found(released())
    waiting = set(sessions_waiting_for_release().values_list("pk", flat=True))
    assert having(waits_for_release) == waiting
    assert len(waiting) == 1


def test_conditions_take_the_path_to_the_session():
    for policy in (None, "when_graded", "on_release"):
        factories.submitted_answer(
            question_set=policy and factories.QuestionSetFactory(release_policy=policy)
        )
    by_row = {answer.pk for answer in Answer.objects.all() if shows_results(answer.session)}
    shown = Answer.objects.filter(results_shown("session__"))
    assert (by_row, len(by_row)) == (set(shown.values_list("pk", flat=True)), 2)


# Answers, results and reviews for each kind of reader ----------------------------------------------


@pytest.fixture
def readers(interviewer) -> dict[str, User]:
    author = factories.UserFactory()
    author.groups.add(Group.objects.get(name="author"))
    return {
        "reviewer": interviewer,
        "author": author,
        "candidate": factories.UserFactory(),
        "other candidate": factories.UserFactory(),
        "program": factories.UserFactory(),
        "other program": factories.UserFactory(),
    }


@pytest.fixture
def answers(readers) -> dict[str, Answer]:
    own = {"candidate": readers["candidate"]}
    sent = {"integrator": readers["program"], "question_set": None}
    now = timezone.now()
    held_back = {"question_set": factories.QuestionSetFactory(release_policy="on_release")}
    return {
        "draft": factories.AnswerFactory(session__candidate=readers["candidate"]),
        "practice": factories.submitted_answer(**own),
        "held back": factories.submitted_answer(**own, **held_back),
        "released": factories.submitted_answer(**own, **held_back, released_at=now),
        "practice sent in": factories.submitted_answer(**own, **sent),
        "sent for others": factories.submitted_answer(candidate=None, **sent),
        "sent, released": factories.submitted_answer(candidate=None, **sent, released_at=now),
    }


EVERYTHING = {
    "practice",
    "held back",
    "released",
    "practice sent in",
    "sent for others",
    "sent, released",
}


@pytest.mark.parametrize(
    ("reader", "known", "graded", "reviewed"),
    [
        ("reviewer", EVERYTHING, EVERYTHING, EVERYTHING),
        ("author", set(), set(), set()),
        (
            "candidate",
            {"practice", "held back", "released", "practice sent in"},
            {"practice", "released", "practice sent in"},
            {"released"},
        ),
        ("other candidate", set(), set(), set()),
        (
            "program",  # sent the candidate's practice too, which is the candidate's to read
            {"sent for others", "sent, released"},
            {"sent for others", "sent, released"},
            {"sent, released"},
        ),
        ("other program", set(), set(), set()),
    ],
)
def test_what_each_reader_sees_of_each_answer(readers, answers, reader, known, graded, reviewed):
    person = readers[reader]

    def named(rule) -> set[str]:
        return {name for name, answer in answers.items() if rule(person, answer)}

    def found(queryset) -> set[str]:
        ids = set(queryset.values_list("pk", flat=True))
        return {name for name, answer in answers.items() if answer.pk in ids}

    assert named(may_read_answer) == found(answers_readable_by(person)) == known
    assert named(may_read_result) == found(results_readable_by(person)) == graded
    assert named(may_read_review) == reviewed


# Samples and questions -----------------------------------------------------------------------------


def test_whoever_may_read_samples_reads_those_with_a_candidates_text_too(readers):
    factories.marked_answer()
    factories.marked_answer(origin=Sample.Origin.OVERRIDE)
    factories.marked_answer(origin=Sample.Origin.ANSWER)
    seen = {name: samples_readable_by(person).count() for name, person in readers.items()}
    assert seen == {
        "reviewer": 3,
        "author": 3,
        "candidate": 0,
        "other candidate": 0,
        "program": 0,
        "other program": 0,
    }


@pytest.mark.parametrize(
    ("mode", "status", "is_asked"),
    [
        ("interview", "open", True),
        ("interview", "submitted", False),
        ("practice", "open", False),
    ],
)
def test_a_question_is_asked_in_an_interview_while_its_session_is_open(mode, status, is_asked):
    question = factories.published_question()
    session = factories.SessionFactory(
        question_set=factories.QuestionSetFactory(mode=mode),
        status=status,
        submitted_at=timezone.now() if status == "submitted" else None,
    )
    factories.AnswerFactory(session=session, question=question)
    expected = {question.pk} if is_asked else set()
    assert questions_in_interview(session.candidate, [question.pk]) == expected
    assert questions_in_interview(factories.UserFactory(), [question.pk]) == set()
