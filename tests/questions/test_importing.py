"""How a Markdown document becomes questions and key points.

Every kind of mark, and everything that only looks like one.
"""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from questions.files.bank import read_questions
from questions.files.document import BankFileError, Document, QuestionRecord
from questions.files.key_points import split_answer
from questions.files.markdown import parse_markdown
from tests.conftest import REPOSITORY

TRAPS = Path(__file__).parent / "data" / "traps.md"
SEED_DOCUMENT = REPOSITORY.parent / "shared" / "seed" / "questions.md"

FIRST, SECOND, NONE, LAST = (
    "https://example.org/notes/training?from=a&page=2#top",
    "https://example.org/notes/models",
    "",
    "https://example.org/notes/last",
)

# seed -> (what the case is about, source, key points)
EXPECTED = {
    "1.1": (
        "marks 1、 on lines",
        FIRST,
        [
            "相邻的样本往往来自同一类，不打乱时一个batch的梯度会有偏。",
            "每个epoch的顺序都不同，模型就没法记住顺序",
            "打乱之后loss曲线更平稳，便于判断是否收敛。",
        ],
    ),
    "1.2": (
        "marks 1. in one paragraph",
        FIRST,
        [
            "每隔一段步数在验证集上算一次loss。",
            "验证loss连续几次不下降就停止训练。",
            "保留验证loss最低的那一份参数，而不是最后一份。",
        ],
    ),
    "1.3": (
        "marks （1） in one sentence behind an introduction",
        FIRST,
        [
            "归一化时用了测试集的均值",
            "同一个用户的记录同时出现在训练集和测试集",
            "用未来的特征预测过去",
        ],
    ),
    "1.4": (
        "marks (1) on lines, with a closing remark behind a blank line",
        FIRST,
        [
            "限制树的最大深度。",
            "叶子节点的样本数少于阈值就不再分裂。",
            "先长成完整的树，再用验证集剪枝。",
        ],
    ),
    "1.5": (
        "marks ① in one sentence",
        FIRST,
        [
            "轮廓系数比较类内距离和最近的其他类的距离",
            "肘部法看类内平方和随K下降的拐点",
            "多次换种子，看划分是否稳定。",
        ],
    ),
    "2.1": (
        "marks glued to exponents and brackets",
        SECOND,
        [
            "升维：8 × s × h^2（每个输出要h次乘法和h次加法）",
            "激活：4 × s × h（逐个元素）",
            "降维：8 × s × h^2",
            "残差：h x s^2",
            "归一化：约5 × s × h",
        ],
    ),
    "2.2": (
        "a mark glued to an exponent of the same digit",
        SECOND,
        ["QK内积：2 × d × s^2", "softmax：3 × h x s^2", "加权求和：2 × d × s^2，约为升维的0.5倍"],
    ),
    "2.3": (
        "nested points under headings",
        SECOND,
        [
            "随机森林的树互相独立，可以并行训练",
            "梯度提升树一棵接一棵，后一棵拟合前面的残差",
            "随机森林主要降低方差",
            "梯度提升树主要降低偏差",
            "对噪声的反应：梯度提升树会追着离群点走，随机森林不太受影响。",
        ],
    ),
    "2.4": (
        "nested points under an item that says something itself",
        SECOND,
        [
            "余弦退火：学习率按余弦曲线降到接近0。它的周期有两种取法：①等长②逐次加倍",
            "按平台下降：验证指标停住时把学习率乘以0.1。",
        ],
    ),
    "2.5": (
        "strengths and weaknesses, numbered anew",
        SECOND,
        [
            "L1能得到稀疏的权重，相当于做了特征选择。",
            "L2处处可导，优化更稳定。",
            "L1在零点不可导，需要次梯度。",
            "L2不会把权重压到恰好为0。",
        ],
    ),
    "3.1": (
        "English prose with decimals and abbreviations",
        NONE,
        [
            (
                "With Adam the step size is close to the rate itself, e.g. 1.0 moves every weight "
                "by about one unit."
            ),
            "Weights start near N(0, 0.02), so one such step wipes out the initialisation.",
            "Rates between 1e-4 and 3e-4 are common; see Sec. 3.1 of any tutorial.",
        ],
    ),
    "3.2": (
        "prose with formulas and a title that holds ? and !",
        NONE,
        [
            "交叉熵对logits的梯度是 p − y，误差越大梯度越大。",
            "均方误差的梯度还要乘以 σ(z)×(1−σ(z))，σ饱和时接近0.0，学得很慢！",
            "《Does Loss Matter? Yes! A Toy Study》这个标题只是举例，不能在里面断句。",
            "那么是否完全不能用均方误差？",
            "也不是，蒸馏时用它拟合logits就很常见。",
        ],
    ),
    "3.3": (
        "prose with blank lines and a sentence over two lines",
        NONE,
        [
            "线性缩放指批大小乘以k，学习率η也乘以k。",
            "平方根缩放只乘以√k，适合Adam一类的优化器。",
            "两种办法都要配合预热，否则最初几步容易发散。",
        ],
    ),
    "4.1": (
        "a list that begins behind a sentence, with a version and an address in it",
        LAST,
        [
            "训练时按概率p置零，推理时把输出乘以1−p。",
            (
                "训练时就除以1−p，推理时什么都不做，版本2.0以后的框架都用这种（见 "
                "https://example.org/docs/2.0/1.html）。两种写法的期望相同。"
            ),
        ],
    ),
    "4.2": (
        "bullets",
        LAST,
        [
            "剪枝：去掉绝对值小的权重",
            "量化：用int8代替fp16，θ的范围由校准集决定",
            "蒸馏：让小模型学大模型的输出分布",
        ],
    ),
    "4.3": ("one point only", LAST, ["只有这一点：参数量N=12×L×h^2，其中L是层数。"]),
}


