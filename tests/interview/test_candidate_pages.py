"""The candidate pages, through the test client."""

import re
import uuid
from datetime import UTC, datetime, timedelta

import pytest
from axes.models import AccessLog
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from grading.models import Grade, KeyPointMatch
from grading.services.run import run_grade
from interview.candidate.base import device_name
from interview.models import MAX_ANSWER_LENGTH, Answer, InterviewSession, QuestionSet
from interview.services.answers import save_draft, submit_answer
from interview.services.finishing import finish_session
from interview.services.grading import grade_again
from interview.services.practice import start_practice
from interview.services.release import release_session
from interview.services.reviews import record_review
from interview.services.sessions import start_interview
from interview.services.submissions import Submission, submit_from_program
from interview.standing import rounded
from questions.models import Question
from tests import factories
from tests.conftest import signed_in

pytestmark = pytest.mark.django_db

ZH = {"HTTP_ACCEPT_LANGUAGE": "zh-CN"}
EN = {"HTTP_ACCEPT_LANGUAGE": "en"}
KEY_POINT_ZH = "点积的方差随维度 d 增大"
PAYLOAD = """<script>alert(1)</script><img src=x onerror=alert(2)><div x-data="{}" hx-get="/">"""


@pytest.fixture
def practice(candidate) -> InterviewSession:
    return start_practice(candidate=candidate, questions=[factories.published_question()])


@pytest.fixture
def interview(candidate) -> InterviewSession:
    questions = [factories.published_question() for _ in range(3)]
    return start_interview(
        candidate=candidate, question_set=factories.question_set(*questions, minutes=30)
    )


def url(name: str, session: InterviewSession, *more: int) -> str:
    return reverse(f"interview:{name}", args=[session.public_id, *more])


def post_text(
    client: Client,
    session: InterviewSession,
    text: str,
    *,
    action: str = "submit",
    revision: int = 0,
    number: int = 1,
    **headers,
):
    return client.post(
        url("room", session, number),
        {"text": text, "revision": revision, "action": action},
        **headers,
    )


def grade_all() -> None:
    for pk in Grade.objects.unfinished().values_list("pk", flat=True):
        run_grade(pk)


def html(response) -> str:
    return response.content.decode()


# Who may see what ---------------------------------------------------------------------------------


def test_signed_out_visitor_is_sent_to_sign_in_and_back(client, practice):
    response = client.get(url("room", practice, 1))
    assert response.status_code == 302
    assert response["Location"] == f"/login/?next={url('room', practice, 1)}"


def test_signed_out_scripts_get_a_401_and_not_the_sign_in_page(client, practice):
    fragment = client.get(url("progress", practice), headers={"HX-Request": "true"})
    assert (fragment.status_code, fragment["HX-Refresh"]) == (401, "true")
    save = client.post(
        url("draft", practice, 1),
        {"text": "x", "revision": 0},
        headers={"X-Requested-With": "fetch"},
    )
    assert (save.status_code, save.json()["code"]) == (401, "signed_out")


def test_a_text_sent_after_signing_out_comes_back_with_the_way_to_the_room(client, practice):
    response = post_text(client, practice, "typed while signed out", **EN)
    assert response.status_code == 401
    assert "typed while signed out</textarea>" in html(response)
    assert f"/login/?next={url('room', practice, 1)}" in html(response)


def test_an_interviews_submit_offers_an_undo_that_makes_it_a_draft_again(
    candidate_client, interview
):
    response = post_text(candidate_client, interview, "sent by a slip")
    page = html(candidate_client.get(response["Location"], **EN))
    assert f'action="{url("undo", interview, 1)}"' in page
    back = candidate_client.post(url("undo", interview, 1))
    assert back["Location"] == url("room", interview, 1)
    assert "sent by a slip</textarea>" in html(candidate_client.get(back["Location"]))
    assert not Grade.objects.exists()


def test_practice_is_graded_at_once_and_offers_no_undo(candidate_client, practice):
    post_text(candidate_client, practice, "x")
    assert 'id="undo"' not in html(candidate_client.get(url("result", practice)))
    grade_all()
    assert Grade.objects.get().status == Grade.Status.GRADED
    candidate_client.post(url("undo", practice, 1))
    assert practice.answers.get().is_submitted


def test_an_undo_that_comes_too_late_says_so(candidate_client, interview):
    post_text(candidate_client, interview, "x")
    Grade.objects.update(due_at=timezone.now())
    response = candidate_client.post(url("undo", interview, 1), follow=True, **EN)
    assert "too late to undo" in html(response)


def test_a_receipt_shows_what_was_taken_in_ones_own_words_and_that_time_ran_out(
    candidate_client, interview
):
    save_draft(interview.answers.get(order=1), text="half a sent", revision=0)
    InterviewSession.objects.update(deadline=timezone.now())
    finish_session(InterviewSession.objects.get())
    page = html(candidate_client.get(url("result", interview), **EN))
    assert "Time ran out." in page
    assert "1 of 3 answers taken" in page
    assert '<div class="answer-text">half a sent</div>' in page


def test_finishing_takes_along_the_newest_text_that_a_script_sends_with_it(
    candidate_client, interview
):
    save_draft(interview.answers.get(order=1), text="from the phone", revision=0)
    candidate_client.post(url("finish", interview), {"text-2": "my newest words"})
    answer = interview.answers.get(order=1)
    assert (answer.text, answer.is_submitted) == ("my newest words", True)
    assert answer.earlier_versions.get().text == "from the phone"


def test_the_clock_tells_the_time_left_and_whether_the_session_is_over(candidate_client, interview):
    InterviewSession.objects.update(
        deadline=timezone.now() + timedelta(seconds=60, milliseconds=500)
    )
    assert candidate_client.get(url("clock", interview)).json()["remaining_s"] in (59, 60)
    finish_session(interview)
    assert candidate_client.get(url("clock", interview)).json() == {"remaining_s": 0, "over": True}


@pytest.mark.parametrize("version", ["", "x", "9" * 25, "-1", "\0", "999"])
def test_a_version_that_is_not_there_is_no_server_error(candidate_client, practice, version):
    response = candidate_client.post(
        url("restore", practice, 1), {"version": version}, follow=True, **EN
    )
    assert "This version is no longer kept." in html(response)


