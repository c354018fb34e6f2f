"""The grading engine: a text and a rubric in, a grade with its evidence out.

It is plain Python: no Django, clock, network or settings.
"""

from __future__ import annotations

from .grader import (
    ENGINE_VERSION,
    MAX_ANSWER_LENGTH,
    MAX_RUBRIC_LENGTH,
    MAX_STATEMENT_LENGTH,
    EngineError,
    RubricError,
    compile_rubric,
    grade,
)
from .rubric import CompiledRubric
from .scoring import (
    COVERED_THRESHOLD,
    PARTIAL_CREDIT,
    PARTIAL_THRESHOLD,
    REQUIRED_CAP,
    score_points,
)
from .types import (
    Glossary,
    GradeResult,
    KeyPoint,
    KeyPointResult,
    Phrase,
    PhraseKind,
    Reason,
    Rubric,
    Rule,
    Sample,
    Span,
    Verdict,
)

__all__ = [
    "COVERED_THRESHOLD",
    "ENGINE_VERSION",
    "MAX_ANSWER_LENGTH",
    "MAX_RUBRIC_LENGTH",
    "MAX_STATEMENT_LENGTH",
    "PARTIAL_CREDIT",
    "PARTIAL_THRESHOLD",
    "REQUIRED_CAP",
    "CompiledRubric",
    "EngineError",
    "Glossary",
    "GradeResult",
    "KeyPoint",
    "KeyPointResult",
    "Phrase",
    "PhraseKind",
    "Reason",
    "Rubric",
    "RubricError",
    "Rule",
    "Sample",
    "Span",
    "Verdict",
    "compile_rubric",
    "grade",
    "score_points",
]
