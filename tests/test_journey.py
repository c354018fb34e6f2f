"""The whole path once, through the pages in a real browser, on both ways to run Touchstone.

A candidate practises and sits an interview, a worker grades, an interviewer overrides, comments and
releases, and a program sends the same answer.
"""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.installations import Installation, embedded_from_nothing, team
from tests.servers import wait_until

pytestmark = [pytest.mark.browser, pytest.mark.processes, pytest.mark.xdist_group("journey")]

ANSWER = (
    "点积是 d 项之和，方差随维度 d 变大，标准差是根号 d。不缩放的话 softmax "
    "会进入饱和区，梯度几乎为零，训练不动。"
    "除以标准差根号 d 之后，打分的方差回到 1，不再随 d 变化。也可以在初始化时把 Q、K "
    "投影权重的方差缩小，同样避免打分过大。"
)
COMMENT = "说得清楚，再补一句初始化的影响。"
GRADING_TIMEOUT_MS = 90_000


@pytest.fixture(
    scope="module",
    params=[
        pytest.param(embedded_from_nothing, id="embedded"),
        pytest.param(team, id="team", marks=pytest.mark.postgres),
    ],
)
def installation(request) -> Iterator[Installation]:
    with request.param() as running:
        yield running


@pytest.fixture
def visitor(browser: Browser, installation: Installation) -> Iterator:
    """`visitor(name)`: a page of a new visitor, signed in as one of the demo accounts.

    Fails on script errors and policy violations.
    """
    contexts, complaints = [], []

    def sign_in(name: str) -> Page:
        context = browser.new_context(base_url=installation.url, locale="zh-CN")
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on(
            "console",
            lambda message: complaints.append(message.text) if message.type == "error" else None,
        )
        page.goto("/login/")
        page.fill("#id_username", name)
        page.fill("#id_password", installation.passwords[name])
        page.press("#id_password", "Enter")
        page.wait_for_url(lambda url: "/login/" not in url)
        return page

    yield sign_in
    for context in contexts:
        context.close()
    assert complaints == []


def answer_here(page: Page, text: str) -> None:
    page.fill("#text", text)
    expect(page.locator("#saved")).to_have_text(re.compile(r"\d\d:\d\d"))
    page.click("#submit")


def test_candidate_practises_and_sees_the_words_that_earned_each_point(visitor, installation):
    page = visitor("candidate")
    page.goto("/practice/attention/")
    page.locator("form[action='/questions/scaled-dot-product/start/'] button").click()
    answer_here(page, ANSWER)
    page.wait_for_url("**/result/**")
    card = page.locator("article.card").first
    expect(card.locator(".score")).to_be_visible(timeout=GRADING_TIMEOUT_MS)
    marked = " ".join(card.locator(".answer-text mark").all_inner_texts())
    assert "方差" in marked
    assert "饱和" in marked
    expect(card.locator("li.point.covered").first).to_be_visible()


def test_interview_is_held_back_until_an_interviewer_has_reviewed_and_released_it(
    visitor, installation
):
    candidate = visitor("candidate")
    candidate.goto("/")
    candidate.locator("form[action^='/interviews/'] button").first.click()
    candidate.wait_for_selector("form#room")
    session = candidate.url.split("/sessions/")[1].split("/")[0]
    for number in (1, 2, 3):
        candidate.goto(f"/sessions/{session}/{number}/")
        answer_here(candidate, ANSWER)
        candidate.wait_for_url(lambda url, number=number: not url.endswith(f"/{number}/"))
    candidate.goto(f"/sessions/{session}/result/")
    expect(candidate.locator("li.point")).to_have_count(0)
    expect(candidate.locator(".score")).to_have_count(0)

    reviewer = visitor("interviewer")
    reviewer.goto("/admin/interview/interviewsession/")
    reviewer.locator("#result_list tbody a").first.click()
    reviewer.wait_for_url("**/review/")
    verdicts = reviewer.locator("select[name*='-verdict-']")

    def all_graded() -> bool:
        reviewer.reload()
        names = verdicts.evaluate_all(
            "selects => selects.map((one) => one.name.split('-verdict-')[0])"
        )
        return len(set(names)) == 3

    # The last answer's grade falls due when it can't be undone any more.
    wait_until(all_graded, what="all three answers are graded")
    expect(verdicts.first).to_be_visible()
    verdicts.first.select_option("contradicted")
    reviewer.locator("textarea[name$='-comment']").first.fill(COMMENT)
    reviewer.keyboard.press("Control+s")
    expect(reviewer.get_by_text("已保存 1 份复核。")).to_be_visible()
    expect(reviewer.locator("textarea[name$='-comment']").first).to_have_value(COMMENT)
    reviewer.locator("details:has(button[value='release']) summary").click()
    reviewer.locator("button[value='release']").click()
    expect(reviewer.locator("button[value='withdraw']")).to_be_attached()

    candidate.goto(f"/sessions/{session}/result/")
    expect(candidate.get_by_text(COMMENT)).to_be_visible()
    expect(candidate.locator("li.point.contradicted s.was").first).to_be_attached()


def test_program_sends_the_same_answer_and_reads_the_same_grade(installation):
    token = installation.token("integrator")
    body = {
        "question": "scaled-dot-product",
        "text": ANSWER,
        "candidate": "c-17",
        "reference": "exam-3",
    }
    status, sent = installation.call("POST", "submissions/", body, token=token)
    assert status == 202
    status, _state = installation.call("GET", f"submissions/{sent['id']}/?wait=30", token=token)
    assert status == 200
    wait_until(
        lambda: (
            installation.call("GET", f"submissions/{sent['id']}/", token=token)[1]["status"]
            == "graded"
        ),
        what="the answer is graded",
    )
    status, grade = installation.call("GET", f"grades/{sent['grade']}/", token=token)
    assert status == 200
    variance = {point["key"]: point for point in grade["key_points"]}
    assert any(
        "方差" in ANSWER[start:end]
        for point in variance.values()
        for start, end in point["evidence"]
    )