@pytest.mark.parametrize(
    ("user_agent", "name"),
    [
        (
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36",
            "Chrome · Linux",
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1",
            "Safari · iPhone",
        ),
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/140.0 Safari/537.36 Edg/140.0", "Edge · Windows"),
        ("<script>", ""),
        ("", ""),
    ],
)
def test_a_device_is_named_by_its_browser_and_system(user_agent, name):
    assert device_name(user_agent) == name


def test_a_foreign_session_is_not_found_under_any_address(candidate_client):
    foreign = factories.graded_answer().session
    for name, more in [
        ("session", []),
        ("room", [1]),
        ("finish", []),
        ("discard", []),
        ("result", []),
        ("progress", []),
        ("clock", []),
    ]:
        assert candidate_client.get(url(name, foreign, *more)).status_code == 404
    body = {"text": "mine", "revision": 1, "action": "submit"}
    for name, more in [
        ("room", [1]),
        ("draft", [1]),
        ("again", [1]),
        ("undo", [1]),
        ("restore", [1]),
        ("finish", []),
        ("discard", []),
    ]:
        assert candidate_client.post(url(name, foreign, *more), body).status_code == 404
    assert foreign.answers.get().text != "mine"


@pytest.mark.parametrize("number", [0, 2, 999_999_999_999])
def test_a_place_the_session_does_not_have_is_not_found(candidate_client, practice, number):
    assert candidate_client.get(f"{url('session', practice)}{number}/").status_code == 404


def test_pages_are_kept_by_no_cache(candidate_client, practice, interview):
    grade = factories.graded_answer(candidate=practice.candidate)
    addresses = [
        *(reverse(f"interview:{name}") for name in ("home", "history", "practice", "login")),
        *(
            url("room", practice, 1),
            url("finish", practice),
            url("result", grade.session),
            url("progress", grade.session),
        ),
    ]
    for address in addresses:
        assert "no-store" in candidate_client.get(address)["Cache-Control"], address


def test_every_page_forbids_inline_script_and_style(candidate_client, practice):
    for address in [reverse("interview:home"), url("room", practice, 1)]:
        response = candidate_client.get(address)
        assert "default-src 'self'" in response["Content-Security-Policy"]
        assert "unsafe" not in response["Content-Security-Policy"]
        assert not re.search(r"<script(?![^>]*src=)|<style|\sstyle=|\son\w+=", html(response))


@pytest.mark.parametrize("name", ["start_topic", "start_question"])
def test_starting_takes_a_post(candidate_client, name):
    question = factories.published_question()
    assert (
        candidate_client.get(reverse(f"interview:{name}", args=[question.slug])).status_code == 405
    )


def test_a_post_without_the_csrf_token_changes_nothing(candidate, practice):
    client = Client(enforce_csrf_checks=True)
    client.force_login(candidate)
    assert client.post(url("draft", practice, 1), {"text": "x", "revision": 0}).status_code == 403
    assert "页面已过期" in html(post_text(client, practice, "x"))
    assert practice.answers.get().text == ""


def test_nothing_of_the_rubric_reaches_the_candidate_before_submitting(
    candidate_client, practice, interview
):
    question = interview.answers.first().question
    question.topics.add(topic := factories.TopicFactory())
    addresses = [
        *(reverse(f"interview:{name}") for name in ("home", "practice", "history")),
        reverse("interview:topic", args=[topic.slug]),
        *(
            url("room", interview, 1),
            url("room", practice, 1),
            url("finish", practice),
            url("result", practice),
        ),
    ]
    for address in addresses:
        assert_no_leak(candidate_client.get(address, follow=True))
        assert_no_leak(candidate_client.get(address, follow=True, **EN))
    assert_no_leak(post_text(candidate_client, practice, ""))


def assert_no_leak(response) -> None:
    page = html(response)
    for secret in (
        "MODEL-ANSWER",
        KEY_POINT_ZH,
        "variance of the dot product",
        "饱和",
        "saturat",
        "key-point",
        "key point",
    ):
        assert secret not in page, (response.request["PATH_INFO"], secret)


def test_an_open_session_without_drafts_ends_on_its_result_page(candidate_client, interview):
    for number in (1, 2, 3):
        post_text(candidate_client, interview, "点积的方差随维度 d 增大", number=number)
    # As two last submits at the same moment once left it.
    InterviewSession.objects.filter(pk=interview.pk).update(status="open", submitted_at=None)

    room = candidate_client.get(url("session", interview))
    assert (room.status_code, room.url) == (302, url("result", interview))
    assert candidate_client.get(url("result", interview)).status_code == 200
    interview.refresh_from_db()
    assert interview.status == InterviewSession.Status.SUBMITTED


def test_a_held_back_result_says_received_and_nothing_else(candidate_client, interview):
    for number in (1, 2, 3):
        response = post_text(candidate_client, interview, KEY_POINT_ZH[:4], number=number)
        assert_no_leak(candidate_client.get(response["Location"]))
    grade_all()
    response = candidate_client.get(url("result", interview), **EN)
    assert "once your interviewer releases it" in html(response)
    assert_no_leak(response)
    assert not re.search(r"\d+\.\d", html(response).split("<main")[1])
    assert candidate_client.get(url("progress", interview)).status_code == 404
    for address in [
        reverse("interview:home"),
        reverse("interview:history"),
        url("room", interview, 1),
    ]:
        page = candidate_client.get(address, follow=True, **EN)
        assert_no_leak(page)
        assert "/100" not in html(page)


# Home and history ---------------------------------------------------------------------------------


def test_home_of_a_newcomer_says_what_to_do(candidate_client):
    page = html(candidate_client.get("/", **EN))
    assert "Choose a topic" in page
    assert "Nothing here yet" in page


def test_home_offers_open_interviews_until_they_are_sat(candidate_client, candidate):
    offered = factories.question_set(
        factories.published_question(), title_zh="后端面试", minutes=30
    )
    factories.question_set(factories.published_question(), title_zh="已关闭的面试", is_open=False)
    page = html(candidate_client.get("/", **ZH))
    assert "后端面试" in page
    assert "已关闭的面试" not in page
    start_interview(candidate=candidate, question_set=offered)
    page = html(candidate_client.get("/", **ZH))
    assert reverse("interview:start_interview", args=[offered.pk]) not in page
    assert "继续" in page


