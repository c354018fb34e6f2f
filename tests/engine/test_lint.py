import pytest

from grading import engine
from grading.engine.lint import lint

from .conftest import against, group, point, says

OFF = "训练时随机将神经元输出置零"
LESS = point("b", "减少共适应，单元不再互相依赖")
WORDS = engine.Glossary(
    groups=(
        ("显存", "GPU memory"),
        ("梯度消失", "vanishing gradient"),
        ("神经元", "unit"),
        ("置零", "清零"),
    ),
    opposites=(("前向", "反向"),),
)


def found(*points, prompt="Dropout 为什么能防止过拟合？"):
    return lint(engine.Rubric((prompt,), points), glossary=WORDS)


def codes(*points, **fields):
    return [(finding.code, finding.keys) for finding in found(*points, **fields)]


def test_a_clean_rubric_has_no_findings():
    clean = point(
        "a",
        "训练时随机将神经元输出置零",
        says("按概率关掉一部分单元"),
        against("训练时保留全部神经元，不做任何丢弃"),
    )
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
    glossary = engine.Glossary(
        groups=(("前向", "forward"), ("反向", "backward")), opposites=(("前向", "反向"),)
    )
    points = (
        point("a", "为了前向信号方差不变，取 1/fan"),
        point("b", "为了反向信号方差不变，取 1/fan"),
    )
    assert "overlap" not in {
        finding.code
        for finding in lint(engine.Rubric(("怎么初始化？",), points), glossary=glossary)
    }


