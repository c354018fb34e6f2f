"""Questions as a table, one row a key point: what CSV files and workbooks have in common.

A row names its question by the slug. What belongs to the question is in one of its rows. A cell
with several texts has one on each line. A cell that a spreadsheet would run as a formula has an
apostrophe before it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from questions.languages import LANGUAGES

MAX_ROWS = 50_000
MAX_COLUMNS = 100


def in_languages(*names: str) -> tuple[str, ...]:
    return tuple(f"{name}_{language}" for name in names for language in LANGUAGES)


OF_QUESTION = (
    "seed",
    "topics",
    "difficulty",
    "minutes",
    "reserved",
    "source",
    *in_languages("prompt", "model_answer"),
)
LISTS = ("says_it", "term_groups", "contradicts")
OF_POINT = (
    "key",
    *in_languages("text"),
    "weight",
    "required",
    *in_languages("hint", "feedback"),
    *LISTS,
)
COLUMNS = ("slug", *OF_QUESTION, *OF_POINT)
TOPIC_COLUMNS = ("slug", "parent", *in_languages("name"))
SAMPLE_COLUMNS = ("question", "name", "kind", "text", "marks")
Cell = str | int | float | bool | None
# What a spreadsheet may take for a formula, behind any space and quotation marks: full-width signs
# too, which some fold.
FORMULA = re.compile(r"[\s'\"]*[=+\-@\t\r\n\0＝＋－＠]")


def escape_formula(text: str) -> str:
    """The text, with an apostrophe before it where a spreadsheet would run it."""
    return f"'{text}" if FORMULA.match(text) else text


def unescape_formula(text: str) -> str:
    """What `escape_formula` was given."""
    return text[1:] if text.startswith("'") and FORMULA.match(text, 1) else text


@dataclass(slots=True)
class Row:
    line: int
    cells: list[str]
