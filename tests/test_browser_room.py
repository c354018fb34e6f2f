"""The room's saving in a real browser, where the network, the session or the writer's haste get in the way."""

import re
import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, BrowserContext, CDPSession, Page, expect

from grading.models import Grade
from interview.candidate import room as room_pages
from interview.models import Answer, DraftRevision, InterviewSession
from interview.services.answers import save_draft, submit_answer
from interview.services.finishing import finish_session
from interview.services.practice import start_practice
from interview.services.revisions import Writer
from interview.services.sessions import start_interview
from tests import factories
from tests.servers import wait_until

pytestmark = [
    pytest.mark.browser,
    pytest.mark.xdist_group("browser"),
    pytest.mark.django_db(transaction=True),
]

TEXT = "点积的方差随维度 d 增大，所以要缩放。"


@pytest.fixture
def context(browser: Browser, live_server) -> Iterator[BrowserContext]:
    context = browser.new_context(base_url=live_server.url, locale="en-US")
    yield context
    for page in context.pages:
        page.goto("about:blank")  # no request is under way when the tables are emptied
    context.close()


def sign_in(context: BrowserContext) -> Page:
    page = context.new_page()
    page.goto("/login/")
    page.fill("#id_username", "candidate")
    page.fill("#id_password", "correct horse battery")
    page.press("#id_password", "Enter")
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()
    return page


@pytest.fixture
def practice(candidate) -> InterviewSession:
    return start_practice(candidate=candidate, questions=[factories.published_question()])


@pytest.fixture
def room(context, practice) -> Page:
    page = sign_in(context)
    page.goto(f"/sessions/{practice.public_id}/1/")
    return page


def stored_text() -> str:
    return Answer.objects.get().text


def expect_saved(page: Page) -> None:
    expect(page.locator("#saved")).to_have_text(re.compile(r"saved at \d\d:\d\d"))


def test_a_save_that_failed_is_tried_again(room):
    room.route("**/draft/", lambda route: route.abort(), times=1)
    room.fill("#text", TEXT)
    expect(room.locator("#problem-live")).to_contain_text("Not saved, trying again")
    expect_saved(room)
    expect(room.locator("#problem-live")).to_be_hidden()
    assert stored_text() == TEXT


def test_signing_in_again_in_another_tab_lets_the_save_through(room):
    room.context.clear_cookies(name="sessionid")
    room.fill("#text", TEXT)
    expect(room.locator("#problem-live")).to_contain_text("You are signed out")
    sign_in(room.context)
    expect_saved(room)
    assert stored_text() == TEXT


def test_leaving_at_once_saves_what_was_typed(room):
    room.fill("#text", TEXT)
    room.get_by_role("link", name="History").click()
    room.wait_for_url("**/history/")
    # The save outlives its page, so it is no longer seen from there.
    wait_until(lambda: stored_text() == TEXT, what="the text is stored")


def test_leaving_while_an_earlier_save_is_unanswered_saves_what_was_typed_since(room, monkeypatch):
    store, stored, leave = save_draft, threading.Event(), threading.Event()

    def answer_late(answer: Answer, *, text: str, **more) -> Answer:
        kept = store(answer, text=text, **more)
        if text == "点积":
            stored.set()
            leave.wait(60)
        return kept

    monkeypatch.setattr(room_pages, "save_draft", answer_late)
    room.fill("#text", "点积")
    wait_until(stored.is_set, what="the first save is stored")
    room.fill("#text", TEXT)
    room.goto("about:blank")
    wait_until(lambda: stored_text() == TEXT, what="the text is stored")
    leave.set()


def test_submitting_while_a_save_is_on_its_way_is_no_conflict(room, run_tasks_inline):
    room.route("**/draft/", lambda route: (room.wait_for_timeout(400), route.continue_()))
    with room.expect_request("**/draft/"):
        room.fill("#text", "点积")
    room.fill("#text", TEXT)
    room.click("#submit")
    room.wait_for_url("**/result/")
    assert stored_text() == TEXT


