"""Regrade with preview in a real browser.

A new version is published, previewed while the page counts, applied in part, and undone.
"""

import os
from collections.abc import Iterator

import pytest
from django.contrib.auth.models import Group
from django.urls import reverse
from playwright.sync_api import Page, expect

from interview import tasks
from interview.models import Review, ReviewVerdict
from interview.regrades import preview
from interview.regrades.models import Regrade
from interview.regrades.preview import run_preview
from interview.standing import standing_result
from tests import factories
from tests.conftest import user_in

# The first is a fixture
from tests.test_browser_dashboard import _queries_beside_the_browser, desk_of  # noqa: F401

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.xdist_group("browser-dashboard"),
]

TEXTS = [
    "点积的方差随维度 d 增大，所以要缩放。",
    "不缩放时 softmax 进入饱和区，梯度接近零。",
    "点积的方差随维度 d 增大，不缩放时 softmax 进入饱和区，梯度接近零。",
    "The variance of the dot product grows with the dimension d.",
    "不知道，可能是为了算得快一点吧。",
]


@pytest.fixture
def desk(browser, live_server, roles, monkeypatch) -> Iterator[Page]:
    """Somebody who is both author and interviewer. No worker is there: the test does its turns."""
    monkeypatch.setattr(tasks.preview_regrade, "delay", lambda _id: None)
    user = user_in("author", "chen")
    user.groups.add(Group.objects.get(name="interviewer"))
    yield from desk_of(browser, live_server, user)


def look_at(page: Page, name: str) -> None:
    """On a phone nothing is wider than the screen.

    With REGRADE_PICTURES=FOLDER, screenshots in each language and width to look at.
    """
    folder = os.environ.get("REGRADE_PICTURES")
    for language in ("zh-CN", "en-US") if folder else ("en-US",):
        context = page.context.browser.new_context(
            locale=language, storage_state=page.context.storage_state()
        )
        view = context.new_page()
        for width in (1280, 390) if folder else (390,):
            view.set_viewport_size({"width": width, "height": 860})
            view.goto(page.url)
            assert view.evaluate("document.documentElement.scrollWidth") <= width, (
                f"{name} is wider than {width} px"
            )
            if folder:
                view.wait_for_timeout(500)
                view.set_viewport_size(
                    {
                        "width": width,
                        "height": view.evaluate("document.documentElement.scrollHeight"),
                    }
                )
                view.screenshot(path=f"{folder}/{name}-{language[:2]}-{width}.png")
        context.close()


def turn(regrade: Regrade) -> None:
    """A worker's turn: one chunk."""
    assert run_preview(regrade.pk, turn_s=0)


def test_a_new_version_is_previewed_applied_to_some_and_undone(desk, monkeypatch):
    monkeypatch.setattr(preview, "CHUNK", 3)
    question = factories.published_question(slug="why-scale")
    answers = [factories.graded_answer(question, text=text) for text in TEXTS]
    review = Review.objects.create(answer=answers[0], reviewer=factories.UserFactory())
    ReviewVerdict.objects.create(review=review, key="saturation", verdict="partial")
    former = {answer.pk: standing_result(answer).score for answer in answers}

    # A draft that asks for the saturation above all is published; what it would do to the grades is
    # offered at once.
    desk.goto(reverse("admin:questions_question_editor", args=[question.pk]))
    desk.locator("[name='points-1-weight']").fill("9")
    desk.locator("summary", has_text="Publish").click()
    desk.fill("[name=reason]", "Saturation is the reason")
    desk.get_by_role("button", name="Save and publish").click()
    expect(desk.get_by_text("Version 2 is published: new grades use it.")).to_be_visible()
    expect(
        desk.get_by_text("5 of 5 graded answers were graded with other key points")
    ).to_be_visible()
    look_at(desk, "offer")
    desk.get_by_role("button", name="Preview a regrade").click()

    # The dry run: the page counts by itself, and shows what changes when it is over.
    regrade = Regrade.objects.get()
    bar = desk.locator("progress")
    expect(bar).to_have_attribute("value", "0")
    turn(regrade)
    expect(bar).to_have_attribute("value", "3")
    expect(bar).to_have_attribute("max", "5")
    look_at(desk, "progress")
    turn(regrade)
    turn(regrade)
    expect(desk.locator(".ts-histogram")).to_be_visible()
    expect(bar).to_have_count(0)
    changes = [
        abs(float(text))
        for text in desk.locator(".ts-regrade-rows td[data-label=change]").all_inner_texts()
    ]
    assert len(changes) == 5
    assert changes == sorted(changes, reverse=True)
    assert changes[0] > 20
    assert {answer.pk: standing_result(answer).score for answer in answers} == former
    look_at(desk, "preview")

    # One answer is looked at, with its words in both gradings.
    desk.locator(".ts-regrade-rows tbody a").first.click()
    expect(desk.locator(".ts-sides .ts-answer-text")).to_have_count(2)
    look_at(desk, "answer")
    desk.go_back()

    # Applied to those that go down, then to one ticked by hand, then undone.
    desk.goto(reverse("admin:interview_regrade_preview", args=[regrade.pk]))
    desk.locator(".ts-tile", has_text="down").click()
    desk.locator("summary", has_text="Apply…").click()
    desk.get_by_role("button", name="Apply those of this filter").click()
    expect(desk.get_by_text("have their new grades now.")).to_be_visible()
    down = regrade.rows.filter(change__lt=0)
    assert {row.status for row in down} == {"applied"}
    assert set(regrade.rows.filter(change__gte=0).values_list("status", flat=True)) == {"previewed"}
    desk.locator(".ts-tile", has_text="all").click()
    desk.locator("input[name=row]").first.check()
    desk.get_by_role("button", name="Apply selected").click()
    expect(desk.get_by_text("1 answer has its new grade now.")).to_be_visible()
    look_at(desk, "applied")
    for row in regrade.rows.filter(status="applied").select_related("answer"):
        assert standing_result(row.answer).score == row.stands
    assert ReviewVerdict.objects.get().verdict == "partial"
    desk.locator("summary", has_text="Undo…").click()
    desk.get_by_role("button", name="Restore the previous grades").click()
    expect(desk.get_by_text("have their previous grades again.")).to_be_visible()
    assert {answer.pk: standing_result(answer).score for answer in answers} == former
    look_at(desk, "undone")
