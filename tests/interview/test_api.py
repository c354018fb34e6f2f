import json
import threading
import time
import uuid
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.db import OperationalError
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from grading.models import Grade
from grading.services.run import run_grade
from interview.models import Answer, InterviewSession
from interview.services.answers import save_draft, submit_answer
from interview.services.finishing import close_overdue_sessions
from interview.services.grading import grade_again
from interview.services.release import release_session, withdraw_release
from interview.services.reviews import record_review
from interview.services.sessions import start_session
from interview.services.submissions import Submission, submit_from_program
from interview.standing import rounded
from questions.models import Question
from tests import factories
from tests.conftest import user_in
from tests.rest import CLUELESS, Api, CandidateApi, problem
from tests.threads import at_once

pytestmark = pytest.mark.django_db

GOOD = "点积的方差随维度 d 增大，不缩放时 softmax 进入饱和区，梯度接近零。"
LIMIT = 20_000


@pytest.fixture
def question():
    return factories.published_question(slug="scaling")


def places(response) -> list[tuple]:
    return [
        (error.get("index"), error.get("field"), error["code"])
        for error in response.json()["errors"]
    ]


# Sending ------------------------------------------------------------------------------------------


def test_one_submission_is_accepted_with_the_addresses_to_ask_at(integrator, question):
    response = Api(integrator).send(
        {"question": "scaling", "text": GOOD, "candidate": "c-17", "reference": "run 3"}
    )

    answer = Answer.objects.get()
    grade = answer.grades.get()
    assert response.status_code == 202
    assert response.json() == {
        "id": str(answer.public_id),
        "grade": str(grade.public_id),
        "status": "queued",
        "reference": "run 3",
        "urls": {
            "submission": f"http://testserver/api/v1/submissions/{answer.public_id}/",
            "grade": f"http://testserver/api/v1/grades/{grade.public_id}/",
        },
    }
    assert (
        response.headers["Location"] == f"http://testserver/api/v1/submissions/{answer.public_id}/"
    )
    session = answer.session
    assert (
        session.candidate,
        session.integrator,
        session.external_candidate,
        session.external_reference,
        session.channel,
    ) == (
        None,
        integrator,
        "c-17",
        "run 3",
        "api",
    )


def test_a_list_is_answered_in_its_order(integrator, question):
    other = factories.published_question(slug="other")

    response = Api(integrator).send(
        [
            {"question": slug, "text": f"{slug} {n}"}
            for n, slug in enumerate(["scaling", "other", "scaling"])
        ]
    )

    assert response.status_code == 202
    stored = [Answer.objects.get(public_id=receipt["id"]) for receipt in response.json()]
    assert [(answer.question, answer.text) for answer in stored] == [
        (question, "scaling 0"),
        (other, "other 1"),
        (question, "scaling 2"),
    ]


def test_a_candidates_token_sends_in_their_own_practice(candidate, question):
    CandidateApi(candidate).send(
        {"question": "scaling", "text": CLUELESS, "candidate": "somebody else"}
    )

    session = InterviewSession.objects.get()
    assert (session.candidate, session.external_candidate) == (candidate, "")


@pytest.mark.parametrize("role", ["interviewer", "author"])
def test_only_integrators_and_candidates_submit(request, role, question):
    response = Api(request.getfixturevalue(role)).send({"question": "scaling", "text": GOOD})

    assert problem(response) == (403, "permission_denied")