# Each kind with what it is about, and beside it what comes near and is sound.
@pytest.mark.parametrize(
    ("points", "expected"),
    [
        # two key points with one wording: (code, key points, words, the words they are held
        # against)
        ((point("a", OFF, says("按概率关掉一部分单元")), point("b", "减少共适应", says("按概率关掉一部分单元。"))),
         ("in_two_points", ("a", "b"), "按概率关掉一部分单元", "按概率关掉一部分单元。")),
        ((point("a", OFF, says("减少单元的共适应")), point("b", "减少单元的共适应")), ("in_two_points", ("a", "b"), "减少单元的共适应", "减少单元的共适应")),
        ((point("a", OFF, says("把显存降低")), point("b", "模型变小", says("把 GPU memory 减少"))),
         ("in_two_points", ("a", "b"), "把显存降低", "把 GPU memory 减少")),
        ((point("a", OFF, says("随机清零神经元")), point("b", "随机把 unit 置零")), ("in_two_points", ("a", "b"), "随机清零神经元", "随机把 unit 置零")),
        ((point("a", OFF, says("层数深了，网络训练会很困难")), point("b", "网络层数越深越难训练")),
         ("in_two_points", ("a", "b"), "层数深了，网络训练会很困难", "网络层数越深越难训练")),
        ((point("a", OFF, says("按概率关掉一部分单元")), point("b", "减少共适应", says("按比例关掉一部分特征"))), None),
        ((point("a", OFF, says("网络层数变浅，就好训练")), point("b", "网络层数越深越难训练")), None),
        # overlap in other words
        ((point("a", "梯度消失使深层网络难以训练"), point("b", "vanishing gradient 让深层网络很难训练")), ("overlap", ("a", "b"), "", "")),
        ((point("a", "训练中增大学习率会使损失震荡"), point("b", "学习率提高，训练损失就会震荡")), ("overlap", ("a", "b"), "", "")),
        ((point("a", "训练中增大学习率会使损失震荡"), point("b", "训练中减小学习率会使损失震荡")), None),
        ((point("a", "权重梯度的计算量是 2sD²"), point("b", "权重梯度的计算量是 6sD²")), None),
        ((point("a", "训练时会丢弃单元的输出"), point("b", "推理时不会丢弃单元的输出")), None),
        # praise that fits any answer
        ((point("a", "模型效果更好"), LESS), ("generic", ("a",), "", "")),
        ((point("a", "Dropout 的效果很好"), LESS), ("generic", ("a",), "", "")),
        ((point("a", "It improves the model"), point("b", "Units are zeroed at random")), ("generic", ("a",), "", "")),
        ((point("a", "It improves the overall performance of the network"), point("b", "Units are zeroed at random")), ("generic", ("a",), "", "")),
        ((point("a", "模型收敛更快"), LESS), None),
        ((point("a", "It improves calibration"), point("b", "Units are zeroed at random")), None),
        # a contradiction that is in the right statement, or has it within
        ((point("a", f"{OFF}，推理时使用全部神经元", against("推理时使用全部神经元")), LESS),
         ("contradiction_inside", ("a",), "推理时使用全部神经元", f"{OFF}，推理时使用全部神经元")),
        ((point("a", "推理时不丢弃神经元，而是使用全部神经元", against("推理时丢弃神经元")), LESS), None),
        ((point("a", "权重方差取 2/n", against("权重方差取 n")), LESS), None),
        ((point("a", OFF, against(f"{OFF}，推理时也这样")), LESS), ("contradiction_around", ("a",), f"{OFF}，推理时也这样", OFF)),
        ((point("a", OFF, against(f"不是{OFF}")), LESS), None),
        ((point("a", OFF, against(f"{OFF}的说法是错误的")), LESS), None),
        # a contradiction that is the right statement in synonyms
        ((point("a", "学习率增大时训练不稳定", against("学习率提高时训练不稳定")), LESS),
         ("said_and_denied", ("a",), "学习率提高时训练不稳定", "学习率增大时训练不稳定")),
        ((point("a", "学习率增大时训练不稳定", against("学习率降低时训练不稳定")), LESS), None),
        ((point("a", OFF, against("训练时不随机将神经元输出置零")), LESS), None),
        # a contradiction that another key point counts as right
        ((point("a", OFF, against("减少共适应")), point("b", "减少共适应")), ("right_elsewhere", ("a", "b"), "减少共适应", "减少共适应")),
        ((point("a", "减少共适应"), point("b", OFF, against("减少了共适应"))), ("right_elsewhere", ("b", "a"), "减少了共适应", "减少共适应")),
        ((point("a", OFF, against("训练时保留全部神经元")), point("b", "推理时使用全部神经元")), None),
        # the same again, also letter for letter
        ((point("a", OFF, says("按概率关掉一部分单元"), says("按概率关掉一部分单元")), LESS),
         ("same_phrase", ("a",), "按概率关掉一部分单元", "按概率关掉一部分单元")),
        ((point("a", OFF, against("训练时保留全部神经元"), against("训练时保留全部神经元。")), LESS),
         ("same_phrase", ("a",), "训练时保留全部神经元。", "训练时保留全部神经元")),
        ((point("a", OFF, says("按概率关掉一部分单元"), says("先按概率关掉一部分单元")), LESS), None),
        ((point("a", "投影的计算量是 6sD²", against("投影的计算量是 6s²D")), LESS), None),
        # term groups
        ((point("a", OFF, group("训练", "訓練")), LESS), ("same_phrase", ("a",), "訓練", "训练")),
        ((point("a", OFF, group("Ｔraining", "training")), LESS), ("same_phrase", ("a",), "training", "Ｔraining")),
        ((point("a", OFF, group("训练", "训练")), LESS), ("same_phrase", ("a",), "训练", "训练")),
        ((point("a", OFF, group("训练", "的")), LESS), ("empty_phrase", ("a",), "的", "")),
        ((point("a", OFF, group("训练", "随机"), group("随机", "训练")), LESS), ("same_group", ("a",), "随机", "")),
        ((point("a", OFF, group("swap", "swapped", "不"), group("训练", "training")), LESS), None),
    ],
)  # fmt: skip
def test_a_fault_is_named_with_its_two_places_and_a_sound_neighbour_is_not(points, expected):
    findings = [
        (finding.code, finding.keys, finding.phrase, finding.other)
        for finding in found(*points, prompt="Dropout 是什么？")
    ]
    assert findings == ([] if expected is None else [expected])


def test_a_formula_is_what_a_key_point_adds_to_the_question():
    asked = "注意力权重乘 V 的计算量是多少？"
    assert (
        codes(
            point("a", "注意力权重乘 V 的计算量是 2s²D"), point("b", "投影矩阵另算"), prompt=asked
        )
        == []
    )
    assert codes(point("a", "注意力权重乘 V 的计算量"), point("b", "投影矩阵另算"), prompt=asked)[
        0
    ] == ("in_question", ("a",))


def test_every_finding_says_what_to_do():
    findings = lint(
        engine.Rubric(
            ("q",),
            (point("a", "Dropout zeroes units", says("...")), point("b", "Dropout zeroes units")),
        )
    )
    assert findings
    assert all(finding.suggestion.endswith(".") for finding in findings)
    assert all(finding.other in finding.suggestion for finding in findings)
