"""Import and export in the dashboard.

A preview first, then the very bytes that were previewed, by who uploaded them.
"""

import json
from datetime import timedelta
from importlib import import_module
from unittest.mock import Mock

import pytest
from django.apps import apps
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from audit.models import AuditEntry
from questions.files.bank import Format, parse_questions
from questions.models import PendingImport, Question, Rubric, Sample
from questions.services.rubrics import publish_rubric, start_draft
from tests import factories
from tests.conftest import signed_in, user_in

pytestmark = pytest.mark.django_db

UPLOAD = reverse("admin:questions_question_import")
EXPORT = reverse("admin:questions_question_export")
LIST = reverse("admin:questions_question_changelist")


def stated(*slugs: str, **more) -> dict:
    topics = [{"slug": "training", "name": {"zh": "训练", "en": "Training"}}]
    samples = [
        {"question": slugs[0], "name": "strong-1", "text": "训练集上误差小。", "marks": {"gap": 1}}
    ]
    return {
        "topics": topics,
        "questions": [stated_question(slug) | more for slug in slugs],
        "samples": samples,
    }


def stated_question(slug: str) -> dict:
    point = {"key": "gap", "text": {"zh": "训练误差小而测试误差大"}, "says_it": ["=背下来了"]}
    return {
        "slug": slug,
        "prompt": {"zh": f"什么是{slug}？"},
        "topics": ["training"],
        "key_points": [point],
    }


def upload(client, content, name: str = "bank.json", **more):
    content = content if isinstance(content, bytes) else json.dumps(content).encode()
    return client.post(
        UPLOAD,
        {"file": SimpleUploadedFile(name, content), **more},
        headers={"accept-language": "en"},
    )


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "question 2 has no answer. Write one under the heading or remove the heading."),
        ("zh-hans", "第 2 题没有答案。请在标题下写上答案，或删除标题。"),
    ],
)
def test_a_broken_file_is_refused_with_the_line_in_the_readers_language(
    author_client, language, said
):
    file = SimpleUploadedFile("notes.md", "### 1、为什么？\n\n因为。\n\n### 2、怎么做？\n".encode())
    page = author_client.post(UPLOAD, {"file": file}, headers={"accept-language": language})
    assert [(problem.line, problem.what) for problem in page.context["problems"]] == [(5, said)]
    assert not Question.objects.exists()


def preview(client, content, name: str = "bank.json", **more):
    answer = upload(client, content, name, **more)
    assert answer.status_code == 302, answer.context["problems"]
    return client.get(answer["Location"], headers={"accept-language": "en"})


def confirm(client, shown, **more):
    return client.post(
        shown.request["PATH_INFO"],
        {"seen": shown.context["seen"]} | more,
        headers={"accept-language": "en"},
        follow=True,
    )


def outcomes(shown) -> dict[str, str]:
    return {row["slug"]: str(row["label"]) for row in shown.context["rows"]}


def messages_of(answer) -> str:
    return " ".join(str(message) for message in answer.context["messages"])


def edit(question: Question, author) -> None:
    start_draft(question, author=author)


# Import -------------------------------------------------------------------------------------------


def test_a_file_is_previewed_and_then_imported_with_topics_and_samples(author_client, author):
    shown = preview(author_client, stated("overfitting"))

    assert outcomes(shown) == {"overfitting": "new"}
    assert "New topics:" in shown.content.decode()
    assert not Question.objects.exists()

    answer = confirm(author_client, shown)

    question = Question.objects.get()
    assert messages_of(answer) == "1 question imported: 1 new."
    assert (question.slug, question.status, [topic.slug for topic in question.topics.all()]) == (
        "overfitting",
        "draft",
        ["training"],
    )
    assert Sample.objects.values_list("name", "origin", "marks").get() == (
        "strong-1",
        "author",
        {"gap": 1.0},
    )
    assert not PendingImport.objects.exists()
    entry = AuditEntry.objects.get(action="question.imported")
    assert (entry.actor, entry.target, entry.reason) == (
        author,
        f"questions.question:{question.pk}",
        "bank.json:1",
    )


