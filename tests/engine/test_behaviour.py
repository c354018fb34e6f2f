"""What the engine must see in an answer, as a table.

The statement, the key point, and whether it earns that point.
"""

import pytest

from grading import engine
from grading.engine import PhraseKind, Rule, Verdict
from grading.evaluation.bank import bank_rubric, shipped_glossary

from .conftest import against, group, point, says


def compiled(prompt, *points):
    return engine.compile_rubric(engine.Rubric((prompt,), points), glossary=shipped_glossary())


@pytest.fixture(scope="module")
def rubrics():
    return {
        "norm": compiled(
            "批归一化是怎么工作的？",
            point("k", "训练时用小批量的均值和方差归一化激活值", says("用 mini-batch 的统计量做标准化"), against("训练时用全局均值归一化")),
            point("l", "推理时使用训练中累积的滑动平均", says("预测阶段用移动平均的统计量"), against("推理时用当前批次的统计量")),
        ),
        "adam": compiled(
            "Adam 与 SGD 有什么区别？",
            point("k", "Adam 为每个参数自适应地调整学习率", says("每个参数有自己的步长"), against("Adam 对所有参数用同一个学习率")),
            point("l", "SGD 的内存开销比 Adam 小", says("SGD 不用保存二阶矩"), against("SGD 的内存开销比 Adam 大")),
        ),
        "hash": compiled(
            "How does a hash table work?",
            point("k", "A hash function maps each key to a bucket.", says("the key's hash picks the slot")),
            point("l", "Lookup takes constant time on average.", says("O(1) expected access"), against("lookup takes linear time on average")),
            point("m", "Collisions are resolved by chaining or probing.", says("linked lists per bucket"), against("collisions cannot happen")),
        ),
        "scale": compiled(
            "为什么缩放点积注意力？",
            point("k", "点积除以 √d 使方差为 1", says("除以根号 d_k"), against("乘以 √d")),
            point("l", "避免 softmax 进入梯度很小的饱和区", says("防止 softmax 饱和导致梯度消失"), against("让 softmax 更加饱和")),
        ),
        "deep": compiled(
            "为什么深层网络难训练？",
            point("k", "反向传播时出现梯度消失", says("梯度逐层变小"), against("前向传播时出现梯度消失")),
            point("l", "残差连接缓解这个问题", says("跳跃连接让梯度直接通过"), against("残差连接加重这个问题")),
        ),
        "coder": compiled(
            "编码器和解码器各做什么？",
            point("k", "编码器读取输入并生成表示", says("编码器把输入变成向量"), against("编码器逐个生成输出")),
            point("l", "解码器根据表示生成输出序列", says("解码器逐个产生输出词"), against("解码器读取输入序列")),
        ),
        "load": compiled(
            "哈希表的负载因子和冲突处理是怎么回事？",
            point("k", "负载因子越大，平均查找越慢", says("装得越满查得越慢"), against("负载因子越大查找越快")),
            point("l", "链表法把冲突的键挂在链上，开放寻址在桶里找空位", says("拉链法用链表存冲突的键，开放寻址法另找空桶"), against("两种方法都用链表")),
            point("m", "扩容时桶的数量变成两倍", says("每次扩容翻倍"), against("每次扩容只加一个桶")),
            point("n", "扩容的代价是 2n 次搬移", says("搬 2n 次"), against("扩容不用搬移")),
        ),
        "tree": compiled(
            "What does a B-tree offer?",
            point("k", "Its height grows logarithmically with the number of keys.", says("O(log n) depth"), against("its height grows linearly")),
            point("l", "Wide nodes reduce the number of disk reads.", says("few page accesses"), against("wide nodes increase disk reads")),
        ),
    }  # fmt: skip


def result_of(text, rubric, key):
    return next(point for point in engine.grade(text, rubric).key_points if point.key == key)


