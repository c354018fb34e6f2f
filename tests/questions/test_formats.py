"""What is written to a file reads back the same, in every format, whatever the texts.

And no cell runs as a formula.
"""

import csv
import io
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from questions.files.bank import Format, parse_questions, write_questions
from questions.files.document import (
    Document,
    QuestionRecord,
    SampleRecord,
    TopicRecord,
    key_point,
    tidy,
    tidy_line,
)
from questions.files.tables import FORMULA, escape_formula, unescape_formula
from questions.files.xlsx_writer import UnwritableError

WHOLE = [Format.YAML, Format.JSON, Format.XLSX, Format.CSV]
TOPICS = (
    TopicRecord("training", {"zh": "训练", "en": "Training"}, None),
    TopicRecord("tuning", {"zh": "=微调", "en": "@Tuning"}, "training"),
)
FORMULAS = [
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "'=1",
    "''+x",
    '"=1',
    " =1".strip(),
    "＝1",
    "＋1",
    "－1",
    "＠x",
    "=cmd|' /C calc'!A0",
    "'",
    "'x",
]
ODD = [
    "_x0041_",
    "x005F_",
    "_x005F_x0041_",
    "#REF!",
    "1.10",
    "true",
    "null",
    "~",
    "- a",
    "a: b",
    "# x",
    "a|b",
    '"a"|b',
    '"',
    "\\|",
    "sep=,",
    ("two  spaces and a word, " * 12).strip(),
    ("一行写到很长，" * 30) + "  末尾",
    "\x85".join(["another kind of line end"] * 12),
    "\u2028".join(["甲"] * 200),
]
LINES = [
    "a\n\n\nb",
    "a \n b",
    "a:\n  - b\n\n# c",
    "-\n-",
    "a\n" + "long line " * 30 + "\n\nend",
    "x\u2029\n\x85x",
]

anything = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30)
plain = (
    st.sampled_from([*FORMULAS, *ODD]) | anything | st.text("甲a1 =+-@'\"|,;\t\n\\_x0", max_size=12)
)
texts = plain.map(tidy)
statements = plain.map(tidy_line).filter(bool)
slugs = st.from_regex(r"[-a-zA-Z0-9_]{1,20}", fullmatch=True)
in_one_or_both = (
    st.tuples(texts, texts).filter(any).map(lambda both: {"zh": both[0], "en": both[1]})
)
in_any = st.tuples(texts, texts).map(lambda both: {"zh": both[0], "en": both[1]})
phrases = st.tuples(
    st.lists(statements, max_size=3),
    st.lists(st.lists(statements, min_size=1, max_size=3), max_size=2),
    st.lists(statements, max_size=2),
).map(
    lambda kinds: [
        *(["says_it", text] for text in kinds[0]),
        *(["term_group", "\n".join(terms)] for terms in kinds[1]),
        *(["contradicts", text] for text in kinds[2]),
    ]
)
weights = st.integers(1, 99_999).map(lambda cents: f"{cents // 100}.{cents % 100:02}")
points = st.builds(
    lambda key, text, **more: key_point(key, text, **more),
    slugs,
    in_one_or_both,
    weight=weights,
    required=st.booleans(),
    hint=in_any,
    feedback=in_any,
    phrases=phrases,
)
records = st.builds(
    QuestionRecord,
    path=st.just(""),
    line=st.just(0),
    slug=slugs,
    prompt=in_one_or_both,
    model_answer=in_any,
    key_points=st.lists(points, max_size=3, unique_by=lambda point: point["key"]),
    source_url=st.sampled_from(["", "https://example.org/a?b=c&d=%20#e", "http://127.0.0.1/x"]),
    seed=st.sampled_from(["", "1.1", "1.10", "=1", "007"]),
    difficulty=st.sampled_from(["easy", "medium", "hard"]),
    minutes=st.integers(1, 32_767),
    reserved=st.sampled_from([True, None]),
    topics=st.lists(
        st.sampled_from(["training", "tuning", "Other_1"]), max_size=3, unique=True
    ).map(tuple),
)
samples = st.builds(
    SampleRecord,
    path=st.just(""),
    line=st.just(0),
    question=slugs,
    name=slugs,
    kind=st.sampled_from(["", "strong", "=1", "很好"]),
    text=texts.filter(bool),
    marks=st.dictionaries(slugs, st.sampled_from([0.0, 0.5, 1.0]), min_size=1, max_size=3),
)
documents = st.tuples(
    st.lists(records, min_size=1, max_size=3, unique_by=lambda record: record.slug),
    st.lists(samples, max_size=2, unique_by=lambda sample: (sample.question, sample.name)),
).map(lambda found: Document(tuple(found[0]), topics=TOPICS, samples=tuple(found[1])))


def bare(document: Document) -> list[QuestionRecord]:
    return [replace(record, path="", line=0) for record in document.questions]


def a_question(**more) -> QuestionRecord:
    stated = {
        "slug": "q",
        "prompt": {"zh": "问", "en": ""},
        "model_answer": {"zh": "", "en": ""},
        "topics": (),
        "difficulty": "easy",
    }
    return QuestionRecord(
        **{
            "path": "",
            "line": 0,
            "minutes": 5,
            "key_points": [key_point("k", {"zh": "点", "en": ""})],
        }
        | stated
        | more
    )


