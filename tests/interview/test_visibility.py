"""Who may see what. Each rule on a row gives the same answer as its twin on many rows."""

from datetime import timedelta
from itertools import product

import pytest
from django.contrib.auth.models import Group, User
from django.utils import timezone

from interview.models import Answer, InterviewSession
from interview.visibility import (
    answers_readable_by,
    bank_of,
    held_questions,
    is_own,
    is_released,
    may_not_practise,
    may_read_answer,
    may_read_result,
    may_read_review,
    of_others,
    questions_readable_by,
    released,
    results_readable_by,
    results_shown,
    samples_readable_by,
    sessions_waiting_for_release,
    sets_open_to,
    shown_to_candidate,
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


# Answers, results and reviews for each kind of reader ---------------------------------------------


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


# Samples and questions ----------------------------------------------------------------------------


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
    ("mode", "policy", "session", "answer", "is_released_now", "is_held"),
    [
        # An interview that shows each result at once holds what is not submitted yet.
        ("interview", "when_graded", "open", "draft", False, True),
        ("interview", "when_graded", "open", "submitted", False, False),
        ("interview", "when_graded", "submitted", "draft", False, False),
        ("interview", "when_graded", "submitted", "submitted", False, False),
        # One that waits for a person holds all of its questions until the release.
        ("interview", "on_release", "open", "draft", False, True),
        ("interview", "on_release", "open", "submitted", False, True),
        ("interview", "on_release", "submitted", "draft", False, True),
        ("interview", "on_release", "submitted", "submitted", False, True),
        ("interview", "on_release", "submitted", "draft", True, False),
        ("interview", "on_release", "submitted", "submitted", True, False),
        # A practice holds nothing, unless its results wait too.
        ("practice", "when_graded", "open", "draft", False, False),
        ("practice", "when_graded", "submitted", "submitted", False, False),
        ("practice", "on_release", "submitted", "submitted", False, True),
    ],
)
def test_an_interview_holds_a_question_while_it_asks_it_and_until_it_shows_its_result(
    mode, policy, session, answer, is_released_now, is_held
):
    candidate, question = factories.UserFactory(), factories.published_question()
    chosen = factories.QuestionSetFactory(mode=mode, release_policy=policy)
    now = timezone.now()
    asked = factories.AnswerFactory(
        question=question,
        status=answer,
        text="words",
        submitted_at=now if answer == "submitted" else None,
        session=factories.SessionFactory(
            candidate=candidate,
            question_set=chosen,
            status=session,
            submitted_at=now if session == "submitted" else None,
            released_at=now if is_released_now else None,
        ),
    )
    old = factories.submitted_answer(question, candidate=candidate)
    other = factories.submitted_answer(question)

    assert held_questions(candidate.pk, [question.pk]) == ({question.pk} if is_held else set())
    assert held_questions(other.session.candidate_id, [question.pk]) == set()
    assert may_not_practise(candidate, [question.pk]) == ({question.pk} if is_held else set())
    # What was practised before is hidden meanwhile, and other people's practice is not.
    for row in (old, other):
        person = row.session.candidate
        shown = not (is_held and row == old)
        assert may_read_result(person, row) is shown
        assert results_readable_by(person).filter(pk=row.pk).exists() is shown
        assert shown_to_candidate([row]) == ({row.pk} if shown else set())
    assert asked.pk in shown_to_candidate([asked]) or is_held


HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("rules", "begun", "reserves"),
    [
        ({}, False, True),
        ({"is_open": False}, False, False),
        ({"mode": "practice"}, False, False),
        ({"is_open_book": True}, False, False),
        ({"starts_at": HOUR}, False, False),
        ({"starts_at": -HOUR}, False, True),
        ({"ends_at": HOUR}, False, True),
        ({"ends_at": -HOUR}, False, False),
        ({"starts_at": -HOUR, "ends_at": HOUR}, False, True),
        # Once begun the session holds its questions, and the set keeps nothing from its candidate.
        ({"release_policy": "when_graded"}, True, False),
    ],
)
def test_a_set_reserves_its_questions_for_those_who_may_still_take_it(rules, begun, reserves):
    now = timezone.now()
    rules = {
        name: now + value if isinstance(value, timedelta) else value
        for name, value in rules.items()
    }
    candidate, question = factories.UserFactory(), factories.published_question()
    chosen = factories.question_set(question, **rules)
    if begun:
        factories.submitted_answer(question, candidate=candidate, question_set=chosen)
    may_start = set(sets_open_to(candidate)) == {chosen}
    assert may_start is (reserves or rules.get("is_open_book", False))
    assert bank_of(candidate).filter(pk=question.pk).exists() is not reserves
    assert may_not_practise(candidate, [question.pk]) == ({question.pk} if reserves else set())
    # The set keeps them from everybody else who may still take it.
    assert bank_of(factories.UserFactory()).filter(pk=question.pk).exists() is not (
        reserves or begun
    )


def test_a_reserved_question_is_read_by_those_who_ask_it_and_by_no_candidate(readers):
    readers["program"].groups.add(Group.objects.get(name="integrator"))
    factories.published_question(slug="reserved", is_reserved=True)
    factories.published_question(slug="free")
    seen = {
        name: sorted(questions_readable_by(person).values_list("slug", flat=True))
        for name, person in readers.items()
    }
    whole = ["free", "reserved"]
    assert seen == {
        "reviewer": whole,
        "author": whole,
        "candidate": ["free"],
        "other candidate": ["free"],
        "program": whole,
        "other program": ["free"],
    }


def test_a_reviewer_sees_own_results_only_as_their_candidate(readers, answers):
    reviewer = readers["reviewer"]
    held_back = factories.QuestionSetFactory(release_policy="on_release")
    own = factories.submitted_answer(candidate=reviewer, question_set=held_back)
    practice = factories.submitted_answer(candidate=reviewer)
    readable = set(results_readable_by(reviewer))
    assert (may_read_result(reviewer, own), own in readable) == (False, False)
    assert (may_read_result(reviewer, practice), practice in readable) == (True, True)
    assert may_read_review(reviewer, practice) is False
    others = set(InterviewSession.objects.filter(of_others(reviewer)))
    rule = {one for one in InterviewSession.objects.all() if not is_own(one, reviewer)}
    assert (others, len(others)) == (rule, len(answers))