def test_publishing_opens_the_questions(author_client):
    confirm(
        author_client, preview(author_client, stated("overfitting", "underfitting")), publish="on"
    )

    assert Question.objects.published().count() == 2


@pytest.mark.parametrize(
    ("language", "said"), [("en", "imported from bank.json"), ("zh-hans", "由 bank.json 导入")]
)
def test_a_version_says_from_which_file_it_was_imported(author_client, language, said):
    confirm(author_client, preview(author_client, stated("overfitting")), publish="on")

    versions = reverse("admin:questions_question_versions", args=[Question.objects.get().pk])

    assert (
        said in author_client.get(versions, headers={"accept-language": language}).content.decode()
    )


def test_of_two_who_import_the_same_question_at_once_one_is_asked_to_look_again(
    author_client, monkeypatch
):
    shown = preview(author_client, stated("overfitting"))
    monkeypatch.setattr("desk.exchange.views.import_upload", Mock(side_effect=IntegrityError))

    assert "Nothing was imported; check the new preview." in messages_of(
        confirm(author_client, shown)
    )


def test_the_preview_says_what_changes_where(author_client):
    confirm(
        author_client, preview(author_client, stated("overfitting", "underfitting")), publish="on"
    )
    changed = stated("overfitting", "underfitting")
    changed["questions"][0]["key_points"][0]["weight"] = 2

    shown = preview(author_client, changed)

    assert outcomes(shown) == {"overfitting": "changed", "underfitting": "unchanged"}
    (change,) = shown.context["rows"][0]["changes"]
    assert (str(change["label"]), change["key"]) == ("weight", "gap")
    assert [(piece.state, piece.text) for piece in change["pieces"]] == [
        ("gone", "1.00"),
        ("new", "2.00"),
    ]


def test_new_words_of_a_published_question_wait_in_its_draft(author_client):
    confirm(author_client, preview(author_client, stated("overfitting")), publish="on")

    confirm(
        author_client,
        preview(author_client, stated("overfitting", prompt={"zh": "过拟合是什么？"})),
    )

    question = Question.objects.get()
    assert question.prompt_zh == "什么是overfitting？"
    draft = question.rubrics.get(status="draft")
    assert draft.prompt_zh == "过拟合是什么？"
    publish_rubric(draft)
    question.refresh_from_db()
    assert question.prompt_zh == "过拟合是什么？"


def test_a_question_edited_here_is_kept_unless_told_otherwise(author_client, author):
    confirm(author_client, preview(author_client, stated("overfitting")))
    edit(Question.objects.get(), author)
    changed = stated("overfitting", prompt={"zh": "过拟合是什么？"})

    shown = preview(author_client, changed)
    confirm(author_client, shown)

    assert outcomes(shown) == {"overfitting": "left as edited here"}
    assert Question.objects.get().prompt_zh == "什么是overfitting？"

    confirm(author_client, preview(author_client, changed), overwrite="on")

    assert Question.objects.get().prompt_zh == "过拟合是什么？"


def save_page(client, question: Question, **more) -> None:
    """Send the question's page back as it was opened, with some fields changed."""
    page = reverse("admin:questions_question_change", args=[question.pk])
    form = client.get(page).context["adminform"].form
    body = {name: form[name].value() or "" for name in form.fields}
    body["topics"] = [topic.pk for topic in question.topics.all()]
    assert client.post(page, body | more).status_code == 302


def change_the_minutes(client, question: Question) -> None:
    save_page(client, question, suggested_minutes=17)


def reword_in_the_editor(client, question: Question) -> None:
    page = reverse("admin:questions_question_editor", args=[question.pk])
    editor = client.get(page).context["editor"]
    content = {**editor.words.initial, "base": client.get(page).context["base"], "point": []}
    answer = client.post(page, content | {"prompt_en": "What is it?"})
    assert answer.status_code == 302