def by_seed(document: Document) -> dict[str, QuestionRecord]:
    return {question.seed: question for question in document.questions}


def texts(question: QuestionRecord) -> list[str]:
    return [point["text"]["zh"] or point["text"]["en"] for point in question.key_points]


def refusal(text: str) -> str:
    with pytest.raises(BankFileError) as caught:
        parse_markdown(text, path="notes.md")
    return str(caught.value)


@pytest.fixture(scope="module")
def traps() -> dict[str, QuestionRecord]:
    return by_seed(read_questions(TRAPS))


def test_the_document_gives_its_questions_in_order_and_nothing_to_look_at_again():
    document = read_questions(TRAPS)

    assert [question.seed for question in document.questions] == list(EXPECTED)
    assert [question.slug for question in document.questions] == [
        f"seed-{seed.replace('.', '-')}" for seed in EXPECTED
    ]
    assert document.warnings == ()


@pytest.mark.parametrize(
    "seed", [pytest.param(seed, id=f"{seed} {case[0]}") for seed, case in EXPECTED.items()]
)
def test_an_answer_becomes_these_key_points(traps, seed):
    assert texts(traps[seed]) == EXPECTED[seed][2]


@pytest.mark.parametrize("seed", EXPECTED)
def test_a_question_has_the_address_that_closes_its_group(traps, seed):
    assert traps[seed].source_url == EXPECTED[seed][1]


def test_the_keys_count_from_one_and_nothing_but_the_text_is_filled_in(traps):
    points = traps["1.1"].key_points

    assert [point["key"] for point in points] == ["k1", "k2", "k3"]
    assert {
        (point["weight"], point["required"], *point["hint"].values(), *point["feedback"].values())
        for point in points
    } == {("1.00", False, "", "", "", "")}
    assert [point["phrases"] for point in points] == [[], [], []]


def test_the_answer_is_kept_word_for_word_with_its_blank_lines(traps):
    answer = traps["3.3"].model_answer["zh"]

    assert answer == (
        "线性缩放指批大小乘以k，学习率η也乘以k。\n\n平方根缩放只乘以√k，适合Adam一类的优化器。\n\n\n"
        "两种办法都要配合预热，\n否则最初几步容易发散。"
    )
    assert answer in TRAPS.read_text(encoding="utf-8")


