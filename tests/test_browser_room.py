"""The room's saving in a real browser, where the network, the session or the writer's haste get in the way."""

import re
import threading
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from interview.candidate import room as room_pages
from interview.models import Answer, InterviewSession
from interview.services.answers import save_draft
from interview.services.practice import start_practice
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


def test_search_answers_while_typing(context, candidate):
    for prompt in ("What is LayerNorm?", "What is a KV cache?"):
        factories.published_question(prompt_en=prompt).topics.add(factories.TopicFactory())
    page = sign_in(context)
    page.goto("/practice/")
    page.locator("#q").press_sequentially("layern")
    expect(page.locator("#questions .question")).to_have_count(1)
    expect(page.locator("#questions")).to_contain_text("What is LayerNorm?")