@pytest.mark.parametrize("kind", WHOLE)
@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(document=documents)
def test_what_is_written_reads_back_the_same(kind, document):
    content, _notes = write_questions(document, kind)

    back = parse_questions(content, name=f"bank.{kind}")

    assert bare(back) == bare(document)
    assert back.topics == (() if kind == Format.CSV else TOPICS)
    assert [replace(sample, path="", line=0) for sample in back.samples] == (
        [] if kind == Format.CSV else list(document.samples)
    )


@pytest.mark.parametrize("kind", WHOLE)
def test_texts_that_look_like_something_else_read_back_the_same(kind):
    point = key_point(
        "k", {"zh": "点", "en": ""}, phrases=[["says_it", text] for text in [*FORMULAS, *ODD]]
    )
    document = Document(
        tuple(
            a_question(slug=f"q{n}", prompt={"zh": text, "en": ""}, key_points=[point])
            for n, text in enumerate([*FORMULAS, *ODD, *LINES])
        )
    )

    assert bare(parse_questions(write_questions(document, kind)[0], name=f"bank.{kind}")) == bare(
        document
    )


@given(plain)
@example("'=")
@example("''\t")
def test_a_harmless_text_comes_back_unharmed_and_is_no_formula(text):
    assert unescape_formula(escape_formula(text)) == text
    assert not text or escape_formula(text).lstrip(' "')[:1] not in tuple("=+-@\t\r＝＋－＠")


@pytest.mark.parametrize("text", FORMULAS)
def test_no_exported_cell_begins_like_a_formula(text):
    texts = {"zh": text, "en": text}
    phrases = [[kind, text] for kind in ("says_it", "term_group", "contradicts")]
    point = key_point("k", texts, hint=texts, feedback=texts, phrases=phrases)
    topics = (TopicRecord("t", texts, None),)
    document = Document(
        (a_question(prompt=texts, model_answer=texts, seed=text[:10], key_points=[point]),),
        topics=topics,
    )

    table = csv.reader(io.StringIO(write_questions(document, Format.CSV)[0].decode("utf-8-sig")))
    book = load_workbook(io.BytesIO(write_questions(document, Format.XLSX)[0]))

    cells = [cell for row in table for cell in row] + [
        cell.value
        for sheet in book.worksheets
        for row in sheet.iter_rows()
        for cell in row
        if isinstance(cell.value, str)
    ]
    assert [cell for cell in cells if FORMULA.match(cell) and not cell.startswith("'")] == []
    assert {
        cell.data_type for sheet in book.worksheets for row in sheet.iter_rows() for cell in row
    } <= {"s", "n", "b"}


def test_a_text_too_long_for_a_cell_is_named_and_not_cut():
    document = Document((a_question(model_answer={"zh": "甲" * 32_768, "en": ""}),))

    with pytest.raises(UnwritableError, match=r"too long for a cell.*model_answer_zh of q"):
        write_questions(document, Format.XLSX)

    assert bare(parse_questions(write_questions(document, Format.CSV)[0], name="bank.csv")) == bare(
        document
    )


# Markdown holds prompt, key points and source in one language -------------------------------------


def held(document: Document) -> list[tuple]:
    return [
        (
            record.prompt["zh"],
            record.source_url,
            [point["text"]["zh"] for point in record.key_points],
        )
        for record in document.questions
    ]


def test_markdown_keeps_prompts_key_points_and_sources():
    points = [
        key_point("a", {"zh": "方差随维度变大", "en": ""}),
        key_point("b", {"zh": "softmax进入饱和区", "en": ""}),
    ]
    sources = ["https://example.org/a", "https://example.org/a", "", "", "https://example.org/b"]
    document = Document(
        tuple(
            a_question(
                slug=f"q{n}",
                prompt={"zh": f"为什么第{n}？", "en": ""},
                source_url=source,
                key_points=points,
            )
            for n, source in enumerate(sources)
        )
    )

    content, notes = write_questions(document, Format.MARKDOWN)

    assert held(parse_questions(content, name="bank.md")) == held(document)
    assert len(notes) == 1  # what Markdown has no place for


def test_markdown_puts_questions_back_in_their_places():
    places = ["2.1", "1.1", "1.2", "2.3", "2.1", ""]
    document = Document(
        tuple(
            a_question(slug=f"q{n}", prompt={"zh": f"为什么第{n}？", "en": ""}, seed=place)
            for n, place in enumerate(places)
        )
    )

    back = parse_questions(write_questions(document, Format.MARKDOWN)[0], name="bank.md")

    assert [(record.seed, record.prompt["zh"]) for record in back.questions] == [
        ("1.1", "为什么第1？"),
        ("1.2", "为什么第2？"),
        ("2.1", "为什么第0？"),
        ("2.3", "为什么第3？"),
        ("3.1", "为什么第4？"),
        ("3.2", "为什么第5？"),
    ]


def test_markdown_says_which_key_points_would_read_differently():
    points = [
        key_point("a", {"zh": "方差太大；", "en": ""}),
        key_point("b", {"zh": "softmax饱和", "en": ""}),
    ]

    _content, notes = write_questions(Document((a_question(key_points=points),)), Format.MARKDOWN)

    assert notes[1:] == ["q: its key points read back differently, as 2 points."]