def test_home_and_history_show_score_and_state(candidate_client, candidate):
    graded = factories.graded_answer(candidate=candidate)
    for address in ("/", reverse("interview:history")):
        page = html(candidate_client.get(address, **EN))
        assert f"{rounded(graded.standing_grade.score)}<small>/100" in page
    waiting = factories.submitted_answer(candidate=candidate)
    grade_again(waiting, actor=factories.UserFactory())
    assert "being graded" in html(candidate_client.get("/", **EN))
    Grade.objects.unfinished().update(
        status="failed", error="lost its worker", finished_at=timezone.now()
    )
    page = html(candidate_client.get("/", **EN))
    assert "grading failed" in page
    assert "lost its worker" not in page


def test_history_lists_only_own_sessions_page_by_page(candidate_client, candidate):
    factories.graded_answer(factories.published_question(prompt_zh="别人的题"))
    for _ in range(21):
        factories.SessionFactory(
            candidate=candidate, status="submitted", submitted_at=timezone.now()
        )
    first, second = (html(candidate_client.get(f"/history/?page={page}", **EN)) for page in (1, 2))
    assert first.count('class="row"') == 20
    assert second.count('class="row"') == 1
    assert "别人的题" not in first + second
    assert candidate_client.get("/history/?page=junk").status_code == 200


@pytest.mark.parametrize("address", ["/", "/history/"])
def test_lists_of_sessions_take_as_many_queries_for_three_as_for_one(
    candidate_client, candidate, django_assert_num_queries, address
):
    expected = {}
    for rows in (1, 3):
        while InterviewSession.objects.of(candidate).count() < 2 * rows:
            factories.graded_answer(candidate=candidate)
            start_practice(candidate=candidate, questions=[factories.published_question()])
        expected[rows] = count_queries(candidate_client, address)
    assert expected[3] == expected[1]


def count_queries(client: Client, address: str) -> int:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    client.get(address)
    with CaptureQueriesContext(connection) as queries:
        assert client.get(address).status_code == 200
    return len(queries)


# The picker ---------------------------------------------------------------------------------------


def test_picker_counts_open_questions_of_a_topic_and_those_under_it(candidate_client):
    root = factories.TopicFactory(name_zh="结构")
    child = factories.TopicFactory(name_zh="归一化", parent=root)
    factories.TopicFactory(name_zh="空主题", parent=root)
    factories.published_question().topics.add(root)
    both = factories.published_question()
    both.topics.add(root, child)
    factories.published_question(status="draft").topics.add(child)
    response = candidate_client.get("/practice/", **ZH)
    assert names_and_counts(response.context["topics"]) == [("结构", 2, [("归一化", 1, [])])]
    assert "空主题" not in html(response)


def names_and_counts(branches) -> list:
    return [(one.topic.name, one.count, names_and_counts(one.below)) for one in branches]


def test_topics_of_any_depth_are_found_in_the_picker_and_on_the_pages_above(candidate_client):
    root = factories.TopicFactory(name_en="Models")
    middle = factories.TopicFactory(name_en="Transformers", parent=root)
    deepest = factories.TopicFactory(name_en="Attention", parent=middle)
    factories.TopicFactory(name_en="Beside", parent=middle)
    question = factories.published_question()
    question.topics.add(deepest)

    response = candidate_client.get("/practice/", **EN)

    assert names_and_counts(response.context["topics"]) == [
        ("Models", 1, [("Transformers", 1, [("Attention", 1, [])])])
    ]
    assert f'href="/practice/{deepest.slug}/"' in html(response)
    for topic in (root, middle, deepest):
        page = candidate_client.get(f"/practice/{topic.slug}/", **EN)
        assert list(page.context["page"]) == [question]
    assert [topic.name for topic in deepest.ancestors] == ["Models", "Transformers"]
    for above in (root, middle):
        assert f'href="/practice/{above.slug}/"' in html(page)


def test_picker_without_questions_says_so(candidate_client):
    assert "The question bank is empty" in html(candidate_client.get("/practice/", **EN))


def test_topic_page_marks_what_was_practised_with_the_last_score(candidate_client, candidate):
    question = factories.published_question()
    question.topics.add(topic := factories.TopicFactory())
    page = html(candidate_client.get(f"/practice/{topic.slug}/", **EN))
    assert "last score" not in page
    answer = factories.graded_answer(question, candidate=candidate)
    page = html(candidate_client.get(f"/practice/{topic.slug}/", **EN))
    assert f"last score {rounded(answer.standing_grade.score)}<" in page


def test_topic_page_shows_no_score_of_a_held_back_answer(candidate_client, candidate):
    question = factories.published_question()
    question.topics.add(topic := factories.TopicFactory())
    factories.graded_answer(
        question, candidate=candidate, question_set=factories.question_set(question)
    )
    page = html(candidate_client.get(f"/practice/{topic.slug}/", **EN))
    assert "answered before" in page
    assert "last score" not in page


def test_search_finds_questions_in_either_language(candidate_client):
    factories.published_question(prompt_zh="什么是层归一化？", prompt_en="What is LayerNorm?")
    factories.published_question()
    for query in ("层归一", "layernorm"):
        page = html(candidate_client.get("/practice/", {"q": query}, **ZH))
        assert "什么是层归一化？" in page
        assert "根号 d" not in page
    assert "No question contains these words" in html(
        candidate_client.get("/practice/", {"q": "\0nothing" + "x" * 500}, **EN)
    )


def test_topic_page_takes_as_many_queries_for_three_questions_as_for_one(
    candidate_client, candidate
):
    topic = factories.TopicFactory()
    expected = {}
    for rows in (1, 3):
        while topic.questions.count() < rows:
            answer = factories.graded_answer(candidate=candidate)
            answer.question.topics.add(topic)
        expected[rows] = [
            count_queries(candidate_client, address)
            for address in (f"/practice/{topic.slug}/", "/practice/")
        ]
    assert expected[3] == expected[1]


def test_starting_a_question_opens_its_room(candidate_client, candidate):
    question = factories.published_question()
    response = candidate_client.post(f"/questions/{question.slug}/start/")
    session = InterviewSession.objects.of(candidate).get()
    assert response["Location"] == url("room", session, 1)
    assert question.prompt_zh in html(candidate_client.get(response["Location"], **ZH))


