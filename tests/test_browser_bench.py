"""The test bench in a real browser.

A wording selected in a wrong sample turns it right in the draft.
"""

import os
from collections.abc import Iterator

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect

from interview.models import InterviewSession
from questions.models import Phrase, Proposal, Question, Rubric, Sample
from tests import factories
from tests.conftest import signed_in, user_in

# The first is a fixture
from tests.test_browser_dashboard import _queries_beside_the_browser, desk_of, review_url  # noqa: F401

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.xdist_group("browser-dashboard"),
]

OWN_WORDS = (
    "好比水管。管子越多，水压就忽高忽低，抖得厉害。先拧小龙头才行。不过我也不清楚为什么要缩放。"
)
SAYS_VARIANCE = "管子越多，水压就忽高忽低，抖得厉害"

# Selects the given words as a mouse would.
SELECT = """words => {
  const text = document.querySelector('.ts-answer-text');
  const walker = document.createTreeWalker(text, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const start = node.data.indexOf(words);
    if (start >= 0) return getSelection().setBaseAndExtent(node, start, node, start + words.length);
  }
}"""


@pytest.fixture(autouse=True)
def _cache_in_memory(settings):
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    from django.core.cache import cache

    cache.clear()


@pytest.fixture
def authors_desk(browser, live_server, roles) -> Iterator[Page]:
    yield from desk_of(browser, live_server, user_in("author", "author"))


@pytest.fixture
def interviewers_desk(browser, live_server, roles) -> Iterator[Page]:
    yield from desk_of(browser, live_server, user_in("interviewer", "interviewer"))


def picture(page: Page, name: str) -> None:
    folder = os.environ.get("BENCH_PICTURES")
    if folder:
        page.screenshot(path=f"{folder}/{name}.png", full_page=True)


def test_a_question_comes_from_nothing_to_published_and_the_bench_turns_a_wrong_sample_right(
    authors_desk,
):
    page = authors_desk
    page.goto(reverse("admin:questions_question_add"))
    page.fill("[name=slug]", "why-scale")
    page.fill("[name=prompt_zh]", "为什么注意力打分要除以根号 d？")
    page.get_by_role("button", name="Save", exact=True).click()
    for number, (key, text) in enumerate(
        [("variance", "点积的方差随维度 d 增大"), ("saturation", "softmax 饱和，梯度变得很小")]
    ):
        page.get_by_role("button", name="Add key point").click()
        point = page.locator(f"#point-{number}")
        point.locator("[name$='-text_zh']").fill(text)
        point.locator("summary").click()
        point.locator("[name$='-key']").fill(key)
    publish(page)
    expect(page.get_by_text("Version 1 is published: new grades use it.")).to_be_visible()
    page.get_by_role("link", name="why-scale").click()
    page.get_by_role("link", name="Test bench").click()

    # A text is tried, found wrong, and kept with a person's mark.
    page.fill("#bench-text", OWN_WORDS)
    page.get_by_role("button", name="Grade", exact=True).click()
    row = page.locator(".ts-trial tr[data-key=variance]")
    expect(row).to_contain_text("missed")
    row.locator("select").select_option("1")
    page.fill(".ts-trial [name=kind]", "spoken")
    page.get_by_role("button", name="Save as marked answer").dblclick()
    expect(page.get_by_text("Saved as the marked answer spoken-1.")).to_be_visible()
    expect(page.locator("#measured")).to_contain_text("1 wrong")

    # The wrong case is opened from the figures, its words are selected and go into the draft.
    with page.expect_response("**/try/?sample=*"):
        page.locator("#measured tr[data-key=variance] .ts-link").first.click()
    expect(page.locator(".ts-trial h3")).to_contain_text("spoken-1")
    page.evaluate(SELECT, SAYS_VARIANCE)
    expect(page.locator(".ts-trial [name=wording]")).to_have_value(SAYS_VARIANCE)
    picture(page, "bench-wrong")
    page.get_by_role("button", name="Add to the draft").click()

    expect(page.locator(".ts-trial tr[data-key=variance] td[data-label=draft]")).to_contain_text(
        "covered"
    )
    expect(page.locator("#trial-add")).to_be_focused()
    expect(
        page.locator(".ts-trial tr[data-key=variance] td[data-label=published]")
    ).to_contain_text("missed")
    expect(page.locator(".ts-trial tr[data-key=variance]")).not_to_have_class("ts-row-wrong")
    expect(page.locator("#measured .ts-figures")).to_contain_text("draft 100%")
    expect(page.locator("#measured .ts-figures")).to_contain_text("published 0%")
    picture(page, "bench-right")
    assert Phrase.objects.get().key_point.rubric.status == Rubric.Status.DRAFT
    assert Sample.objects.get().marks == {"variance": 1.0}

    # What the bench found right is published, and the versions say why.
    page.get_by_role("link", name="Edit the draft").click()
    publish(page, reason="Hears the picture of the water pipe")
    expect(page.get_by_text("Version 2 is published: new grades use it.")).to_be_visible()
    expect(page.locator(".ts-diff")).to_contain_text(SAYS_VARIANCE)
    expect(page.locator(".ts-versions tbody tr").first).to_contain_text(
        "Hears the picture of the water pipe"
    )
    assert (
        Question.objects.published().get().rubrics.get(status=Rubric.Status.PUBLISHED).version == 2
    )


