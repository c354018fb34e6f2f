"""The editor.

A question with its key points on one page, saved as a draft without losing anybody's work. And its
versions.
"""

import inspect
import re

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import translation

from audit.models import AuditEntry
from desk.editor.advice import ADVICE, advice_of
from grading.engine import lint as engine_lint
from questions.as_rubric import engine_rubric
from questions.models import Phrase, Question, Rubric, RubricFrozenError
from questions.services.drafts import current_content, save_draft, version_content
from questions.services.rubrics import publish_rubric, start_draft
from questions.services.versions import difference, pieces_of
from tests import factories
from tests.conftest import signed_in, user_in

pytestmark = pytest.mark.django_db


def url(question: Question, page: str = "editor", *args) -> str:
    return reverse(f"admin:questions_question_{page}", args=[question.pk, *args])


def body_of(answer) -> dict:
    """What a browser would send back from an editor page nobody typed into."""
    editor = answer.context["editor"]
    body = {"base": answer.context["base"], "point": [form.number for form in editor.points]}
    for form in (editor.words, *editor.points):
        for field in form:
            value = field.value()
            if value not in (None, False):
                body[field.html_name] = str(value).replace("\n", "\r\n")
    return body


def opened(client, question: Question) -> dict:
    return body_of(client.get(url(question)))


def write(client, question: Question, body: dict, then: str = "", **more):
    return client.post(
        url(question), body | {"then": then} | more, headers={"accept-language": "en"}
    )


def point_body(number: int, **fields) -> dict:
    return {f"points-{number}-{name}": value for name, value in ({"weight": "1"} | fields).items()}


def draft_of(question: Question) -> Rubric:
    return question.rubrics.get(status="draft")


def messages_of(answer) -> str:
    return " ".join(str(message) for message in answer.context["messages"])


# Write --------------------------------------------------------------------------------------------


def test_author_writes_a_question_from_nothing_to_published(author_client, author):
    body = {
        "slug": "new-question",
        "prompt_zh": "为什么？",
        "difficulty": "easy",
        "suggested_minutes": "3",
        "_save": "1",
    }
    answer = author_client.post(reverse("admin:questions_question_add"), body)
    question = Question.objects.get(slug="new-question")
    assert answer.url == url(question)
    first = point_body(
        0,
        text_zh="第一点",
        says_it_zh="这样说\r\n或者这样\r\n",
        says_it_en="or so",
        term_group="方差\r\nvar\r\n\r\n\r\n增大\r\n",
    )
    second = point_body(
        7, text_en="second point", contradicts_en="the opposite", weight="2", required="on"
    )
    body = opened(author_client, question) | first | second | {"point": ["7", "0"], "open": "on"}
    answer = write(author_client, question, body, "publish")
    assert answer.url == url(question, "versions")
    assert list(Question.objects.published()) == [question]
    assert list(
        question.rubrics.get().key_points.values_list(
            "key", "text_zh", "text_en", "weight", "required"
        )
    ) == [
        ("point-1", "", "second point", 2, True),
        ("point-2", "第一点", "", 1, False),
    ]
    assert list(Phrase.objects.filter(key_point__key="point-2").values_list("kind", "text")) == [
        ("says_it", "这样说"),
        ("says_it", "或者这样"),
        ("says_it", "or so"),
        ("term_group", "方差\nvar"),
        ("term_group", "增大"),
    ]
    assert question.rubrics.get().author == author


def test_opening_and_saving_any_shipped_question_changes_nothing(author_client, shipped_bank):
    for question in Question.objects.all()[:45:9]:
        answer = write(author_client, question, opened(author_client, question))
        assert answer.status_code == 302
        assert question.rubrics.count() == 1


def test_a_reworded_phrase_keeps_the_others_as_they_are_stored(author_client):
    question = factories.published_question()
    point = question.rubrics.get().key_points.get(key="variance")
    stored = ["方差变大", "variance grows", "越高维越散"]
    Phrase.objects.bulk_create(
        Phrase(key_point=point, kind="says_it", text=text, order=order)
        for order, text in enumerate(stored)
    )
    body = opened(author_client, question)
    assert (body["points-0-says_it_zh"], body["points-0-says_it_en"]) == (
        "方差变大\r\n越高维越散",
        "variance grows",
    )
    write(
        author_client,
        question,
        body | {"points-0-says_it_en": "variance grows\r\nvariance goes up"},
    )
    assert [
        phrase.text for phrase in draft_of(question).key_points.get(key="variance").phrases.all()
    ] == [*stored, "variance goes up"]