def test_five_questions_of_a_topic_are_one_session(candidate_client, candidate):
    topic = factories.TopicFactory()
    for _ in range(7):
        factories.published_question().topics.add(topic)
    candidate_client.post(f"/practice/{topic.slug}/start/")
    assert (
        InterviewSession.objects.of(candidate).get().answers.values("question").distinct().count()
        == 5
    )


@pytest.mark.parametrize(("language", "words"), [(ZH, "没有开放"), (EN, "is not open for answers")])
def test_an_archived_question_cannot_be_started_and_says_so(
    candidate_client, candidate, language, words
):
    question = factories.published_question(status=Question.Status.ARCHIVED)
    response = candidate_client.post(f"/questions/{question.slug}/start/", follow=True, **language)
    assert question.slug in html(response)
    if language is EN:
        assert words in html(response)
    assert not InterviewSession.objects.of(candidate).exists()


def test_a_topic_without_questions_cannot_be_started_and_says_so(candidate_client):
    topic = factories.TopicFactory()
    response = candidate_client.post(f"/practice/{topic.slug}/start/", follow=True, **EN)
    assert "There is no open question here yet" in html(response)


def test_questions_of_an_interview_in_progress_are_not_for_practice(
    candidate_client, candidate, interview
):
    topic = factories.TopicFactory()
    question = interview.answers.first().question
    question.topics.add(topic)
    page = html(candidate_client.get(f"/practice/{topic.slug}/", **EN))
    assert "part of your interview" in page
    assert f"/questions/{question.slug}/start/" not in page
    refused = candidate_client.post(f"/questions/{question.slug}/start/", follow=True, **EN)
    assert "is part of an interview of yours" in html(refused)
    assert "There is no open question" in html(
        candidate_client.post(f"/practice/{topic.slug}/start/", follow=True, **EN)
    )
    assert InterviewSession.objects.of(candidate).count() == 1


def test_starting_an_interview_twice_leads_to_the_same_session(candidate_client, candidate):
    chosen = factories.question_set(factories.published_question())
    for _ in range(2):
        response = candidate_client.post(f"/interviews/{chosen.pk}/start/")
    assert response["Location"] == url("session", InterviewSession.objects.of(candidate).get())


def test_a_closed_interview_says_so(candidate_client):
    closed = factories.question_set(factories.published_question(), is_open=False)
    assert "no longer open" in html(
        candidate_client.post(f"/interviews/{closed.pk}/start/", follow=True, **EN)
    )


def test_only_interview_sets_can_be_started_by_number(candidate_client):
    other = factories.question_set(factories.published_question(), mode=QuestionSet.Mode.PRACTICE)
    for pk in (other.pk, 10**30):
        assert candidate_client.post(f"/interviews/{pk}/start/").status_code == 404


# The room -----------------------------------------------------------------------------------------


def test_room_shows_the_stored_draft_and_the_time_left(candidate_client, interview):
    save_draft(interview.answers.first(), text="写到一半", revision=0)
    page = html(candidate_client.get(url("room", interview, 1), **ZH))
    assert "写到一半" in page
    assert 1795 <= int(re.search(r'data-remaining="(\d+)"', page)[1]) <= 1800


def test_session_goes_on_at_its_first_open_question(candidate_client, interview):
    submit_answer(interview.answers.first(), text="第一题的回答")
    assert candidate_client.get(url("session", interview))["Location"] == url("room", interview, 2)


@pytest.mark.parametrize(("action", "place"), [("save", 2), ("next", 3), ("previous", 1)])
def test_plain_buttons_save_and_move(candidate_client, interview, action, place):
    response = post_text(candidate_client, interview, "存下来", action=action, number=2)
    assert response["Location"] == url("room", interview, place)
    assert list(interview.answers.values_list("text", flat=True)) == ["", "存下来", ""]


def test_submitting_in_an_interview_leads_to_the_next_open_question(candidate_client, interview):
    response = post_text(candidate_client, interview, "第二题", number=2)
    assert response["Location"] == url("room", interview, 3)
    assert post_text(candidate_client, interview, "第三题", number=3)["Location"] == url(
        "room", interview, 1
    )
    assert post_text(candidate_client, interview, "第一题", number=1)["Location"] == url(
        "result", interview
    )


def test_submitting_in_practice_leads_to_the_result_and_on_to_the_next_question(
    candidate_client, candidate
):
    session = start_practice(
        candidate=candidate, questions=[factories.published_question() for _ in range(2)]
    )
    response = post_text(candidate_client, session, KEY_POINT_ZH)
    assert response["Location"] == url("room", session, 1)
    grade_all()
    page = html(candidate_client.get(response["Location"], **ZH))
    assert KEY_POINT_ZH in page
    assert f'href="{url("room", session, 2)}"' in page
    assert "MODEL-ANSWER" in page
    assert_no_leak(candidate_client.get(url("room", session, 2)))


REFUSED_TEXTS = [
    ("", 422, "回答是空的", "The answer is empty"),
    (" \n\t　", 422, "回答是空的", "The answer is empty"),
    ("留" * (MAX_ANSWER_LENGTH + 3), 422, "3", "3 characters over the limit"),
    ("ab\0cd", 422, "NUL", "NUL"),
]


@pytest.mark.parametrize(
    ("text", "status", "zh", "en"), REFUSED_TEXTS, ids=["empty", "blank", "too long", "NUL"]
)
def test_refused_text_comes_back_with_the_reason_in_the_readers_language(
    candidate_client, practice, text, status, zh, en
):
    for language, words in ((ZH, zh), (EN, en)):
        response = post_text(candidate_client, practice, text, **language)
        assert response.status_code == status
        assert response.context["text"] == text
        if language is EN:
            assert words in response.context["problem"]
        else:
            assert re.search("[一-鿿]", response.context["problem"])
    assert practice.answers.get().text == ""
    assert not Grade.objects.exists()


