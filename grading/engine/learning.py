"""What marked answers to the same question teach: the nearer one is, the more its marks correct the model's.

A Gaussian process over what the model got wrong (Rasmussen and Williams 2006, equation 2.25): an answer's correction is the weighted
sum of its neighbours' residuals, with the squared likeness of two texts as their covariance, so that ten copies of one sample teach
little more than it does alone.
"""

from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from .matching import AnswerIndex, CompiledRubric, index_answer
from .signals import PointReading, read_points
from .text import Reading, base_weight
from .types import Sample

ALIKE_FROM = 0.1  # likeness below which one answer says nothing about another
NAMED_FROM = 0.4  # a sample this much alike is named in the result
NEIGHBOURS = 16  # samples that an answer leans on, at most
SPREAD = 0.3  # variance of the model's mistakes, as credit; with NOISE it decides how far one marked answer moves the next
NOISE = 0.08  # variance of marks around what the same words deserve
MOST_STUDIED = 2_000  # samples kept ready per rubric

ChancesOf = Callable[[AnswerIndex, Sequence[PointReading]], list[float]]


@dataclass(frozen=True, slots=True)
class Lesson:
    """A corrected chance, and the sample that moved it most (None when none was near enough to name)."""

    chance: float
    sample: str | None


@dataclass(frozen=True, slots=True)
class Studied:
    """A sample made ready: its profile, and per key point it has a mark for, the mark minus what the model alone gives."""

    name: str
    units: tuple[str, ...]
    profile: dict[str, float]
    residuals: dict[str, float]


def _profile(reading: Reading) -> dict[str, float]:
    """A text's content as a vector of length 1: the square roots of the counts of its units, pairs and triples of neighbours."""
    units = [unit for unit in reading.units if base_weight(unit) > 0]
    counts = Counter(units)
    counts.update(f"{a} {b}" for a, b in itertools.pairwise(units))
    counts.update(f"{a} {b} {c}" for a, b, c in zip(units, units[1:], units[2:], strict=False))
    norm = math.sqrt(counts.total()) or 1.0
    return {key: math.sqrt(count) / norm for key, count in sorted(counts.items())}


def _likeness(one: dict[str, float], other: dict[str, float]) -> float:
    """Cosine of two profiles, 0-1."""
    if len(other) < len(one):
        one, other = other, one
    return min(1.0, sum(value * other[key] for key, value in one.items() if key in other))


def _study(sample: Sample, compiled: CompiledRubric, chances_of: ChancesOf) -> Studied:
    known: dict[Sample, Studied] = compiled.studied
    if sample not in known:
        if len(known) >= MOST_STUDIED:
            known.clear()
        index = index_answer(sample.text, compiled)
        marks = dict(sample.credits)
        alone = chances_of(index, read_points(index)) if index.reading.units else [0.0] * len(index.compiled.points)
        residuals = {
            point.point.key: min(1.0, max(0.0, marks[point.point.key])) - chance
            for point, chance in zip(index.compiled.points, alone, strict=True)
            if point.point.key in marks
        }
        known[sample] = Studied(sample.name, index.reading.units, _profile(index.reading), residuals)
    return known[sample]


def learn(
    answer: AnswerIndex, compiled: CompiledRubric, chances: Sequence[float], samples: Sequence[Sample], chances_of: ChancesOf
) -> dict[str, Lesson]:
    """Corrected chances by key point; a key point without a sample near enough is left out.

    A sample with the very same words hands its marks over as they are.
    """
    profile = _profile(answer.reading)
    near: list[tuple[float, int, Studied]] = []
    for place, sample in enumerate(samples):
        studied = _study(sample, compiled, chances_of)
        alike = _likeness(profile, studied.profile)
        if alike >= ALIKE_FROM and studied.units:
            near.append((alike, -place, studied))
    near = sorted(near, key=lambda item: item[:2], reverse=True)[:NEIGHBOURS]
    lessons: dict[str, Lesson] = {}
    weights: dict[tuple[int, ...], list[float]] = {}
    for point, chance in zip(answer.compiled.points, chances, strict=True):
        key = point.point.key
        taught = tuple(number for number, (_, _, studied) in enumerate(near) if key in studied.residuals)
        if not taught:
            continue
        alike, _, nearest = near[taught[0]]
        if taught not in weights:
            weights[taught] = _weights([near[number][0] for number in taught], [near[number][2].profile for number in taught])
        shift = sum(weight * near[number][2].residuals[key] for weight, number in zip(weights[taught], taught, strict=True))
        if nearest.units == answer.reading.units:
            shift = nearest.residuals[key]
        name = nearest.name if nearest.name and alike >= NAMED_FROM else None
        lessons[key] = Lesson(min(0.999, max(0.001, chance + shift)), name)
    return lessons


def _weights(alike: Sequence[float], profiles: Sequence[dict[str, float]]) -> list[float]:
    """How much of each neighbour's residual counts: the covariance with the answer times the inverse of the neighbours' own."""
    size = len(profiles)
    rows = [[SPREAD * _likeness(profiles[i], profiles[j]) ** 2 for j in range(size)] for i in range(size)]
    for i in range(size):
        rows[i][i] += NOISE
        rows[i].append(SPREAD * alike[i] ** 2)
    for column in range(size):  # Gaussian elimination; the matrix is positive definite, so no pivot is near 0
        for below in range(column + 1, size):
            factor = rows[below][column] / rows[column][column]
            if factor:
                rows[below] = [a - factor * b for a, b in zip(rows[below], rows[column], strict=True)]
    solution = [0.0] * size
    for row in range(size - 1, -1, -1):
        solution[row] = (rows[row][size] - sum(rows[row][k] * solution[k] for k in range(row + 1, size))) / rows[row][row]
    return solution