def test_published_question_stays_as_it_is_until_its_draft_is_published(author_client):
    question = factories.published_question()
    before = version_content(question.rubrics.get())
    body = opened(author_client, question) | {
        "prompt_en": "Why divide by sqrt(d)?",
        "points-0-text_en": "It grows",
    }
    write(author_client, question, body)
    question.refresh_from_db()
    assert version_content(question.rubrics.get(status="published")) == before
    assert question.prompt_en == before["prompt"]["en"]
    assert engine_rubric(draft_of(question)).prompts[1] == "Why divide by sqrt(d)?"
    write(author_client, question, opened(author_client, question), "publish", reason="Shorter")
    question.refresh_from_db()
    published = question.rubrics.get(status="published")
    assert (published.version, published.note, question.prompt_en) == (
        2,
        "Shorter",
        "Why divide by sqrt(d)?",
    )
    assert AuditEntry.objects.get(action="question.reworded").new == {
        "prompt_en": "Why divide by sqrt(d)?"
    }
    assert version_content(question.rubrics.get(version=1)) == before


def test_a_better_model_answer_makes_a_version_since_grading_looks_for_pasted_ones(author_client):
    question = factories.published_question()
    body = opened(author_client, question) | {"model_answer_en": "A better one."}
    write(author_client, question, body, "publish", reason="Better")
    question.refresh_from_db()
    assert question.model_answer_en == "A better one."
    assert list(question.rubrics.values_list("version", "status")) == [
        (2, "published"),
        (1, "retired"),
    ]


def test_second_version_is_not_published_without_a_reason(author_client):
    question = factories.published_question()
    body = opened(author_client, question) | {"points-0-text_en": "It grows"}
    answer = write(author_client, question, body, "publish", reason="  ")
    assert "say why" in messages_of(answer)
    assert draft_of(question).key_points.first().text_en == "It grows"


def test_empty_draft_is_kept_but_not_published(author_client):
    question = factories.QuestionFactory(status="draft")
    body = opened(author_client, question) | {"prompt_en": "Why at all?"}
    answer = write(author_client, question, body, "publish")
    assert "write at least one key point" in messages_of(answer)
    assert draft_of(question).texts["prompt"]["en"] == "Why at all?"


def test_new_key_point_never_takes_a_key_that_an_older_version_used(author_client):
    question = factories.QuestionFactory()
    old = factories.RubricFactory(question=question)
    factories.KeyPointFactory(rubric=old, key="point-1")
    publish_rubric(old)
    write(
        author_client,
        question,
        opened(author_client, question) | point_body(5, text_zh="新") | {"point": ["5"]},
    )
    assert [point.key for point in draft_of(question).key_points.all()] == ["point-2"]


@pytest.mark.parametrize(
    ("fields", "beside"),
    [
        ({"text_zh": "", "text_en": "", "says_it_zh": "没有要点的说法"}, "text_zh"),
        ({"weight": "0"}, "weight"),
        ({"weight": "nonsense"}, "weight"),
        ({"weight": "1000"}, "weight"),
        ({"text_zh": "点\0"}, "text_zh"),
        ({"hint_en": "x" * 50_001}, "hint_en"),
        ({"key": "saturation"}, "key"),
        ({"key": "带中文"}, "key"),
    ],
)
def test_error_stands_beside_its_field_and_everything_typed_is_kept(author_client, fields, beside):
    question = factories.published_question()
    typed = point_body(9, **({"text_zh": "第三点", "feedback_en": "typed"} | fields))
    body = (
        opened(author_client, question)
        | typed
        | {"point": ["9", "1", "0"], "model_answer_en": "also typed"}
    )
    answer = write(author_client, question, body)
    editor = answer.context["editor"]
    wrong = {form.prefix: list(form.errors) for form in editor.points if form.errors}
    assert (answer.status_code, list(wrong.values())) == (200, [[beside]])
    assert [form.number for form in editor.points] == ["9", "1", "0"]
    assert (editor.points[0]["feedback_en"].value(), editor.words["model_answer_en"].value()) == (
        "typed",
        "also typed",
    )
    assert question.rubrics.count() == 1