def test_half_of_a_surrogate_pair_is_no_server_error(candidate_client, practice):
    body = b"text=%ED%A0%80abc&revision=0&action=submit"
    response = candidate_client.post(
        url("room", practice, 1), body, content_type="application/x-www-form-urlencoded"
    )
    assert response.status_code in (302, 422)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"text": "x"},
        {"revision": 0},
        {"text": "x", "revision": "-1"},
        {"text": "x", "revision": "9" * 40},
    ],
)
def test_a_malformed_form_is_refused_and_keeps_what_was_typed(candidate_client, practice, body):
    response = candidate_client.post(url("room", practice, 1), body, **EN)
    assert response.status_code == 400
    assert response.context["text"] == body.get("text", "")
    assert "arrived incomplete" in html(response)
    draft = candidate_client.post(url("draft", practice, 1), body)
    assert (draft.status_code, draft.json()["code"]) == (400, "incomplete")


def test_a_body_beyond_the_limit_is_a_400(candidate_client, practice):
    assert post_text(candidate_client, practice, "x" * 2_000_000).status_code == 400


def test_an_unknown_action_only_saves(candidate_client, practice):
    assert post_text(candidate_client, practice, "abc", action="../evil")["Location"] == url(
        "room", practice, 1
    )
    assert practice.answers.get().status == Answer.Status.DRAFT


def test_submitting_twice_makes_one_grade(candidate_client, practice):
    for _ in range(2):
        assert post_text(candidate_client, practice, "点积的方差")["Location"] == url(
            "result", practice
        )
    assert Grade.objects.count() == 1


def test_a_second_submit_with_another_text_says_that_the_first_counts_and_gives_the_text_back(
    candidate_client, practice
):
    post_text(candidate_client, practice, "第一份")
    response = post_text(candidate_client, practice, "第二份", **EN)
    assert response.status_code == 409
    assert "The first one counts" in html(response)
    assert "第二份" in html(response)
    assert url("result", practice) in html(response)
    assert practice.answers.get().text == "第一份"


def test_saving_after_submitting_gives_the_text_back(candidate_client, practice):
    post_text(candidate_client, practice, "第一份")
    response = post_text(candidate_client, practice, "第二份", action="save", revision=1, **EN)
    assert response.status_code == 409
    assert "has already been submitted" in html(response)
    assert "第二份" in html(response)


def test_a_text_for_a_session_that_is_over_comes_back(candidate_client, interview):
    InterviewSession.objects.update(deadline=timezone.now() - timedelta(minutes=1))
    for action in ("save", "submit"):
        response = post_text(candidate_client, interview, "来晚了", action=action, **EN)
        assert response.status_code == 409
        assert "This session is over" in html(response)
        assert "来晚了" in html(response)


def test_a_question_archived_meanwhile_gives_the_text_back(candidate_client, practice):
    Question.objects.update(status=Question.Status.ARCHIVED)
    response = post_text(candidate_client, practice, "写好了", **EN)
    assert response.status_code == 409
    assert "is not open for answers" in html(response)
    assert "写好了" in html(response)


@pytest.mark.parametrize("action", ["save", "submit"])
def test_a_text_over_another_windows_draft_shows_both(candidate_client, practice, action):
    save_draft(practice.answers.get(), text="另一个窗口的文字", revision=0)
    response = post_text(candidate_client, practice, "这个窗口的文字", action=action, **EN)
    assert response.status_code == 409
    assert "另一个窗口的文字" in html(response)
    assert "这个窗口的文字" in html(response)
    assert response.context["revision"] == 1
    post_text(
        candidate_client,
        practice,
        "这个窗口的文字",
        action=action,
        revision=response.context["revision"],
    )
    assert practice.answers.get().text == "这个窗口的文字"


def test_autosave_answers_with_the_next_revision(candidate_client, interview):
    response = candidate_client.post(
        url("draft", interview, 1), {"text": "草稿\r\n第二行", "revision": 0}
    )
    assert response.status_code == 200
    assert response.json()["revision"] == 1
    assert 1790 <= response.json()["remaining_s"] <= 1800
    assert interview.answers.first().text == "草稿\n第二行"


def test_autosave_conflict_hands_over_the_stored_text(candidate_client, practice):
    save_draft(practice.answers.get(), text="先存的", revision=0)
    response = candidate_client.post(
        url("draft", practice, 1), {"text": "后存的", "revision": 0}, **ZH
    )
    assert response.status_code == 409
    body = response.json()
    assert (body["code"], body["text"], body["revision"]) == ("draft_conflict", "先存的", 1)


@pytest.mark.parametrize(
    ("text", "code"),
    [("留" * (MAX_ANSWER_LENGTH + 1), "too_long"), ("a\0b", "unreadable_characters")],
    ids=["too long", "NUL"],
)
def test_autosave_refuses_what_cannot_be_stored(candidate_client, practice, text, code):
    response = candidate_client.post(url("draft", practice, 1), {"text": text, "revision": 0})
    assert (response.status_code, response.json()["code"]) == (422, code)


def test_autosave_after_the_end_says_so(candidate_client, practice):
    finish_session(practice)
    response = candidate_client.post(url("draft", practice, 1), {"text": "x", "revision": 0})
    assert (response.status_code, response.json()["code"]) == (409, "session_over")


def test_finishing_asks_first_and_names_what_is_unanswered(candidate_client, interview):
    save_draft(interview.answers.first(), text="有内容的草稿", revision=0)
    response = post_text(candidate_client, interview, "有内容的草稿", action="finish", revision=1)
    assert response["Location"] == url("finish", interview)
    page = html(candidate_client.get(response["Location"], **EN))
    assert "2 questions are not answered" in page
    interview.refresh_from_db()
    assert interview.status == InterviewSession.Status.OPEN
    candidate_client.post(url("finish", interview))
    interview.refresh_from_db()
    assert interview.status == InterviewSession.Status.SUBMITTED
    assert [answer.status for answer in interview.answers.all()] == ["submitted", "draft", "draft"]
    assert candidate_client.post(url("finish", interview)).status_code == 302


def test_discarding_a_practice_asks_first_and_names_what_is_lost(candidate_client, practice):
    save_draft(practice.answers.get(), text="half a thought", revision=0)
    assert url("discard", practice) in html(candidate_client.get("/"))
    assert "1 draft with text will be deleted" in html(
        candidate_client.get(url("discard", practice), **EN)
    )
    assert InterviewSession.objects.exists()
    done = candidate_client.post(url("discard", practice), follow=True, **EN)
    assert "The practice is discarded." in html(done)
    assert not InterviewSession.objects.exists()
    save = candidate_client.post(
        url("draft", practice, 1), {"text": "half a thought more", "revision": 1}, **EN
    )
    assert (save.status_code, save.json()["code"]) == (404, "session_over")