def test_a_text_that_is_too_long_is_counted_and_not_cut(room):
    room.fill("#text", "🙂" * 20_001)
    expect(room.locator("#problem-live")).to_contain_text("1 characters too many")
    assert len(room.locator("#text").input_value()) == 20_001
    room.fill("#text", "🙂" * 20_000)
    expect_saved(room)
    assert len(stored_text()) == 20_000


def test_taking_the_other_windows_text_leaves_nothing_behind(room, practice):
    save_draft(practice.answers.get(), text="other window", revision=0)
    room.fill("#text", "this window")
    room.get_by_role("button", name="Use the other version").click()
    expect(room.locator("#text")).to_have_value("other window")
    room.locator("#text").press_sequentially("!")
    expect_saved(room)
    assert "other window" in stored_text()
    assert room.evaluate("Object.keys(localStorage)") == []


# A conflict ---------------------------------------------------------------------------------------

OTHER = "另一台设备写的这一段也不能丢。"
DESK = "The variance of the scores grows with d. "
ON = "So they are divided by the root of d, looking at every word."


def keyboard_of(page: Page) -> CDPSession:
    return page.context.new_cdp_session(page)


def compose(keyboard: CDPSession, text: str) -> None:
    """The unfinished text of an input method."""
    keyboard.send(
        "Input.imeSetComposition",
        {"text": text, "selectionStart": len(text), "selectionEnd": len(text)},
    )


def commit(keyboard: CDPSession, text: str) -> None:
    """What the reader picks from the input method's list."""
    keyboard.send("Input.insertText", {"text": text})


def text_of(page: Page) -> str:
    return page.locator("#text").input_value()


def versions() -> list[str]:
    return list(DraftRevision.objects.order_by("pk").values_list("text", flat=True))


def write_elsewhere(text: str = OTHER) -> None:
    """Another device saves its own text."""
    answer = Answer.objects.get(order=0)
    save_draft(answer, text=text, revision=0, writer=Writer("Safari · iPhone", "p"), insist=True)


def test_typing_through_a_conflict_loses_no_character_of_either_text(room):
    room.locator("#text").press_sequentially(DESK)
    expect_saved(room)
    write_elsewhere()
    room.locator("#text").press_sequentially(ON[:20])
    expect(room.locator("#conflict")).to_be_visible()
    room.keyboard.type(ON[20:])  # into whatever has the focus, spaces and all
    room.keyboard.press("Enter")
    assert text_of(room) == DESK + ON + "\n"
    assert room.evaluate("document.activeElement.id") == "text"
    assert stored_text() == OTHER
    wait_until(lambda: DESK + ON + "\n" in versions(), what="one's own text is set aside")


def test_a_conflict_shows_both_texts_with_device_and_time(room):
    write_elsewhere()
    room.fill("#text", TEXT)
    expect(room.locator("#conflict-text")).to_have_text(OTHER)
    expect(room.locator("#other-by")).to_have_text(re.compile(r"Safari · iPhone, at \d\d:\d\d"))
    expect(room.locator("#own-text")).to_have_text(TEXT)
    expect(room.locator("#own-time")).to_have_text(re.compile(r"at \d\d:\d\d"))
    expect(room.locator("#say")).to_contain_text("Both versions are shown below the box")
    room.locator("#text").press("End")
    room.keyboard.type("!")
    expect(room.locator("#own-text")).to_have_text(TEXT + "!")


def test_a_conflict_leaves_a_composition_alone(room):
    room.locator("#text").press_sequentially(DESK)
    expect_saved(room)
    write_elsewhere()
    keyboard = keyboard_of(room)
    with room.expect_response("**/draft/") as response:
        room.keyboard.type("x")
        compose(keyboard, "gen")
    assert response.value.status == 409
    compose(keyboard, "genhao")
    expect(room.locator("#conflict")).to_be_hidden()  # nothing moves until it is finished
    commit(keyboard, "根号")
    expect(room.locator("#conflict")).to_be_visible()
    assert text_of(room) == DESK + "x根号"
    assert room.evaluate("document.activeElement.id") == "text"


