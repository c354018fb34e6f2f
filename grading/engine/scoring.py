"""The score formula, and nothing else that touches points."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal

PARTIAL_CREDIT = 0.5  # what a person's "partial" is worth
PARTIAL_THRESHOLD = 0.5  # a key point with less credit than this counts as missed
COVERED_THRESHOLD = 0.7  # ... and with at least this as covered
REQUIRED_CAP = Decimal(59)  # points, at most, when a required key point is missed


def score_points(items: Iterable[tuple[Decimal, float, bool]]) -> Decimal:
    """Points 0-100 from (weight, credit 0-1, required) per key point: 100 x sum of weight x credit / sum of weights.

    A required key point with less than MISSED_BELOW credit caps the result at REQUIRED_CAP. Rounded once, to one decimal place,
    halves up. No items, or no weight at all, give 0.
    """
    total = earned = Decimal(0)
    capped = False
    for weight, credit, required in items:
        total += weight
        earned += weight * Decimal(repr(float(credit)))
        capped = capped or (required and credit < PARTIAL_THRESHOLD)
    if total <= 0:
        return Decimal("0.0")
    points = 100 * earned / total
    if capped:
        points = min(points, REQUIRED_CAP)
    return points.quantize(Decimal("0.1"), rounding=ROUND_HALF_UP)
