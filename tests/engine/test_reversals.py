"""Each rule of reversal where it fires, and beside it where something close to it must not."""

import pytest

from grading import engine
from grading.engine import Rule
from grading.engine.answer import index_answer
from grading.engine.reversals import ReversalDetector
from grading.evaluation.bank import shipped_glossary

from .conftest import against, point

STATEMENTS = {
    "lookup": ("How does a hash table work?", ["Lookup takes constant time on average."]),
    "saturation": ("为什么要缩放？", ["避免 softmax 进入梯度很小的饱和区"]),
    "stored": ("What does the cache hold?", ["K and V are stored for every earlier token."]),
    "height": ("What does a B-tree offer?",
               ["Its height grows logarithmically with the number of keys.",
                "Wide nodes reduce the number of disk reads."]),
    "adam": ("Adam 与 SGD 有什么区别？",
             ["Adam 为每个参数自适应地调整学习率", "SGD 的内存开销比 Adam 更小"]),
    "load": ("哈希表的负载因子和冲突处理是怎么回事？",
             ["负载因子越大，平均查找越慢", "链表法把冲突的键挂在链上，开放寻址在桶里找空位",
              "扩容时桶的数量变成两倍", "扩容的代价是 2n 次搬移"]),
    "scale": ("为什么缩放点积注意力？", ["点积除以 √d 使方差为 1"]),
}  # fmt: skip


@pytest.fixture(scope="module")
def rubrics():
    return {
        name: engine.compile_rubric(
            engine.Rubric(
                (prompt,),
                tuple(
                    point(str(number), text, against("与此无关的一句错话"))
                    for number, text in enumerate(statements)
                ),
            ),
            glossary=shipped_glossary(),
        )
        for name, (prompt, statements) in STATEMENTS.items()
    }


@pytest.mark.parametrize(
    ("rubric", "number", "text", "rule"),
    [
        ("lookup", 0, "Lookup does not take constant time on average.", Rule.DENIED),
        # It only supposes that it is so.
        ("lookup", 0, "If lookup does not take constant time on average, resize.", None),
        # A negation of a word that negates by itself.
        ("saturation", 0, "不让 softmax 进入梯度很小的饱和区。", None),
        ("stored", 0, "It is not true that K and V are stored for every earlier token.",
         Rule.SENTENCE_DENIED),
        ("stored", 0, "It is not that K and V are not stored for every earlier token.", None),
        ("height", 0, ("It is not the case that its height, as we saw, grows logarithmically "
         "with the number of keys."), Rule.SENTENCE_DENIED),
        # The denial is of another sentence.
        ("height", 0, ("It is not the case that it is flat. Its height grows logarithmically "
         "with the number of keys."), None),
        ("adam", 1, "Adam 的内存开销比 SGD 更小。", Rule.COMPARED),
        ("adam", 1, "内存开销方面，SGD 比 Adam 更小。", None),  # the same order
        ("adam", 1, "Adam 的内存开销不比 SGD 更小。", None),  # negated: they agree
        ("height", 1, "Wide nodes increase the number of disk reads.", Rule.OPPOSITE),
        ("height", 1, "Wide nodes do not increase the number of disk reads.", None),
        ("height", 1, "With wide nodes its height increases.", None),  # less than the other words
        ("adam", 0, "SGD 为每个参数自适应地调整学习率。", Rule.OTHER_SUBJECT),
        ("adam", 0, "Adam 和 SGD 为每个参数自适应地调整学习率。", None),  # both are named
        ("load", 2, "扩容时桶的数量变成三倍。", Rule.NUMBER),
        ("load", 2, "扩容时桶的数量变成三倍，不，变成两倍。", None),  # its own number is there
        ("load", 3, "扩容的代价是 3n 次搬移。", Rule.FORMULA),
        ("scale", 0, "点积除以 d 的平方，使方差为 1。", Rule.FORMULA),
        ("scale", 0, "点积除以 d 的平方根，使方差为 1。", None),  # the same formula in words
        ("load", 0, "负载因子越大，平均查找越快。", Rule.TREND),
        ("load", 0, "负载因子越小，平均查找越快。", None),  # the converse says the same
        ("load", 1, "链表法在桶里找空位，开放寻址把冲突的键挂在链上。", Rule.SWAPPED),
        ("load", 1, "开放寻址在桶里找空位，链表法把冲突的键挂在链上。", None),
    ],
)  # fmt: skip
def test_a_rule_fires_on_its_reversal_and_not_on_what_is_close_to_it(
    rubric, number, text, rule, rubrics
):
    answer = index_answer(text, rubrics[rubric])
    reversal = ReversalDetector(answer).reversal(answer.view.points[number])
    assert (reversal.rule if reversal else None) is rule


@pytest.mark.parametrize(
    ("text", "affirmed"),
    [
        ("负载因子越小，平均查找越快。", True),  # the converse of the trend
        ("负载因子越大，平均查找越快。", False),
        ("与此无关的一句错话并不成立。", False),
    ],
)
def test_the_converse_of_a_trend_affirms_it(text, affirmed, rubrics):
    answer = index_answer(text, rubrics["load"])
    assert ReversalDetector(answer).affirms(answer.view.points[0]) is affirmed


def test_denying_a_contradiction_affirms_the_point():
    rubric = engine.compile_rubric(
        engine.Rubric(
            ("残差连接有什么用？",),
            (point("k", "残差连接缓解梯度消失", against("残差连接加重梯度消失的问题")),),
        )
    )
    for text, affirmed in (
        ("残差连接并不会加重梯度消失的问题。", True),
        ("残差连接加重梯度消失的问题。", False),
    ):
        answer = index_answer(text, rubric)
        assert ReversalDetector(answer).affirms(answer.view.points[0]) is affirmed
