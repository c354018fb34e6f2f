"""A pasted model answer earns what it says, and a person is told."""

import pytest

from grading import engine
from grading.engine import Reason
from grading.evaluation.bank import bank_model_answers, bank_samples, shipped_glossary

from .conftest import point

MODEL = (
    "训练时，每一步都以概率 p "
    "随机把一部分神经元的输出置零，等于每次训练原网络的一个子网络。推理时不再丢弃，全部神经元都参与，"
    "相当于把许多子网络的结果平均起来，因此类似集成学习。单元不能指望某个同伴总在场，共适应减弱，过拟合也就轻了。"
)
ENGLISH = (
    "At every training step a random share of the units is zeroed, so each step trains another "
    "thinned network. At test time nothing "
    "is dropped and all units take part, which resembles averaging an ensemble of those "
    "networks and keeps units from co-adapting."
)


@pytest.fixture(scope="module")
def rubric():
    points = (
        point("a", "训练时随机将神经元的输出置零"),
        point("b", "推理时使用全部神经元"),
        point("c", "减少神经元之间的共适应"),
    )
    return engine.compile_rubric(
        engine.Rubric(("Dropout 为什么能防止过拟合？",), points, (MODEL, ENGLISH))
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (MODEL, True),
        (ENGLISH, True),
        ("我的回答：" + MODEL + "就这些。", True),
        (MODEL.replace("概率 p", "一定比例").replace("轻了", "缓解了"), True),
        (ENGLISH.replace("a random share", "some part").replace("resembles", "is like"), True),
        (MODEL.partition("推理时")[0] * 2, True),  # one sentence of it, twice
        (MODEL.partition("推理时")[0] + "到了线上就把它关掉，谁都不许缺席，好比请一群老师投票，谁也不会偷懒靠别人抄作业，所以不容易死记训练题。", False),
        ("训练的时候按概率随机丢掉一些神经元，推理的时候全用上，就像很多子网络取平均，还能减弱神经元之间的共适应，所以过拟合少。", False),
        ("推理时不再丢弃，全部神经元都参与", False),  # short answers come out the same
    ],
)  # fmt: skip
def test_an_answer_pasted_from_the_model_answer_is_shown_to_a_person(text, expected, rubric):
    result = engine.grade(text, rubric)
    assert (Reason.COPIED in result.reasons) is expected
    assert result.needs_review or not expected


def test_being_pasted_takes_nothing_off(rubric):
    plain = engine.compile_rubric(engine.Rubric(rubric.rubric.prompts, rubric.rubric.key_points))
    assert engine.grade(MODEL, rubric).score == engine.grade(MODEL, plain).score


def test_every_model_answer_of_the_bank_is_known_again_and_no_sample_is_taken_for_one():
    rubrics, _, samples = bank_samples()
    compiled = {
        qid: engine.compile_rubric(rubric, glossary=shipped_glossary())
        for qid, rubric in rubrics.items()
    }

    def flagged(answers):
        return [
            answer.aid
            for answer in answers
            if Reason.COPIED in engine.grade(answer.text, compiled[answer.qid]).reasons
        ]

    pasted = bank_model_answers()
    assert flagged(pasted) == [answer.aid for answer in pasted]
    assert flagged(samples[::7]) == []