def test_a_question_without_chinese_characters_is_an_english_one(traps):
    question = traps["3.1"]

    assert question.prompt == {
        "zh": "",
        "en": "Why is a learning rate of 1.0 too large for most networks?",
    }
    assert question.model_answer["zh"] == ""
    assert {point["text"]["zh"] for point in question.key_points} == {""}


def test_both_spellings_of_a_heading_number_are_left_out_of_the_prompt(traps):
    assert traps["1.1"].prompt["zh"] == "训练前为什么要打乱样本的顺序？"
    assert traps["1.2"].prompt["zh"] == "早停（early stopping）怎么做，要注意什么？"
    assert traps["4.2"].prompt["zh"] == "模型压缩有哪些路线？"


def test_a_record_names_the_line_of_its_heading(traps):
    lines = TRAPS.read_text(encoding="utf-8").split("\n")

    assert all(
        question.prompt["zh"] + question.prompt["en"] in lines[question.line - 1]
        for question in traps.values()
    )


@pytest.mark.parametrize(
    ("answer", "points"),
    [
        ("方案1、方案2、方案3各有取舍。", ["方案1、方案2、方案3各有取舍。"]),
        ("见图（1）和式（2），梯度会消失。", ["见图（1）和式（2），梯度会消失。"]),
        ("f(1)和f(2)都等于0。", ["f(1)和f(2)都等于0。"]),
        ("从1.0降到0.1，再降到0.01。", ["从1.0降到0.1，再降到0.01。"]),
        ("显存分为①参数②梯度③激活值三个部分。", ["显存分为①参数②梯度③激活值三个部分。"]),
        (
            "1、甲类样本多\n1、乙类样本少\n1、丙类没有样本",
            ["甲类样本多", "乙类样本少", "丙类没有样本"],
        ),
        (
            "1、甲类样本多\n2、乙类样本少\n4、丁类没有样本",
            ["甲类样本多", "乙类样本少", "丁类没有样本"],
        ),
        ("- **偏差**：欠拟合\n- **方差**：过拟合", ["偏差：欠拟合", "方差：过拟合"]),
        ("`x = 1.0 if a! else 2`是代码。后一句。", ["`x = 1.0 if a! else 2`是代码。", "后一句。"]),
        ("他说（不对！真的？）就走了。", ["他说（不对！真的？）就走了。"]),
        ("如下图所示。梯度逐层变小。", ["梯度逐层变小。"]),
        ("1、甲类样本多\n2、：\n3、丙类没有样本", ["甲类样本多", "丙类没有样本"]),
        ("   \n", []),
        ("。。。！？", []),
    ],
)
def test_what_only_looks_like_a_mark_is_part_of_its_sentence_and_sloppy_numbering_is_understood(
    answer, points
):
    assert split_answer(answer) == points


@pytest.mark.parametrize(
    "answer",
    [
        "1." * 20_000,
        "（1）" * 20_000,
        "①②" * 20_000,
        "1、" + "甲" * 50_000,
        "《" * 40_000,
        "(" * 40_000 + ")" * 40_000,
        "**" * 40_000,
        "h^2" * 20_000,
        "\n \n" * 20_000 + "甲",
        "优点：\n" * 10_000,
    ],
    ids=[
        "dots",
        "round",
        "circles",
        "words",
        "titles",
        "brackets",
        "bold",
        "exponents",
        "blank lines",
        "labels",
    ],
)
def test_a_long_hostile_answer_is_split_without_failing(answer):
    assert isinstance(split_answer(answer), list)