def test_a_candidate_cannot_practise_a_question_of_the_interview_they_are_sitting(
    candidate, question
):
    start_session(candidate=candidate, question_set=factories.question_set(question))

    response = CandidateApi(candidate).send({"question": "scaling", "text": CLUELESS})

    assert problem(response) == (409, "reserved")
    assert not Grade.objects.exists()


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({}, [(None, "question", "required"), (None, "text", "required")]),
        ([], [(None, None, "empty")]),
        ('"text"', [(None, None, "invalid")]),
        (None, [(None, None, "null")]),
        ([{"question": "scaling", "text": "a"}, 5], [(1, None, "invalid")]),
        ({"question": "scaling", "text": None}, [(None, "text", "null")]),
        ({"question": "scaling", "text": 17}, [(None, "text", "invalid")]),
        ({"question": "scaling", "text": ["a"]}, [(None, "text", "invalid")]),
        ({"question": "scaling", "text": ""}, [(None, "text", "empty")]),
        ({"question": "scaling", "text": " \n　"}, [(None, "text", "empty")]),
        ({"question": "scaling", "text": "a" * (LIMIT + 1)}, [(None, "text", "too_long")]),
        ({"question": "scaling", "text": "a\0b"}, [(None, "text", "unreadable_characters")]),
        ({"question": "scaling", "text": "a\ud800b"}, [(None, "text", "unreadable_characters")]),
        ({"question": "nowhere", "text": "a"}, [(None, "question", "unknown_question")]),
        ({"question": "\ud800", "text": "a"}, [(None, "question", "unknown_question")]),
        ({"question": {"slug": 1}, "text": "a"}, [(None, "question", "invalid")]),
        ({"question": "scaling", "text": "a", "candidate": "c" * 201}, [(None, "candidate", "max_length")]),
        ({"question": "scaling", "text": "a", "candidate": "\0"}, [(None, "candidate", "null_characters_not_allowed")]),
        ({"question": "scaling", "text": "a", "reference": 4}, [(None, "reference", "invalid")]),
        ({"question": "scaling", "text": "a", "client_key": "with blank"}, [(None, "client_key", "invalid")]),
        ({"question": "scaling", "text": "a", "score": 100}, [(None, "score", "unknown_field")]),
        ({"question": "scaling", "text": "a", "\ud800": 1}, [(None, "?", "unknown_field")]),
        ([{"question": "scaling", "text": "a"}, {"question": "x", "text": "", "y": 1}],
         [(1, "y", "unknown_field"), (1, "question", "unknown_question"), (1, "text", "empty")]),
        ([{"question": "scaling", "text": "a"}] * 501, [(None, None, "max_length")]),
    ],
)  # fmt: skip
def test_what_is_malformed_is_refused_whole_and_each_place_named(
    integrator, question, body, expected
):
    response = Api(integrator).send(body)

    assert problem(response) == (400, "invalid")
    assert places(response) == expected
    assert not Answer.objects.exists()


@pytest.mark.parametrize(
    ("language", "said"),
    [("zh-hans", "不能含有 NUL 字符。"), ("en", "Null characters are not allowed.")],
)
def test_a_refusal_is_worded_in_the_language_asked_for(integrator, question, language, said):
    response = Api(integrator, language=language).send(
        {"question": "scaling", "text": "a", "candidate": "\0"}
    )

    assert [error["message"] for error in response.json()["errors"]] == [said]


def test_the_longest_answer_allowed_is_taken_as_typed(integrator, question):
    text = "\t" + "答" * (LIMIT - 2) + "\n"

    assert Api(integrator).send({"question": "scaling", "text": text}).status_code == 202
    assert Answer.objects.get().text == text


def test_a_draft_question_is_as_unknown_as_none(integrator):
    factories.published_question(slug="secret", status=Question.Status.DRAFT)

    response = Api(integrator).send({"question": "secret", "text": "a"})

    assert places(response) == [(None, "question", "unknown_question")]


def test_an_archived_question_is_refused_for_the_whole_list(integrator, question):
    factories.published_question(slug="old", status=Question.Status.ARCHIVED)

    response = Api(integrator).send(
        [{"question": "scaling", "text": "a"}, {"question": "old", "text": "b"}]
    )

    assert problem(response) == (409, "question_not_open")
    assert places(response) == [(1, None, "question_not_open")]
    assert not Answer.objects.exists()


def test_the_error_speaks_the_callers_language(integrator, question):
    response = Api(integrator, language="zh-CN").send({"question": "scaling"})

    assert response.json()["errors"][0]["message"] == "该字段是必填项。"


def test_500_long_answers_are_too_large_and_the_error_says_what_to_do(integrator, question):
    response = Api(integrator).send([{"question": "scaling", "text": "a" * LIMIT}] * 500)

    assert problem(response) == (413, "too_large")
    assert (
        response.json()["detail"]
        == "The request is larger than 1 MB. Send fewer answers at a time."
    )


def test_submissions_beyond_the_rate_are_told_when_to_go_on(integrator, question, monkeypatch):
    monkeypatch.setattr(
        "rest_framework.throttling.ScopedRateThrottle.THROTTLE_RATES", {"submissions": "2/min"}
    )
    api = Api(integrator)
    body = {"question": "scaling", "text": "a"}

    statuses = [api.send(body, **{"X-Forwarded-For": f"10.0.0.{n}"}).status_code for n in range(2)]
    refused = api.send(body)

    assert statuses == [202, 202]
    assert problem(refused) == (429, "throttled")
    assert 0 < int(refused.headers["Retry-After"]) <= 60


