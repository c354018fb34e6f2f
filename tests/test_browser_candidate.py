"""The candidate pages in a real browser.

Drafts that survive, marks that show, and markup that stays text.
"""

from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest
from playwright.sync_api import Browser, CDPSession, ConsoleMessage, Error, Page, expect

from grading.models import Grade
from grading.services.run import run_grade
from interview.models import Answer
from interview.services.answers import save_draft
from interview.services.practice import start_practice
from interview.services.sessions import start_interview
from tests import factories

pytestmark = [
    pytest.mark.browser,
    pytest.mark.xdist_group("browser"),
    pytest.mark.django_db(transaction=True),
]

TYPED = "点积的方差随维度 d 增大，不缩放时 softmax 进入饱和区，梯度接近零。"
PAYLOADS = {
    "script": "<script>window.hacked = 1</script>",
    "handler": "<img src=x onerror='window.hacked = 1'>",
    "component": """<div x-data x-init="window.hacked = 1">{{ 7 * 7 }}</div>""",
    "fragment": """</textarea></div><form hx-get='/history/' hx-trigger='load'></form><svg onload='window.hacked = 1'>""",
}
REPORT_VIOLATIONS = """
document.addEventListener("securitypolicyviolation", (event) => console.error(`policy: ${event.violatedDirective} ${event.blockedURI}`));
"""


@pytest.fixture
def question():
    question = factories.published_question(slug="scaling")
    question.topics.add(factories.TopicFactory(slug="attention"))
    return question


@pytest.fixture
def sign_in(browser: Browser, live_server, candidate) -> Iterator[Callable[..., Page]]:
    """`sign_in()`: a page of the candidate in a new browser profile.

    Fails on script errors, console errors and policy violations.
    """
    complaints, contexts = [], []

    def new_page(**options) -> Page:
        context = browser.new_context(base_url=live_server.url, locale="zh-CN", **options)
        contexts.append(context)
        context.add_init_script(REPORT_VIOLATIONS)
        context.on(
            "console",
            lambda message: complaints.append(message.text) if is_complaint(message) else None,
        )
        context.on("weberror", lambda error: complaints.append(str(error.error)))
        page = context.new_page()
        page.goto("/login/")
        page.fill("#id_username", candidate.username)
        page.fill("#id_password", "correct horse battery")
        page.press("#id_password", "Enter")
        page.wait_for_url(f"{live_server.url}/")
        return page

    yield new_page
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.fixture
def visitor(sign_in) -> Iterator[Page]:
    page = sign_in()
    yield page
    if not page.is_closed():
        page.goto("about:blank")  # no request is under way when the tables are emptied


def is_complaint(message: ConsoleMessage) -> bool:
    """Chromium calls every 4xx an error; a conflict of drafts is one that belongs to the tests."""
    return message.type == "error" and "409 (Conflict)" not in message.text


def choose_question(page: Page) -> None:
    page.goto("/practice/")
    page.locator(".topics a[href='/practice/attention/']").click()
    page.locator("form[action='/questions/scaling/start/'] button").click()
    page.wait_for_selector("form#room")


def saved(page: Page) -> None:
    expect(page.locator("#saved")).to_contain_text("保存于")


def test_a_draft_survives_a_reload_and_its_submission_shows_the_words_that_earned_points(
    visitor, question, run_tasks_inline
):
    choose_question(visitor)
    visitor.locator("#text").press_sequentially(TYPED)
    expect(visitor.locator("#count")).to_contain_text(str(len(TYPED)))
    saved(visitor)
    visitor.reload()
    expect(visitor.locator("#text")).to_have_value(TYPED)
    saved(visitor)

    visitor.click("#submit")
    visitor.wait_for_url("**/result/")
    expect(visitor.locator(".card-head .score")).to_contain_text("100")
    marks = visitor.locator(".answer-text mark")
    assert "方差" in "".join(marks.all_inner_texts())
    assert "饱和" in "".join(marks.all_inner_texts())
    expect(visitor.locator("li.point.covered")).to_have_count(2)
    number = marks.first.get_attribute("data-points").split()[0]
    marks.first.hover()
    expect(visitor.locator(f"li.point[data-point='{number}']")).to_have_class("point covered lit")
    assert (
        visitor.evaluate(
            "Object.keys(localStorage).filter((key) => key.startsWith('touchstone:draft:'))"
        )
        == []
    )


