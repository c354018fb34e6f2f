"""Files in a real browser.

Mistakes are named by line, what was previewed is what is imported, and every format can be fetched.
"""

from pathlib import Path

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from questions.exchange.apply import import_questions
from questions.files.bank import Format, parse_questions
from questions.models import Question
from tests.test_browser_dashboard import _queries_beside_the_browser, desk  # noqa: F401  # fixtures

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.xdist_group("browser-dashboard"),
]

HEAD = "slug,prompt_en,key,text_en,weight\n"
HERE = (
    HEAD
    + "why-scale,Why divide by the root of d?,variance,The variance grows with d,1\nwhy-warm,Why warm up?,steps,Early steps are noisy,1\n"
)
FILE = (
    HERE.replace("Early steps are noisy,1", "Early steps are too noisy,2")
    + "why-norm,Why normalise?,scale,Scales drift apart,1\n"
)


def choose(page: Page, content: str) -> None:
    page.set_input_files(
        "[name=file]", {"name": "bank.csv", "mimeType": "text/csv", "buffer": content.encode()}
    )
    expect(page.locator("form input[type=text][disabled]")).to_have_value("bank.csv")
    page.get_by_role("button", name="Preview").click()


def test_a_file_is_mended_previewed_and_imported(desk):  # noqa: F811
    import_questions([parse_questions(HERE.encode(), name="here.csv")])
    desk.goto(reverse("admin:questions_question_import"))
    choose(desk, FILE.replace("too noisy,2", "too noisy,heavy").replace("why-norm,", "why norm,"))
    mistakes = desk.get_by_role("alert").locator("li")
    expect(mistakes.nth(0)).to_contain_text("line 3: “weight” must be a number")
    expect(mistakes.nth(1)).to_contain_text("line 4: “slug” must look like kv-cache")

    choose(desk, FILE)

    expect(desk.locator("#preview-title + p")).to_have_text(
        "1 new 1 changed 0 left as edited here 1 unchanged"
    )
    changed = desk.locator(".ts-import-row", has_text="why-warm")
    expect(changed.locator("ins").first).to_have_text("too ")
    assert changed.locator("tr").count() == 2
    assert Question.objects.count() == 2

    desk.get_by_role("button", name="Import", exact=True).click()
    expect(desk.get_by_text("3 questions imported: 1 new, 1 changed, 1 unchanged.")).to_be_visible()
    assert (
        Question.objects.get(slug="why-warm").rubrics.get().key_points.get().text_en
        == "Early steps are too noisy"
    )


@pytest.mark.parametrize("kind", list(Format))
def test_every_format_is_fetched_and_can_be_imported(desk, kind):  # noqa: F811
    import_questions([parse_questions(FILE.encode(), name="here.csv")])
    desk.goto(reverse("admin:questions_question_export"))
    desk.check(f"[name=format][value={kind}]")
    with desk.expect_download() as fetched:
        desk.get_by_role("button", name="Download").click()

    document = parse_questions(
        Path(fetched.value.path()).read_bytes(), name=fetched.value.suggested_filename
    )

    assert [record.prompt["en"] for record in document.questions] == [
        "Why divide by the root of d?",
        "Why warm up?",
        "Why normalise?",
    ]
