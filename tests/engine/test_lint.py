import pytest

from grading import engine
from grading.engine.lint import lint

from .conftest import against, point, says


def codes(*points, prompt="Dropout 为什么能防止过拟合？"):
    return [(finding.code, finding.keys) for finding in lint(engine.Rubric((prompt,), points))]


def test_a_clean_rubric_has_no_findings():
    clean = point("a", "训练时随机将神经元输出置零", says("按概率关掉一部分单元"), against("训练时保留全部神经元，不做任何丢弃"))
    assert codes(clean, point("b", "减少共适应，单元不再互相依赖")) == []


@pytest.mark.parametrize(
    ("points", "expected"),
    [
        ((point("a", "训练时随机将神经元输出置零"), point("b", "训练时随机将神经元的输出都置零")), ("overlap", ("a", "b"))),
        ((point("a", "Dropout 能防止过拟合"), point("b", "训练时随机置零神经元")), ("in_question", ("a",))),
        ((point("a", "训练时随机将神经元输出置零", says("训练时，随机将神经元输出置零！")), point("b", "减少共适应")), ("same_phrase", ("a",))),
        ((point("a", "训练时随机将神经元输出置零", says("……")), point("b", "减少共适应")), ("empty_phrase", ("a",))),
        ((point("a", "训练时随机将神经元输出置零", says("零")), point("b", "减少共适应")), ("short_phrase", ("a",))),
        ((point("a", "编码器读取整个句子", against("编码器读取整个句子。")), point("b", "减少共适应")), ("said_and_denied", ("a",))),
        ((point("a", "编码器把结果送给解码器使用", against("解码器把结果送给编码器使用")), point("b", "减少共适应")), ("contradiction_matches", ("a",))),
        ((point("a", "随机置零能减少共适应"), point("b", "训练时随机置零神经元"), point("c", "减少共适应，单元不再互相依赖")), ("met_by_anyone", ("a",))),
    ],
)  # fmt: skip
def test_what_an_author_should_mend_is_found(points, expected):
    assert expected in codes(*points)


def test_opposite_key_points_do_not_overlap():
    glossary = engine.Glossary(groups=(("前向", "forward"), ("反向", "backward")), opposites=(("前向", "反向"),))
    points = (point("a", "为了前向信号方差不变，取 1/fan"), point("b", "为了反向信号方差不变，取 1/fan"))
    assert "overlap" not in {finding.code for finding in lint(engine.Rubric(("怎么初始化？",), points), glossary=glossary)}


def test_every_finding_says_what_to_do():
    findings = lint(engine.Rubric(("q",), (point("a", "Dropout zeroes units", says("...")), point("b", "Dropout zeroes units"))))
    assert findings
    assert all(finding.suggestion.endswith(".") for finding in findings)