def test_what_could_not_be_saved_is_kept_in_the_browser_and_comes_back(visitor, question):
    choose_question(visitor)
    drafts = "**/draft/"
    visitor.route(
        drafts,
        lambda route: route.fulfill(
            status=200, content_type="text/html", body="no JSON: a proxy's own page"
        ),
    )
    visitor.fill("#text", TYPED)
    expect(visitor.locator("#problem-live")).to_contain_text("没有保存")
    assert visitor.evaluate("localStorage.length") == 1
    visitor.unroute(drafts)
    visitor.reload()
    expect(visitor.locator("#text")).to_have_value(TYPED)
    saved(visitor)
    visitor.goto("about:blank")
    assert Answer.objects.get().text == TYPED


def test_a_tab_that_crashes_right_after_typing_loses_nothing(visitor, question):
    choose_question(visitor)
    room = visitor.url
    visitor.fill("#text", TYPED)
    with visitor.expect_event("crash"), suppress(Error):
        visitor.goto("chrome://crash", wait_until="commit")
    after = visitor.context.new_page()
    visitor.close()
    after.goto(room)
    expect(after.locator("#text")).to_have_value(TYPED)
    saved(after)
    after.goto("about:blank")
    assert Answer.objects.get().text == TYPED


def drafts_sent(page: Page) -> list[str]:
    """Filled with the body of each draft that the page sends from now on."""
    sent = []
    page.on(
        "request",
        lambda request: sent.append(request.post_data) if request.url.endswith("/draft/") else None,
    )
    return sent


def compose(page: Page, letters: str) -> CDPSession:
    """Type with an input method, nothing chosen yet; what can choose."""
    page.focus("#text")
    keyboard = page.context.new_cdp_session(page)
    end = len(letters)
    keyboard.send(
        "Input.imeSetComposition", {"text": letters, "selectionStart": end, "selectionEnd": end}
    )
    return keyboard


def test_unfinished_text_of_an_input_method_is_not_saved_but_what_is_chosen_is(visitor, question):
    choose_question(visitor)
    sent = drafts_sent(visitor)
    keyboard = compose(visitor, "fang cha")
    visitor.wait_for_timeout(1500)  # longer than the pause after which a draft is saved
    assert sent == []
    keyboard.send("Input.insertText", {"text": "方差"})
    saved(visitor)
    assert len(sent) == 1
    visitor.reload()
    expect(visitor.locator("#text")).to_have_value("方差")


def test_unfinished_text_that_was_there_before_the_script_is_not_saved_either(
    visitor, question, candidate
):
    session = start_practice(candidate=candidate, questions=[question])
    held, sent = [], drafts_sent(visitor)
    visitor.route("**/room.js", lambda route: held.append(route))
    visitor.goto(f"/sessions/{session.public_id}/1/", wait_until="commit")
    keyboard = compose(visitor, "fang cha")
    while not held:
        visitor.wait_for_timeout(20)  # lets the browser's events through
    held[0].continue_()
    expect(visitor.locator("#count")).to_contain_text("8")
    visitor.wait_for_timeout(1500)  # longer than the pause after which a draft is saved
    assert sent == []
    keyboard.send("Input.insertText", {"text": "方差"})
    saved(visitor)
    assert len(sent) == 1
    assert Answer.objects.get().text == "方差"


def test_what_was_typed_before_the_script_arrived_is_saved(visitor, question, candidate):
    session = start_practice(candidate=candidate, questions=[question])
    held = []
    visitor.route("**/room.js", lambda route: held.append(route))
    visitor.goto(f"/sessions/{session.public_id}/1/", wait_until="commit")
    visitor.fill("#text", TYPED)
    while not held:
        visitor.wait_for_timeout(20)  # lets the browser's events through
    held[0].continue_()
    saved(visitor)
    expect(visitor.locator("#text")).to_have_value(TYPED)


def test_everything_needed_works_without_scripts(sign_in, question, run_tasks_inline):
    page = sign_in(java_script_enabled=False)
    choose_question(page)
    page.fill("#text", TYPED)
    page.click("button[name=action][value=save]")
    expect(page.locator("#text")).to_have_value(TYPED)
    page.click("#submit")
    page.wait_for_url("**/result/")
    expect(page.locator(".card-head .score")).to_contain_text("100")
    page.locator("summary").first.click()
    expect(page.locator("details table").first).to_be_visible()