def test_no_browser_cuts_a_long_text_short_before_the_form_can_say_so(author_client):
    question = factories.published_question()
    for page in (
        url(question),
        reverse("admin:questions_sample_bench", args=[question.pk]),
        reverse("admin:questions_term_add"),
    ):
        assert not re.findall(
            r"<textarea[^>]*maxlength", author_client.get(page).content.decode()
        ), page


def test_a_key_that_is_taken_is_told_to_the_new_point_which_can_then_choose_another(author_client):
    question = factories.published_question()
    body = (
        opened(author_client, question)
        | point_body(9, text_zh="第三点", key="saturation")
        | {"point": ["9", "0", "1"]}
    )
    body |= {"points-0-known": "1", "points-1-known": "1"}
    new, *stored = write(author_client, question, body).context["editor"].points
    assert (list(new.errors), new.is_known) == (["key"], False)
    assert [(list(form.errors), form.is_known) for form in stored] == [([], True), ([], True)]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"point": ["-1", "x", "0", "0"]},
        {"prompt_zh": "", "prompt_en": ""},
        {"point": [str(n) for n in range(300)]},
    ],
)
def test_nothing_a_client_sends_breaks_the_page(author_client, body):
    question = factories.published_question()
    published = version_content(question.rubrics.get())

    for address in (url(question, "preview"), reverse("admin:grading_lint", args=[question.pk])):
        assert author_client.post(address, body).status_code == 200
    saved = author_client.post(url(question, "editor"), body)

    assert saved.status_code in (200, 302)  # shown again with what is wrong, or saved as a draft
    assert version_content(question.rubrics.get(status="published")) == published


# Two authors --------------------------------------------------------------------------------------


@pytest.fixture
def other(roles):
    return user_in("author", "other author")


def test_second_author_sees_both_texts_and_goes_over_the_first_knowingly(author_client, other):
    question = factories.published_question()
    mine, theirs = opened(author_client, question), opened(signed_in(other), question)
    write(signed_in(other), question, theirs | {"points-0-text_en": "THEIR TEXT"})
    answer = write(
        author_client,
        question,
        mine | {"points-0-text_en": "MY TEXT", "points-1-hint_en": "MY HINT"},
    )
    page = answer.content.decode()
    assert "other author" in page
    assert "<del>THEIR</del><ins>MY</ins> TEXT" in page
    assert answer.context["editor"].points[0]["text_en"].value() == "MY TEXT"
    assert draft_of(question).key_points.first().text_en == "THEIR TEXT"
    again = body_of(answer) | {"replaces": "1"}
    write(author_client, question, again)
    assert draft_of(question).key_points.first().text_en == "MY TEXT"
    [kept] = author_client.get(url(question, "versions")).context["kept"]
    author_client.post(url(question, "bring_back", kept.pk))
    assert draft_of(question).key_points.first().text_en == "THEIR TEXT"


def test_writing_on_when_the_draft_was_published_meanwhile_starts_the_next_one(
    author_client, other
):
    question = factories.published_question()
    write(
        signed_in(other),
        question,
        opened(signed_in(other), question) | {"points-0-text_en": "It grows"},
    )
    mine = opened(author_client, question)
    write(signed_in(other), question, opened(signed_in(other), question), "publish", reason="ready")
    write(author_client, question, mine | {"points-0-text_en": "It grows a lot"})
    assert list(question.rubrics.values_list("version", "status")) == [
        (3, "draft"),
        (2, "published"),
        (1, "retired"),
    ]


def test_draft_that_is_gone_is_not_published(author_client):
    question = factories.published_question()
    draft = start_draft(question)
    author_client.post(url(question, "discard"))
    with pytest.raises(RubricFrozenError):
        publish_rubric(draft)