def test_an_interview_offers_no_discard_and_refuses_it(candidate_client, interview):
    assert url("discard", interview) not in html(candidate_client.get("/")) + html(
        candidate_client.get(url("finish", interview))
    )
    assert candidate_client.get(url("discard", interview)).status_code == 302
    assert "can&#x27;t be discarded" in html(
        candidate_client.post(url("discard", interview), follow=True, **EN)
    )
    assert InterviewSession.objects.exists()


@pytest.mark.parametrize(
    ("zone", "shown"),
    [
        ("Asia/Tokyo", "2026-03-02 00:30"),
        ("America/New_York", "2026-03-01 10:30"),
        ("", "2026-03-01 23:30"),
        ("../x", "2026-03-01 23:30"),
    ],
)
def test_times_are_shown_in_the_time_zone_of_the_reader(
    candidate_client, practice, settings, zone, shown
):
    settings.TIME_ZONE = "Asia/Shanghai"
    InterviewSession.objects.update(started_at=datetime(2026, 3, 1, 15, 30, tzinfo=UTC))
    candidate_client.cookies["timezone"] = zone
    assert shown in html(candidate_client.get("/"))


def test_room_of_a_session_whose_time_is_up_leads_to_its_end(candidate_client, interview):
    save_draft(interview.answers.first(), text="写了一点", revision=0)
    InterviewSession.objects.update(deadline=timezone.now() - timedelta(seconds=1))
    page = candidate_client.get(url("room", interview, 1), follow=True, **EN)
    assert "Time is up" in html(page)
    assert candidate_client.post(url("finish", interview), follow=True).status_code == 200
    assert interview.answers.first().is_submitted


# Results ------------------------------------------------------------------------------------------


def waiting_session(
    candidate: User, *, text: str = "点积的方差随维度 d 增大，所以要缩放。"
) -> InterviewSession:
    session = start_practice(candidate=candidate, questions=[factories.published_question()])
    submit_answer(session.answers.get(), text=text)
    return session


def poll_address(page: str) -> str:
    return re.search(r'hx-get="([^"]+)"', page)[1].replace("&amp;", "&")


def test_result_polls_while_it_waits_and_changes_when_graded(candidate_client, candidate):
    session = waiting_session(candidate)
    page = html(candidate_client.get(url("result", session), **EN))
    assert "1 answer is waiting to be graded" in page
    assert '<noscript><meta http-equiv="refresh"' in page
    address = poll_address(page)
    assert candidate_client.get(address).status_code == 204
    Grade.objects.update(
        status="running",
        lease_token=uuid.uuid4(),
        lease_until=timezone.now() + timedelta(minutes=1),
    )
    running = html(candidate_client.get(address, **EN))
    assert "Being graded" in running
    Grade.objects.update(status="queued", lease_token=None, lease_until=None)
    grade_all()
    done = html(candidate_client.get(poll_address(running), **EN))
    assert 'id="answer-1"' in done
    assert 'hx-swap-oob="true"' in done
    assert "hx-get" not in done
    assert "<html" not in done


def test_polling_slows_down_when_grading_takes_long(candidate_client, candidate):
    session = waiting_session(candidate)
    address = poll_address(html(candidate_client.get(url("result", session))))
    Grade.objects.update(queued_at=timezone.now() - timedelta(seconds=31))
    response = candidate_client.get(address, **EN)
    assert response.status_code == 200
    assert "every 5s" in html(response)
    assert candidate_client.get(poll_address(html(response))).status_code == 204


@pytest.mark.parametrize(
    ("query", "goes_on"),
    [
        ("", False),
        ("seen=", False),
        ("seen=99q", False),
        ("seen=1", False),
        ("seen=%00%ff", False),
        ("seen=1q&every=x&summary=%00", True),
        ("seen=" + "1q" * 5000, True),
    ],
)
def test_progress_goes_on_for_the_waiting_cards_that_any_query_names(
    candidate_client, candidate, query, goes_on
):
    response = candidate_client.get(f"{url('progress', waiting_session(candidate))}?{query}")

    assert response.status_code == 200
    assert ("hx-get" in html(response)) == goes_on


def test_result_shows_every_key_point_with_verdict_credit_and_evidence(candidate_client, candidate):
    session = waiting_session(candidate)
    grade_all()
    response = candidate_client.get(url("result", session), **ZH)
    [card] = response.context["cards"]
    assert [point.key_point.key for point in card.points] == ["variance", "saturation"]
    assert card.points[0].verdict == "covered"
    page = html(response)
    assert '<mark class="covered" data-points="1">' in page
    assert 'href="#point-1-1"' in page
    assert "没有说到 softmax 饱和" in page
    assert "MODEL-ANSWER" in page
    assert f"{rounded(card.result.score)}<small>/100" in page
    assert "hx-get" not in page


def test_result_takes_as_many_queries_for_three_answers_as_for_one(candidate_client, candidate):
    counts = {}
    for n in (1, 3):
        session = start_practice(
            candidate=candidate, questions=[factories.published_question() for _ in range(n)]
        )
        for answer in session.answers.all():
            submit_answer(answer, text=KEY_POINT_ZH)
        grade_all()
        counts[n] = [
            count_queries(candidate_client, url(name, session)) for name in ("result", "progress")
        ]
        counts[n].append(count_queries(candidate_client, url("room", session, 1)))
    assert counts[3] == counts[1]


def test_markup_in_an_answer_stays_text(candidate_client, candidate):
    session = waiting_session(candidate, text=f"{PAYLOAD}点积的方差随维度 d 增大{PAYLOAD}")
    for _ in range(2):
        page = html(candidate_client.get(url("result", session)))
        assert "<script>alert" not in page
        assert "onerror=alert(2)&gt;" in page
        assert "<img" not in page
        assert "<div x-data" not in page
        grade_all()


def test_a_failed_grading_says_so_and_is_no_zero(candidate_client, candidate):
    session = waiting_session(candidate)
    Grade.objects.update(
        status="failed",
        error="ValueError: key point 'variance'",
        attempts=3,
        finished_at=timezone.now(),
    )
    page = html(candidate_client.get(url("result", session), **EN))
    assert "could not be graded" in page
    assert "after 3 tries" in page
    assert "An interviewer can have it graded again" in page
    assert str(Grade.objects.get().public_id)[:8] in page
    assert "ValueError" not in page
    assert "/100" not in page


