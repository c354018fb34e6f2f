"""The grading engine: a text and a rubric in, a grade with its evidence out. Pure: no Django, clock, network or settings."""

from __future__ import annotations

from .compiled import CompiledRubric
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
from .reasons import ALL as REASON_CODES
from .scoring import COVERED_FROM, MISSED_BELOW, PARTIAL_CREDIT, REQUIRED_CAP, score_points
from .types import (
    Glossary,
    GradeResult,
    KeyPoint,
    KeyPointResult,
    Phrase,
    PhraseKind,
    Rubric,
    Sample,
    Span,
    Verdict,
)

__all__ = [
    "COVERED_FROM",
    "ENGINE_VERSION",
    "MAX_ANSWER_LENGTH",
    "MAX_RUBRIC_LENGTH",
    "MAX_STATEMENT_LENGTH",
    "MISSED_BELOW",
    "PARTIAL_CREDIT",
    "REASON_CODES",
    "REQUIRED_CAP",
    "CompiledRubric",
    "EngineError",
    "Glossary",
    "GradeResult",
    "KeyPoint",
    "KeyPointResult",
    "Phrase",
    "PhraseKind",
    "Rubric",
    "RubricError",
    "Sample",
    "Span",
    "Verdict",
    "compile_rubric",
    "grade",
    "score_points",
]