@pytest.mark.parametrize(
    ("rubric", "key", "text"),
    [
        ("norm", "k", "训练的时候用小批量的均值方差来归一化，推理的时候改用滑动平均。"),
        (
            "norm",
            "l",
            "訓練時用小批量的均值和方差歸一化激活值，推理時使用累積的滑動平均。",
        ),  # traditional characters
        (
            "norm",
            "k",
            (
                "Training 时用 mini-batch 的 mean 和 variance 做 normalization，inference 用 moving "
                "average。"
            ),
        ),  # two languages
        (
            "norm",
            "l",
            (
                "Training 时用 mini-batch 的 mean 和 variance 做 normalization，inference 用 moving "
                "average。"
            ),
        ),
        ("adam", "k", "ＡＤＡＭ 为每个参数自适应地调整学习率。"),  # full width
        ("hash", "k", "A hsah functoin maps each key to a bukcet."),  # typos
        ("hash", "l", "On average lookups run in O(1)."),  # a formula for words
        (
            "hash",
            "m",
            "Collisions do not go away by themselves; they are resolved by chaining.",
        ),  # a negation of something else
        ("tree", "k", "Depth is O(log n) in the number of keys."),
        ("scale", "k", "把点积除以根号 d，方差保持为一。"),  # a formula spoken
        ("scale", "k", "点积要除以 sqrt(d)，这样方差就是 1。"),
        ("deep", "k", "返向传波的时候会出现踢度消失。"),  # homophones
        ("deep", "k", "Backprop suffers from vanishing gradients."),  # glossary and abbreviation
        (
            "deep",
            "l",
            "残差连接加重这个问题，不对，说反了，残差连接缓解这个问题。",
        ),  # the last claim counts
        (
            "hash",
            "l",
            (
                "Lookup takes linear time, no wait, the opposite: lookup takes constant time on "
                "average."
            ),
        ),
        ("adam", "l", "Adam 给每个参数自适应地调学习率，而且 SGD 内存开销更小。"),
        ("coder", "l", "编码器读取输入并生成表示，解码器根据表示生成输出序列。"),
        (
            "deep",
            "k",
            "反向传播的时候会出现梯度消失，残差连接可以缓解。",
        ),  # a contradiction that differs in common characters alone
        ("deep", "l", "没有残差连接就不能缓解这个问题。"),  # two negations
        (
            "tree",
            "l",
            (
                "The height grows logarithmically with the number of keys, and the wide nodes mean "
                "fewer disk reads."
            ),
        ),
        (
            "tree",
            "k",
            (
                "Its height grows logarithmically with the number of keys, but not the other way "
                "round."
            ),
        ),
    ],
)
def test_a_right_statement_is_credited_however_it_is_worded(rubric, key, text, rubrics):
    assert result_of(text, rubrics[rubric], key).verdict in (Verdict.COVERED, Verdict.PARTIAL)