def test_a_server_that_does_not_answer_is_told_beside_the_button(browser, live_server, roles):
    question = factories.published_question()
    page = browser.new_page(base_url=live_server.url)
    page.context.add_cookies(
        [
            {
                "name": "sessionid",
                "value": session_of(user_in("author", "author")),
                "url": live_server.url,
            }
        ]
    )
    page.goto(reverse("admin:questions_sample_bench", args=[question.pk]))
    page.fill("#bench-text", OWN_WORDS)
    page.route("**/try/", lambda route: route.abort())
    page.get_by_role("button", name="Grade", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("The server did not answer")
    page.unroute("**/try/")
    page.get_by_role("button", name="Grade", exact=True).click()
    expect(page.locator(".ts-trial tr[data-key=variance]")).to_contain_text("missed")
    expect(page.get_by_role("alert")).to_have_count(0)
    expect(page.locator("#bench-text")).to_have_value(OWN_WORDS)
    page.close()


def session_of(user) -> str:
    """A session that is signed in, for a page whose complaints are meant to be there."""
    return signed_in(user).session.session_key


def publish(page: Page, reason: str = "") -> None:
    page.locator("summary", has_text="Publish").click()
    page.fill("[name=reason]", reason)
    page.get_by_role("button", name="Save and publish").click()


def test_a_reviewers_selection_becomes_a_proposal_that_an_author_accepts(
    interviewers_desk, browser, live_server
):
    answer = factories.graded_answer(text=OWN_WORDS)
    page = interviewers_desk
    page.goto(review_url(answer.session))
    page.evaluate(SELECT, SAYS_VARIANCE)
    page.locator("select[name$='-verdict-variance']").select_option("covered")
    expect(page.locator(".ts-pointed q").first).to_have_text(SAYS_VARIANCE)
    page.keyboard.press("Control+s")
    expect(page.get_by_text("1 review saved.")).to_be_visible()
    assert Proposal.objects.get().text == SAYS_VARIANCE
    # Authors see words of a candidate once the answer is released.
    InterviewSession.objects.update(released_at=timezone.now())

    for desk in desk_of(browser, live_server, user_in("author", "author")):
        desk.goto(reverse("admin:index"))
        desk.locator("a[href*='/bench/']").click()
        proposal = desk.locator(".ts-proposal")
        proposal.scroll_into_view_if_needed()
        expect(proposal).to_contain_text("1 better")
        picture(desk, "bench-proposal")
        proposal.get_by_role("button", name="Accept into the draft").click()
        expect(desk.locator("#proposals")).to_contain_text("Added to the draft")
        expect(desk.locator("#measured .ts-figures")).to_contain_text("draft 100%")
