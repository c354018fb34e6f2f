"""grade(): the steps from text to GradeResult, in order."""

from __future__ import annotations

import math
from collections.abc import Sequence

from .matching import AnswerIndex, CompiledRubric, index_answer
from .matching import compile_rubric as _compile
from .scoring import COVERED_FROM, MISSED_BELOW, score_points
from .signals import PointReading, evidence, read_points
from .terms import NO_ANSWER_CUES
from .types import Glossary, GradeResult, KeyPoint, KeyPointResult, Rubric, Sample, Span, Verdict

ENGINE_VERSION = "1.0"
MAX_ANSWER_LENGTH = 20_000  # characters


class EngineError(ValueError):
    """Input that can't be graded."""


def compile_rubric(rubric: Rubric, *, glossary: Glossary = Glossary()) -> CompiledRubric:
    """Do the author-side work once. Raises EngineError for a rubric that can't grade anything."""
    if not rubric.key_points:
        raise EngineError("the rubric has no key points")
    keys = [point.key for point in rubric.key_points]
    if len(set(keys)) != len(keys):
        raise EngineError("two key points of the rubric have the same key")
    for point in rubric.key_points:
        if not any(text.strip() for text in point.texts):
            raise EngineError(f"key point {point.key!r} has no text")
        if point.weight < 0:
            raise EngineError(f"key point {point.key!r} has a negative weight")
    return _compile(rubric, glossary=glossary)


def grade(
    text: str, rubric: Rubric | CompiledRubric, *, glossary: Glossary = Glossary(), samples: Sequence[Sample] = ()
) -> GradeResult:
    """Grade one answer. The same arguments give the same result, in any process.

    A CompiledRubric brings its glossary along. Raises EngineError for a text over MAX_ANSWER_LENGTH or a rubric that can't grade.
    """
    if len(text) > MAX_ANSWER_LENGTH:
        raise EngineError(f"the answer has {len(text)} characters; {MAX_ANSWER_LENGTH} is the most that is graded")
    compiled = rubric if isinstance(rubric, CompiledRubric) else compile_rubric(rubric, glossary=glossary)
    answer = index_answer(text, compiled)
    if not answer.reading.units:
        return _result([_missed(point.point) for point in compiled.points], compiled, ("blank",))
    readings = read_points(compiled, answer)
    pooled = readings[0].values["all_margin"]
    factor, reasons = _guards(answer, readings[0].values)
    results = []
    for point, reading in zip(compiled.points, readings, strict=True):
        results.append(_decide(point.point, reading, pooled, factor, answer))
    return _result(results, compiled, tuple(reasons))


def _guards(answer: AnswerIndex, overall: dict[str, float]) -> tuple[float, list[str]]:
    reasons = []
    factor = 1.0
    if overall["echo"] > 0.6:
        factor *= 0.3
        reasons.append("echo")
    units = len(answer.reading.units)
    if units <= 30 and NO_ANSWER_CUES.find(answer.reading.units):
        factor *= 0.3
        reasons.append("no_answer")
    return factor, reasons


def _decide(point: KeyPoint, reading: PointReading, pooled: float, factor: float, answer: AnswerIndex) -> KeyPointResult:
    values = reading.values
    strength = (values["own"] + values["best"] + values["top3"]) / 3 + 0.2 * values["groups"]
    strength -= 0.3 * values["flip"] + 0.08 * values["parity"]
    logit = 9 * (strength - 0.36) + 3 * (values["margin"] + pooled)
    credit = round(factor / (1 + math.exp(-logit)), 4)
    contradicted = credit < MISSED_BELOW and values["wrong"] > max(0.5, values["plain"])
    phrase, window = reading.right_phrase, reading.right_window
    spans: tuple[Span, ...] = ()
    if contradicted:
        phrase, window, verdict = reading.wrong_phrase, reading.wrong_window, Verdict.CONTRADICTED
    elif credit >= COVERED_FROM:
        verdict = Verdict.COVERED
    elif credit >= MISSED_BELOW:
        verdict = Verdict.PARTIAL
    else:
        verdict = Verdict.MISSED
    if verdict != Verdict.MISSED and phrase is not None:
        spans = evidence(phrase, window, answer)
    shown = phrase if spans else None
    return KeyPointResult(
        key=point.key, verdict=verdict, credit=credit, confidence=round(abs(2 * credit - 1), 4), evidence=spans,
        matched=shown.text if shown else None, matched_kind=shown.kind if shown else None,
    )  # fmt: skip


def _missed(point: KeyPoint) -> KeyPointResult:
    return KeyPointResult(key=point.key, verdict=Verdict.MISSED, credit=0.0, confidence=1.0)


def _result(results: Sequence[KeyPointResult], compiled: CompiledRubric, reasons: tuple[str, ...]) -> GradeResult:
    points = compiled.rubric.key_points
    score = score_points((point.weight, result.credit, point.required) for point, result in zip(points, results, strict=True))
    doubtful = any(result.confidence < 0.2 for result in results)
    codes = (*reasons, *(["low_confidence"] if doubtful else []))
    return GradeResult(
        score=score, key_points=tuple(results), needs_review=bool(codes), reasons=codes, engine_version=ENGINE_VERSION,
    )  # fmt: skip
