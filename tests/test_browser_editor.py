"""The editor in a real browser.

A question from nothing to published, the keyboard, dragging, advice while typing, unsaved work.
"""

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from questions.models import Question
from tests import factories
from tests.test_browser_dashboard import _queries_beside_the_browser, desk  # noqa: F401  # fixtures

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.xdist_group("browser-dashboard"),
]


def editor_of(question: Question) -> str:
    return reverse("admin:questions_question_editor", args=[question.pk])


def texts(page: Page) -> list[str]:
    return [field.input_value() for field in page.locator("#points [name$='-text_en']").all()]


def test_question_is_written_from_nothing_to_published_by_keyboard(desk):  # noqa: F811
    desk.goto(reverse("admin:questions_question_add"))
    desk.locator("[name=prompt_en]").press_sequentially(
        "Why are attention scores divided by the square root of d?"
    )
    expect(desk.locator("[name=slug]")).to_have_value(
        "why-are-attention-scores-divided-by-the-square-root-of-d"
    )
    desk.fill("[name=slug]", "why-scale")
    desk.get_by_role("button", name="Save", exact=True).click()
    expect(desk.get_by_text("Now write what a good answer should contain.")).to_be_visible()
    for text in ("Gradients vanish", "The softmax saturates", "The variance grows with d"):
        desk.keyboard.press("Alt+n") if desk.locator(
            "#points textarea"
        ).count() else desk.get_by_role("button", name="Add key point").press("Enter")
        desk.keyboard.press("Tab")  # from the Chinese text to the English one
        desk.keyboard.type(text)
    desk.keyboard.press("Alt+ArrowUp")
    desk.keyboard.press("Alt+ArrowUp")
    expect(desk.locator("#announcer")).to_have_text("Key point 2 is now number 1 of 3.")
    desk.keyboard.type(" linearly")  # the cursor is where it was
    assert texts(desk) == [
        "The variance grows with d linearly",
        "Gradients vanish",
        "The softmax saturates",
    ]
    down = desk.locator("#outline li").nth(1).get_by_role("button", name="Move down")
    down.focus()
    desk.keyboard.press("Enter")
    expect(desk.locator("#announcer")).to_have_text("Key point 2 is now number 3 of 3.")
    desk.keyboard.press("Control+s")
    expect(desk.get_by_text("The draft is saved.")).to_be_visible()
    assert Question.objects.published().count() == 0
    desk.locator("summary", has_text="Publish").press("Enter")
    desk.get_by_role("button", name="Save and publish").press("Enter")
    expect(desk.get_by_text("Version 1 is published: new grades use it.")).to_be_visible()
    question = Question.objects.published().get()
    assert [point.text_en for point in question.rubrics.get().key_points.all()] == [
        "The variance grows with d linearly",
        "The softmax saturates",
        "Gradients vanish",
    ]


def test_key_points_are_dragged_taken_out_and_brought_back(desk):  # noqa: F811
    question = factories.published_question()
    desk.goto(editor_of(question))
    first, second = texts(desk)
    handles = desk.locator("#outline .ts-handle")
    start, end = handles.nth(0).bounding_box(), handles.nth(1).bounding_box()
    desk.mouse.move(start["x"] + 5, start["y"] + 5)
    desk.mouse.down()
    desk.mouse.move(end["x"] + 5, end["y"] + end["height"], steps=8)
    desk.mouse.move(end["x"] + 5, end["y"] + end["height"] + 6, steps=4)
    desk.mouse.up()
    expect(desk.locator("#announcer")).to_have_text("Key point 1 is now number 2 of 2.")
    assert texts(desk) == [second, first]
    desk.get_by_role("button", name="Remove").first.click()
    assert texts(desk) == [first]
    desk.get_by_role("button", name="Undo").click()
    assert texts(desk) == [second, first]
    desk.get_by_role("button", name="Remove").first.click()
    desk.get_by_role("button", name="Save draft").last.click()
    expect(desk.get_by_text("The draft is saved.")).to_be_visible()
    assert [point.text_en for point in question.rubrics.get(status="draft").key_points.all()] == [
        first
    ]


def test_advice_comes_beside_the_field_while_the_cursor_stays(desk):  # noqa: F811
    desk.goto(editor_of(factories.published_question()))
    box = desk.locator("[name='points-0-says_it_en']")
    box.focus()
    desk.keyboard.type("grows a lot with size\nGrows a lot with size")
    expect(desk.locator("#lint-points-0-says_it_en")).to_contain_text(
        "reads the same as “grows a lot with size”"
    )
    desk.keyboard.type(" of the heads")
    expect(box).to_have_value("grows a lot with size\nGrows a lot with size of the heads")
    expect(desk.locator("#lint-points-0-says_it_en")).to_be_empty()


