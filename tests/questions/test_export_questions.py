"""`manage.py export_questions`: which questions, in which format, and what it says about them."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from questions.exchange.plan import Outcome, plan_import
from questions.files.bank import parse_questions
from questions.models import Question
from questions.services.drafts import current_content, save_draft
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def questions() -> list[Question]:
    """One open for answers, and one that nobody has published."""
    opened = factories.published_question(slug="scaling")
    opened.topics.add(factories.TopicFactory(slug="attention"))
    written = factories.QuestionFactory(slug="unfinished", status=Question.Status.DRAFT)
    factories.KeyPointFactory(rubric=factories.RubricFactory(question=written))
    return [opened, written]


def export(*arguments: str) -> tuple[str, str]:
    """What the command prints, and what it says of that."""
    out, said = StringIO(), StringIO()
    call_command("export_questions", *arguments, stdout=out, stderr=said)
    return out.getvalue(), said.getvalue()


def slugs_in(text: str) -> list[str]:
    return [record.slug for record in parse_questions(text.encode(), name="x.yaml").questions]


@pytest.mark.parametrize(
    ("arguments", "slugs"),
    [
        ([], ["scaling", "unfinished"]),
        (["unfinished"], ["unfinished"]),
        (["--published"], ["scaling"]),
        (["--drafts"], ["unfinished"]),
        (["--topic", "attention"], ["scaling"]),
    ],
)
def test_what_is_asked_for_is_printed_as_yaml(questions, arguments, slugs):
    printed, said = export(*arguments)

    assert slugs_in(printed) == slugs
    assert said.startswith(f"{len(slugs)} questions, ")
    assert said.endswith(" bytes of yaml\n")


@pytest.mark.parametrize("kind", ["yaml", "json", "csv", "xlsx", "md"])
def test_the_ending_of_the_file_chooses_a_format_that_imports_unchanged(questions, tmp_path, kind):
    file = tmp_path / f"bank.{kind}"
    printed, said = export("scaling", "--output", str(file))

    plans = plan_import([parse_questions(file.read_bytes(), name=file.name)])
    assert printed == ""
    assert f"{file.stat().st_size} bytes of {kind}\n" in said
    if kind != "md":  # its questions are known by their numbers in the document, and this has none
        assert {plan.outcome for plan in plans} == {Outcome.UNCHANGED}


def test_what_a_format_does_not_hold_is_noted(questions):
    _printed, said = export("--format", "csv")

    assert said.startswith("note: ")


def test_published_means_the_words_that_new_grades_use(questions):
    content = current_content(questions[0])
    content["key_points"][0]["text"]["en"] = "not yet in force"
    save_draft(questions[0], content, base=None, actor=factories.UserFactory())

    assert "not yet in force" in export("scaling")[0]
    assert "not yet in force" not in export("scaling", "--published")[0]


def test_markdown_is_written_in_the_language_asked_for(questions):
    prompt = questions[0].prompt_en

    assert prompt in export("scaling", "--format", "md", "--language", "en")[0]
    assert prompt not in export("scaling", "--format", "md")[0]


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["nowhere"], "No question matches. Nothing was written."),
        (["scaling", "nowhere"], "Not among the matching questions: nowhere. Nothing was written."),
        (["--topic", "nowhere"], "There is no topic “nowhere”."),
        (["--output", "/nowhere/x.yaml"], "/nowhere/x.yaml: can't be written (No such file"),
    ],
)
def test_what_cannot_be_exported_is_an_error_that_says_why(questions, arguments, reason):
    with pytest.raises(CommandError) as refusal:
        export(*arguments)

    assert str(refusal.value).startswith(reason)