def test_a_draft_changed_in_another_window_is_shown_and_both_can_be_kept(visitor, question):
    choose_question(visitor)
    save_draft(Answer.objects.get(), text="另一个窗口写的", revision=0)
    visitor.fill("#text", TYPED)
    expect(visitor.locator("#conflict-text")).to_have_text("另一个窗口写的")
    visitor.locator("#conflict [data-keep=both]").click()
    saved(visitor)
    expect(visitor.locator("#conflict")).to_be_hidden()
    visitor.reload()
    expect(visitor.locator("#text")).to_have_value(f"{TYPED}\n\n另一个窗口写的")


def test_a_waiting_result_changes_by_itself_when_it_is_graded(visitor, question, candidate):
    choose_question(visitor)
    visitor.fill("#text", TYPED)

    def grade_first(route) -> None:
        for pk in Grade.objects.unfinished().values_list("pk", flat=True):
            run_grade(pk)
        route.continue_()

    visitor.route("**/progress/**", grade_first)
    visitor.click("#submit")
    visitor.wait_for_url("**/result/")
    expect(visitor.locator(".card-head .score")).to_contain_text("100")
    expect(visitor.locator("#poll.poll")).to_have_count(0)


def test_a_double_click_on_submit_is_one_submission(visitor, question, run_tasks_inline):
    choose_question(visitor)
    visitor.fill("#text", TYPED)
    visitor.dblclick("#submit", no_wait_after=True)
    visitor.wait_for_url("**/result/")
    expect(visitor.locator(".card-head .score")).to_be_visible()
    expect(visitor.locator("main > .note")).to_have_count(0)
    visitor.goto("about:blank")
    assert Grade.objects.count() == 1


def test_the_clock_at_zero_submits_what_is_written(visitor, question, candidate, run_tasks_inline):
    session = start_interview(
        candidate=candidate,
        question_set=factories.question_set(question, minutes=1, release_policy="when_graded"),
    )
    visitor.clock.install()
    visitor.goto(f"/sessions/{session.public_id}/1/")
    visitor.fill("#text", TYPED)
    visitor.clock.fast_forward("01:05")
    visitor.wait_for_url("**/result/")
    expect(visitor.locator(".card-head .score")).to_contain_text("100")


@pytest.mark.parametrize("payload", PAYLOADS)
def test_markup_in_an_answer_stays_text_and_runs_nowhere(
    visitor, question, run_tasks_inline, payload
):
    text = f"{PAYLOADS[payload]} 方差随维度 d 增大"
    choose_question(visitor)
    visitor.fill("#text", text)
    saved(visitor)
    visitor.reload()
    expect(visitor.locator("#text")).to_have_value(text)
    visitor.click("#submit")
    visitor.wait_for_url("**/result/")
    expect(visitor.locator(".card-head .score")).to_be_visible()
    shown = "".join(
        visitor.locator(".answer-text").evaluate(
            "(box) => [...box.querySelectorAll('a.ref')].map((a) => a.remove()) && box.textContent"
        )
    )
    assert shown == text
    assert visitor.locator(".answer-text :not(mark):not(a)").count() == 0
    for path in ("/", "/history/"):
        visitor.goto(path)
    assert visitor.evaluate("window.hacked") is None


def test_no_page_scrolls_sideways_on_a_phone(visitor, question, candidate):
    long_word = "softmax" * 40
    answer = factories.graded_answer(question, candidate=candidate, text=f"{TYPED}{long_word}")
    interview = start_interview(
        candidate=candidate,
        question_set=factories.question_set(
            *(factories.published_question(prompt_zh=f"{n}{long_word}") for n in range(12)),
            minutes=30,
        ),
    )
    save_draft(interview.answers.first(), text=long_word, revision=0)
    visitor.set_viewport_size({"width": 390, "height": 844})
    paths = ["/", "/history/", "/practice/", "/practice/?q=softmax", "/practice/attention/"]
    paths += [f"/sessions/{interview.public_id}/{page}/" for page in ("1", "finish")]
    paths += [f"/sessions/{answer.session.public_id}/{page}/" for page in ("1", "result")]
    for path in paths:
        visitor.goto(path)
        for details in visitor.locator("details > summary").all():
            details.click()
        wide = visitor.evaluate("document.documentElement.scrollWidth")
        assert wide <= 390, (path, wide)
