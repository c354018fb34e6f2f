"""Key points proposed from a model answer: a draft with wordings from the glossary, never more."""

import pytest

from questions.models import Rubric, Term
from questions.services.drafting import (
    NothingToDraftError,
    clauses_of,
    draft_from_model_answer,
    sentences_of,
)
from tests import factories

pytestmark = pytest.mark.django_db


def drafted(author, **fields):
    return draft_from_model_answer(
        factories.QuestionFactory(**fields), author=author, note="proposed"
    )


def test_sentences_in_both_languages_become_key_points_side_by_side(author):
    draft = drafted(
        author,
        model_answer_zh="点积的方差随维度增大。不缩放会让 softmax 饱和；梯度就消失了。",
        model_answer_en="The variance grows with d. Unscaled, the softmax saturates at 0.99. Gradients vanish.",
    )

    assert draft.status == Rubric.Status.DRAFT
    assert draft.note == "proposed"
    assert [(point.key, point.text_zh, point.text_en) for point in draft.key_points.all()] == [
        ("proposed-1", "点积的方差随维度增大", "The variance grows with d"),
        ("proposed-2", "不缩放会让 softmax 饱和", "Unscaled, the softmax saturates at 0.99"),
        ("proposed-3", "梯度就消失了", "Gradients vanish"),
    ]


def test_languages_that_do_not_pair_up_are_not_mixed(author):
    draft = drafted(
        author,
        model_answer_zh="方差随维度增大。梯度会消失。",
        model_answer_en="All in one sentence.",
    )

    assert [(point.text_zh, point.text_en) for point in draft.key_points.all()] == [
        ("方差随维度增大", ""),
        ("梯度会消失", ""),
    ]


def test_wordings_come_from_the_glossary(author):
    Term.objects.create(words="梯度消失\nvanishing gradient\n梯度弥散")
    Term.objects.create(words="饱和\nsaturation")
    Term.objects.create(words="AT\nattention")
    draft = drafted(author, model_answer_zh="饱和让梯度消失，statement 一样", model_answer_en="")

    phrases = draft.key_points.get().phrases.values_list("kind", "text")

    assert ("says_it", "饱和让 vanishing gradient，statement 一样") in phrases
    assert ("says_it", "饱和让梯度弥散，statement 一样") in phrases
    assert [text for kind, text in phrases if kind == "term_group"] == [
        "梯度消失\nvanishing gradient\n梯度弥散",
        "饱和\nsaturation",
    ]


def test_english_sentences_get_english_words_and_spellings_that_are_one_only_once(author):
    Term.objects.create(words="自回归\nautoregressive\nauto-regressive\nleft-to-right")
    draft = drafted(
        author, model_answer_zh="", model_answer_en="It speeds up autoregressive decoding."
    )
    assert [phrase.text for phrase in draft.key_points.get().phrases.all()] == [
        "It speeds up left-to-right decoding"
    ]


def test_a_part_of_a_longer_term_is_not_replaced(author):
    Term.objects.create(words="梯度\ngradient")
    Term.objects.create(words="梯度裁剪\ngradient clipping")
    draft = drafted(author, model_answer_zh="梯度裁剪限制范数", model_answer_en="")
    assert [phrase.text for phrase in draft.key_points.get().phrases.all()] == [
        "gradient clipping 限制范数"
    ]


def test_key_points_that_are_there_are_never_replaced(author):
    with pytest.raises(NothingToDraftError):
        draft_from_model_answer(factories.published_question(), author=author, note="")
    with pytest.raises(NothingToDraftError):
        drafted(author, model_answer_zh="", model_answer_en="")
    assert not Rubric.objects.filter(status=Rubric.Status.DRAFT).exists()


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("", []),
        ("好。", []),
        ("第一句话。第二句话！", ["第一句话", "第二句话"]),
        ("It is 0.5 at most. Not more.", ["It is 0.5 at most", "Not more"]),
        ("没有句号的一段\n另外一段", ["没有句号的一段", "另外一段"]),
    ],
)
def test_sentences(text, sentences):
    assert sentences_of(text) == sentences


def test_parts_of_long_sentences_are_clauses_too():
    long = "，".join(f"这是第{n}个不短的分句" for n in range(8))

    assert "这是第3个不短的分句" in clauses_of(long)
    assert long in clauses_of(long)