def test_a_locked_database_is_a_503_that_says_when_to_try_again(integrator, question, monkeypatch):
    def locked(**_arguments):
        raise OperationalError("database is locked")

    monkeypatch.setattr("interview.api.submit_from_program", locked)

    response = Api(integrator).send({"question": "scaling", "text": "a"})

    assert problem(response) == (503, "unavailable")
    assert response.headers["Retry-After"] == "5"


@pytest.mark.parametrize("rows", [1, 3])
def test_a_list_takes_the_same_queries_for_any_number_of_answers(
    integrator, django_assert_num_queries, rows
):
    for number in range(rows):
        factories.published_question(slug=f"q{number}")
    api = Api(integrator)

    # token (2), role, throttle (6), questions, in a transaction (2) known keys, rubrics, session,
    # answer, grade; grades for the receipt
    with django_assert_num_queries(19):
        assert (
            api.send([{"question": f"q{n}", "text": "a"} for n in range(rows)], key="k").status_code
            == 202
        )


# Idempotency --------------------------------------------------------------------------------------


@pytest.mark.parametrize("is_list", [False, True])
def test_a_repeated_send_with_one_key_is_answered_with_the_first(integrator, question, is_list):
    api = Api(integrator)
    body = {"question": "scaling", "text": "a", "candidate": "c"}
    body = [body, body | {"text": "b"}] if is_list else body

    first, second = api.send(body, key="night-run"), api.send(body, key="night-run")

    assert first.status_code == second.status_code == 202
    assert first.json() == second.json()
    assert Answer.objects.count() == Grade.objects.count() == (2 if is_list else 1)


def test_a_repeated_send_is_answered_also_after_the_question_was_archived(integrator, question):
    api = Api(integrator)
    body = {"question": "scaling", "text": "a"}
    first = api.send(body, key="k")
    Question.objects.update(status=Question.Status.ARCHIVED)

    assert api.send(body, key="k").json() == first.json()


@pytest.mark.parametrize(
    "change", [{"text": "b"}, {"question": "other"}, {"candidate": "d"}, {"reference": "r"}]
)
def test_a_key_used_for_another_answer_is_refused(integrator, question, change):
    factories.published_question(slug="other")
    api = Api(integrator)
    body = {"question": "scaling", "text": "a", "candidate": "c"}
    api.send(body, key="k")

    assert problem(api.send(body | change, key="k")) == (409, "key_reused")
    assert Answer.objects.count() == 1


def test_an_items_own_key_holds_wherever_it_stands(integrator, question):
    api = Api(integrator)
    items = [{"question": "scaling", "text": f"t{n}", "client_key": f"item-{n}"} for n in range(3)]
    first = api.send(items, key="k").json()

    second = api.send(items[::-1], key="other").json()

    assert second == first[::-1]


def test_two_senders_may_use_one_key(integrator, question):
    body = {"question": "scaling", "text": "a"}
    Api(integrator).send(body, key="k")

    assert Api(user_in("integrator", "second")).send(body, key="k").status_code == 202
    assert Answer.objects.count() == 2


@pytest.mark.parametrize("key", ["", " ", "a b", "k" * 201, "\xe9", "\x7f"])
def test_an_unusable_key_is_refused_before_anything_is_stored(integrator, question, key):
    response = Api(integrator).send({"question": "scaling", "text": "a"}, key=key)

    assert problem(response) == (400, "invalid")
    assert response.json()["errors"][0]["header"] == "Idempotency-Key"
    assert not Answer.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_twenty_identical_sends_at_once_store_one_answer(integrator, question):
    clients = [Api(integrator) for _ in range(20)]

    def send(api: Api) -> tuple:
        response = api.send({"question": "scaling", "text": "a"}, key="k")
        stored = (Answer.objects.count(), Grade.objects.count())
        return response.status_code, response.json()["id"], stored

    outcomes = at_once(*(lambda api=api: send(api) for api in clients))

    assert set(outcomes) == {(202, str(Answer.objects.get().public_id), (1, 1))}


# Reading a submission -----------------------------------------------------------------------------


def sent(user, text: str = GOOD, **fields: str) -> Answer:
    """Stored by the service, so that tests of reading send nothing."""
    question = Question.objects.get(slug="scaling")
    own = user.groups.filter(name="candidate").exists()
    [answer] = submit_from_program(
        integrator=user,
        submissions=[Submission(question, text, **fields)],
        candidate=user if own else None,
    )
    return answer


