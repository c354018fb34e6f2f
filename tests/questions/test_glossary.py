"""The glossary in the database.

Loaded from the shipped file, changed by people, read by grading, written down with each grade.
"""

import pytest
from django.urls import reverse

from audit.models import AuditEntry
from grading.models import Grade
from grading.services.run import run_grade
from questions.as_rubric import current_glossary
from questions.files.bank import load_glossary
from questions.files.document import BankFileError
from questions.glossary_content import content_hash_of, stored_content
from questions.models import GlossaryVersion, Term
from questions.services.glossary import import_glossary, remove_terms, touched_questions, write_term
from tests import factories

pytestmark = pytest.mark.django_db

GROUPS = [["梯度消失", "vanishing gradient"], ["方差", "variance"]]
OPPOSITES = [["增大", "减小"]]


def words() -> list[list[str]]:
    return [term.word_list for term in Term.objects.in_use()]


def term_with(word: str) -> Term:
    return Term.objects.in_use().get(words__contains=word)


# Load ---------------------------------------------------------------------------------------------


def test_shipped_bank_brings_its_glossary_and_a_second_load_changes_nothing(
    shipped_bank, django_assert_max_num_queries
):
    groups, opposites = load_glossary()
    assert len(words()) == len(groups) + len(opposites)
    assert current_glossary().glossary.groups == groups
    assert GlossaryVersion.objects.get().content_hash == content_hash_of(stored_content(None))
    with django_assert_max_num_queries(4):  # a savepoint around two reads
        import_glossary(groups, opposites)
    assert GlossaryVersion.objects.count() == 1


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            "groups: []\nopposites:\n- [前向, 反向, 双向]",
            ":3: words that exclude each other come in",
        ),
        ("groups:\n- 梯度\nopposites: []", ":2: a term group is a list of words"),
        ("groups: []\ngroups: []", ":2: the field “groups” appears twice here"),
        ("- 梯度", ":1: the file must be written as fields: groups, opposites"),
    ],
)
def test_a_mistake_in_the_glossarys_file_is_named_with_its_line(tmp_path, content, message):
    path = tmp_path / "glossary.yaml"
    path.write_text(content, encoding="utf-8")

    with pytest.raises(BankFileError) as caught:
        load_glossary(path)

    assert f"{path}{message}" in str(caught.value)


def test_next_release_changes_adds_and_drops_what_nobody_touched():
    import_glossary(GROUPS, OPPOSITES)
    import_glossary(
        [["梯度消失", "vanishing gradient", "vanishing gradients"], ["残差", "residual"]], OPPOSITES
    )
    assert words() == [
        ["梯度消失", "vanishing gradient", "vanishing gradients"],
        ["增大", "减小"],
        ["残差", "residual"],
    ]


def test_what_a_person_changed_removed_or_added_survives_the_next_load():
    import_glossary(GROUPS, OPPOSITES)
    write_term(term_with("方差"), kind="same", words=["方差", "variance", "VAR"])
    remove_terms([term_with("梯度消失")])
    write_term(Term(), kind="same", words=["残差", "residual"])
    import_glossary([*GROUPS, ["残差", "residual connection"], ["偏置", "bias"]], OPPOSITES)
    assert sorted(words()) == sorted(
        [["方差", "variance", "VAR"], ["残差", "residual"], ["偏置", "bias"], ["增大", "减小"]]
    )


# Grade --------------------------------------------------------------------------------------------


def queued_grade(text: str) -> Grade:
    answer = factories.submitted_answer(text=text)
    return Grade.objects.create(answer=answer, rubric=answer.question.rubrics.get())


def graded(grade: Grade) -> Grade:
    assert run_grade(grade.pk)
    grade.refresh_from_db()
    return grade


def chance(grade: Grade) -> float:
    return grade.matches.get(key_point__key="variance").chance


def test_next_grade_knows_a_changed_glossary_and_each_grade_says_which_it_had():
    import_glossary([], OPPOSITES)
    text = "zorp 会增大。"
    before = graded(queued_grade(text))
    write_term(Term(), kind="same", words=["方差", "variance", "zorp"])
    answer = before.answer
    after = graded(Grade.objects.create(answer=answer, rubric=before.rubric))
    assert chance(after) > chance(before)
    assert (
        before.glossary_hash != after.glossary_hash == GlossaryVersion.objects.first().content_hash
    )
    assert stored_content(before.glossary_hash) == {"groups": [], "opposites": [["增大", "减小"]]}


def test_without_a_loaded_glossary_the_shipped_file_counts():
    grade = graded(queued_grade("方差随维度增大"))
    assert grade.glossary_hash == content_hash_of(stored_content(None))


def test_reading_the_glossary_again_takes_one_small_query(django_assert_num_queries):
    import_glossary(GROUPS, OPPOSITES)
    current_glossary()
    with django_assert_num_queries(1):
        assert current_glossary().glossary.groups[1] == ("方差", "variance")


def test_taking_a_change_back_brings_the_former_hash():
    import_glossary(GROUPS, OPPOSITES)
    first = current_glossary().content_hash
    term = write_term(Term(), kind="same", words=["残差", "residual"])
    remove_terms([term])
    assert current_glossary().content_hash == first
    assert GlossaryVersion.objects.count() == 3


# Change in the dashboard --------------------------------------------------------------------------


def save(client, term: Term | None = None, *, kind: str = "same", text: str):
    url = (
        reverse("admin:questions_term_change", args=[term.pk])
        if term
        else reverse("admin:questions_term_add")
    )
    return client.post(url, {"kind": kind, "words": text})


