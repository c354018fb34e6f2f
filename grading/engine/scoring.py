"""The score formula, and nothing else that touches points."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal

PARTIAL_CREDIT = 0.5  # what a person's "partial" is worth
PARTIAL_THRESHOLD = 0.5  # credit from which a key point counts as partial, and below as missed
COVERED_THRESHOLD = 0.7  # credit from which a key point counts as covered
REQUIRED_CAP = Decimal(59)  # points at most when a required key point is missed

Item = tuple[Decimal, float, bool]  # a key point's weight, its credit 0-1, whether it is required


def score_points(items: Iterable[Item]) -> Decimal:
    """The points, 0-100, of an answer's key points.

    They are 100 x sum of weight x credit / sum of weights, rounded once to one decimal place,
    halves up. A required key point with less credit than PARTIAL_THRESHOLD caps them at
    REQUIRED_CAP. No key points, or no weight at all, give 0.
    """
    items = list(items)
    points = uncapped_points(items)
    if any(required and credit < PARTIAL_THRESHOLD for _, credit, required in items):
        points = min(points, REQUIRED_CAP)
    return points.quantize(Decimal("0.1"), rounding=ROUND_HALF_UP)


def uncapped_points(items: Iterable[Item]) -> Decimal:
    """The same before the cap and the rounding."""
    total = earned = Decimal(0)
    for weight, credit, _ in items:
        total += weight
        earned += weight * Decimal(repr(float(credit)))
    return 100 * earned / total if total > 0 else Decimal(0)