def test_saving_the_same_text_twice_is_no_conflict(author_client):
    question = factories.published_question()
    body = opened(author_client, question) | {"points-0-text_en": "It grows"}
    assert [write(author_client, question, body).status_code for _twice in range(2)] == [302, 302]


# Who ----------------------------------------------------------------------------------------------


def test_interviewer_reads_versions_but_writes_nothing(interviewer_client):
    question = factories.published_question()
    draft = start_draft(question)
    assert interviewer_client.get(url(question, "versions")).status_code == 200
    assert interviewer_client.get(url(question)).status_code == 403
    for page, args in [
        ("editor", []),
        ("preview", []),
        ("discard", []),
        ("restore", [1]),
        ("bring_back", [1]),
    ]:
        assert interviewer_client.post(url(question, page, *args)).status_code == 403
    assert (
        interviewer_client.post(reverse("admin:grading_lint", args=[question.pk])).status_code
        == 403
    )
    assert draft_of(question) == draft


@pytest.mark.parametrize("role", ["candidate", "integrator", "interviewer"])
def test_only_authors_write(role, request):
    question, client = factories.published_question(), signed_in(request.getfixturevalue(role))
    acts = [("editor", []), ("preview", []), ("discard", []), ("restore", [1]), ("bring_back", [1])]
    addresses = [
        *(url(question, page, *args) for page, args in acts),
        reverse("admin:grading_lint", args=[question.pk]),
    ]
    addresses += [
        reverse("admin:questions_term_add"),
        reverse("admin:questions_question_add"),
        reverse("admin:questions_topic_add"),
    ]
    assert {client.post(address).status_code for address in addresses} == {
        403 if role == "interviewer" else 302
    }
    assert list(question.rubrics.values_list("version", "status")) == [(1, "published")]


def test_acts_are_posts_and_unknown_ids_are_not_found(author_client):
    question = factories.published_question()
    for page, args in [("preview", []), ("discard", []), ("restore", [1]), ("bring_back", [1])]:
        assert author_client.get(url(question, page, *args)).status_code == 405
    gone = reverse("admin:questions_question_editor", args=[999])
    assert author_client.get(gone).status_code == 404
    assert author_client.post(url(question, "restore", 99)).status_code == 404
    assert author_client.post(url(question, "bring_back", 99)).status_code == 302


# Advice and preview -------------------------------------------------------------------------------


def test_advice_stands_beside_the_field_it_is_about(author_client):
    question = factories.published_question()
    body = opened(author_client, question) | {
        "points-0-says_it_en": "a fine wording\r\nA fine wording"
    }
    answer = author_client.post(
        reverse("admin:grading_lint", args=[question.pk]), body, headers={"accept-language": "en"}
    )
    advised = {slot.name: slot.advice for slot in answer.context["slots"] if slot.advice}
    assert list(advised) == ["points-0-says_it_en"]
    assert "reads the same" in advised["points-0-says_it_en"][0][1]
    chinese = author_client.post(
        reverse("admin:grading_lint", args=[question.pk]),
        body,
        headers={"accept-language": "zh-hans"},
    )
    assert "读起来一样" in chinese.content.decode()


@pytest.mark.parametrize(
    ("text", "advice"),
    [("……", "no word that an answer could contain"), ("字" * 5_001, "too long to grade by")],
    ids=["wordless", "long"],
)
def test_key_point_that_nothing_can_be_graded_by_is_saved_and_not_published(
    author_client, text, advice
):
    question = factories.published_question()
    body = opened(author_client, question) | {
        "points-0-text_zh": text,
        "points-0-text_en": "",
        "points-1-says_it_en": "👍",
    }
    slots = author_client.post(
        reverse("admin:grading_lint", args=[question.pk]), body, headers={"accept-language": "en"}
    ).context["slots"]
    advised = {slot.name: slot.advice for slot in slots if slot.advice}
    assert list(advised) == [
        "points-0-text_zh",
        "points-1-says_it_en",
    ]  # the other key points are looked at all the same
    assert advice in advised["points-0-text_zh"][0][1]
    answer = write(author_client, question, body, "publish", reason="Shorter")
    assert messages_of(answer).startswith("The draft is saved but not published: key point 1 has ")
    assert draft_of(question).key_points.first().text_zh == text
    assert (
        author_client.get(reverse("admin:questions_sample_bench", args=[question.pk])).status_code
        == 200
    )
    again = body_of(answer) | {"then": "publish", "reason": "再来"}
    chinese = author_client.post(url(question), again, headers={"accept-language": "zh-hans"})
    assert messages_of(chinese).startswith("草稿已保存，但未发布：第 1 个要点")


