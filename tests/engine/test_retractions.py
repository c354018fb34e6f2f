"""What a speaker takes back, calls wrong, tells as others' mistake or only sets against a claim does not count."""

import pytest

from grading import engine
from grading.engine.retractions import Retraction, resolve_contrastive_negation, retractions_in
from grading.engine.text import tokenize
from grading.evaluation.bank import bank_samples


def retractions_of(text):
    return retractions_in(resolve_contrastive_negation(tokenize(text)))


def said(text):
    """What is left of a text, clause by clause."""
    tokenized = resolve_contrastive_negation(tokenize(text))
    retracted = retractions_in(tokenized)
    bounds = zip(tokenized.clause_starts, tokenized.clause_starts[1:], strict=False)
    clauses = [text[tokenized.starts[first] : tokenized.ends[last - 1]] for first, last in bounds]
    return [clause for number, clause in enumerate(clauses) if number not in retracted]


@pytest.mark.parametrize(
    ("text", "left", "reason"),
    [
        # A correction takes the claim before it, and of that sentence what is said again otherwise.
        (
            "点积的方差是 d，所以要除以 d。不对，是除以 √d。",
            ["点积的方差是 d", "是除以 √d"],
            Retraction.CORRECTED,
        ),
        (
            "前者放在子层之前，后者放在之后。不对，前者放在之后，后者放在之前。",
            ["前者放在之后", "后者放在之前"],
            Retraction.CORRECTED,
        ),
        (
            "维度越大方差越小。不，应该是维度越大方差越大。",
            ["应该是维度越大方差越大"],
            Retraction.CORRECTED,
        ),
        (
            "The variance shrinks with d — sorry, it grows with d.",
            ["it grows with d"],
            Retraction.CORRECTED,
        ),
        ("I think it doubles. No, it halves.", ["it halves"], Retraction.CORRECTED),
        ("要除以 d 吗？不是，要除以根号 d。", ["要除以根号 d"], Retraction.CORRECTED),
        # A reversal takes all of the sentence.
        ("前者放在子层之前，后者放在之后。不对，我说反了。", [], Retraction.CORRECTED),
        (
            (
                "Training uses running averages and inference uses batch statistics. Wait, no, "
                "other way round."
            ),
            [],
            Retraction.CORRECTED,
        ),
        # A verdict on what was said.
        (
            "有人说推理时用当前批次的统计量，这是错误的，推理时用滑动平均。",
            ["推理时用滑动平均"],
            Retraction.DISCLAIMED,
        ),
        ("有论文说它让曲面更平滑，我认为这个说法不对。", [], Retraction.DISCLAIMED),
        ("它要求内存连续，我不同意。", [], Retraction.DISCLAIMED),
        (
            "People claim it needs contiguous memory. That's simply wrong.",
            [],
            Retraction.DISCLAIMED,
        ),
        (
            "说残差连接放大梯度是错误的，它给梯度留了一条直路。",
            ["它给梯度留了一条直路"],
            Retraction.REJECTED,
        ),
        (
            "The claim that dropout is active at inference is wrong; it is switched off.",
            ["it is switched off"],
            Retraction.REJECTED,
        ),
        # A mistake told as such, up to the turn.
        ("很多人以为要除以 d，其实应该除以 √d。", ["其实应该除以 √d"], Retraction.MISCONCEPTION),
        (
            "It is a common misconception that dropout stays on, but in fact it is off.",
            ["but in fact it is off"],
            Retraction.MISCONCEPTION,
        ),
    ],
)
def test_only_what_the_speaker_stands_by_is_left(text, left, reason):
    assert said(text) == left
    assert set(retractions_of(text).values()) == {reason}


@pytest.mark.parametrize(
    "text",
    [
        "如果预测是错的，损失就大",
        "模型会误认为 padding 是有效的 token，所以要加 mask",
        "这两者正好相反，不对称",
        "LayerNorm 对每个样本的特征归一化，不对 batch 维度求统计量",
        "点积的方差随维度增大，如果不对点积缩放，softmax 会饱和",
        "初始化尺度不对，信息传不到后面",
        "方差大的时候接近 one-hot，反过来，方差小的时候梯度正常",
        "一般来说，如果特征之间相关，独立性假设就不成立",
        "缓存的是键和值，Q 其实没有缓存的必要",
        "这样大家可以为每个头用不同的投影，参数量不变",
        "标注员是人，所以为了一致性要写指南",
        "学习率太大，方向反了",
        "L1 gives sparse weights, L2 does the opposite",
        "Encoders see both sides, the opposite holds for decoders",
        "A thread can acquire, wait, and release",
        "Softmax saturates, no, scaling is not optional",
        "Dropout is not used at inference, but in training units are dropped",
        "The student sees which wrong answers are less wrong",
        "Same architecture, ten times the data, no NSP",
        "It is Xavier corrected for ReLU",
    ],
)
def test_words_that_only_look_like_a_correction_take_nothing_back(text):
    assert "".join(said(text)).replace(" ", "") == text.replace("，", "").replace(", ", "").replace(
        " ", ""
    )


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("Q 不是来自编码器，而是来自解码器", "q 来 自 解 码 器"),
        ("Q is not taken from the encoder but from the decoder", "q is the decod"),
        ("不是因为慢，而是因为显存不够", "因 为 显 存 不 够"),
        ("这不是很快，是慢", "这 不 是 很 快 是 慢"),  # "not very" sets nothing against anything
    ],
)
def test_not_x_but_y_is_read_as_y(text, tokens):
    assert " ".join(resolve_contrastive_negation(tokenize(text)).tokens) == tokens


def test_nothing_the_bank_says_is_taken_back():
    rubrics, _, _ = bank_samples()
    points = [point for rubric in rubrics.values() for point in rubric.key_points]
    statements = [
        phrase.text
        for point in points
        for phrase in point.phrases
        if phrase.kind != engine.PhraseKind.TERM_GROUP
    ]
    texts = [*statements, *(text for point in points for text in point.texts)]
    assert [text for text in texts if retractions_of(text)] == []