MARKDOWN_PIECES = [
    *[
        "### 1、问？\n",
        "### 2. Why?\n",
        "## 3. x\n",
        "# Title\n",
        "---\n",
        "```\n",
        "https://example.org/a\n",
        "\n",
        "\n\n",
        "\r",
        "  ",
    ],
    *[
        "1、",
        "2、",
        "3、",
        "1.",
        "2.",
        "3.",
        "（1）",
        "（2）",
        "(1)",
        "(2)",
        "①",
        "②",
        "- ",
        "s^2",
        "s^24.",
        "1.0",
        "v2.1.",
        "²",
        "第",
    ],
    *[
        "甲",
        "乙丙丁戊己",
        "abc ",
        "。",
        "；",
        "？",
        ".",
        "：",
        "，",
        "优点：",
        "**",
        "`",
        "《",
        "》",
        "“",
        "”",
        "（",
        ")",
        "三个部分",
        "\0",
        "\ud800",
    ],
]


@settings(max_examples=300, deadline=None, derandomize=True, database=None)
@given(st.lists(st.sampled_from(MARKDOWN_PIECES), max_size=60).map("".join), st.booleans())
def test_any_document_gives_questions_with_their_words_or_a_mistake_with_its_place(body, headed):
    try:
        document = parse_markdown("### 1. A?\n" * headed + body, path="notes.md")
    except BankFileError as error:
        assert str(error).startswith("notes.md:")  # noqa: PT017 - most documents made here are refused, some are not
        return

    for question in document.questions:
        answer = "".join(
            (question.model_answer["zh"] + question.model_answer["en"]).replace("**", "").split()
        )
        assert question.key_points
        for text in texts(question):
            assert text.strip()
            assert "".join(text.replace("**", "").split()) in answer


@settings(max_examples=200, deadline=None, derandomize=True, database=None)
@given(st.text(max_size=400))
def test_any_text_at_all_is_split_into_key_points_with_words(answer):
    assert all(any(letter.isalnum() for letter in point) for point in split_answer(answer))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("words only\n", "notes.md:1: there is no question."),
        (
            "\n\nwords\n\n### 1. A?\nB.\n",
            "notes.md:3: there is text before the first question of its part.",
        ),
        ("### 1. A?\nB.\n\n### 2. C?\n\n### 3. D?\nE.\n", "notes.md:4: question 2 has no answer."),
        (
            "### 1. A?\nB.\n### 1. C?\nD.\n",
            "notes.md:3: number 1 is already in line 1 of this group.",
        ),
        (
            "### 1. A?\nB.\n### 3. C?\nD.\n### 2. E?\nF.\n",
            "notes.md:5: number 2 comes after number 3.",
        ),
        ("### 1. A?\nB.\n### Why?\nD.\n", "notes.md:3: this heading has no number."),
        ("### 1.\nB.\n", "notes.md:1: question 1 has no text."),
        ("### 1. A?\nB.\n\n```\ncode\n", "notes.md:4: a block of code begins here and never ends."),
        (
            "### 1. A?\nB.\nhttps://example.org:x/\n",
            "notes.md:3: this source address is not a web address (",
        ),
        ("### 1. A?\n。。。\n", "notes.md:1: the answer of question 1 has no words."),
        (
            "### 1. A?\n" + "- Point\n" * 101,
            "notes.md:1: the answer of question 1 has more than 100",
        ),
    ],
)
def test_a_mistake_in_the_document_is_named_with_its_line(text, message):
    assert message in refusal(text)


def test_all_mistakes_are_named_at_once():
    message = refusal("### 1.\nB.\n### 2. C?\n### Why?\nD.\n")

    assert [line.split(": ")[0] for line in message.split("\n")] == ["notes.md:1", "notes.md:4"]


def test_a_gap_in_the_numbers_is_taken_with_a_note():
    document = parse_markdown("### 1. A?\nB.\n### 3. C?\nD.\n", path="notes.md")

    assert [question.seed for question in document.questions] == ["1.1", "1.3"]
    assert [str(warning) for warning in document.warnings] == [
        (
            "notes.md:3: number 3 follows number 1: if a question is missing here, its place stays "
            "free."
        )
    ]


