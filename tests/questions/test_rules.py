"""Rules of the bank that have one home: what they say."""

import re

from grading.engine.text import is_han
from questions.chinese import HAN, has_han
from questions.content import content_hash
from questions.glossary_content import content_hash_of
from questions.models import Question
from questions.services.samples import sample_hash


def test_stored_hashes_stay_what_they_were():
    """They are stored and compared with new ones: another form would make every grade look old."""
    point = {"key": "variance", "weight": "1.00", "phrases": [["says_it", "方差变大"]]}

    assert content_hash(Question(prompt_zh="为什么？"), [point]) == (
        "20d143518db271bbee069f823a942f0076f56d4ae661a82b1b568e2a936f04e2"
    )
    assert content_hash_of({"groups": [["方差", "variance"]], "opposites": [["增大", "减小"]]}) == (
        "2966a6573f8294d1fe22efebb7bd765e160e4f42a97a90cad9184909d3da8408"
    )
    assert sample_hash("strong", "方差变大", {"b": 0, "a": 0.5}) == (
        "b99778da868fdadfae260446d33a35bb9a813ca487d60cc8a26d4d53664737d5"
    )


def test_a_chinese_character_is_what_the_engine_reads_as_one():
    in_pattern = re.compile(f"[{HAN}]")
    characters = [chr(code) for code in range(0x30000) if not 0xD800 <= code < 0xE000]

    assert [c for c in characters if in_pattern.match(c)] == [c for c in characters if is_han(c)]
    assert (has_han("softmax 饱和"), has_han("softmax"), has_han("")) == (True, False, False)
