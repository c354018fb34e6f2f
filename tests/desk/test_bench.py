"""The test bench's pages: what they show, what they refuse, and how many queries they take."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from grading.proposals import propose_changes
from interview.services.reviews import record_review
from questions.models import Phrase, Proposal, Rubric, Sample
from questions.services.rubrics import start_draft
from tests import factories
from tests.conftest import signed_in

pytestmark = pytest.mark.django_db

OWN_WORDS = (
    "好比水管。管子越多，水压就忽高忽低，抖得厉害。先拧小龙头才行。不过我也不清楚为什么要缩放。"
)
SAYS_VARIANCE = "管子越多，水压就忽高忽低，抖得厉害"
EN = {"accept-language": "en"}


@pytest.fixture
def question():
    return factories.published_question()


def url(name: str, *args) -> str:
    return reverse(f"admin:questions_sample_{name}", args=args)


def text_of(response) -> str:
    assert response.status_code == 200
    return response.content.decode()


def pending(question, author) -> Proposal:
    return propose_changes(factories.marked_answer(question, text=OWN_WORDS), author=author)[0]


# What it shows ------------------------------------------------------------------------------------


def test_a_pasted_text_is_graded_with_its_evidence(author_client, question):
    shown = text_of(
        author_client.post(
            url("try", question.pk), {"text": "点积的方差随维度 d 增大，所以要缩放。"}, headers=EN
        )
    )

    assert 'class="ts-mark ts-v-covered"' in shown
    assert ">covered<" in shown
    assert not Sample.objects.exists()


def test_draft_stands_beside_published(author_client, question):
    draft = start_draft(question)
    Phrase.objects.create(key_point=draft.key_points.get(key="variance"), text=SAYS_VARIANCE)

    shown = text_of(author_client.post(url("try", question.pk), {"text": OWN_WORDS}, headers=EN))

    assert 'class="ts-row-differs" data-key="variance"' in shown
    assert f"<q>{SAYS_VARIANCE}</q>" in shown


def test_the_points_of_a_tried_text_add_up_to_its_score(author_client):
    bench = factories.published_question(required=True)

    shown = text_of(
        author_client.post(
            url("try", bench.pk), {"text": "点积的方差随维度 d 增大，所以要缩放。"}, headers=EN
        )
    )

    points = re.findall(r'<strong class="ts-num">([-+]\d+)<', shown)
    assert points == ["+67", "+0", "-8"]
    assert '<span class="ts-score">59</span>' in shown


def test_text_stays_text(author_client, question):
    hostile = "<script>alert(1)</script> 方差随维度增大 </textarea><b>"

    shown = text_of(author_client.post(url("try", question.pk), {"text": hostile}))

    assert "<script>" not in shown
    assert "<b>" not in shown


@pytest.mark.parametrize(
    "sent",
    [
        {},
        {"text": " "},
        {"sample": "9" * 30},
        {"sample": "x"},
        {"text": "a\0"},
        {"text": "a" * 20_001},
    ],
)
def test_what_can_not_be_graded_is_refused_in_words(author_client, question, sent):
    assert 'role="alert"' in text_of(author_client.post(url("try", question.pk), sent))


def test_a_question_without_key_points_says_so(author_client):
    bare = factories.QuestionFactory()

    assert "no key points to grade by yet" in text_of(
        author_client.post(url("try", bare.pk), {"text": "a"}, headers=EN)
    )
    assert "no key points" in text_of(author_client.get(url("measure", bare.pk), headers=EN))
    assert "Propose key points from the model answer" in text_of(
        author_client.get(url("bench", bare.pk), headers=EN)
    )


def test_wrong_cases_stand_one_click_away(author_client, question):
    sample = factories.marked_answer(question, text=OWN_WORDS)

    shown = text_of(author_client.get(url("measure", question.pk), headers=EN))

    assert f"{url('try', question.pk)}?sample={sample.pk}" in shown
    assert "1 wrong" in shown
    assert "<strong" in shown
    trial = text_of(author_client.get(f"{url('try', question.pk)}?sample={sample.pk}", headers=EN))
    assert 'class="ts-row-wrong" data-key="variance"' in trial


def test_learning_can_be_switched_on_and_leaves_the_sample_itself_out(author_client, question):
    sample = factories.marked_answer(question)
    address = f"{url('try', question.pk)}?sample={sample.pk}"
    alone = text_of(author_client.get(address + "&learning=on", headers=EN))
    other = factories.marked_answer(question, text=sample.text + "对吧。")

    assert "leans on" not in alone
    assert f"judged like the marked answer {other.name}" in text_of(
        author_client.get(address + "&learning=on", headers=EN)
    )
    assert "leans on" not in text_of(author_client.get(address, headers=EN))


def test_real_answers_are_for_those_who_may_read_them(author_client, interviewer_client, question):
    answer = factories.graded_answer(question)

    assert f"answer={answer.pk}" not in text_of(author_client.get(url("bench", question.pk)))
    assert f"answer={answer.pk}" in text_of(interviewer_client.get(url("bench", question.pk)))
    assert author_client.post(url("try", question.pk), {"answer": answer.pk}).status_code == 403
    assert "ts-trial" in text_of(
        interviewer_client.post(url("try", question.pk), {"answer": answer.pk})
    )


def test_the_review_of_an_answer_leads_to_it_on_the_bench(interviewer_client, question):
    answer = factories.graded_answer(question)
    review = text_of(
        interviewer_client.get(
            reverse("admin:interview_interviewsession_review", args=[answer.session_id])
        )
    )
    bench = f"{url('bench', question.pk)}?answer={answer.pk}"

    assert f'href="{bench}"' in review
    assert f'hx-get="{url("try", question.pk)}?answer={answer.pk}"' in text_of(
        interviewer_client.get(bench)
    )
    assert "hx-get" in text_of(
        interviewer_client.get(f"{url('bench', question.pk)}?answer=x&sample=²")
    )


# What it changes ----------------------------------------------------------------------------------


def test_a_pasted_text_becomes_a_marked_answer_on_the_spot(author_client, author, question):
    shown = author_client.post(
        url("mark", question.pk),
        {"text": OWN_WORDS, "kind": "spoken", "mark-variance": "1", "mark-saturation": "0.5"},
        headers=EN,
    )

    sample = Sample.objects.get()
    assert (sample.name, sample.text, sample.marks, sample.author) == (
        "spoken-1",
        OWN_WORDS,
        {"variance": 1.0, "saturation": 0.5},
        author,
    )
    assert "2 changes to the draft are proposed" in text_of(shown)
    assert shown["HX-Trigger"] == "bench-changed"


def test_marks_of_a_sample_are_changed_and_taken_back(author_client, question):
    sample = factories.marked_answer(question, marks={"variance": 1, "saturation": 0, "older": 1})
    author_client.post(
        url("mark", question.pk),
        {"sample": sample.pk, "mark-variance": "0.5", "mark-saturation": ""},
    )
    sample.refresh_from_db()
    assert sample.marks == {"variance": 0.5, "older": 1.0}

    author_client.post(url("remove", question.pk, sample.pk))
    assert not Sample.objects.exists()


@pytest.mark.parametrize(
    "sent", [{}, {"mark-variance": "7"}, {"mark-variance": "1", "kind": "a" * 31}]
)
def test_marks_that_say_nothing_are_refused(author_client, question, sent):
    assert 'role="alert"' in text_of(
        author_client.post(url("mark", question.pk), {"text": OWN_WORDS} | sent)
    )
    assert not Sample.objects.exists()


def test_a_reviewers_verdicts_are_not_changed_on_the_bench(author_client, interviewer, question):
    answer = factories.graded_answer(question)
    record_review(answer=answer, reviewer=interviewer, verdicts={"variance": ("missed", "")})
    sample = Sample.objects.get()

    author_client.post(url("mark", question.pk), {"sample": sample.pk, "mark-variance": "1"})
    author_client.post(url("remove", question.pk, sample.pk))

    assert Sample.objects.get().marks == {"variance": 0.0}


def test_a_wording_added_on_the_bench_starts_a_draft_and_shows_its_effect(author_client, question):
    sent = {
        "text": OWN_WORDS,
        "key": "variance",
        "phrase_kind": "says_it",
        "wording": SAYS_VARIANCE,
    }

    shown = author_client.post(url("phrase", question.pk), sent, headers=EN)

    assert 'class="ts-row-differs" data-key="variance"' in text_of(shown)
    assert Phrase.objects.get().key_point.rubric.status == Rubric.Status.DRAFT
    for more in ({"key": "nowhere"}, {"wording": ""}):
        refused = author_client.post(url("phrase", question.pk), sent | more)
        assert 'role="alert"' in text_of(refused)
        assert (
            refused["HX-Retarget"] == "#phrase-refused"
        )  # the text on the bench and its marks stay


def test_marks_that_are_not_kept_yet_stay_when_a_wording_is_added(author_client, question):
    sent = {
        "text": OWN_WORDS,
        "key": "variance",
        "phrase_kind": "says_it",
        "wording": SAYS_VARIANCE,
    }

    shown = author_client.post(
        url("phrase", question.pk),
        sent | {"mark-variance": "1", "mark-saturation": "0.5", "kind": "spoken"},
    )

    marks = {row.key: row.mark for row in shown.context["rows"]}
    assert marks == {"variance": 1.0, "saturation": 0.5}
    assert shown.context["kind"] == "spoken"


def test_words_are_meant_for_the_key_point_that_is_wrong(author_client, question):
    sample = factories.marked_answer(question, text=OWN_WORDS, marks={"variance": 1})
    assert (
        author_client.get(url("try", question.pk), {"sample": sample.pk}).context["aimed_at"]
        == "variance"
    )


def test_a_proposal_shows_its_effect_before_it_is_accepted(author_client, author, question):
    proposal = pending(question, author)

    assert proposal.text in text_of(author_client.get(url("proposals", question.pk)))
    effect = text_of(
        author_client.get(url("effect", proposal.pk), {"wording": SAYS_VARIANCE}, headers=EN)
    )
    assert "1 better" in effect
    assert "0 worse" in effect
    done = author_client.post(
        url("decide", proposal.pk), {"decision": "accept", "wording": SAYS_VARIANCE}
    )
    assert done["HX-Trigger"] == "rubric-changed"
    assert Phrase.objects.get().text == SAYS_VARIANCE
    again = author_client.post(url("decide", proposal.pk), {"decision": "dismiss"}, headers=EN)
    assert "has already decided" in text_of(again)


def test_a_proposal_is_dismissed_and_bad_words_are_refused(author_client, author, question):
    proposal = pending(question, author)
    for wording in ("", " ", "\0", "a" * 301):
        sent = {"decision": "accept", "wording": wording}
        assert 'role="alert"' in text_of(author_client.post(url("decide", proposal.pk), sent))
    author_client.post(url("decide", proposal.pk), {"decision": "dismiss"})

    assert Proposal.objects.get().status == "dismissed"
    assert not Phrase.objects.exists()


def test_changes_are_proposed_from_all_that_is_wrong(author_client, question):
    factories.marked_answer(question, text=OWN_WORDS)

    assert "1 new proposal." in text_of(author_client.post(url("propose", question.pk), headers=EN))
    assert "0 new proposals." in text_of(
        author_client.post(url("propose", question.pk), headers=EN)
    )


def test_key_points_are_proposed_from_the_model_answer_as_a_draft(author_client):
    bare = factories.QuestionFactory()
    editor = reverse("admin:questions_question_editor", args=[bare.pk])
    assert f'action="{url("help", bare.pk)}"' in text_of(author_client.get(editor))
    answer = author_client.post(url("help", bare.pk), headers=EN)

    draft = bare.rubrics.get()
    assert answer.url == editor
    assert url("help", bare.pk) not in text_of(author_client.get(editor))
    assert (draft.status, draft.note) == (
        "draft",
        "Proposed from the model answer. Read every key point before you publish.",
    )
    assert author_client.post(url("help", bare.pk)).url == url("bench", bare.pk)


def test_the_index_names_the_questions_with_proposals(
    author_client, interviewer_client, author, question
):
    pending(question, author)

    assert url("bench", question.pk) in text_of(author_client.get(reverse("admin:index")))
    assert url("bench", question.pk) not in text_of(interviewer_client.get(reverse("admin:index")))


def test_the_index_takes_as_many_queries_for_three_questions_with_proposals_as_for_one(
    author_client, author, question, django_assert_num_queries
):
    def get():
        return author_client.get(reverse("admin:index"))

    pending(question, author)
    get()
    with CaptureQueriesContext(connection) as captured:
        get()
    one_row = len(captured)
    for _ in range(2):
        pending(factories.published_question(), author)
    with django_assert_num_queries(one_row):
        assert len(get().context["proposed"]) == 3


# Who may do what ----------------------------------------------------------------------------------


def test_an_interviewer_looks_and_changes_nothing(interviewer_client, author, question):
    proposal = pending(question, author)
    sample = Sample.objects.get()
    sent = {
        "text": OWN_WORDS,
        "key": "variance",
        "phrase_kind": "says_it",
        "wording": "a",
        "mark-variance": "1",
    }

    for name in ("mark", "phrase", "propose", "help"):
        assert interviewer_client.post(url(name, question.pk), sent).status_code == 403, name
    assert interviewer_client.post(url("remove", question.pk, sample.pk)).status_code == 403
    assert (
        interviewer_client.post(url("decide", proposal.pk), {"decision": "dismiss"}).status_code
        == 403
    )
    for name in ("bench", "measure", "proposals"):
        assert interviewer_client.get(url(name, question.pk)).status_code == 200, name


def test_candidates_never_get_in(candidate, question):
    client = signed_in(candidate)
    for name in ("bench", "try", "measure", "proposals"):
        assert client.get(url(name, question.pk)).status_code == 302, name


@pytest.mark.parametrize("pk", [0, 999_999, 10**30])
def test_an_unknown_question_is_not_found(author_client, pk):
    for name in ("bench", "try", "measure", "proposals"):
        assert (
            author_client.get(
                f"/admin/questions/sample/bench/{pk}/{'' if name == 'bench' else name + '/'}"
            ).status_code
            == 404
        ), name


# Queries ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["bench", "measure", "proposals"])
def test_the_parts_take_as_many_queries_for_three_rows_as_for_one(
    name, interviewer_client, author, interviewer, question, django_assert_num_queries
):
    def row(number: int) -> None:
        factories.graded_answer(question)
        sample = factories.marked_answer(question, text=f"{OWN_WORDS}{number}")
        Proposal.objects.create(
            question=question,
            sample=sample,
            key="variance",
            kind="says_it",
            text=f"words {number}",
            author=author,
        )

    def get():
        return interviewer_client.get(url(name, question.pk))

    row(1)
    get()
    with CaptureQueriesContext(connection) as captured:
        get()
    one_row = len(captured)  # the next request empties the log
    row(2)
    row(3)
    get()  # grades the new samples, which is kept
    with django_assert_num_queries(one_row):
        get()


def test_the_review_page_hands_the_selected_words_over(interviewer_client, question):
    answer = factories.graded_answer(question, text=OWN_WORDS)
    page = reverse("admin:interview_interviewsession_review", args=[answer.session_id])
    prefix = f"answer-{answer.pk}"
    sent = {f"{prefix}-seen": "", f"{prefix}-comment": "", f"{prefix}-note": ""}
    for key in ("variance", "saturation"):
        sent |= {
            f"{prefix}-verdict-{key}": "",
            f"{prefix}-comment-{key}": "",
            f"{prefix}-pointed-{key}": "",
        }
    sent |= {f"{prefix}-verdict-variance": "covered", f"{prefix}-pointed-variance": SAYS_VARIANCE}

    assert interviewer_client.post(page, sent).status_code == 302
    assert Proposal.objects.get().text == SAYS_VARIANCE


def test_a_text_kept_twice_is_one_marked_answer(author_client, question):
    for credit in ("1", "0.5"):
        author_client.post(
            url("mark", question.pk), {"text": OWN_WORDS, "kind": "spoken", "mark-variance": credit}
        )
    assert Sample.objects.get().marks == {"variance": 0.5}


def test_marks_stay_on_the_page_when_their_marked_answer_was_removed_meanwhile(
    author_client, question
):
    answer = author_client.post(
        url("mark", question.pk), {"sample": 999, "kind": "spoken", "mark-variance": "1"}
    )
    assert answer["HX-Retarget"] == "#mark-refused"


def test_who_is_signed_out_is_told_in_the_place_of_the_part(author_client, question):
    author_client.logout()
    answer = author_client.post(
        url("try", question.pk),
        {"text": OWN_WORDS},
        headers={"hx-request": "true", "accept-language": "en"},
    )
    assert answer.status_code == 200
    assert "You are signed out" in answer.content.decode()
