"""From chances to verdicts, and from verdicts to points. Nothing else touches either."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import NamedTuple

from .types import Verdict

PARTIAL_CREDIT = 0.5
CREDIT_OF = {
    Verdict.COVERED: 1.0,
    Verdict.PARTIAL: PARTIAL_CREDIT,
    Verdict.MISSED: 0.0,
    Verdict.CONTRADICTED: 0.0,
}
REQUIRED_CAP = Decimal(59)  # points at most when a required key point is missed


class Thresholds(NamedTuple):
    """The chances from which a key point is partial, and from which it is covered."""

    partial: float
    covered: float


# By the style of the rubric. A plain one names no contradictions, so that a middling chance there
# is more often of a wrong statement. For a reference the chance is the share of a whole model
# answer. Measured in docs/decisions/0009.
THRESHOLDS = {
    "rich": Thresholds(partial=0.30, covered=0.55),
    "plain": Thresholds(partial=0.35, covered=0.60),
    "reference": Thresholds(partial=0.45, covered=0.80),
}
# Below this chance, what speaks for a contradiction makes the verdict "contradicted".
CONTRADICTION_THRESHOLD = 0.5

Item = tuple[Decimal, float, bool]  # a key point's weight, its credit 0-1, whether it is required


def verdict_of(chance: float, thresholds: Thresholds, *, speaks_against: bool) -> Verdict:
    """The verdict on a key point. `speaks_against` says that a rule finds it contradicted."""
    if speaks_against and chance < CONTRADICTION_THRESHOLD:
        return Verdict.CONTRADICTED
    if chance >= thresholds.covered:
        return Verdict.COVERED
    return Verdict.PARTIAL if chance >= thresholds.partial else Verdict.MISSED


def confidence_of(verdict: Verdict, chance: float) -> float:
    """The probability that the verdict is on the right side: credited at all, or not at all.

    For a partial verdict it is the chance, as for a covered one. It is low by nature: a point is
    called partial where the engine does not know.
    """
    return chance if CREDIT_OF[verdict] else 1 - chance


def score_points(items: Iterable[Item]) -> Decimal:
    """The points, 0-100, of an answer's key points.

    They are 100 x sum of weight x credit / sum of weights, rounded once to one decimal place,
    halves up. A required key point with less than PARTIAL_CREDIT caps them at REQUIRED_CAP. No key
    points, or no weight at all, give 0.
    """
    items = list(items)
    points = uncapped_points(items)
    if is_capped(items):
        points = min(points, REQUIRED_CAP)
    return points.quantize(Decimal("0.1"), rounding=ROUND_HALF_UP)


def is_capped(items: Iterable[Item]) -> bool:
    """Whether a required key point is missed or contradicted."""
    return any(required and credit < PARTIAL_CREDIT for _, credit, required in items)


def uncapped_points(items: Iterable[Item]) -> Decimal:
    """The same before the cap and the rounding."""
    total = earned = Decimal(0)
    for weight, credit, _ in items:
        total += weight
        earned += weight * Decimal(repr(float(credit)))
    return 100 * earned / total if total > 0 else Decimal(0)


class WholePoints(NamedTuple):
    """A score in whole points, and the rows that add up to it."""

    score: int
    rows: tuple[int, ...]  # one a key point, in order
    cap: int  # what the cap of a missed required key point takes away: 0 or less


def whole_points(items: Sequence[Item]) -> WholePoints:
    """The score and its rows as whole points, for people to add up.

    The score is `score_points` rounded, halves up. The rows are shared out by largest remainder:
    each is rounded down, and what is left of the sum goes, a point each, to the rows that lost
    most, the first of equals first. The sum of the rows and the cap is the score.
    """
    score = _whole(score_points(items))
    uncapped = uncapped_points(items)
    uncapped_score = _whole(uncapped.quantize(Decimal("0.1"), rounding=ROUND_HALF_UP))
    total = sum((weight for weight, _, _ in items), Decimal(0))
    exact = [
        100 * weight * Decimal(repr(float(credit))) / total if total > 0 else Decimal(0)
        for weight, credit, _ in items
    ]
    rows = [int(points) for points in exact]
    by_remainder = sorted(range(len(rows)), key=lambda place: rows[place] - exact[place])
    for place in by_remainder[: uncapped_score - sum(rows)]:
        rows[place] += 1
    return WholePoints(score, tuple(rows), score - uncapped_score)


def _whole(points: Decimal) -> int:
    return int(points.quantize(Decimal(1), rounding=ROUND_HALF_UP))