@pytest.mark.parametrize("way_out", ["number", "link", "button", "close"])
def test_walking_away_from_a_conflict_keeps_ones_own_words_and_the_others(
    context, candidate, way_out
):
    questions = [factories.published_question() for _ in range(2)]
    practice = start_practice(candidate=candidate, questions=questions)
    page = sign_in(context)
    page.goto(f"/sessions/{practice.public_id}/1/")
    write_elsewhere()
    page.fill("#text", DESK)
    expect(page.locator("#conflict")).to_be_visible()
    page.locator("#text").press_sequentially(ON)
    if way_out == "number":
        page.locator(".places a").nth(1).click()
    elif way_out == "link":
        page.get_by_role("link", name="History").click()
    elif way_out == "button":
        page.get_by_role("button", name="Next question").click()
    else:
        with page.expect_event("close"):
            page.close(run_before_unload=True)
    first = practice.answers.get(order=0)

    def is_stored() -> bool:
        first.refresh_from_db()
        return first.text == DESK + ON

    wait_until(is_stored, what="one's own words are the draft")
    assert OTHER in versions()


def test_submitting_with_a_conflict_open_submits_ones_own_words(room, run_tasks_inline):
    write_elsewhere()
    room.fill("#text", DESK + ON)
    expect(room.locator("#conflict")).to_be_visible()
    room.click("#submit")
    room.wait_for_url("**/result/")
    assert stored_text() == DESK + ON
    assert versions() == [OTHER]


def test_a_conflict_that_comes_while_submitting_is_shown_first(room, run_tasks_inline):
    write_elsewhere()
    room.fill("#text", DESK + ON)
    room.click("#submit")
    expect(room.locator("#problem-live")).to_contain_text("Not submitted yet")
    room.click("#submit")
    room.wait_for_url("**/result/")
    assert stored_text() == DESK + ON


def test_taking_the_other_text_keeps_ones_own_on_the_server(room):
    write_elsewhere()
    room.fill("#text", DESK)
    room.get_by_role("button", name="Use the other version").click()
    expect(room.locator("#text")).to_have_value(OTHER)
    assert versions() == [DESK]
    room.reload()
    room.get_by_text("Earlier versions", exact=True).click()
    room.get_by_role("button", name="Take this version back").click()
    expect(room.locator("#text")).to_have_value(DESK)


