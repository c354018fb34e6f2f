"""Evidence points into the answer exactly as typed, whatever it is typed in.

And hash order never shows.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grading import engine
from grading.engine import Verdict

ROOT = Path(__file__).resolve().parents[2]
LONGEST = 200  # characters of one span that a reader still takes in at a glance
STATEMENTS = [
    "训练时随机丢弃神经元", "推理时也要随机丢弃", "推理時使用全部神經元", "Ｄｒｏｐｏｕｔ 像很多子網絡的平均", "减少共适应",
    "a stack is first in, first out", "a queue returns the newest element first", "LIFO", "Ｆｉｒｓｔ ｉｎ, ｆｉｒｓｔ ｏｕｔ", "breadth-first search needs a stack",
]  # fmt: skip
ODD = st.text(
    alphabet="é\u0301\u0308ﬁ½İßΣ²√ＡＢ　🙂👩‍👩‍👧🇨🇳\u200b\u202e\ufeff\u2028，。、\n\t ", max_size=8
)
PLAIN = st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=30)
ANSWERS = st.lists(st.sampled_from(STATEMENTS) | ODD | PLAIN, max_size=10).map("".join)


@st.composite
def laced(draw):
    """A statement with accents, joiners and blanks typed between its characters."""
    statement = draw(st.sampled_from(STATEMENTS))
    return "".join(
        c + draw(st.sampled_from(["", "", "", "\u0301", "\u200d", "\u200b"])) for c in statement
    )


@settings(max_examples=150, deadline=None)
@given(text=ANSWERS | laced())
def test_spans_are_exact_sorted_apart_and_short(text, dropout, stack):
    for rubric in (dropout, stack):
        for point in engine.grade(text, rubric).key_points:
            places = [place for span in point.evidence for place in (span.start, span.end)]
            assert places == sorted(set(places))
            assert all(0 <= place <= len(text) for place in places)
            for span in point.evidence:
                shown = text[span.start : span.end]
                assert shown == shown.strip()
                assert 0 < len(shown) <= LONGEST
            assert (point.matched is None) == (not point.evidence)
            if point.verdict is Verdict.MISSED:
                assert point.evidence == ()


@pytest.mark.parametrize(
    "before", ["", "🙂👩‍👩‍👧 ", "ﬁ½İß\n", "é\u0301\u0301 ", "\ufeff\u202e", "㊙①㍿ "]
)
@pytest.mark.parametrize(
    ("statement", "key", "verdict"),
    [
        ("A queue returns the newest element first", "k2", Verdict.CONTRADICTED),
        (
            (
                "Ａ ｓｔａｃｋ ｒｅｍｏｖｅｓ ｔｈｅ ｍｏｓｔ ｒｅｃｅｎｔｌｙ ａｄｄｅｄ "
                "ｅｌｅｍｅｎｔ ｆｉｒｓｔ"
            ),
            "k1",
            Verdict.COVERED,
        ),
    ],
)
def test_odd_characters_before_a_statement_only_shift_its_evidence(
    before, statement, key, verdict, stack
):
    alone, moved = (
        next(p for p in engine.grade(text, stack).key_points if p.key == key)
        for text in (statement, f"{before}\n{statement}")
    )
    assert (alone.verdict, moved.verdict) == (verdict, verdict)
    shift = len(before) + 1
    assert [(span.start + shift, span.end + shift) for span in alone.evidence] == [
        (span.start, span.end) for span in moved.evidence
    ]


def test_files_are_graded_to_the_same_bytes_under_any_hash_seed(tmp_path):
    rubrics, answers, samples = tmp_path / "r", tmp_path / "a", tmp_path / "s"
    points = [
        {
            "kid": "k1",
            "text": "训练时随机丢弃神经元",
            "aliases": ["training drops units at random"],
            "contradicts": ["推理时随机丢弃神经元"],
        },
        {
            "kid": "k2",
            "text": "推理时保留全部神经元",
            "terms": [["推理", "预测"], ["全部", "所有"]],
        },
    ]
    rubrics.write_text(
        json.dumps({"qid": "q", "prompt": "Dropout 怎么做？", "keypoints": points}),
        encoding="utf-8",
    )
    lines = [
        {"aid": f"a{n}", "qid": "q", "answer": "，".join(STATEMENTS[n:])}
        for n in range(len(STATEMENTS))
    ]
    answers.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    marked = [line | {"aid": f"s{line['aid']}", "labels": {"k1": 1, "k2": 0}} for line in lines]
    samples.write_text("\n".join(map(json.dumps, marked)), encoding="utf-8")
    command = [
        sys.executable,
        "manage.py",
        "grade",
        "--rubrics",
        rubrics,
        "--answers",
        answers,
        "--samples",
        samples,
    ]
    outputs = {
        subprocess.run(
            command,
            cwd=ROOT,
            env=os.environ | {"PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("0", "1", "4711")
    }
    assert len(outputs) == 1