def graded(answer: Answer) -> Answer:
    run_grade(answer.grades.get().pk)
    return answer


def address(answer: Answer, query: str = "") -> str:
    return f"/api/v1/submissions/{answer.public_id}/{query}"


def grade_address(answer: Answer) -> str:
    return f"/api/v1/grades/{answer.grades.latest('id').public_id}/"


def test_a_queued_submission_shows_what_was_sent_and_no_score(integrator, question):
    answer = sent(integrator, candidate="c", reference="r")

    body = Api(integrator).get(address(answer)).json()

    assert (body["status"], body["score"], body["failure"]) == ("queued", None, None)
    assert (body["question"], body["text"], body["candidate"], body["reference"]) == (
        "scaling",
        GOOD,
        "c",
        "r",
    )
    assert body["grade"] == str(answer.grades.get().public_id)


def test_a_graded_submission_shows_its_score_and_grade(integrator, question):
    answer = graded(sent(integrator))

    body = Api(integrator).get(address(answer)).json()

    grade = answer.grades.get()
    assert (body["status"], body["score"], body["grade"]) == (
        "graded",
        float(grade.score),
        str(grade.public_id),
    )
    assert body["urls"]["grade"] == f"http://testserver/api/v1/grades/{grade.public_id}/"


def test_a_failed_grading_says_why_and_is_no_zero(integrator, question):
    answer = sent(integrator)
    answer.grades.update(status="failed", error="KeyError: 'variance'", finished_at=timezone.now())

    body = Api(integrator).get(address(answer)).json()

    assert (body["status"], body["score"], body["failure"]) == (
        "failed",
        None,
        "KeyError: 'variance'",
    )


def test_a_failed_regrade_leaves_the_former_grade_standing(integrator, interviewer, question):
    answer = graded(sent(integrator))
    first = answer.grades.get()
    grade_again(answer, actor=interviewer)
    answer.grades.exclude(pk=first.pk).update(
        status="failed", error="broken", finished_at=timezone.now()
    )

    body = Api(integrator).get(address(answer)).json()

    assert (body["status"], body["grade"], body["score"]) == (
        "failed",
        str(first.public_id),
        float(first.score),
    )


@pytest.fixture
def held_back(candidate, question) -> Answer:
    """A candidate's submitted interview answer whose result waits for release."""
    session = start_session(candidate=candidate, question_set=factories.question_set(question))
    answer = submit_answer(session.answers.get(), text=CLUELESS)
    return graded(answer)


def test_a_candidate_learns_only_the_state_before_the_release(candidate, held_back):
    api = CandidateApi(candidate)

    body = api.get(address(held_back)).json()

    assert (body["status"], body["score"], body["grade"], body["urls"]["grade"]) == (
        "graded",
        None,
        None,
        None,
    )
    assert problem(api.get(grade_address(held_back))) == (404, "not_found")


def test_a_candidate_is_not_told_a_failures_inner_reason_before_the_release(candidate, held_back):
    held_back.grades.update(status="failed", score=None, error="KeyError: 'variance'")

    body = CandidateApi(candidate).get(address(held_back)).json()

    assert (body["status"], body["failure"]) == (
        "failed",
        "Grading failed. Your answer is kept and can be graded again; ask your interviewer.",
    )


def test_a_candidate_reads_the_grade_once_the_session_is_released_and_no_more_when_that_is_withdrawn(
    candidate, interviewer, held_back
):
    release_session(held_back.session, actor=interviewer)
    assert Api(candidate).get(grade_address(held_back)).status_code == 200
    assert Api(candidate).get(address(held_back)).json()["score"] is not None

    held_back.session.refresh_from_db()
    withdraw_release(held_back.session, actor=interviewer)

    assert problem(CandidateApi(candidate).get(grade_address(held_back))) == (404, "not_found")


def test_a_draft_is_no_submission(candidate, question):
    session = start_session(candidate=candidate, question_set=factories.question_set(question))

    assert problem(CandidateApi(candidate).get(address(session.answers.get()))) == (
        404,
        "not_found",
    )


@pytest.mark.parametrize(
    "wait", ["", "-1", "31", "1.5", "x", "1e1", "%00", "٣", "999999999999999999999"]
)
def test_a_wait_that_is_no_number_up_to_30_is_refused(integrator, question, wait):
    response = Api(integrator).get(address(sent(integrator), f"?wait={wait}"))

    assert problem(response) == (400, "invalid_parameter")
    assert response.json()["errors"][0]["parameter"] == "wait"


