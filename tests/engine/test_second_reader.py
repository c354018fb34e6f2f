"""A second reader's probabilities count half, before anything is decided.

Guards, verdicts, evidence and reasons are the engine's.
"""

from dataclasses import dataclass

import pytest

from grading import engine
from grading.engine import Verdict, second_reader

from .conftest import against, point, says


@dataclass(frozen=True)
class Says:
    """Finds the same probabilities in any text."""

    probabilities: tuple[float, ...]
    name: str

    def read(self, text, rubric):
        return self.probabilities


YES, NO = Says((1.0,) * 4, "yes-1"), Says((0.0,) * 4, "no-1")


@pytest.fixture(scope="module")
def rubric():
    points = (
        point(
            "k",
            "训练时用小批量的均值和方差归一化激活值",
            says("用 mini-batch 的统计量做标准化"),
            against("训练时用全局均值归一化"),
        ),
        point(
            "l",
            "推理时使用训练中累积的滑动平均",
            says("预测阶段用移动平均的统计量"),
            against("推理时用当前批次的统计量"),
        ),
        point("m", "可以用更大的学习率", says("允许调高学习率"), against("必须用更小的学习率")),
        point(
            "n", "减弱对参数初始化的依赖", says("初始化不用那么讲究"), against("更依赖参数初始化")
        ),
    )
    return engine.compile_rubric(engine.Rubric(("批归一化是怎么工作的？",), points))


def test_both_readers_count_half_and_the_second_is_named(rubric):
    text = "用 batch 里的均值来归一化。"
    alone, up, down = (engine.grade(text, rubric, second=second) for second in (None, YES, NO))
    chances = [sum(p.chance for p in result.key_points) for result in (down, alone, up)]
    assert chances == sorted(set(chances))
    assert alone.score < up.score
    assert (up.engine_version, engine.grade("", rubric, second=YES).engine_version) == (
        f"{engine.ENGINE_VERSION}+yes-1",
    ) * 2


@pytest.mark.parametrize(
    "text",
    ["批归一化、均值、方差、小批量、滑动平均、训练、推理、激活值", "不知道，没有了解过这个。"],
)
def test_what_is_no_answer_stays_worth_nothing(text, rubric):
    assert engine.grade(text, rubric, second=YES).score <= 5


def test_an_answer_in_none_of_the_rubrics_words_is_what_a_second_reader_is_for(rubric):
    text = "栈是后进先出的数据结构，函数调用用它保存返回地址，队列是先进先出的。"
    result = engine.grade(text, rubric, second=YES)
    assert {p.verdict for p in result.key_points} == {Verdict.PARTIAL}
    assert {"off_topic", "low_confidence"} <= set(result.reasons)
    assert result.needs_review


@pytest.mark.parametrize("text", ["推理时用当前批次的统计量。", "推理时统计当前批次。"])
def test_a_contradiction_stays_one(text, rubric):
    result = engine.grade(text, rubric, second=YES)
    contradicted = result.key_points[1]
    assert (contradicted.verdict, contradicted.credit, contradicted.matched) == (
        Verdict.CONTRADICTED,
        0.0,
        "推理时用当前批次的统计量",
    )
    assert "contradiction" in result.reasons


def test_a_point_mixed_down_to_missed_shows_nothing_and_one_mixed_up_its_evidence(rubric):
    text = "推理时攒着。"
    up, down = (engine.grade(text, rubric, second=second).key_points[1] for second in (YES, NO))
    assert (up.verdict, bool(up.evidence), bool(up.matched)) == (Verdict.COVERED, True, True)
    assert (down.verdict, down.evidence, down.matched) == (Verdict.MISSED, (), None)


def test_disagreement_makes_a_grade_doubtful(rubric):
    text = "梯度下降每次走一小步，走多少由人来定。"
    assert "low_confidence" not in engine.grade(text, rubric, second=NO).reasons
    assert "low_confidence" in engine.grade(text, rubric, second=YES).reasons


@pytest.mark.parametrize("mark", [0.0, 1.0])
def test_a_marked_copy_is_believed_more_than_both_readers(mark, rubric):
    text = "归一化就是除以方差。"
    samples = [engine.Sample(text, (("k", mark),), "copy")]
    for second in (YES, NO):
        copied = engine.grade(text, rubric, samples=samples, second=second).key_points[0]
        assert (copied.credit, copied.chance) == (mark, pytest.approx(mark, abs=0.002))


def test_chances_outside_0_to_1_are_brought_inside(rubric):
    text = "用 batch 里的均值来归一化。"
    wild = Says((7.0, -3.0, float("nan"), 0.5), "x")
    assert engine.grade(text, rubric, second=wild) == engine.grade(
        text, rubric, second=Says((1.0, 0.0, 0.0, 0.5), "x")
    )


def test_a_reader_must_give_one_chance_per_key_point(rubric):
    with pytest.raises(ValueError, match="'short-1' gave 2 probabilities for 4 key points"):
        engine.grade("均值。", rubric, second=Says((1.0, 1.0), "short-1"))


def test_a_name_is_registered_once(monkeypatch):
    monkeypatch.setattr(second_reader, "_registry", {})
    second_reader.register("yes", lambda: YES)
    assert second_reader.get_reader("yes") is YES
    with pytest.raises(ValueError, match="registered already"):
        second_reader.register("yes", lambda: YES)
    with pytest.raises(LookupError, match="no reader named 'no'; known: yes"):
        second_reader.get_reader("no")
