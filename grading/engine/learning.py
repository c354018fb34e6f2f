"""What marked answers to the same question teach: the nearer one is, the more its marks correct the model's.

A Gaussian process over what the model got wrong (Rasmussen and Williams 2006, equation 2.25): an answer's correction is the weighted
sum of its neighbours' residuals. Two mistakes go together as far as the texts are alike and the model sees as much of the key point in
one as in the other; how large they are goes by the room the model leaves: where it sees a share p, as p (1 - p). So ten copies of one
sample teach little more than it does alone, and what the model makes too much of in poor answers takes nothing from a perfect one.
"""

from __future__ import annotations

import math
from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise, repeat
from operator import mul
from zlib import crc32

from .answers import AnswerIndex, index_answer
from .compiled import CompiledRubric
from .signals import PointReading, read_points
from .text import base_weight, read
from .types import Sample

ALIKE_FROM = 0.1  # likeness below which one answer says nothing about another
COPY_FROM = 0.85  # likeness from which an answer is the more a copy of its sample, up to 1
READ_ALIKE = (
    0.3  # difference of two shares from which their mistakes have little to do with each other
)
SUREST = 0.9  # a chance further from even leaves as much room for a mistake as this one: a model can be sure and wrong
NEIGHBOURS = 16  # samples that an answer leans on, at most
SPREAD = 0.8  # variance of the model's mistakes where it sees half; with NOISE it decides how far one marked answer moves the next
NOISE = 0.08  # variance of marks around what the same words deserve
NAMED_FROM = 0.01  # change of a chance from which the sample that moved it most is named
PROFILED = 1_000  # characters at either end of a text by which its likeness is told
MOST_STUDIED = 2_000  # samples kept ready per rubric

ChancesOf = Callable[[AnswerIndex, Sequence[PointReading]], list[float]]


@dataclass(frozen=True, slots=True)
class Lesson:
    """A corrected chance, and the sample that moved it most (None when it hardly moved, or the sample has no name)."""

    chance: float
    sample: str | None


@dataclass(frozen=True, slots=True)
class Profile:
    """A text's content as a vector of length 1: the square roots of the counts of its units, pairs and triples of neighbours.

    Each of these stands there as a number, 12 bytes with its root: a busy question has many samples.
    """

    keys: array[int]
    roots: array[float]

    def by_key(self) -> dict[int, float]:
        return dict(zip(self.keys, self.roots, strict=True))

    def likeness(self, other: dict[int, float]) -> float:
        """Cosine with another profile, 0-1."""
        return min(1.0, float(sum(map(mul, self.roots, map(other.get, self.keys, repeat(0.0))))))


@dataclass(frozen=True, slots=True)
class Taught:
    """Of one key point in a sample: the mark minus what the model alone gives, and the share of the key point that the model sees."""

    residual: float
    share: float


@dataclass(frozen=True, slots=True)
class Studied:
    """A sample made ready. Only one that was a neighbour has been read: `taught` holds what it says, by who read it."""

    sample: Sample
    profile: Profile
    taught: dict[str, dict[str, Taught]] = field(default_factory=dict)


@lru_cache(maxsize=50_000)
def _number(unit: str) -> int:
    return crc32(unit.encode())


def _profile(text: str) -> Profile:
    if len(text) > 2 * PROFILED:
        text = f"{text[:PROFILED]}\n{text[-PROFILED:]}"
    ones = [_number(unit) for unit in read(text).units if base_weight(unit) > 0]
    twos = [(one * 0x9E3779B1 + other) & 0xFFFFFFFF for one, other in pairwise(ones)]
    threes = [
        (two * 0x85EBCA6B + other) & 0xFFFFFFFF for two, other in zip(twos, ones[2:], strict=False)
    ]
    counts = Counter(ones)
    counts.update(twos)
    counts.update(threes)
    norm = math.sqrt(counts.total()) or 1.0
    return Profile(
        array("I", counts), array("d", (math.sqrt(count) / norm for count in counts.values()))
    )


def _shares(
    index: AnswerIndex, readings: Sequence[PointReading], chances: Sequence[float]
) -> list[float]:
    """Of each key point, the share that the model sees: what there is of a model answer, or its chance as far as it can be trusted."""
    if index.compiled.reference:
        return [min(1.0, reading.values["own"]) for reading in readings]
    return [min(SUREST, max(1 - SUREST, chance)) for chance in chances]


def _study(sample: Sample, compiled: CompiledRubric) -> Studied:
    known: dict[Sample, Studied] = (
        compiled.studied
    )  # shared by threads, so that what another one clears must not be read back
    studied = known.get(sample)
    if studied is None:
        if len(known) >= MOST_STUDIED:
            known.clear()
        studied = known[sample] = Studied(sample, _profile(sample.text))
    return studied