def test_an_address_inside_an_answer_is_part_of_it_and_no_source():
    document = parse_markdown("### 1. A?\nB.\nhttps://example.org/inside\nC.\n", path="notes.md")

    assert document.questions[0].source_url == ""
    assert "https://example.org/inside" in document.questions[0].model_answer["en"]


def test_headings_and_marks_in_code_are_code():
    question = parse_markdown(
        "### 1. A?\nB.\n```\n### 2. no heading\n1. no mark\n2. no mark\n```\n", path="notes.md"
    ).questions

    assert len(question) == 1
    assert "### 2. no heading" in question[0].model_answer["en"]
    assert not any(text.startswith("no mark") for text in texts(question[0]))


def test_line_ends_of_other_systems_change_nothing():
    text = TRAPS.read_text(encoding="utf-8")

    assert parse_markdown(text.replace("\n", "\r\n"), path="a.md") == parse_markdown(
        text, path="a.md"
    )
    assert parse_markdown(text.replace("\n", "\r"), path="a.md") == parse_markdown(
        text, path="a.md"
    )


def test_a_prefix_of_ones_own_gives_other_slugs_and_no_places_in_the_source_document():
    questions = read_questions(TRAPS, prefix="course").questions

    assert questions[0].slug == "course-1-1"
    assert {question.seed for question in questions} == {""}


@pytest.fixture(scope="module")
def document() -> Document:
    return read_questions(SEED_DOCUMENT)


@pytest.mark.skipif(
    not SEED_DOCUMENT.exists(), reason="the source document is not part of the repository"
)
class TestTheSourceDocument:
    def test_gives_nine_groups_of_five_questions(self, document):
        assert [question.seed for question in document.questions] == [
            f"{group}.{n}" for group in range(1, 10) for n in range(1, 6)
        ]

    def test_gives_each_answer_the_key_points_a_reader_counts(self, document):
        counts: dict[str, list[int]] = {}
        for question in document.questions:
            counts.setdefault(question.seed.split(".")[0], []).append(len(question.key_points))

        assert counts == {
            "1": [2, 3, 3, 2, 5],
            "2": [4, 3, 3, 3, 5],
            "3": [6, 4, 5, 4, 4],
            "4": [3, 1, 4, 4, 4],
            "5": [7, 2, 5, 5, 4],
            "6": [7, 12, 5, 5, 4],
            "7": [5, 2, 5, 9, 4],
            "8": [6, 6, 9, 5, 4],
            "9": [4, 3, 4, 4, 2],
        }

    def test_gives_two_hundred_key_points_none_empty_or_with_a_mark_left(self, document):
        points = [text for question in document.questions for text in texts(question)]

        assert len(points) == 200
        assert all(points)
        assert not [
            text for text in points if text.startswith(("1.", "1、", "（1）", "①", "2.", "（2）"))
        ]

    def test_only_the_fifth_group_has_no_source_and_each_other_has_its_own(self, document):
        sources = {}
        for question in document.questions:
            sources.setdefault(question.seed.split(".")[0], set()).add(question.source_url)

        assert sources.pop("5") == {""}
        assert all(len(found) == 1 and found != {""} for found in sources.values())
        assert len(set().union(*sources.values())) == 8

    def test_tells_the_scaling_from_the_softmax_glued_to_it(self, document):
        points = texts(by_seed(document)["2.5"])

        assert len(points) == 5
        assert points[2] == "scaling：h × s^2"
        assert points[3].startswith("softmax：h × 3 × s^2")

    def test_keeps_every_answer_and_loses_no_line_of_it(self, document):
        stored = "\n".join(
            question.model_answer["zh"] + question.model_answer["en"]
            for question in document.questions
        )
        lines = [
            line.rstrip() for line in SEED_DOCUMENT.read_text(encoding="utf-8-sig").splitlines()
        ]
        answers = [line for line in lines if line and not line.startswith(("#", "http"))]

        assert [line for line in answers if line not in stored] == []