def test_preview_shows_what_is_typed_and_leaving_unsaved_work_asks_first(desk):  # noqa: F811
    desk.goto(editor_of(factories.published_question()))
    desk.fill("[name='points-0-text_en']", "A fresh wording")
    desk.get_by_role("button", name="Preview").click()
    expect(desk.locator("#preview .ts-point-text", has_text="A fresh wording")).to_be_visible()
    desk.get_by_role("button", name="Close").click()
    asked = []
    desk.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    desk.goto(reverse("admin:index"))
    assert asked == ["beforeunload"]


def test_a_saved_page_opens_where_its_author_was_and_a_conflict_at_the_top(desk):  # noqa: F811
    question = factories.published_question()
    desk.goto(editor_of(question))
    desk.fill("[name='points-1-text_en']", "Mine")
    desk.locator("[name='points-1-says_it_en']").scroll_into_view_if_needed()
    place = desk.evaluate("scrollY")
    desk.keyboard.press("Control+s")
    expect(desk.locator(".ts-saved")).to_be_visible()
    assert (place > 0, desk.evaluate("scrollY")) == (True, place)
    desk.fill("[name='points-1-text_en']", "Mine again")
    expect(desk.locator(".ts-saved")).to_be_hidden()
    question.rubrics.get(status="draft").key_points.filter(order=0).update(text_en="Theirs")
    desk.keyboard.press("Control+s")
    expect(desk.locator("#conflict-title")).to_be_in_viewport()


def test_error_opens_where_it_is_with_everything_kept(desk):  # noqa: F811
    desk.goto(editor_of(factories.published_question()))
    desk.get_by_role("button", name="Add key point").click()
    desk.fill("[name='points-2-says_it_en']", "a wording without its point")
    desk.keyboard.press("Control+s")
    expect(desk.locator("[name='points-2-text_zh']")).to_be_focused()
    expect(desk.locator("[name='points-2-says_it_en']")).to_have_value(
        "a wording without its point"
    )
    expect(desk.locator(".ts-unsaved")).to_be_visible()


def test_what_was_typed_survives_a_sign_in_that_ran_out(desk):  # noqa: F811
    question = factories.published_question()
    desk.goto(editor_of(question))
    desk.get_by_role("button", name="Add key point").click()
    desk.fill("[name='points-2-text_en']", "A third idea")
    desk.get_by_role("button", name="Move up").last.click()
    cookies = desk.context.cookies()
    desk.context.clear_cookies(name="sessionid")
    desk.keyboard.press("Control+s")
    expect(desk.get_by_role("button", name="Send it again")).to_be_visible()
    desk.context.add_cookies(cookies)
    desk.goto(editor_of(question))
    assert len(texts(desk)) == 2
    desk.get_by_role("button", name="Restore it").click()
    assert texts(desk)[1] == "A third idea"
    desk.keyboard.press("Control+s")
    expect(desk.get_by_text("The draft is saved.")).to_be_visible()
    expect(desk.locator("#kept-typing")).to_be_hidden()
    assert [point.text_en for point in question.rubrics.get(status="draft").key_points.all()][
        1
    ] == "A third idea"


def test_search_boxes_for_related_rows_bear_the_name_of_their_field(desk):  # noqa: F811
    desk.goto(reverse("admin:questions_question_add"))
    expect(desk.get_by_role("searchbox", name="Topics")).to_be_visible()


def test_a_page_that_stayed_open_over_a_new_sign_in_goes_on(desk):  # noqa: F811
    desk.goto(editor_of(factories.published_question()))
    desk.context.add_cookies(
        [
            cookie | {"value": "x" * 32}
            for cookie in desk.context.cookies()
            if cookie["name"] == "csrftoken"
        ]
    )
    desk.fill("[name='points-0-text_en']", "Typed before")
    desk.keyboard.press("Control+s")
    expect(desk.get_by_text("The draft is saved.")).to_be_visible()


def test_sign_in_begins_in_its_first_field(browser, live_server):
    page = browser.new_page(base_url=live_server.url)
    page.goto(reverse("admin:index"))
    expect(page.locator("[name=username]")).to_be_focused()
    page.close()