@pytest.mark.parametrize(
    ("rubric", "key", "text", "rule"),
    [
        ("norm", "l", "推理时用当前批次的统计量，不用滑动平均。", Rule.CONTRADICTION),
        ("adam", "k", "Adam 对所有参数用同一个学习率。", Rule.CONTRADICTION),
        ("hash", "l", "Lookup takes linear time on average.", Rule.CONTRADICTION),
        ("hash", "l", "Lookup takes O(n) on average.", Rule.NEAR_CONTRADICTION),  # a wrong formula
        (
            "hash",
            "l",
            "Lookup takes constant time on average. No wait, lookup takes linear time on average.",
            Rule.CONTRADICTION,
        ),
        ("tree", "k", "Its height grows linearly with the number of keys.", Rule.CONTRADICTION),
        ("tree", "l", "Wide nodes increase the number of disk reads.", Rule.OPPOSITE),  # direction
        ("scale", "k", "点积乘以 √d，使方差为 1。", Rule.CONTRADICTION),
        ("deep", "k", "前向传播时出现梯度消失。", Rule.OPPOSITE),  # direction
        ("deep", "l", "残差连接加重了这个问题。", Rule.CONTRADICTION),  # antonym
        (
            "norm",
            "k",
            "训练时不用小批量的均值和方差来归一化激活值。",
            Rule.DENIED,
        ),  # the point itself, denied
        ("deep", "l", "残差连接并不能缓解这个问题。", Rule.DENIED),
        ("hash", "l", "Lookup does not take constant time on average.", Rule.DENIED),
        (
            "hash",
            "m",
            "It isn't true that collisions are resolved by chaining or probing.",
            Rule.SENTENCE_DENIED,
        ),
        (
            "tree",
            "k",
            "Its height never grows logarithmically with the number of keys.",
            Rule.DENIED,
        ),
        (
            "tree",
            "k",
            (
                "It is not the case that its height, as we saw, grows logarithmically with the "
                "number of keys."
            ),
            Rule.SENTENCE_DENIED,
        ),
        ("adam", "k", "SGD 为每个参数自适应地调整学习率。", Rule.OTHER_SUBJECT),  # said of another
        ("adam", "l", "Adam 的内存开销比 SGD 小。", Rule.COMPARED),  # compared the other way round
        ("coder", "l", "解码器读取输入并生成表示，编码器根据表示生成输出序列。", Rule.OPPOSITE),
        ("scale", "k", "点积除以 d 的平方，使方差为 10。", Rule.FORMULA),  # a wrong number
        # In words of its own, nearer to the contradiction than to the statement ...
        ("adam", "k", "Adam 让全部参数共用同一个学习率。", Rule.CLOSER_TO_CONTRADICTION),
        ("tree", "k", "The height increases linearly in the keys.", Rule.CLOSER_TO_CONTRADICTION),
        # ... or with the opposite of one of the statement's words, and less than all the others.
        ("coder", "k", "编码器写入输出并生成表示。", Rule.OPPOSITE_WORD),
    ],
)
def test_a_wrong_statement_is_contradicted_and_shown(rubric, key, text, rule, rubrics):
    result = result_of(text, rubrics[rubric], key)
    assert (result.verdict, result.credit, result.rule) == (Verdict.CONTRADICTED, 0.0, rule)
    assert result.evidence


def test_a_negation_in_other_words_is_no_denial(rubrics):
    text = "点积要除以 sqrt(d)，这样方差就是 1，不会让 softmax 饱和而梯度变得很小。"
    assert result_of(text, rubrics["scale"], "l").verdict is not Verdict.CONTRADICTED


@pytest.mark.parametrize(
    ("rubric", "key", "text", "rule"),
    [
        ("scale", "k", "点积除以 d 之后方差为 1。", Rule.FORMULA),  # the root is missing
        ("scale", "k", "点积除以 d 的平方，使方差为 1。", Rule.FORMULA),
        ("load", "k", "负载因子越大，平均查找越快。", Rule.TREND),  # what rises with what
        ("load", "k", "负载因子越小，平均查找越慢。", Rule.TREND),
        (
            "load",
            "l",
            "链表法在桶里找空位，开放寻址把冲突的键挂在链上。",
            Rule.SWAPPED,
        ),  # two things have changed places
        ("load", "m", "扩容时桶的数量变成三倍。", Rule.NUMBER),  # a number in words
        ("load", "n", "扩容的代价是 3n 次搬移。", Rule.FORMULA),  # a formula's number
        ("scale", "k", "点积除以 √d 使方差为 1，我不同意。", Rule.RETRACTED),
    ],
)
def test_a_formula_a_trend_or_a_place_got_wrong_earns_nothing(rubric, key, text, rule, rubrics):
    result = result_of(text, rubrics[rubric], key)
    assert result.verdict in (Verdict.MISSED, Verdict.CONTRADICTED)
    assert result.rule is rule


@pytest.mark.parametrize(
    ("key", "text", "rule"),
    [
        ("k", "负载因子越大，平均查找越慢。", Rule.RECITED),
        ("k", "负载因子越小，平均查找越快。", Rule.AFFIRMED),  # the converse says the same
        ("l", "开放寻址在桶里找空位，链表法把冲突的键挂在链上。", None),
        (
            "l",
            "链表法不是在桶里找空位，而是把冲突的键挂在链上；开放寻址在桶里找空位。",
            Rule.RECITED,
        ),
        ("m", "扩容时桶的数量变成两倍。", Rule.RECITED),
        ("n", "扩容的代价是 2n 次搬移。", Rule.RECITED),
        ("k", "负载因子越大查找越快。不对，我说反了，负载因子越大，平均查找越慢。", Rule.RECITED),
    ],
)
def test_the_same_said_right_earns_the_point(key, text, rule, rubrics):
    result = result_of(text, rubrics["load"], key)
    assert result.verdict in (Verdict.COVERED, Verdict.PARTIAL)
    assert result.rule is rule


