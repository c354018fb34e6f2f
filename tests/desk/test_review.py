"""The review workspace: verdicts, comments, release, and what the candidate sees of it."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from audit.models import AuditEntry
from desk.review.rows import verdict_changes
from grading.models import Grade
from interview.models import Answer, InterviewSession, Review
from interview.services.release import release_session
from interview.services.reviews import record_review
from interview.standing import rounded, standing_result, with_results
from questions.models import Rubric
from tests import factories
from tests.conftest import signed_in, user_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def answer(candidate) -> Answer:
    """A graded answer of the candidate that covers `variance`, in a session held back until released."""
    return factories.graded_answer(
        candidate=candidate, question_set=factories.QuestionSetFactory(release_policy="on_release")
    )


def url_of(session: InterviewSession) -> str:
    return reverse("admin:interview_interviewsession_review", args=[session.pk])


def sent(answer: Answer, *, then: str = "", seen: str = "", **fields: str) -> dict[str, str]:
    """The form of one answer as a browser sends it.

    Fields are named by `verdict_KEY`, `comment_KEY`, `comment`, `note`, `looked_at`.
    """
    body = {"then": then, f"answer-{answer.pk}-seen": seen}
    keys = list(answer.grades.latest("id").rubric.key_points.values_list("key", flat=True))
    body |= {
        f"answer-{answer.pk}-{kind}-{key}": "" for key in keys for kind in ("verdict", "comment")
    }
    for name, value in fields.items():
        kind, _, key = name.partition("_")
        body[
            f"answer-{answer.pk}-{kind}-{key}"
            if kind in ("verdict", "comment") and key
            else f"answer-{answer.pk}-{name}"
        ] = value
    return body


def stamp_of(answer: Answer) -> str:
    return Review.objects.get(answer=answer).updated_at.isoformat()


def result_of(answer: Answer):
    return standing_result(with_results(Answer.objects.filter(pk=answer.pk)).get())


def messages_of(response) -> str:
    return " ".join(str(message) for message in response.context["messages"])


# Overrides ----------------------------------------------------------------------------------------


def shown_points(page: str) -> list[int]:
    return [int(points) for points in re.findall(r'<strong class="ts-num[^"]*">([-+]\d+)<', page)]


@pytest.mark.parametrize("name", ["session", "answer", "grade"])
def test_points_on_a_page_add_up_with_the_cap_as_a_row_of_its_own(interviewer_client, name):
    answer = factories.graded_answer(factories.published_question(required=True))
    page = interviewer_client.get(page_address(name, answer)).content.decode()
    assert shown_points(page) == [67, 0, -8]
    assert answer.standing_grade.score == 59


@pytest.mark.parametrize("name", ["session", "answer", "grade"])
def test_a_grade_of_an_older_engine_shows_no_points_that_deny_its_verdicts(
    interviewer_client, name
):
    answer = factories.as_by_engine_3_0(factories.graded_answer())
    page = interviewer_client.get(
        page_address(name, answer), headers={"accept-language": "en"}
    ).content.decode()
    assert shown_points(page) == []
    assert "Graded by engine 3.0." in page


def page_address(name: str, answer: Answer) -> str:
    if name == "session":
        return url_of(answer.session)
    if name == "answer":
        return reverse("admin:interview_answer_change", args=[answer.pk])
    return reverse("admin:grading_grade_change", args=[answer.standing_grade.pk])


def test_override_changes_the_score_and_keeps_the_machines_beside_it(
    interviewer, interviewer_client, answer
):
    before = result_of(answer)
    body = sent(
        answer,
        verdict_variance="missed",
        comment_variance="只说了结论",
        comment="再想想",
        note="很犹豫",
    )
    page = interviewer_client.post(url_of(answer.session), body, follow=True)
    after = result_of(answer)
    assert after.machine_score == before.score
    assert after.score < before.score
    review = Review.objects.get()
    assert (review.reviewer, review.comment, review.note) == (interviewer, "再想想", "很犹豫")
    assert [(row.key, row.verdict, row.comment) for row in review.verdicts.all()] == [
        ("variance", "missed", "只说了结论")
    ]
    (card,) = page.context["cards"]
    assert [row.is_overridden for row in card.rows] == [True, False]
    assert f'<span class="ts-score">{rounded(after.score)}</span>' in page.content.decode()
    assert f"{rounded(before.score)}" in page.content.decode()


def test_override_is_taken_back_by_choosing_the_machines_again(interviewer_client, answer):
    before = result_of(answer)
    interviewer_client.post(url_of(answer.session), sent(answer, verdict_variance="missed"))
    interviewer_client.post(url_of(answer.session), sent(answer, seen=stamp_of(answer)))
    assert result_of(answer).score == before.score
    assert Review.objects.get().verdicts.count() == 0
    page = interviewer_client.get(url_of(answer.session))
    assert [(line.who, len(line.details)) for line in page.context["trail"]] == [
        ("interviewer", 1),
        ("interviewer", 1),
    ]


def test_comment_without_a_verdict_agrees_with_the_machine(interviewer_client, answer):
    interviewer_client.post(url_of(answer.session), sent(answer, comment_variance="说得好"))
    verdict = Review.objects.get().verdicts.get()
    assert (verdict.verdict, verdict.comment) == (
        answer.standing_grade.matches.get(key_point__key="variance").verdict,
        "说得好",
    )


def test_doubtful_answer_is_done_once_somebody_says_they_looked(interviewer_client, answer):
    Grade.objects.update(needs_review=True)
    page = interviewer_client.get(url_of(answer.session))
    assert page.context["cards"][0].is_doubtful
    interviewer_client.post(url_of(answer.session), sent(answer, looked_at="on"))
    page = interviewer_client.get(url_of(answer.session))
    assert not page.context["cards"][0].is_doubtful
    assert Review.objects.get().verdicts.count() == 0


def test_saving_without_a_change_writes_nothing(interviewer_client, answer):
    interviewer_client.post(url_of(answer.session), sent(answer))
    assert not Review.objects.exists()
    assert not AuditEntry.objects.filter(action="review.recorded").exists()


def test_saving_leaves_the_reviews_of_other_answers_to_their_reviewers(interviewer_client, answer):
    other = factories.AnswerFactory(
        session=answer.session,
        question=factories.published_question(),
        order=1,
        text="x",
        status="submitted",
        submitted_at=answer.submitted_at,
    )
    colleague = user_in("interviewer", "colleague")
    record_review(answer=other, reviewer=colleague, verdicts={}, comment="from a colleague")
    Grade.objects.create(answer=other, rubric=other.question.rubrics.get())
    body = sent(answer, comment="from me") | sent(
        other, seen=stamp_of(other), comment="from a colleague"
    )
    interviewer_client.post(url_of(answer.session), body)
    assert {review.answer: review.reviewer.username for review in Review.objects.all()} == {
        answer: "interviewer",
        other: "colleague",
    }


def test_two_reviewers_at_once_lose_nothing(interviewer_client, answer):
    colleague = user_in("interviewer", "colleague")
    record_review(
        answer=answer, reviewer=colleague, verdicts={"variance": ("partial", "")}, comment="first"
    )
    response = interviewer_client.post(url_of(answer.session), sent(answer, comment="second"))
    assert response.status_code == 200
    assert "colleague" in messages_of(response)
    assert Review.objects.get().comment == "first"
    (card,) = response.context["cards"]
    assert (card.conflict, card.form["comment"].value(), card.form["seen"].value()) == (
        True,
        "second",
        stamp_of(answer),
    )
    interviewer_client.post(
        url_of(answer.session), sent(answer, seen=card.form["seen"].value(), comment="second")
    )
    assert Review.objects.get().comment == "second"


def test_override_stands_when_the_answer_is_graded_again(
    interviewer_client, run_tasks_inline, django_capture_on_commit_callbacks, answer
):
    interviewer_client.post(url_of(answer.session), sent(answer, verdict_variance="missed"))
    overridden = result_of(answer).score
    with django_capture_on_commit_callbacks(execute=True):
        interviewer_client.post(
            url_of(answer.session),
            sent(
                answer, then=f"again-{answer.pk}", seen=stamp_of(answer), verdict_variance="missed"
            ),
        )
    assert answer.grades.count() == 2
    assert result_of(answer).grade == answer.grades.latest("id")
    assert result_of(answer).score == overridden


def test_verdict_on_a_key_point_that_is_gone_is_still_shown(
    interviewer_client, interviewer, answer
):
    record_review(answer=answer, reviewer=interviewer, verdicts={"variance": ("missed", "")})
    answer.review.verdicts.update(key="of-an-older-version")
    page = interviewer_client.get(url_of(answer.session))
    assert any("of-an-older-version" in text for text in page.context["cards"][0].left_over)


@pytest.mark.parametrize(
    "fields",
    [{"verdict_variance": "nonsense"}, {"comment": "x" * 5001}, {"note": "a\0b"}],
    ids=["verdict", "length", "NUL"],
)
def test_bad_input_is_refused_and_what_was_typed_is_kept(interviewer_client, answer, fields):
    response = interviewer_client.post(
        url_of(answer.session),
        sent(answer, comment_saturation="typed text", then="release", **fields),
    )
    assert response.status_code == 200
    assert "typed text" in response.content.decode()
    assert not Review.objects.exists()
    answer.session.refresh_from_db()
    assert answer.session.released_at is None


def test_odd_posts_change_nothing_and_break_nothing(interviewer_client, answer):
    for body in (
        {},
        {"then": "again-999999"},
        {"then": "again-"},
        {"then": "\0"},
        {f"answer-{answer.pk}-seen": "x"},
    ):
        assert interviewer_client.post(url_of(answer.session), body).status_code in (200, 302)
    assert answer.grades.count() == 1
    assert not Review.objects.exists()


# Release ------------------------------------------------------------------------------------------


def test_candidate_sees_the_reviewers_word_after_release_and_not_before(
    interviewer_client, candidate_client, answer
):
    body = sent(
        answer, verdict_saturation="covered", comment="LOOKED-THROUGH", note="REVIEWERS-ONLY"
    )
    interviewer_client.post(url_of(answer.session), body)
    result_url = reverse("interview:result", args=[answer.session.public_id])
    assert "LOOKED-THROUGH" not in candidate_client.get(result_url).content.decode()
    interviewer_client.post(url_of(answer.session), {"then": "release"})
    page = candidate_client.get(result_url).content.decode()
    assert "LOOKED-THROUGH" in page
    assert str(result_of(answer).score) in page
    assert "REVIEWERS-ONLY" not in page
    interviewer_client.post(url_of(answer.session), {"then": "withdraw", "reason": "too early"})
    assert "LOOKED-THROUGH" not in candidate_client.get(result_url).content.decode()
    assert list(
        AuditEntry.objects.filter(action__startswith="session.").values_list("action", "reason")
    ) == [
        ("session.release_withdrawn", "too early"),
        ("session.released", ""),
    ]


def test_release_waits_for_unfinished_grades_but_keeps_the_review(interviewer_client, answer):
    Grade.objects.create(answer=answer, rubric=answer.question.rubrics.get())
    response = interviewer_client.post(
        url_of(answer.session), sent(answer, then="release", comment="already there"), follow=True
    )
    answer.session.refresh_from_db()
    assert answer.session.released_at is None
    assert Review.objects.get().comment == "already there"
    assert len(list(response.context["messages"])) == 2


def test_open_session_is_not_released(interviewer_client):
    session = factories.AnswerFactory(
        session__question_set__release_policy="on_release", question=factories.published_question()
    ).session
    interviewer_client.post(url_of(session), {"then": "release"})
    session.refresh_from_db()
    assert session.released_at is None


def test_save_and_next_leads_to_the_session_that_waits_longest(interviewer_client, answer):
    other = factories.graded_answer(
        question_set=factories.QuestionSetFactory(release_policy="on_release")
    )
    response = interviewer_client.post(
        url_of(answer.session), sent(answer, then="next", comment="done")
    )
    assert response.url == url_of(other.session)
    release_session(other.session, actor=factories.UserFactory())
    Grade.objects.update(needs_review=False)
    assert interviewer_client.post(url_of(answer.session), {"then": "next"}).url == url_of(
        answer.session
    )


def test_nothing_is_changed_by_get(interviewer_client, answer):
    for then in ("release", f"again-{answer.pk}"):
        assert interviewer_client.get(url_of(answer.session), {"then": then}).status_code == 200
    answer.session.refresh_from_db()
    assert (answer.session.released_at, answer.grades.count()) == (None, 1)


# States -------------------------------------------------------------------------------------------


def test_page_says_what_became_of_each_answer(interviewer_client, candidate):
    question = factories.published_question()
    graded = factories.graded_answer(question)
    session = graded.session
    blank = factories.AnswerFactory(
        session=session, question=factories.published_question(), order=1
    )
    failed = factories.AnswerFactory(
        session=session,
        question=factories.published_question(),
        order=2,
        text="x",
        status="submitted",
        submitted_at=graded.submitted_at,
    )
    Grade.objects.create(
        answer=failed, rubric=failed.question.rubrics.get(), status="failed", error="REASON: broken"
    )
    page = interviewer_client.get(url_of(session))
    assert [(card.answer, card.stage) for card in page.context["cards"]] == [
        (graded, "graded"),
        (blank, "blank"),
        (failed, "failed"),
    ]
    assert "REASON: broken" in page.content.decode()


def test_failed_answer_is_graded_again_from_its_card(
    interviewer_client, run_tasks_inline, django_capture_on_commit_callbacks
):
    answer = factories.submitted_answer()
    Grade.objects.create(
        answer=answer, rubric=answer.question.rubrics.get(), status="failed", error="broken"
    )
    with django_capture_on_commit_callbacks(execute=True):
        interviewer_client.post(url_of(answer.session), {"then": f"again-{answer.pk}"})
    assert [grade.status for grade in answer.grades.all()] == ["graded", "failed"]


def test_answer_to_a_question_without_published_key_points_says_so(interviewer_client, answer):
    Rubric.objects.update(status="retired")
    response = interviewer_client.post(
        url_of(answer.session), {"then": f"again-{answer.pk}"}, follow=True
    )
    assert (response.status_code, answer.grades.count()) == (200, 1)
    assert messages_of(response) != ""


# Who may ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", ["candidate", "author", "integrator"])
def test_only_interviewers_read_or_review_sessions(request, answer, role):
    client = signed_in(request.getfixturevalue(role))
    for response in (
        client.get(url_of(answer.session)),
        client.post(url_of(answer.session), {"then": "release"}),
    ):
        assert response.status_code in (302, 403)
    answer.session.refresh_from_db()
    assert answer.session.released_at is None


@pytest.mark.parametrize(
    ("missing", "body"),
    [("add_review", {"then": "release"}), ("change_interviewsession", {"then": "release"})],
)
def test_each_act_needs_its_permission(interviewer, interviewer_client, answer, missing, body):
    group = interviewer.groups.get()
    group.permissions.remove(group.permissions.get(codename=missing))
    assert interviewer_client.post(url_of(answer.session), body).status_code == 403
    page = interviewer_client.get(url_of(answer.session))
    assert page.status_code == 200
    assert 'value="release"' not in page.content.decode()


def test_grading_again_needs_its_own_permission(interviewer, interviewer_client, answer):
    group = interviewer.groups.get()
    group.permissions.remove(group.permissions.get(codename="add_grade"))
    assert (
        interviewer_client.post(url_of(answer.session), {"then": f"again-{answer.pk}"}).status_code
        == 403
    )
    assert answer.grades.count() == 1


def test_review_without_the_token_against_forged_requests_is_refused(interviewer, answer):
    from django.test import Client

    client = Client(enforce_csrf_checks=True)
    client.force_login(interviewer)
    assert client.post(url_of(answer.session), {"then": "release"}).status_code == 403


def test_unknown_session_is_not_found(interviewer_client):
    assert (
        interviewer_client.get(
            reverse("admin:interview_interviewsession_review", args=[999])
        ).status_code
        == 404
    )


# Showing ------------------------------------------------------------------------------------------


def test_review_page_takes_as_many_queries_for_three_answers_as_for_one(
    interviewer_client, interviewer, django_assert_num_queries
):
    first = factories.graded_answer()
    session = first.session
    record_review(answer=first, reviewer=interviewer, verdicts={"variance": ("partial", "")})
    interviewer_client.get(url_of(session))
    with CaptureQueriesContext(connection) as one:
        interviewer_client.get(url_of(session))
    for order in (1, 2):
        more = factories.graded_answer()
        Answer.objects.filter(pk=more.pk).update(session=session, order=order)
        record_review(answer=more, reviewer=interviewer, verdicts={"variance": ("partial", "")})
    with django_assert_num_queries(len(one)):
        interviewer_client.get(url_of(session))


def test_hostile_text_reaches_the_page_only_as_text(interviewer_client, interviewer):
    hostile = '<script>alert(1)</script><img src=x onerror=alert(1)><div x-data x-init="alert(1)">\'"`{{ 7*7 }}${1}点积的方差随维度 d 增大'
    answer = factories.graded_answer(
        text=hostile, candidate=factories.UserFactory(username="<b>bold</b>")
    )
    record_review(
        answer=answer,
        reviewer=interviewer,
        verdicts={"variance": ("covered", hostile)},
        comment=hostile,
        note=hostile,
    )
    page = interviewer_client.get(url_of(answer.session))
    html = page.content.decode()
    for tag in ("<script>alert", "<img src=x", '<div x-data x-init="alert', "<b>bold"):
        assert tag not in html
    assert "".join(mark.text for mark in page.context["cards"][0].marks) == hostile


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (None, None, 0),
        ({}, {"verdicts": {"k": ["covered", ""]}}, 1),
        ({"verdicts": {"k": ["covered", ""]}}, {"verdicts": {"k": ["covered", "comment only"]}}, 0),
        ({"verdicts": {"k": ["covered", ""]}}, {"verdicts": {}}, 1),
        ([1], "x", 0),
    ],
)
def test_trail_names_the_verdicts_that_changed(old, new, expected):
    assert len(verdict_changes(old, new)) == expected
