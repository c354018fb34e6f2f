"""The chart of score changes on a regrade's page."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar of the histogram, in the units of its drawing.

    `label` is the range of the change in points. `direction` is down, same or up.
    """

    label: str
    count: int
    direction: str
    x: int
    y: int
    height: int


BAR_STEP, BAR_WIDTH, CHART_HEIGHT = 36, 30, 100
TOP = 16  # room for the count above the highest bar
EDGES = (50, 30, 20, 10, 5)  # points
CHART_WIDTH = BAR_STEP * (2 * len(EDGES) + 3)


def axis() -> list[tuple[int, str]]:
    """(x, number) along the axis: the edges between the bars, and a 0 under the middle bar."""
    gap = (BAR_STEP - BAR_WIDTH) // 2
    left = [(BAR_STEP * place - gap, f"−{edge}") for place, edge in enumerate(EDGES, 1)]
    right = [
        (CHART_WIDTH - BAR_STEP * place - gap, f"+{edge}") for place, edge in enumerate(EDGES, 1)
    ]
    return [*left, (CHART_WIDTH // 2 - gap, "0"), *reversed(right)]


def histogram(changes: Iterable[Decimal]) -> list[Bar]:
    """The changes counted in ranges, the same ones up and down, with unchanged scores between."""
    counts = [0] * (2 * len(EDGES) + 3)
    middle = len(EDGES) + 1
    for change in changes:
        steps = 1 + sum(abs(change) >= edge for edge in EDGES) if change else 0
        counts[middle + (steps if change > 0 else -steps)] += 1
    names = [
        "<5",
        *(f"{low}–{high}" for low, high in zip((5, 10, 20, 30), (10, 20, 30, 50), strict=True)),
        "≥50",
    ]
    labels = [*(f"−{name}" for name in reversed(names)), "0", *(f"+{name}" for name in names)]
    highest = max(counts) or 1
    bars = []
    for place, (label, count) in enumerate(zip(labels, counts, strict=True)):
        height = max(2, round(CHART_HEIGHT * count / highest)) if count else 0
        direction = "same" if place == middle else "up" if place > middle else "down"
        bars.append(
            Bar(label, count, direction, place * BAR_STEP, TOP + CHART_HEIGHT - height, height)
        )
    return bars
