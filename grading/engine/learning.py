"""What marked answers to the same question teach: the nearer one is, the more its marks correct the model's."""

from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from .matching import AnswerIndex, CompiledRubric, base_weight, index_answer
from .signals import PointReading, read_points
from .text import read
from .types import Sample

ALIKE_FROM = 0.3  # cosine of two answers below which one says nothing about the other
SHRINK = 0.2  # how much evidence it takes to move a verdict half the way
NAMED_FROM = 0.5  # a sample this much alike is named in the result

ChancesOf = Callable[[AnswerIndex, Sequence[PointReading]], list[float]]


@dataclass(frozen=True, slots=True)
class Lesson:
    """A corrected chance, and the sample that moved it most (None when none was near enough to name)."""

    chance: float
    sample: str | None


def _profile(text: str) -> dict[str, float]:
    """The weighted content of a text: units, and pairs of neighbours."""
    units = [unit for unit in read(text).units if base_weight(unit) > 0]
    counts = Counter(units) + Counter(f"{a} {b}" for a, b in itertools.pairwise(units))
    return {key: math.sqrt(count) for key, count in counts.items()}


def _cosine(one: dict[str, float], other: dict[str, float]) -> float:
    if len(other) < len(one):
        one, other = other, one
    dot = sum(value * other[key] for key, value in sorted(one.items()) if key in other)
    norm = math.sqrt(sum(v * v for v in one.values()) * sum(v * v for v in other.values()))
    return dot / norm if norm else 0.0


def learn(
    answer: AnswerIndex, compiled: CompiledRubric, chances: Sequence[float], samples: Sequence[Sample], chances_of: ChancesOf
) -> dict[str, Lesson]:
    """Corrected chances by key point; a key point without a sample near enough is left out.

    Each sample pulls by its residual (the person's credit minus what the model alone gives the sample) times the fourth power
    of how much it is alike, so that a copy of a marked answer takes over its marks and a stranger changes nothing.
    """
    profile = _profile(answer.text)
    pulls: dict[str, list[tuple[float, float, str]]] = {}
    for sample in samples:
        alike = _cosine(profile, _profile(sample.text))
        if alike < ALIKE_FROM:
            continue
        index = index_answer(sample.text, compiled)
        if not index.reading.units:
            continue
        alone = chances_of(index, read_points(index))
        marks = dict(sample.credits)
        for point, chance in zip(index.compiled.points, alone, strict=True):
            if point.point.key in marks:
                residual = min(1.0, max(0.0, marks[point.point.key])) - chance
                pulls.setdefault(point.point.key, []).append((alike, residual, sample.name))
    lessons: dict[str, Lesson] = {}
    for point, chance in zip(answer.compiled.points, chances, strict=True):
        known = pulls.get(point.point.key)
        if not known:
            continue
        weight = sum(alike**4 for alike, _, _ in known)
        shift = sum(alike**4 * residual for alike, residual, _ in known) / (weight + SHRINK)
        nearest = max(known, key=lambda pull: pull[0])
        lessons[point.point.key] = Lesson(min(0.999, max(0.001, chance + shift)), nearest[2] or None if nearest[0] >= NAMED_FROM else None)
    return lessons