def _teach(
    studied: Studied, compiled: CompiledRubric, chances_of: ChancesOf, reader: str
) -> dict[str, Taught]:
    """What a sample says of each key point that it has a mark for."""
    taught = studied.taught.get(reader)
    if taught is None:
        index = index_answer(studied.sample.text, compiled)
        points = index.compiled.points
        chances = shares = [0.0] * len(points)
        if index.reading.units:
            readings = read_points(index)
            chances = chances_of(index, readings)
            shares = _shares(index, readings, chances)
        marks = dict(studied.sample.credits)
        taught = studied.taught[reader] = {
            point.point.key: Taught(min(1.0, max(0.0, marks[point.point.key])) - chance, share)
            for point, chance, share in zip(points, chances, shares, strict=True)
            if point.point.key in marks
        }
    return taught


def learn(
    answer: AnswerIndex,
    readings: Sequence[PointReading],
    compiled: CompiledRubric,
    chances: Sequence[float],
    samples: Iterable[Sample],
    chances_of: ChancesOf,
    reader: str = "",
) -> dict[str, Lesson]:
    """Corrected chances by key point; a key point without a sample near enough is left out.

    `chances_of` gives the chances that there are before anything is learned; `reader` names the second reader that took part in them.
    """
    profile = _profile(answer.text).by_key()
    found = [
        (studied.profile.likeness(profile), studied)
        for studied in (_study(sample, compiled) for sample in samples)
    ]
    near = sorted(
        (pair for pair in found if pair[0] >= ALIKE_FROM), key=lambda pair: pair[0], reverse=True
    )[:NEIGHBOURS]
    if not near:
        return {}
    taught = [_teach(studied, compiled, chances_of, reader) for _, studied in near]
    alike = _alike([studied.profile for _, studied in near])
    lessons: dict[str, Lesson] = {}
    for point, chance, share in zip(
        answer.compiled.points, chances, _shares(answer, readings, chances), strict=True
    ):
        key = point.point.key
        told = [number for number, said in enumerate(taught) if key in said]
        if not told:
            continue
        said = [taught[number][key] for number in told]
        between = [[alike[one][other] for other in told] for one in told]
        weights = _weights(
            share, [near[number][0] for number in told], [lesson.share for lesson in said], between
        )
        copied = max(0.0, near[told[0]][0] * _read_alike(share, said[0].share) - COPY_FROM) / (
            1 - COPY_FROM
        )
        weights = [weight * (1 - copied) for weight in weights]
        weights[0] += copied
        moves = [weight * lesson.residual for weight, lesson in zip(weights, said, strict=True)]
        shift = sum(moves)
        corrected = min(max(0.999, chance), max(min(0.001, chance), chance + shift))
        most = max(
            range(len(moves)),
            key=lambda number: (moves[number] if shift > 0 else -moves[number], -number),
        )
        name = near[told[most]][1].sample.name if abs(corrected - chance) >= NAMED_FROM else ""
        lessons[key] = Lesson(corrected, name or None)
    return lessons


def _alike(profiles: Sequence[Profile]) -> list[list[float]]:
    """How alike each two of the profiles are."""
    rows = [[1.0] * len(profiles) for _ in profiles]
    for one, profile in enumerate(profiles):
        by_key = profile.by_key()
        for other in range(one):
            rows[one][other] = rows[other][one] = profiles[other].likeness(by_key)
    return rows


def _read_alike(one: float, other: float) -> float:
    """How nearly the model sees as much in one answer as in the other, 0-1."""
    return math.exp(-(((one - other) / READ_ALIKE) ** 2) / 2)


def _weights(
    share: float,
    likenesses: Sequence[float],
    shares: Sequence[float],
    alike: Sequence[Sequence[float]],
) -> list[float]:
    """How much of each neighbour's residual counts: the covariance with the answer times the inverse of the neighbours' own.

    `likenesses` are those of the answer to each of them, `alike` those between them.
    """

    def covariance(likeness: float, one: float, other: float) -> float:
        near = max(0.0, likeness - ALIKE_FROM) / (1 - ALIKE_FROM)
        room = 4 * math.sqrt(one * (1 - one) * other * (1 - other))
        return SPREAD * near**2 * room * _read_alike(one, other)

    size = len(shares)
    rows = [
        [covariance(alike[i][j], shares[i], shares[j]) for j in range(size)] for i in range(size)
    ]
    for i in range(size):
        rows[i][i] += NOISE
        rows[i].append(covariance(likenesses[i], share, shares[i]))
    for column in range(
        size
    ):  # Gaussian elimination; the matrix is positive definite, so no pivot is near 0
        for below in range(column + 1, size):
            factor = rows[below][column] / rows[column][column]
            if factor:
                rows[below] = [
                    a - factor * b for a, b in zip(rows[below], rows[column], strict=True)
                ]
    solution = [0.0] * size
    for row in range(size - 1, -1, -1):
        solution[row] = (
            rows[row][size] - sum(rows[row][k] * solution[k] for k in range(row + 1, size))
        ) / rows[row][row]
    return solution