def test_question_with_more_words_than_are_read_is_saved_and_not_published(author_client):
    question = factories.published_question()
    body = opened(author_client, question) | {"prompt_zh": "字" * 50_000, "prompt_en": "x" * 50_000}
    answer = write(author_client, question, body, "publish", reason="Longer")
    assert "together have more than 100000 characters" in messages_of(answer)
    assert draft_of(question).prompt_zh == "字" * 50_000


def test_advice_on_two_key_points_names_the_other_and_stands_at_its_own_words(author_client):
    question = factories.published_question()
    body = opened(author_client, question) | {
        "points-1-says_it_en": "it grows with the width",
        "points-0-contradicts_en": "It grows with the width.",
    }
    answer = author_client.post(
        reverse("admin:grading_lint", args=[question.pk]), body, headers={"accept-language": "en"}
    )
    assert {slot.name: slot.advice for slot in answer.context["slots"] if slot.advice} == {
        "points-0-contradicts_en": (
            (
                "It grows with the width.",
                (
                    "Key point 2 counts this as right: “it grows with the width”. An answer "
                    "that says it would "
                    "contradict this key point. Reword it."
                ),
            ),
        )
    }


def test_every_piece_of_advice_of_the_engine_is_there_in_chinese():
    codes = set(re.findall(r'Finding\(\s*"(\w+)"', inspect.getsource(engine_lint)))
    codes |= {"wordless", "long_text"}  # why grading refuses a key point
    assert set(ADVICE) == codes
    with translation.override("zh-hans"):
        for code in codes:
            said = advice_of(
                engine_lint.Finding(code, ("1", "2"), "", "What the engine says.", "原话"), "1"
            )
            assert re.search("[一-鿿]", said), code
            assert not re.search("[a-z%]", said), code


def test_preview_labels_each_language_as_its_reader_sees_it(author_client):
    question = factories.published_question()
    body = opened(author_client, question) | {"points-0-feedback_en": "Say what grows."}
    page = author_client.post(
        url(question, "preview"), body, headers={"accept-language": "zh-hans"}
    ).content.decode()
    assert "What was missing:</strong> Say what grows." in page


def test_preview_shows_each_language_with_the_other_one_where_it_is_empty(author_client):
    question = factories.published_question()
    body = opened(author_client, question) | {
        "points-1-feedback_en": "",
        "points-0-hint_zh": "想想方差",
    }
    chinese, english = author_client.post(url(question, "preview"), body).context["views"]
    assert (chinese["prompt"], english["prompt"]) == (question.prompt_zh, question.prompt_en)
    assert english["points"][1]["feedback"] == "没有说到 softmax 饱和"
    assert english["points"][0]["hint"] == "想想方差"


# Versions -----------------------------------------------------------------------------------------


def second_version(question: Question, author) -> Rubric:
    """Swaps the two points, rewords the first, drops the second's feedback and adds a third with a phrase."""
    content = current_content(question)
    variance, saturation = content["key_points"]
    variance |= {
        "text": {"zh": "点积的方差随维数 d 线性增大", "en": variance["text"]["en"]},
        "weight": "3.00",
        "required": True,
    }
    variance["phrases"] = [["says_it", "方差跟维度成正比"]]
    third = {
        **saturation,
        "key": "third",
        "text": {"zh": "第三点", "en": ""},
        "phrases": [["contradicts", "不对"]],
    }
    draft = save_draft(
        question, content | {"key_points": [saturation, variance, third]}, base=None, actor=author
    )
    return publish_rubric(draft, actor=author, reason="More exact")