def test_reasons_for_review_are_told_in_words(candidate_client, candidate):
    session = waiting_session(candidate)
    grade_all()
    Grade.objects.update(needs_review=True, reasons=["low_confidence", "a_new_code"])
    KeyPointMatch.objects.filter(key_point__key="saturation").update(confidence=0.6)
    page = html(candidate_client.get(url("result", session), **EN))
    assert "may be wrong about key points 2." in page
    assert "the grader is unsure" in page
    assert "a_new_code" in page


def test_no_remark_calls_a_grade_doubtful_whose_verdicts_are_all_called_sure(
    candidate_client, candidate
):
    session = waiting_session(candidate)
    grade_all()
    Grade.objects.update(needs_review=True, reasons=["low_confidence"])
    KeyPointMatch.objects.update(confidence=0.9)
    page = html(candidate_client.get(url("result", session), **EN))
    assert "may be wrong about" not in page
    assert page.count("the grader is sure") == 2


def test_points_shown_add_up_to_the_score_with_the_cap_as_a_row_of_its_own(
    candidate_client, candidate
):
    answer = factories.graded_answer(
        factories.published_question(required=True), candidate=candidate, text=KEY_POINT_ZH
    )
    session = answer.session
    response = candidate_client.get(url("result", session), **EN)
    page = html(response)
    [card] = response.context["cards"]
    earned = re.findall(r'<span class="earned">([-+]\d+)', page.replace("−", "-"))
    assert sum(map(int, earned)) == rounded(card.result.score) == 59
    assert earned == ["+67", "+0", "-8"]


def test_a_grade_of_an_older_engine_shows_its_score_and_no_points_that_deny_its_verdicts(
    candidate_client, candidate
):
    session = waiting_session(candidate)
    grade_all()
    factories.as_by_engine_3_0(session.answers.get())
    page = html(candidate_client.get(url("result", session), **EN))
    assert "77<small>/100" in page
    assert 'class="earned"' not in page
    assert "How the score adds up" not in page
    assert "Graded by engine 3.0. It gave a doubtful key point a part of its weight" in page


def test_a_question_left_blank_counts_0_in_an_interview_and_not_in_practice(
    candidate_client, candidate
):
    questions = [factories.published_question() for _ in range(3)]
    question_set = factories.question_set(
        *questions, mode="interview", release_policy="when_graded"
    )
    interview = start_interview(candidate=candidate, question_set=question_set)
    for answer in interview.answers.all()[:2]:
        submit_answer(answer, text=KEY_POINT_ZH)
    finish_session(interview)
    practice = start_practice(candidate=candidate, questions=questions)
    for answer in practice.answers.all()[:2]:
        submit_answer(answer, text=KEY_POINT_ZH)
    finish_session(practice)
    grade_all()
    score = Grade.objects.first().score
    means = {interview: rounded(2 * score / 3), practice: rounded(score)}
    for session, said in (
        (interview, "mean of all questions; one left blank counts 0"),
        (practice, "mean of 2 graded answers"),
    ):
        page = html(candidate_client.get(url("result", session), **EN))
        assert f'<p class="score">{means[session]}<small>/100' in page
        assert f"{said} · 2 of 3 answered" in page
    for address in ("/", reverse("interview:history")):
        page = html(candidate_client.get(address, **EN))
        assert page.count("2 of 3 answered") == 2
        assert {f"{mean}<small>/100" in page for mean in means.values()} == {True}


def reviewed_interview(client: Client, candidate: User, interviewer: User) -> InterviewSession:
    session = start_interview(
        candidate=candidate, question_set=factories.question_set(factories.published_question())
    )
    submit_answer(session.answers.get(), text=KEY_POINT_ZH)
    grade_all()
    record_review(
        answer=session.answers.get(),
        reviewer=interviewer,
        verdicts={"variance": ("partial", "REVIEW-VERDICT 少了原因")},
        comment="REVIEW-COMMENT 不错",
        note="REVIEW-NOTE 内部",
    )
    return session


def test_a_release_shows_the_reviewers_word_beside_the_machines(
    candidate_client, candidate, interviewer
):
    session = reviewed_interview(candidate_client, candidate, interviewer)
    assert "REVIEW" not in html(candidate_client.get(url("result", session)))
    release_session(session, actor=interviewer)
    response = candidate_client.get(url("result", session), **EN)
    page = html(response)
    assert "REVIEW-COMMENT" in page
    assert "REVIEW-VERDICT" in page
    assert "REVIEW-NOTE" not in page
    [point, _other] = response.context["cards"][0].points
    assert (point.verdict, point.machine_verdict) == ("partial", "covered")
    assert re.search(
        r'<s class="was"><span class="hidden">Before the review: </span>covered</s>', page
    )
    assert f"{rounded(response.context['cards'][0].result.score)}<small>/100" in page


def test_a_review_of_practice_is_not_shown_before_its_release(
    candidate_client, candidate, interviewer
):
    answer = factories.graded_answer(candidate=candidate)
    record_review(
        answer=answer,
        reviewer=interviewer,
        verdicts={"variance": ("missed", "")},
        comment="REVIEW-COMMENT",
    )
    before = html(candidate_client.get(url("result", answer.session)))
    assert "REVIEW-COMMENT" not in before
    release_session(answer.session, actor=interviewer)
    assert "REVIEW-COMMENT" in html(candidate_client.get(url("result", answer.session)))


def test_answering_again_starts_a_new_session_with_the_same_question(candidate_client, candidate):
    former = factories.graded_answer(candidate=candidate)
    response = candidate_client.post(url("again", former.session, 1))
    new = InterviewSession.objects.of(candidate).first()
    assert response["Location"] == url("room", new, 1)
    assert new.answers.get().question == former.question
    assert new != former.session


def test_a_grade_asked_for_again_keeps_the_former_one_on_the_page(
    candidate_client, candidate, interviewer
):
    answer = factories.graded_answer(candidate=candidate)
    grade_again(answer, actor=interviewer)
    page = html(candidate_client.get(url("result", answer.session), **EN))
    assert "being graded again" in page
    assert "/100" in page
    address = poll_address(page)
    assert candidate_client.get(address).status_code == 204
    grade_all()
    assert "being graded again" not in html(candidate_client.get(address, **EN))


