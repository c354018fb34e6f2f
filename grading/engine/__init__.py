"""The grading engine: a text and a rubric in, a grade with its evidence out.

It is plain Python: no Django, clock, network or settings.
"""

from __future__ import annotations

from .grader import (
    ENGINE_VERSION,
    MAX_ANSWER_LENGTH,
    MAX_RUBRIC_LENGTH,
    MAX_STATEMENT_LENGTH,
    UNSURE_THRESHOLD,
    EngineError,
    RubricError,
    compile_rubric,
    grade,
)
from .rubric import CompiledRubric
from .scoring import (
    CREDIT_OF,
    PARTIAL_CREDIT,
    REQUIRED_CAP,
    THRESHOLDS,
    Item,
    Thresholds,
    WholePoints,
    confidence_of,
    is_capped,
    score_points,
    verdict_of,
    whole_points,
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
    "CREDIT_OF",
    "ENGINE_VERSION",
    "MAX_ANSWER_LENGTH",
    "MAX_RUBRIC_LENGTH",
    "MAX_STATEMENT_LENGTH",
    "PARTIAL_CREDIT",
    "REQUIRED_CAP",
    "THRESHOLDS",
    "UNSURE_THRESHOLD",
    "CompiledRubric",
    "EngineError",
    "Glossary",
    "GradeResult",
    "Item",
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
    "Thresholds",
    "Verdict",
    "WholePoints",
    "compile_rubric",
    "confidence_of",
    "grade",
    "is_capped",
    "score_points",
    "verdict_of",
    "whole_points",
]