@pytest.mark.parametrize(
    ("kind", "text", "part"),
    [
        ("same", "", "required"),
        ("same", "残差", "at least two words"),
        ("same", "残差\n残差 ", "twice"),
        ("same", "残差\nＶariance", "another group"),
        ("same", "上升\n" + "长" * 81, "80 characters"),
        ("same", "增大\n减小\n变化", "exclude each other"),
        ("opposite", "上\n下\n左", "exactly two"),
        ("opposite", "方差\nvariance", "one group"),
        ("opposite", "减小\n增大", "already"),
        ("same", "a\0b\nc", "Null"),
    ],
)
def test_wrong_entry_is_refused_with_the_reason_beside_it(author_client, kind, text, part):
    import_glossary(GROUPS, OPPOSITES)
    answer = author_client.post(
        reverse("admin:questions_term_add"),
        {"kind": kind, "words": text},
        headers={"accept-language": "en"},
    )
    assert part in " ".join(answer.context["adminform"].form.errors["words"])
    assert Term.objects.count() == 3


def test_author_adds_changes_and_removes_entries_and_all_is_written_down(author_client, author):
    import_glossary(GROUPS, OPPOSITES)
    save(author_client, text="残差\r\nresidual\r\n")
    save(author_client, term_with("方差"), text="方差\nvariance\nVAR")
    author_client.post(
        reverse("admin:questions_term_delete", args=[term_with("梯度消失").pk]), {"post": "yes"}
    )
    assert words() == [["方差", "variance", "VAR"], ["增大", "减小"], ["残差", "residual"]]
    assert list(AuditEntry.objects.order_by("id").values_list("action", "actor")) == [
        ("glossary.changed", author.pk),
        ("glossary.changed", author.pk),
        ("glossary.removed", author.pk),
    ]


def test_of_two_who_change_an_entry_at_once_the_second_is_told_and_goes_over_the_first_knowingly(
    author_client,
):
    import_glossary(GROUPS, OPPOSITES)
    term = term_with("方差")
    page = author_client.get(reverse("admin:questions_term_change", args=[term.pk]))
    loaded = {"loaded": page.context["adminform"].form["loaded"].value()}
    save(author_client, term, text="方差\nvariance\nVAR")
    refused = author_client.post(
        reverse("admin:questions_term_change", args=[term.pk]),
        loaded | {"kind": "same", "words": "方差\nvariance\nspread"},
        headers={"accept-language": "en"},
    )
    form = refused.context["adminform"].form
    assert form.errors["words"] == [
        "Somebody else has changed this to “方差\nvariance\nVAR”. Save again to overwrite it."
    ]
    assert form["words"].value() == "方差\nvariance\nspread"
    again = {"loaded": form["loaded"].value(), "kind": "same", "words": form["words"].value()}
    assert (
        author_client.post(
            reverse("admin:questions_term_change", args=[term.pk]), again
        ).status_code
        == 302
    )
    assert term_with("方差").word_list == ["方差", "variance", "spread"]


def test_what_was_sent_after_the_sign_in_ran_out_comes_back_to_be_sent_again(author_client, author):
    author_client.logout()
    answer = save(author_client, text="残差\r\n<b>residual</b>")
    assert not Term.objects.exists()
    assert (
        '<input type="hidden" name="words" value="残差\r\n&lt;b&gt;residual&lt;/b&gt;">'
        in answer.content.decode()
    )
    author_client.force_login(author)
    save(author_client, text=dict(answer.context["sent"])["words"])
    assert words() == [["残差", "<b>residual</b>"]]


def test_page_shows_while_typing_which_questions_a_change_touches(
    author_client, interviewer_client
):
    import_glossary(GROUPS, OPPOSITES)
    question = factories.published_question()
    factories.QuestionFactory(slug="untouched")
    url = reverse("admin:questions_term_touches")
    answer = author_client.post(
        f"{url}?entry={term_with('方差').pk}", {"kind": "same", "words": "方差\nvariance\nspread"}
    )
    assert answer.context["touched"] == [(question, 2)]
    assert answer.context["problems"] == []
    assert (
        author_client.post(f"{url}?entry=nonsense", {"kind": "x", "words": "\0"}).status_code == 200
    )
    assert author_client.post(url, {"kind": "same", "words": "方差\nvar"}).context["problems"] != []
    deleting = author_client.get(
        reverse("admin:questions_term_delete", args=[term_with("方差").pk])
    )
    assert deleting.context["touched"] == [(question, 2)]
    assert save(interviewer_client, text="甲\n乙").status_code == 403


@pytest.mark.parametrize(
    ("word", "touches"),
    [
        ("方差", True),
        ("VARIANCE", True),
        ("dot-product", True),
        ("varian", False),
        ("oftmax", False),
        ("softmax", True),
        ("+", False),
    ],
)
def test_latin_words_are_found_whole_and_chinese_ones_anywhere(word, touches):
    factories.published_question()
    assert bool(touched_questions([word])) is touches


def test_asking_what_is_touched_takes_as_many_queries_for_three_questions_as_for_one(
    django_assert_num_queries,
):
    factories.published_question()
    with django_assert_num_queries(3):
        touched_questions(["方差"])
    factories.published_question()
    factories.published_question()
    with django_assert_num_queries(3):
        assert len(touched_questions(["方差"])) == 3