def test_waiting_ends_as_soon_as_the_answer_is_graded(integrator, question, monkeypatch):
    answer = sent(integrator)
    pauses = []

    def grade_in_the_third_pause(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 3:
            graded(answer)

    monkeypatch.setattr(time, "sleep", grade_in_the_third_pause)

    assert Api(integrator).get(address(answer, "?wait=30")).json()["status"] == "graded"
    assert pauses == [0.05, 0.1, 0.2]


def test_waiting_ends_when_its_time_is_over(integrator, question, monkeypatch):
    pauses = []
    clock = SimpleNamespace(sleep=pauses.append, monotonic=lambda: sum(pauses))
    monkeypatch.setattr("interview.api.time", clock)

    body = Api(integrator).get(address(sent(integrator), "?wait=1")).json()

    assert body["status"] == "queued"
    assert sum(pauses) == pytest.approx(1)


def test_of_many_waiting_requests_the_later_ones_are_answered_at_once(
    integrator, question, monkeypatch
):
    monkeypatch.setattr("interview.api.waiting", threading.BoundedSemaphore(1))
    from interview.api import waiting

    waiting.acquire()
    monkeypatch.setattr(time, "sleep", lambda _seconds: pytest.fail("it waited"))

    assert Api(integrator).get(address(sent(integrator), "?wait=30")).json()["status"] == "queued"


def test_waiting_for_what_is_not_yours_is_answered_at_once(integrator, question, monkeypatch):
    answer = sent(user_in("integrator", "second"))
    monkeypatch.setattr(time, "sleep", lambda _seconds: pytest.fail("it waited"))

    assert problem(Api(integrator).get(address(answer, "?wait=30"))) == (404, "not_found")


# Reading a grade ----------------------------------------------------------------------------------


def test_a_grade_explains_each_key_point_with_the_words_that_earned_it(integrator, question):
    answer = graded(sent(integrator))
    grade = answer.grades.get()
    rubric = question.rubrics.get()

    body = Api(integrator).get(grade_address(answer)).json()

    assert body["score"] == body["machine_score"] == float(grade.score)
    assert body["rubric"] == {"version": 1, "hash": rubric.content_hash}
    assert (body["engine_version"], body["status"], body["counts"]) == (
        grade.engine_version,
        "graded",
        True,
    )
    assert (body["needs_review"], body["reasons"]) == (grade.needs_review, grade.reasons)
    assert [point["key"] for point in body["key_points"]] == ["variance", "saturation"]
    for point, match in zip(body["key_points"], grade.matches.all(), strict=True):
        assert (point["verdict"], point["machine_verdict"], point["reviewed"]) == (
            match.verdict,
            match.verdict,
            False,
        )
        assert (point["credit"], point["chance"], point["confidence"], point["evidence"]) == (
            match.credit,
            match.chance,
            match.confidence,
            match.evidence,
        )
        assert point["words"] == [GOOD[start:end] for start, end in match.evidence]
    assert any(point["words"] for point in body["key_points"])
    points = [point["points"] for point in body["key_points"]]
    assert sum(points) + body["cap_points"] == rounded(grade.score)


def test_a_grade_of_an_older_engine_has_its_credits_and_no_points(integrator, question):
    answer = factories.as_by_engine_3_0(graded(sent(integrator)))

    body = Api(integrator).get(grade_address(answer)).json()

    assert (body["score"], body["engine_version"], body["cap_points"]) == (76.7, "3.0", None)
    assert [(point["credit"], point["points"]) for point in body["key_points"]] == [
        (0.95, None),
        (0.4, None),
    ]


def test_feedback_comes_with_what_is_not_covered(integrator, question):
    answer = graded(sent(integrator, CLUELESS))

    [_variance, saturation] = Api(integrator).get(grade_address(answer)).json()["key_points"]

    assert (saturation["verdict"], saturation["words"]) == ("missed", [])
    assert saturation["feedback"] == {
        "zh": "没有说到 softmax 饱和",
        "en": "Saturation of the softmax was not mentioned",
    }


def test_a_grade_to_come_has_neither_score_nor_key_points(integrator, question):
    body = Api(integrator).get(grade_address(sent(integrator))).json()

    assert (body["status"], body["score"], body["key_points"], body["counts"]) == (
        "queued",
        None,
        [],
        False,
    )


def test_the_reviewers_verdict_stands_for_reviewers_at_once_and_for_others_after_the_release(
    integrator, interviewer, question
):
    answer = graded(sent(integrator, CLUELESS))
    machine_score = float(answer.grades.get().score)
    said = {"variance": ("covered", "said so by word of mouth"), "saturation": ("missed", "")}
    record_review(answer=answer, reviewer=interviewer, verdicts=said, comment="Well done")
    answer.refresh_from_db()

    def as_read_by(user) -> tuple:
        body = Api(user).get(grade_address(answer)).json()
        point = body["key_points"][0]
        machine = body["machine_score"], point["machine_verdict"]
        return (
            body["score"],
            body["comment"],
            point["verdict"],
            point["reviewed"],
            point["comment"],
            *machine,
        )

    machine = (machine_score, "", "missed", False, "", machine_score, "missed")
    person = (
        66.7,
        "Well done",
        "covered",
        True,
        "said so by word of mouth",
        machine_score,
        "missed",
    )
    assert (as_read_by(interviewer), as_read_by(integrator)) == (person, machine)

    release_session(answer.session, actor=interviewer)

    assert (as_read_by(interviewer), as_read_by(integrator)) == (person, person)
    assert Api(integrator).get(address(answer)).json()["score"] == 66.7


def test_an_older_grade_can_still_be_read_and_says_that_it_does_not_count(
    integrator, interviewer, question
):
    answer = graded(sent(integrator))
    first = grade_address(answer)
    run_grade(grade_again(answer, actor=interviewer).pk)

    assert Api(integrator).get(first).json()["counts"] is False
    assert Api(integrator).get(grade_address(answer)).json()["counts"] is True


def test_the_note_for_reviewers_reaches_nobody_else(integrator, interviewer, question):
    answer = graded(sent(integrator))
    record_review(
        answer=answer, reviewer=interviewer, verdicts={}, comment="for all", note="INNER-NOTE"
    )
    release_session(answer.session, actor=interviewer)
    api = Api(integrator)

    assert (
        b"INNER-NOTE"
        not in api.get(address(answer)).content + api.get(grade_address(answer)).content
    )


@pytest.mark.parametrize("grades", [1, 3])
def test_submission_and_grade_take_the_same_queries_for_any_number_of_grades(
    integrator, interviewer, question, django_assert_num_queries, grades
):
    answer = graded(sent(integrator))
    for _ in range(grades - 1):
        run_grade(grade_again(answer, actor=interviewer).pk)
    api = Api(integrator)
    submission_address, its_grade_address = address(answer), grade_address(answer)

    # token (2), permissions (2), the answer, its grades, their matches, key points, rubrics, and
    # whether an interview of the reader holds the question
    with django_assert_num_queries(11):
        api.get(submission_address)
    with django_assert_num_queries(10):
        api.get(its_grade_address)


def test_an_unknown_id_is_not_found(integrator):
    api = Api(integrator)

    assert problem(api.get(f"/api/v1/submissions/{uuid.uuid4()}/")) == (404, "not_found")
    assert problem(api.get(f"/api/v1/grades/{uuid.uuid4()}/")) == (404, "not_found")


def test_a_result_held_back_by_time_stays_so_for_a_session_that_ran_out(candidate, question):
    session = start_session(
        candidate=candidate, question_set=factories.question_set(question, minutes=1)
    )
    answer = session.answers.get()
    save_draft(answer, text=CLUELESS, revision=0)
    InterviewSession.objects.update(deadline=timezone.now() - timedelta(minutes=5))
    close_overdue_sessions()
    graded(answer)

    assert CandidateApi(candidate).get(address(answer)).json()["score"] is None


# Anything at all ----------------------------------------------------------------------------------

texts = st.text(st.characters(), max_size=20) | st.sampled_from(["scaling", "\ud800", "\0"])
names = st.sampled_from(["question", "text", "client_key", "\ud83d", ""])
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names, inner, max_size=4),
    max_leaves=8,
)
nearly = st.fixed_dictionaries(
    {
        "question": st.just("scaling") | anything,
        "text": st.text(st.characters(), max_size=30) | anything,
    }
)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(body=anything | nearly | st.lists(nearly, max_size=3) | st.binary(max_size=40))
def test_no_body_makes_an_error_of_ours(integrator, question, body):
    status = Api(integrator).send(body if isinstance(body, bytes) else json.dumps(body)).status_code

    assert status in (202, 400)