def test_two_devices_that_write_at_once_lose_no_character(context, browser, live_server, practice):
    phone_context = browser.new_context(base_url=live_server.url, locale="en-US")
    desk, phone = sign_in(context), sign_in(phone_context)
    for page in (desk, phone):
        page.goto(f"/sessions/{practice.public_id}/1/")
    for start in range(0, len(ON), 20):
        desk.locator("#text").press_sequentially(ON[start : start + 20])
        phone.locator("#text").press_sequentially(OTHER[start // 4 : start // 4 + 5])
    desks, phones = text_of(desk), text_of(phone)
    assert desks == ON
    wait_until(
        lambda: {desks, phones} <= {stored_text(), *versions()},
        what="both texts are on the server",
    )
    phone.goto("about:blank")
    phone_context.close()


# Saving while typing goes on ----------------------------------------------------------------------


def test_typing_without_a_pause_is_saved_every_three_seconds(room):
    sent = []
    room.on("request", lambda request: sent.append(request) if "/draft/" in request.url else None)
    room.locator("#text").press_sequentially("word " * 8, delay=200)  # 8 seconds
    assert len(sent) >= 2
    wait_until(lambda: stored_text() == "word " * 8, what="the text is stored")


def test_a_composition_does_not_hold_up_what_was_committed_before_it(room):
    keyboard = keyboard_of(room)
    room.focus("#text")
    compose(keyboard, "fangcha")
    commit(keyboard, "方差")
    compose(keyboard, "bianda")  # and no pause between the words
    wait_until(lambda: stored_text() == "方差", what="the committed word is stored")
    assert text_of(room) == "方差bianda"
    commit(keyboard, "变大")
    wait_until(lambda: stored_text() == "方差变大", what="both words are stored")


# Hung and lost connections ------------------------------------------------------------------------


@pytest.fixture
def pair(context, candidate) -> Page:
    """The room of the first of two questions."""
    questions = [factories.published_question() for _ in range(2)]
    practice = start_practice(candidate=candidate, questions=questions)
    page = sign_in(context)
    page.goto(f"/sessions/{practice.public_id}/1/")
    return page


def first_text() -> str:
    return Answer.objects.order_by("pk")[0].text


def test_a_hung_request_counts_as_failed_and_the_button_says_what_it_waits_for(pair):
    hung = []
    pair.route("**/draft/", lambda route: hung.append(route), times=2)
    pair.locator("#text").press_sequentially(DESK)
    wait_until(lambda: hung or pair.wait_for_timeout(50), what="the request hangs")
    pair.locator("#text").press_sequentially(ON)
    pair.locator("button[value=next]").click()
    expect(pair.locator("button[value=next]")).to_have_text("Waiting for the last save…")
    expect(pair.locator("#line")).to_contain_text("everything you wrote is on this device")
    pair.wait_for_url("**/2/")  # by itself, when the next try gets through
    assert first_text() == DESK + ON


@pytest.mark.parametrize("button", ["next", "submit"])
def test_offline_the_page_stays_and_goes_on_by_itself(pair, button):
    pair.context.set_offline(True)
    pair.locator("#text").press_sequentially(DESK + ON)
    pair.locator(f"button[value={button}]").click()
    expect(pair.locator("#line")).to_contain_text("You are offline")
    assert text_of(pair) == DESK + ON
    pair.context.set_offline(False)
    expect(pair.locator("form#room" if button == "next" else ".card")).to_be_visible()
    if button == "next":
        pair.wait_for_url("**/2/")
    assert first_text() == DESK + ON


def test_offline_a_link_leads_to_no_error_page(pair):
    pair.fill("#text", DESK)
    pair.context.set_offline(True)
    pair.locator(".places a").nth(1).click()
    expect(pair.locator("#line")).to_contain_text("You are offline")
    assert text_of(pair) == DESK
    pair.context.set_offline(False)


def test_signing_in_again_leads_back_to_the_room_with_the_text(room):
    room.context.clear_cookies(name="sessionid")
    room.fill("#text", TEXT)
    room.get_by_role("link", name="Sign in again").click()
    room.fill("#id_username", "candidate")
    room.fill("#id_password", "correct horse battery")
    room.press("#id_password", "Enter")
    room.wait_for_url("**/1/")
    expect(room.locator("#text")).to_have_value(TEXT)
    wait_until(lambda: stored_text() == TEXT, what="the text is stored")


# Time ---------------------------------------------------------------------------------------------


@pytest.fixture
def interview(candidate) -> InterviewSession:
    questions = [factories.published_question() for _ in range(2)]
    return start_interview(
        candidate=candidate, question_set=factories.question_set(*questions, minutes=1)
    )


@pytest.fixture
def timed(context, interview) -> Page:
    page = sign_in(context)
    page.clock.install()
    page.goto(f"/sessions/{interview.public_id}/1/")
    return page


def test_what_was_committed_in_a_composition_is_submitted_when_time_runs_out(timed):
    keyboard = keyboard_of(timed)
    timed.focus("#text")
    for spelled, word in [("fangcha", "方差"), ("bianda", "变大"), ("suoyi", "所以")]:
        compose(keyboard, spelled)
        commit(keyboard, word)
    compose(keyboard, "suofang")
    timed.clock.fast_forward("01:05")
    timed.wait_for_url("**/result/")
    assert Answer.objects.get(order=0).text == "方差变大所以"


def test_time_that_runs_out_with_a_hung_request_and_a_conflict_submits_ones_own_words(timed):
    write_elsewhere()
    timed.fill("#text", DESK)
    timed.clock.fast_forward(3000)
    expect(timed.locator("#conflict")).to_be_visible()
    timed.route("**/draft/", lambda route: None)
    timed.locator("#text").press_sequentially(ON)
    timed.clock.fast_forward("01:05")
    timed.wait_for_url("**/result/")
    assert Answer.objects.get(order=0).text == DESK + ON
    assert OTHER in versions()
    expect(timed.locator("main")).to_contain_text(DESK + ON)


def test_a_page_that_comes_back_asks_the_server_for_the_time(timed, interview):
    InterviewSession.objects.update(deadline=timezone.now() + timedelta(seconds=20))
    with timed.expect_response("**/clock/"):
        timed.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(timed.locator("#timer-text")).to_have_text(re.compile("00:(1|20)"))


def test_the_clock_stays_on_every_page_of_the_interview(timed, interview):
    timed.fill("#text", TEXT)
    timed.click("#submit")
    timed.wait_for_url("**/2/")
    timed.goto(f"/sessions/{interview.public_id}/1/")
    expect(timed.locator("#timer-text")).to_contain_text("left")
    timed.goto(f"/sessions/{interview.public_id}/finish/")
    expect(timed.locator("#timer-text")).to_contain_text("left")


# Finish, undo and receipt -------------------------------------------------------------------------


def test_finishing_takes_along_what_only_this_device_has(context, interview):
    page = sign_in(context)
    page.goto(f"/sessions/{interview.public_id}/1/")
    page.route("**/draft/", lambda route: route.abort())
    page.fill("#text", DESK + ON)
    page.goto(f"/sessions/{interview.public_id}/finish/")
    expect(page.locator("#copies")).to_contain_text("Question 1: your newest text is on this")
    page.get_by_role("button", name="Finish and submit").click()
    page.wait_for_url("**/result/")
    assert Answer.objects.get(order=0).text == DESK + ON
    expect(page.locator("#copies")).to_be_hidden()
    assert page.evaluate("Object.keys(localStorage)") == []


def test_what_was_not_taken_stays_on_the_device_and_the_receipt_says_so(context, interview):
    page = sign_in(context)
    page.goto(f"/sessions/{interview.public_id}/1/")
    page.route("**/draft/", lambda route: route.abort())
    page.fill("#text", DESK + ON)
    submit_answer(Answer.objects.get(order=0), text=OTHER)
    finish_session(interview)
    page.goto(f"/sessions/{interview.public_id}/result/")
    expect(page.locator(".receipt .answer-text")).to_have_text(OTHER)
    expect(page.locator("#copies")).to_contain_text("Question 1 has another version")
    page.get_by_text("Show it").click()
    expect(page.locator("#copies pre")).to_have_text(DESK + ON)
    page.get_by_role("button", name="Remove it from this device").click()
    expect(page.locator("#copies")).to_be_hidden()


def test_a_submit_by_slip_is_undone_and_the_text_is_in_the_box(context, interview):
    page = sign_in(context)
    page.goto(f"/sessions/{interview.public_id}/1/")
    page.fill("#text", DESK)
    page.press("#text", "Control+Enter")
    page.wait_for_url("**/2/")
    page.get_by_role("button", name="Undo").click()
    page.wait_for_url("**/1/")
    expect(page.locator("#text")).to_have_value(DESK)
    assert not Grade.objects.exists()


def test_the_offer_to_undo_goes_when_its_time_is_over(context, interview):
    page = sign_in(context)
    page.goto(f"/sessions/{interview.public_id}/1/")
    page.fill("#text", DESK)
    page.click("#submit")
    page.wait_for_url("**/2/")
    expect(page.locator("#undo")).to_be_visible()
    expect(page.locator("#undo")).to_be_hidden()
    expect(page.locator("#text")).to_be_visible()


def test_without_scripts_versions_come_back_and_a_submit_is_undone(browser, live_server, interview):
    context = browser.new_context(
        base_url=live_server.url, locale="en-US", java_script_enabled=False
    )
    page = sign_in(context)
    page.goto(f"/sessions/{interview.public_id}/1/")
    for text in (DESK, ON):
        page.fill("#text", text)
        page.click("button[value=save]")
    page.get_by_text("Earlier versions", exact=True).click()
    page.get_by_role("button", name="Take this version back").click()
    expect(page.locator("#text")).to_have_value(DESK)
    page.click("#submit")
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("#text")).to_have_value(DESK)
    context.close()


def test_search_answers_while_typing(context, candidate):
    for prompt in ("What is LayerNorm?", "What is a KV cache?"):
        factories.published_question(prompt_en=prompt).topics.add(factories.TopicFactory())
    page = sign_in(context)
    page.goto("/practice/")
    page.locator("#q").press_sequentially("layern")
    expect(page.locator("#questions .question")).to_have_count(1)
    expect(page.locator("#questions")).to_contain_text("What is LayerNorm?")