@pytest.mark.parametrize("change", [change_the_minutes, reword_in_the_editor])
def test_edits_stay_when_the_admins_log_is_cleared_and_the_file_is_loaded_again(
    author_client, change
):
    confirm(author_client, preview(author_client, stated("overfitting")))
    change(author_client, Question.objects.get())
    LogEntry.objects.all().delete()

    shown = preview(author_client, stated("overfitting", minutes=3))

    assert outcomes(shown) == {"overfitting": "left as edited here"}
    confirm(author_client, shown)
    assert Question.objects.get().suggested_minutes != 3


def test_a_page_saved_without_a_change_is_no_edit(author_client):
    confirm(author_client, preview(author_client, stated("overfitting")))
    save_page(author_client, Question.objects.get())

    assert Question.objects.get().is_edited is False


def test_what_the_admins_log_and_rubrics_tell_of_edits_is_carried_over(author):
    logged, written, retired, shipped = factories.QuestionFactory.create_batch(4)
    LogEntry.objects.create(
        user=author,
        content_type=ContentType.objects.get_for_model(Question),
        object_id=str(logged.pk),
        action_flag=CHANGE,
    )
    Rubric.objects.create(question=written, version=1, author=author)
    Rubric.objects.create(
        question=retired,
        version=1,
        author=author,
        status="retired",
        content_hash="x",
        published_at=timezone.now(),
    )
    carry_over = import_module("questions.migrations.0004_carry_over_edits").carry_over_edits

    carry_over(apps, None)

    edited = Question.objects.filter(is_edited=True)
    assert set(edited) == {logged, written}
    assert shipped not in edited


def test_nothing_is_imported_that_was_not_previewed(author_client):
    shown = preview(author_client, stated("overfitting"))
    factories.QuestionFactory(slug="overfitting")

    answer = confirm(author_client, shown)

    assert "The bank has changed since this preview" in messages_of(answer)
    assert not AuditEntry.objects.filter(action="question.imported").exists()
    assert outcomes(answer) == {"overfitting": "changed"}


def test_a_second_confirmation_finds_the_file_gone(author_client):
    shown = preview(author_client, stated("overfitting"))
    confirm(author_client, shown)

    assert confirm(author_client, shown).status_code == 404
    assert Question.objects.count() == 1


def test_nobody_else_sees_or_confirms_an_upload(author_client, roles):
    shown = preview(author_client, stated("overfitting"))
    other = signed_in(user_in("author", "other"))

    assert other.get(shown.request["PATH_INFO"]).status_code == 404
    assert confirm(other, shown).status_code == 404
    assert not Question.objects.exists()


def test_an_upload_is_kept_for_an_hour(author_client):
    shown = preview(author_client, stated("overfitting"))
    PendingImport.objects.update(created_at=timezone.now() - timedelta(minutes=61))

    assert confirm(author_client, shown).status_code == 404


def test_a_new_upload_gives_up_the_one_before(author_client):
    preview(author_client, stated("overfitting"))
    preview(author_client, stated("underfitting"))

    assert PendingImport.objects.count() == 1


def test_a_file_that_is_given_up_is_gone(author_client):
    shown = preview(author_client, stated("overfitting"))

    confirm(author_client, shown, give_up="1")

    assert (PendingImport.objects.count(), Question.objects.count()) == (0, 0)


def test_everything_wrong_with_a_file_is_named_at_once(author_client):
    bad = stated("over fitting", "underfitting", minutes=0)

    answer = upload(author_client, bad)

    wrong = sorted(problem.what.split("”")[0].strip("“") for problem in answer.context["problems"])
    assert wrong == ["minutes", "minutes", "question", "slug"]
    assert not PendingImport.objects.exists()


@pytest.mark.parametrize(
    ("content", "name", "said"),
    [
        (b"x", "bank.txt", "files that end in “.txt” can&#x27;t be read"),
        (b"\xff\xfe\x00", "bank.yaml", "is not UTF-16"),
        (b"PK\x03\x04", "bank.xlsx", "this is not a workbook"),
        (b"x" * (2 * 1024 * 1024 + 1), "bank.csv", "larger than 2 MB"),
    ],
)
def test_a_file_of_another_kind_is_refused(author_client, content, name, said):
    answer = upload(author_client, content, name)

    assert not PendingImport.objects.exists()
    assert said in answer.content.decode()


