from decimal import Decimal

import pytest

from grading import engine


def point(key, text, *phrases, weight=1, required=False):
    return engine.KeyPoint(key, (text,), Decimal(weight), required, tuple(phrases))


def says(text):
    return engine.Phrase(text)


def group(*words):
    return engine.Phrase("\n".join(words), engine.PhraseKind.TERM_GROUP)


def against(text):
    return engine.Phrase(text, engine.PhraseKind.CONTRADICTS)


@pytest.fixture(scope="session")
def dropout():
    return engine.compile_rubric(
        engine.Rubric(
            ("Dropout 是怎么做的，为什么能防止过拟合？",),
            (
                point("k1", "训练时以一定概率随机将神经元的输出置零", says("训练中随机丢弃一部分神经元"), group("训练", "training"),
                      group("随机", "按概率"), against("推理时随机丢弃神经元")),
                point("k2", "推理时不丢弃，使用全部神经元", says("预测阶段关闭 dropout，保留所有单元"), group("推理", "预测", "测试"),
                      group("全部", "所有", "关闭"), against("推理时也要随机丢弃")),
                point("k3", "相当于训练了许多子网络再做平均，类似集成学习", says("近似多个子模型的集成"), group("子网络", "子模型"),
                      group("集成", "平均"), against("只训练一个固定的子网络")),
                point("k4", "减少神经元之间的共适应，不过分依赖某一个", says("打破神经元的相互依赖"), group("共适应", "依赖"),
                      group("神经元", "单元", "特征"), against("让神经元更加相互依赖")),
            ),
        )
    )  # fmt: skip


@pytest.fixture(scope="session")
def stack():
    return engine.compile_rubric(
        engine.Rubric(
            ("How do a stack and a queue differ, and what are they used for?",),
            (
                point("k1", "A stack removes the most recently added element first.", says("last in, first out"), says("LIFO"),
                      against("a stack is first in, first out")),
                point("k2", "A queue removes the oldest element first.", says("first in, first out"), says("FIFO"),
                      against("a queue returns the newest element first")),
                point("k3", "Function calls and undo histories use a stack.", says("call stack for nested functions"),
                      against("function calls are kept in a queue")),
                point("k4", "Task scheduling and breadth-first search use a queue.", says("BFS keeps its frontier in a queue"),
                      against("breadth-first search needs a stack")),
            ),
        )
    )  # fmt: skip