def test_a_claim_in_the_questions_own_words_is_no_echo(rubrics):
    result = engine.grade("编码器读取输入并生成表示，解码器根据表示生成输出。", rubrics["coder"])
    assert "echo" not in result.reasons
    assert result.score > 60


@pytest.mark.parametrize(
    ("key", "text", "rule"),
    [
        ("k", "训练时用小批量的均值和方差归一化激活值，这种说法是不对的。", Rule.RETRACTED),
        ("l", "推理时使用训练中累积的滑动平均。这是错误的。", Rule.RETRACTED),
    ],
)
def test_a_statement_quoted_only_to_be_called_wrong_earns_nothing(key, text, rule, rubrics):
    result = result_of(text, rubrics["norm"], key)
    assert (result.verdict, result.rule) == (Verdict.MISSED, rule)


def test_a_point_that_the_model_alone_decides_names_no_rule(rubrics):
    results = engine.grade("A hsah functoin maps each key to a bukcet.", rubrics["hash"]).key_points
    assert [(point.verdict, point.rule) for point in results] == [
        (Verdict.COVERED, None),
        (Verdict.MISSED, None),
        (Verdict.MISSED, None),
    ]


def test_a_model_answer_as_a_whole_knows_no_rules():
    reference = compiled(
        "What is a stack?", point("k", "A stack returns the newest element first.")
    )
    (result,) = engine.grade("A stack returns the newest element first.", reference).key_points
    assert (result.verdict, result.rule) == (Verdict.COVERED, None)


@pytest.mark.parametrize(
    "text",
    [
        "反向传播时出现梯度消失，残差连接缓解这个问题，并不是残差连接加重这个问题。",
        "残差连接缓解这个问题，而不会让残差连接加重这个问题。",
    ],
)
def test_denying_a_contradiction_contradicts_nothing(text, rubrics):
    assert result_of(text, rubrics["deep"], "l").verdict in (Verdict.COVERED, Verdict.PARTIAL)


def test_a_point_the_answer_says_nothing_of_is_missed_and_not_contradicted(rubrics):
    assert (
        result_of("用 mini-batch 的统计量做标准化。", rubrics["norm"], "l").verdict
        is Verdict.MISSED
    )


@pytest.mark.parametrize(("question", "text"), [
    ("seed:1.1", "点积的方差随维度 d 变大，不缩放 softmax 会饱和。"),
    ("seed:1.1", "内积是 d 项之和，维度越大，打分的方差越大。打分过大会让 softmax 饱和，这时梯度接近 0，训练推不动。除以 √d 之后方差回到 1。"),
    ("seed:2.4", "Pre-norm keeps a clean identity path from the last layer to the first, so gradients reach the lower layers."),
])  # fmt: skip
def test_a_right_answer_to_the_bank_is_not_accused_of_a_contradiction(question, text):
    result = engine.grade(text, bank_rubric(question), glossary=shipped_glossary())
    assert Verdict.CONTRADICTED not in [point.verdict for point in result.key_points]