@pytest.mark.parametrize("body", [{}, {"slug_prefix": "Two Words"}, {"file": "text"}])
def test_an_upload_without_a_file_or_with_a_bad_prefix_is_refused(author_client, body):
    assert author_client.post(UPLOAD, body).context["problems"]


def test_another_markdown_document_needs_its_own_prefix(author_client):
    first = "### 1、什么是过拟合？\n\n训练误差小而测试误差大。\n".encode()
    second = "### 1、Adam比SGD多存了哪些状态？\n\n一阶矩和二阶矩。\n".encode()
    confirm(author_client, preview(author_client, first, "notes.md"))

    assert "give it its own prefix" in upload(author_client, second, "other.md").content.decode()

    confirm(author_client, preview(author_client, second, "other.md", slug_prefix="other"))
    assert set(Question.objects.values_list("slug", flat=True)) == {"seed-1-1", "other-1-1"}


@pytest.mark.parametrize("role", ["interviewer", "candidate"])
def test_only_authors_import(roles, role):
    client = signed_in(user_in(role, "somebody"))

    assert client.get(UPLOAD).status_code in (302, 403)
    assert upload(client, stated("overfitting")).status_code in (302, 403)
    assert not PendingImport.objects.exists()


def test_the_preview_of_three_questions_asks_no_more_queries_than_of_one(author_client):
    counts = []
    for number in (1, 3):
        slugs = [f"q{n}" for n in range(number)]
        confirm(author_client, preview(author_client, stated(*slugs)))
        shown = preview(author_client, stated(*slugs, minutes=9))
        with CaptureQueriesContext(connection) as asked:
            author_client.get(shown.request["PATH_INFO"])
        counts.append(len(asked))
    assert counts[0] == counts[1]


# Export -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [kind for kind in Format if kind != Format.MARKDOWN])
def test_what_is_exported_is_unchanged_when_it_is_imported(author_client, kind):
    confirm(
        author_client, preview(author_client, stated("overfitting", "underfitting")), publish="on"
    )

    answer = author_client.post(EXPORT, {"format": kind})
    shown = preview(author_client, answer.content, f"bank.{kind}")

    assert (
        answer["Content-Disposition"]
        == f'attachment; filename="questions-{timezone.localdate():%Y-%m-%d}.{kind}"'
    )
    assert outcomes(shown) == {"overfitting": "unchanged", "underfitting": "unchanged"}


def test_the_chosen_questions_are_exported(author_client):
    chosen, _other = factories.QuestionFactory(), factories.QuestionFactory()

    asked = author_client.post(LIST, {"action": "export", "_selected_action": [chosen.pk]})
    answer = author_client.post(EXPORT, {"format": "json", "ids": asked.context["ids"]})

    assert [record.slug for record in parse_questions(answer.content, name="x.json").questions] == [
        chosen.slug
    ]


def test_only_open_questions_are_exported_where_that_is_asked(author_client):
    factories.QuestionFactory(status="draft")

    answer = author_client.post(
        EXPORT,
        {"format": "json", "published": "on"},
        headers={"accept-language": "en"},
        follow=True,
    )

    assert "nothing to export" in messages_of(answer)


@pytest.mark.parametrize(
    "body", [{"format": "exe"}, {"ids": "x,9999999999999999999999,-1"}, {"format": "\0"}]
)
def test_odd_values_export_everything_as_yaml(author_client, body):
    question = factories.QuestionFactory()

    answer = author_client.post(EXPORT, body)

    assert question.slug in answer.content.decode()


def test_candidates_do_not_export(candidate_client):
    assert candidate_client.post(EXPORT, {"format": "json"}).status_code in (302, 403)


def test_the_list_links_to_both_pages_for_authors(author_client):
    page = author_client.get(LIST).content.decode()

    assert reverse("admin:questions_question_open_import") in page
    assert reverse("admin:questions_question_open_export") in page
