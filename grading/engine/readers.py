"""The hook for a second, semantic reader: off unless a caller names one, and named in every result it took part in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Protocol

from .scoring import COVERED_FROM, MISSED_BELOW, score_points
from .types import GradeResult, KeyPointResult, Rubric, Verdict

OWN_SHARE = 0.5  # how much of a point's credit stays with the engine's own reading


class SecondReader(Protocol):
    """Anything that can say how likely an answer covers each key point. It must be deterministic to keep grades reproducible."""

    @property
    def name(self) -> str:
        """Name and version, as it shall stand in the result."""
        ...

    def read(self, text: str, rubric: Rubric) -> Sequence[float]:
        """The chance, 0-1, per key point of the rubric, in its order."""
        ...


_registry: dict[str, Callable[[], SecondReader]] = {}


def register(name: str, make: Callable[[], SecondReader]) -> None:
    """Make a reader available under a name. Raises ValueError for a name already taken."""
    if name in _registry:
        raise ValueError(f"a reader named {name!r} is registered already")
    _registry[name] = make


def reader(name: str) -> SecondReader:
    """The reader of that name. Raises LookupError for an unknown one."""
    if name not in _registry:
        raise LookupError(f"no reader named {name!r}; known: {', '.join(sorted(_registry)) or 'none'}")
    return _registry[name]()


def second_opinion(text: str, rubric: Rubric, result: GradeResult, other: SecondReader) -> GradeResult:
    """The grade with the other reader's view mixed in, half and half; a point the engine saw contradicted stays so.

    Where the two differ by a verdict, confidence falls to their distance from each other, so that people look there first.
    """
    chances = other.read(text, rubric)
    if len(chances) != len(result.key_points):
        raise ValueError(f"reader {other.name!r} gave {len(chances)} chances for {len(result.key_points)} key points")
    points = tuple(_mix(point, min(1.0, max(0.0, float(chance)))) for point, chance in zip(result.key_points, chances, strict=True))
    score = score_points((p.weight, mixed.credit, p.required) for p, mixed in zip(rubric.key_points, points, strict=True))
    return replace(result, score=score, key_points=points, engine_version=f"{result.engine_version}+{other.name}")


def _mix(point: KeyPointResult, chance: float) -> KeyPointResult:
    if point.verdict is Verdict.CONTRADICTED:
        return point
    credit = round(OWN_SHARE * point.credit + (1 - OWN_SHARE) * chance, 4)
    verdict = Verdict.COVERED if credit >= COVERED_FROM else Verdict.PARTIAL if credit >= MISSED_BELOW else Verdict.MISSED
    agree = (point.credit >= MISSED_BELOW) == (chance >= MISSED_BELOW)
    confidence = point.confidence if agree else round(min(point.confidence, abs(2 * credit - 1)), 4)
    return replace(point, credit=credit, verdict=verdict, confidence=confidence)