def test_one_wrong_statement_among_right_ones_costs_only_its_own_point(rubrics):
    text = "A hash function maps each key to a bucket. Lookup takes linear time on average. Collisions are resolved by chaining or probing."
    assert [p.verdict for p in engine.grade(text, rubrics["hash"]).key_points] == [
        Verdict.COVERED, Verdict.CONTRADICTED, Verdict.COVERED,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "key", "kind", "matched"),
    [
        (
            "用 mini-batch 的统计量做标准化。",
            "k",
            PhraseKind.SAYS_IT,
            "用 mini-batch 的统计量做标准化",
        ),
        (
            "训练时用小批量的均值和方差归一化激活值。",
            "k",
            None,
            "训练时用小批量的均值和方差归一化激活值",
        ),
        ("预测阶段用移动平均的统计量。", "l", PhraseKind.SAYS_IT, "预测阶段用移动平均的统计量"),
        ("推理时用当前批次的统计量。", "l", PhraseKind.CONTRADICTS, "推理时用当前批次的统计量"),
    ],
)
def test_the_result_says_which_of_the_authors_wordings_won(text, key, kind, matched, rubrics):
    result = result_of(text, rubrics["norm"], key)
    assert (result.matched_kind, result.matched) == (kind, matched)


def test_terms_of_a_group_near_each_other_are_worth_more_than_without_a_group():
    def chance(*groups):
        points = (point("k", "训练时按概率关闭单元", *groups), point("l", "推理时保留全部"))
        return result_of(
            "训练过程里会随机地丢掉一些神经元。", compiled("Dropout 怎么做？", *points), "k"
        ).chance

    assert chance(group("训练", "training"), group("随机", "概率"), group("丢", "关闭")) > chance()


def test_samples_move_verdict_and_score_both_ways_and_are_named(rubrics):
    text = "The hash table is a number of drawers and you chop the thing to see which to open."
    alone = engine.grade(text, rubrics["hash"])
    up = engine.grade(
        text, rubrics["hash"], samples=[engine.Sample(text, (("k", 1.0), ("l", 0.0)), "drawers")]
    )
    down = engine.grade("A hash function maps each key to a bucket.", rubrics["hash"],
                        samples=[engine.Sample("A hash function maps each key to a bucket.", (("k", 0.0),), "strict")])  # fmt: skip
    assert (alone.key_points[0].verdict, up.key_points[0].verdict, up.key_points[0].sample) == (
        Verdict.MISSED,
        Verdict.COVERED,
        "drawers",
    )
    assert up.score > alone.score
    assert (down.key_points[0].verdict, down.key_points[0].sample) == (Verdict.MISSED, "strict")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("批归一化、均值、方差、小批量、滑动平均、训练、推理、激活值", "stuffing"),
        (
            "批归一化是怎么工作的？这个问题问的是批归一化怎么工作。批归一化的工作方式就是批归一化。",
            "echo",
        ),
        ("批归一化是怎么工作的？滑动平均。批归一化是怎么工作的？滑动平均。", "echo"),
        ("不知道，没有了解过这个。", "no_answer"),
        ("I don't know, sorry.", "no_answer"),
        ("栈是后进先出的数据结构，函数调用用它保存返回地址，队列是先进先出的。", "off_topic"),
    ],
)
def test_an_answer_with_nothing_in_it_earns_nothing_and_says_why(text, reason, rubrics):
    result = engine.grade(text, rubrics["norm"])
    assert result.score <= 5
    assert reason in result.reasons


@pytest.mark.parametrize(
    "text",
    [
        "别把答案写死，给别的类也留一点概率，网络不会太狂。",
        "We skip the batch here and pass a running mean along, more or less.",
    ],
)
def test_words_that_only_look_like_a_refusal_are_none(text, rubrics):
    assert "no_answer" not in engine.grade(text, rubrics["norm"]).reasons


@pytest.mark.parametrize(
    "text",
    [
        "这个不会。",
        "嗯，这题我不会",
        "忘了。",
        "Pass.",
        "skip",
        "没学过，不懂。",
        "I really don't know this one.",
    ],
)
def test_a_refusal_is_told_in_few_words(text, rubrics):
    assert "no_answer" in engine.grade(text, rubrics["norm"]).reasons


def test_confidence_is_lower_where_the_engine_is_in_doubt(rubrics):
    clear = result_of("Lookup takes constant time on average.", rubrics["hash"], "l")
    vague = result_of(
        "Finding something is usually pretty quick, time is constant-ish.", rubrics["hash"], "l"
    )
    assert clear.confidence > vague.confidence
