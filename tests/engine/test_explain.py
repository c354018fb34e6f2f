"""What an explanation of a grade must show. How it is laid out is free."""

import re
from decimal import Decimal

import pytest

from grading import engine
from grading.engine.explain import explanation
from grading.engine.grader import grading_steps

from .conftest import against, point, says


@pytest.fixture(scope="module")
def norm():
    points = (
        point("k", "训练时用小批量的均值和方差归一化激活值", says("用 mini-batch 的统计量做标准化"),
              against("训练时用全局均值归一化"), weight=3),
        point("l", "推理时使用训练中累积的滑动平均", says("预测阶段用移动平均的统计量"),
              against("推理时用当前批次的统计量"), required=True),
    )  # fmt: skip
    return engine.compile_rubric(engine.Rubric(("批归一化是怎么工作的？",), points))


def explained(text, rubric, **options):
    return explanation(grading_steps(text, rubric, **options))


def section(text, key):
    """The lines on one key point."""
    start = text.index(f"\n{key}: ")
    return text[start : text.index("\n\n", start)]


def test_clauses_are_shown_as_typed_with_those_that_do_not_count(norm):
    text = "推理时用全局均值。不对，推理时使用训练中累積的滑动平均。"
    lines = explained(text, norm).splitlines()
    assert [line.split(maxsplit=1)[1] for line in lines[1:4]] == [
        "推理时用全局均值  [does not count: corrected]",
        "不对  [does not count: corrected]",
        "推理时使用训练中累積的滑动平均",
    ]


def test_what_is_only_set_against_a_claim_is_shown_as_left_out(norm):
    shown = explained("训练时不是用全局均值，而是用小批量的均值和方差归一化激活值。", norm)
    assert "for “not X but Y”: 不是用全局均值，而是" in shown


@pytest.mark.parametrize(
    ("text", "key", "rule"),
    [
        ("训练时用小批量的均值和方差归一化激活值。", "k", "recited"),
        ("训练时不用小批量的均值和方差来归一化激活值。", "k", "denied"),
        ("推理时用当前批次的统计量。", "l", "contradiction"),
        ("训练时用小批量的均值和方差归一化激活值，这种说法是不对的。", "k", "retracted"),
        ("用批里的均值归一化。", "k", "none"),
    ],
)
def test_the_rule_that_decided_a_key_point_is_named(text, key, rule, norm):
    assert f"\n  rule: {rule}\n" in section(explained(text, norm), key)


def test_the_nearest_wording_and_contradiction_are_shown_with_their_clauses(norm):
    shown = section(explained("嗯。预测阶段用移动平均的统计量。", norm), "l")
    assert "best wording: “预测阶段用移动平均的统计量”" in shown
    assert "in clause 2: 预测阶段用移动平均的统计量" in shown
    assert "best contradiction: “推理时用当前批次的统计量”" in shown


def test_features_are_shown_with_what_they_change_the_strongest_first(norm):
    shown = section(explained("用批里的均值归一化。", norm), "k")
    changes = [
        float(found) for found in re.findall(r"^  ([+-][0-9.]+)  \w+ is", shown, re.MULTILINE)
    ]
    assert len(changes) > 2
    assert changes == sorted(changes, key=abs, reverse=True)


def test_guards_are_named_with_what_they_multiply_by(norm):
    text = "批归一化、均值、方差、小批量、滑动平均、训练、推理、激活值"
    assert "Guards: stuffing (probabilities x 0.05)" in explained(text, norm)


def test_the_sample_that_moved_a_probability_is_named(norm):
    text = "用批里的均值归一化。"
    shown = explained(text, norm, samples=[engine.Sample(text, (("k", 1.0),), "copied")])
    assert "corrected by marked answers (most by copied)" in section(shown, "k")


REFERENCE = engine.Rubric(
    ("What is a stack?",), (point("k1", "A stack removes the most recently added element first."),)
)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "不知道。",
        "推理时用当前批次的统计量。",
        "训练时用小批量的均值和方差归一化激活值。",  # the required point is missed: capped
        "训练时用小批量的均值和方差归一化激活值，推理时使用训练中累积的滑动平均。",
        "用批里的均值归一化，推理时好像是平均一下。",
    ],
)
@pytest.mark.parametrize("is_reference", [False, True])
def test_the_arithmetic_adds_up_to_the_score_that_grade_gives(text, is_reference, norm):
    rubric = engine.compile_rubric(REFERENCE) if is_reference else norm
    lines = explained(text, rubric).splitlines()
    result = engine.grade(text, rubric)
    (sum_line,) = [line for line in lines if line.startswith("  100 x (")]
    terms, total, value = re.fullmatch(r"  100 x \((.*)\) / (\S+) = (\S+)", sum_line).groups()
    products = [tuple(map(Decimal, term.split(" x "))) for term in terms.split(" + ")]
    points = 100 * sum(weight * credit for weight, credit in products) / Decimal(total)
    assert sum(weight for weight, _ in products) == Decimal(total)
    assert [float(credit) for _, credit in products] == [p.credit for p in result.key_points]
    assert abs(points - Decimal(value)) <= Decimal("0.0005")
    if any("capped" in line for line in lines):
        assert result.score < points
    else:
        assert abs(points - result.score) <= Decimal("0.05")
    assert lines[-1] == f"  score {result.score}"


@pytest.mark.parametrize("text", ["", "推理时用当前批次的统计量。", "用批里的均值归一化。"])
def test_explaining_takes_the_steps_that_grading_takes(text, norm):
    samples = [engine.Sample("用批里的均值来归一化。", (("k", 1.0),), "near")]
    steps = grading_steps(text, norm, samples=samples)
    assert steps.result == engine.grade(text, norm, samples=samples)