def test_difference_names_what_was_added_moved_and_reworded(author):
    question = factories.published_question()
    first = version_content(question.rubrics.get())
    found = difference(first, version_content(second_version(question, author)))
    points = {point.key: point for point in found.points}
    assert [(point.key, point.state) for point in found.points] == [
        ("saturation", "same"),
        ("variance", "changed"),
        ("third", "added"),
    ]
    assert [point.key for point in found.points if point.moved] in (["saturation"], ["variance"])
    assert points["variance"].weight == ("2.00", "3.00")
    assert points["variance"].required is True
    [change] = points["variance"].texts
    assert [(piece.state, piece.text) for piece in change.pieces] == [
        ("same", "点积的方差随维"),
        ("gone", "度"),
        ("new", "数"),
        ("same", " d "),
        ("new", "线性"),
        ("same", "增大"),
    ]
    assert [(phrase.state, phrase.kind) for phrase in points["variance"].phrases] == [
        ("added", "says_it")
    ]
    back = difference(version_content(question.rubrics.get(version=2)), first)
    assert [(point.key, point.state) for point in back.points][-1] == ("third", "removed")
    assert difference(first, first).is_empty


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (
            "the variance grows",
            "the variance shrinks",
            [("same", "the variance "), ("gone", "grows"), ("new", "shrinks")],
        ),
        ("", "new", [("new", "new")]),
        ("完全不同", "nothing alike", [("gone", "完全不同"), ("new", "nothing alike")]),
        ("梯度消失", "梯度不消失", [("same", "梯度"), ("new", "不"), ("same", "消失")]),
    ],
)
def test_texts_are_compared_by_word_and_by_chinese_character(old, new, expected):
    assert [(piece.state, piece.text) for piece in pieces_of(old, new)] == expected


def test_versions_say_who_when_and_why_and_an_old_one_is_restored_as_a_draft(author_client, author):
    question = factories.published_question()
    first = version_content(question.rubrics.get())
    second_version(question, author)
    page = author_client.get(url(question, "versions") + "?from=2&to=1")
    assert [
        (row["rubric"].version, row["who"], row["rubric"].note) for row in page.context["rows"]
    ] == [
        (2, "author", "More exact"),
        (1, "", ""),
    ]
    assert (page.context["old"].version, page.context["new"].version) == (1, 2)
    assert author_client.get(url(question, "versions") + "?from=nonsense&to=99").status_code == 200
    assert author_client.post(url(question, "restore", 1)).url == url(question)
    assert version_content(draft_of(question)) == first
    assert LogEntry.objects.filter(object_id=str(question.pk)).exists()


def test_draft_that_was_thrown_away_is_brought_back(author_client):
    question = factories.published_question()
    write(
        author_client, question, opened(author_client, question) | {"points-0-text_en": "It grows"}
    )
    author_client.post(url(question, "discard"))
    assert list(question.rubrics.values_list("status", flat=True)) == ["published"]
    [kept] = author_client.get(url(question, "versions")).context["kept"]
    author_client.post(url(question, "bring_back", kept.pk))
    assert draft_of(question).key_points.first().text_en == "It grows"


def test_kept_draft_of_another_question_is_not_brought_back(author_client):
    one, other = factories.published_question(), factories.published_question()
    start_draft(one)
    author_client.post(url(one, "discard"))
    author_client.post(
        url(other, "bring_back", AuditEntry.objects.get(action="rubric.draft_discarded").pk)
    )
    assert other.rubrics.count() == 1


def queries(client, address: str) -> int:
    client.get(address)  # fills the caches of content types and permissions
    with CaptureQueriesContext(connection) as made:
        assert client.get(address).status_code == 200
    return len(made)


def test_pages_take_as_many_queries_for_many_versions_and_points_as_for_few(author_client, author):
    few, many = factories.published_question(), factories.published_question()
    second_version(few, author)
    second_version(many, author)
    content = current_content(many)
    for number in range(2):
        more = {**content["key_points"][0], "key": f"more-{number}"}
        content = content | {"key_points": [*content["key_points"], more]}
        publish_rubric(
            save_draft(many, content, base=None, actor=author), actor=author, reason="more"
        )
    assert queries(author_client, url(many, "versions")) == queries(
        author_client, url(few, "versions")
    )
    assert queries(author_client, url(many)) == queries(author_client, url(few))