def test_an_answer_sent_in_by_the_candidates_program_has_a_result_page(candidate_client, candidate):
    question = factories.published_question()
    [answer] = submit_from_program(
        integrator=candidate,
        submissions=[Submission(question=question, text=KEY_POINT_ZH)],
        candidate=candidate,
    )
    grade_all()
    assert "/100" in html(candidate_client.get(url("result", answer.session)))
    assert question.prompt_zh in html(candidate_client.get("/", **ZH))


# Signing in, language, errors ---------------------------------------------------------------------


def test_signing_in_and_out(client, candidate):
    wrong = client.post("/login/", {"username": "candidate", "password": "wrong"}, **ZH)
    assert "用户名或密码不对" in html(wrong)
    right = client.post(
        "/login/",
        {"username": "candidate", "password": "correct horse battery", "next": "/history/"},
    )
    assert right["Location"] == "/history/"
    assert client.get("/login/")["Location"] == "/"
    assert client.get("/logout/").status_code == 405
    assert client.post("/logout/")["Location"] == "/login/"


def test_signing_in_keeps_no_address(client, candidate, settings):
    settings.AXES_ENABLED = True
    client.post("/login/", {"username": "candidate", "password": "correct horse battery"})
    assert AccessLog.objects.count() == 0


def test_a_password_is_changed_by_who_knows_the_old_one(candidate_client, candidate):
    assert "/password/" in html(candidate_client.get("/"))
    new = {"new_password1": "stapled battery 17", "new_password2": "stapled battery 17"}
    refused = candidate_client.post("/password/", {"old_password": "guessed"} | new, **EN)
    assert refused.status_code == 200
    assert "Your old password was entered incorrectly" in html(refused)
    done = candidate_client.post(
        "/password/", {"old_password": "correct horse battery"} | new, follow=True, **EN
    )
    assert "Your password is changed." in html(done)
    candidate.refresh_from_db()
    assert candidate.check_password("stapled battery 17")


def test_sign_in_leads_to_no_foreign_site(client, candidate):
    body = {
        "username": "candidate",
        "password": "correct horse battery",
        "next": "https://evil.example/",
    }
    assert client.post("/login/", body)["Location"] == "/"


@pytest.mark.parametrize(("language", "words"), [(ZH, "15 分钟"), (EN, "15 minutes")])
def test_too_many_wrong_passwords_lock_the_door_and_say_for_how_long(
    client, candidate, settings, language, words
):
    settings.AXES_ENABLED = True
    for _ in range(settings.AXES_FAILURE_LIMIT):
        response = client.post(
            "/login/", {"username": "candidate", "password": "wrong"}, **language
        )
    assert response.status_code == 429
    if language is EN:
        assert words in html(response)


def test_language_is_chosen_in_the_head_and_remembered(candidate_client):
    response = candidate_client.post("/language/", {"language": "en", "next": "/practice/"}, **ZH)
    assert response["Location"] == "/practice/"
    assert response.cookies["django_language"]["max-age"] > 30 * 86_400
    assert '<html lang="en">' in html(candidate_client.get("/practice/", **ZH))
    candidate_client.post("/language/", {"language": "zh-hans", "next": "/"})
    assert '<html lang="zh-Hans">' in html(candidate_client.get("/", **EN))


def test_only_staff_are_shown_the_way_to_the_dashboard(candidate_client, interviewer_client):
    assert 'href="/admin/"' not in html(candidate_client.get("/"))
    assert 'href="/admin/"' in html(interviewer_client.get("/"))


def test_error_pages_speak_both_languages(candidate_client):
    response = candidate_client.get(f"/sessions/{uuid.uuid4()}/")
    assert response.status_code == 404
    assert "找不到这个页面" in html(response)
    assert "There is no such page" in html(response)


def test_server_error_page_needs_no_database(candidate, rf):
    from django.views.defaults import bad_request, server_error

    assert "出错了" in server_error(rf.get("/")).content.decode()
    assert "这个请求无法读取" in bad_request(rf.get("/"), None).content.decode()


def test_interviewers_may_practise_too(interviewer):
    client = signed_in(interviewer)
    question = factories.published_question()
    response = client.post(f"/questions/{question.slug}/start/", follow=True)

    session = InterviewSession.objects.of(interviewer).get()
    assert response.redirect_chain == [(url("room", session, 1), 302)]
    assert question.prompt_zh in html(response)


def test_signed_out_visitor_is_sent_to_sign_in_from_every_address(client, practice):
    pages = [reverse(f"interview:{name}") for name in ("home", "history", "practice")]
    pages += [reverse("interview:topic", args=["attention"]), url("room", practice, 1)]
    pages += [url(name, practice) for name in ("session", "finish", "result", "progress")]
    posts = [
        reverse(f"interview:{name}", args=["attention"])
        for name in ("start_topic", "start_question")
    ]
    posts += [reverse("interview:start_interview", args=[1]), url("finish", practice)]
    posts += [url(name, practice, 1) for name in ("room", "draft", "again")]
    for response in [*map(client.get, pages), *map(client.post, posts)]:
        assert response.status_code == 302, response.request["PATH_INFO"]
        assert response["Location"].startswith("/login/?next="), response.request["PATH_INFO"]
    assert InterviewSession.objects.get().status == InterviewSession.Status.OPEN


def test_odd_addresses_are_read_as_far_as_they_go(candidate_client):
    assert candidate_client.get("/?%ff").status_code == 200
    beyond = candidate_client.get("/history/?page=99999999999999999999999")
    assert beyond.context["page"].number == 1
    unreadable = candidate_client.get("/practice/?q=%00%ff&page=-1")
    assert (unreadable.context["query"], unreadable.context["page"].number) == ("\ufffd", 1)
    long = candidate_client.get(f"/practice/?q={'%F0%9F%99%82' * 200}")
    assert long.context["query"] == "\U0001f642" * 100


def test_an_interview_number_beyond_any_row_is_not_found(candidate_client):
    assert candidate_client.post("/interviews/99999999999999999999999/start/").status_code == 404
