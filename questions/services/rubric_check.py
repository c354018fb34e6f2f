"""Whether anything can be graded by a rubric."""

from __future__ import annotations

from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from grading.engine import MAX_RUBRIC_LENGTH, MAX_STATEMENT_LENGTH, RubricError, compile_rubric
from questions.as_rubric import current_glossary, rubric_as_written

REFUSALS: dict[str, Promise] = {
    "wordless": _(
        "key point %(number)s has no word that an answer could contain. Write it as a statement."
    ),
    "long_text": _(
        "key point %(number)s has a text of more than %(longest)d characters. Shorten or split it."
    ),
    "long_rubric": _(
        "the question and its key points together have more than %(most)d characters. Shorten them."
    ),
}


def why_ungradable(texts: dict[str, dict[str, str]], content: list[dict[str, Any]]) -> str:
    """Why the engine can't grade by a rubric, in the reader's language; "" where it can."""
    try:
        compile_rubric(rubric_as_written(texts, content), glossary=current_glossary().glossary)
    except RubricError as error:
        numbers = (
            str(number) for number, point in enumerate(content, 1) if point["key"] in error.keys
        )
        filled = {
            "number": ", ".join(numbers),
            "longest": MAX_STATEMENT_LENGTH,
            "most": MAX_RUBRIC_LENGTH,
        }
        return str(REFUSALS[error.code]) % filled if error.code in REFUSALS else str(error)
    return ""
