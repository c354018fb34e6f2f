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

from .answer import AnswerIndex, index_answer
from .features import PointFeatures, compute_features
from .rubric import CompiledRubric
from .scoring import CONTRADICTION_THRESHOLD, THRESHOLDS
from .text import token_weight, tokenize
from .types import Sample

MIN_SIMILARITY = 0.1  # similarity below which one answer says nothing about another
MIN_COPY_SIMILARITY = (
    0.85  # similarity from which an answer is the more a copy of its sample, up to 1
)
SHARE_LENGTH_SCALE = (
    0.3  # difference of two shares from which their mistakes have little to do with each other
)
MAX_SHARE = 0.9  # a probability further from even leaves as much room for a mistake as this one: a model can be sure and wrong
MAX_NEIGHBOURS = 16  # samples that an answer leans on, at most
RESIDUAL_VARIANCE = 0.8  # variance of the model's mistakes where it sees half; with MARK_VARIANCE it decides how far one marked answer moves the next
MARK_VARIANCE = 0.08  # variance of marks around what the same words deserve
MIN_NAMED_SHIFT = 0.01  # change of a probability from which the sample that moved it most is named
PROFILE_CHARACTERS = 1_000  # characters at either end of a text by which its similarity is told
MAX_PREPARED_SAMPLES = 2_000  # samples kept ready per rubric

ProbabilitiesOf = Callable[[AnswerIndex, Sequence[PointFeatures]], list[float]]


@dataclass(frozen=True, slots=True)
class Correction:
    """A corrected probability, and the sample that moved it most (None when it hardly moved, or the sample has no name)."""

    probability: float
    sample: str | None


@dataclass(frozen=True, slots=True)
class Profile:
    """A text's content as a vector of length 1: the square roots of the counts of its tokens, pairs and triples of neighbours.

    Each of these stands there as a number, 12 bytes with its root: a busy question has many samples.
    """

    keys: array[int]
    roots: array[float]

    def by_key(self) -> dict[int, float]:
        return dict(zip(self.keys, self.roots, strict=True))

    def similarity(self, other: dict[int, float]) -> float:
        """Cosine with another profile, 0-1."""
        return min(1.0, float(sum(map(mul, self.roots, map(other.get, self.keys, repeat(0.0))))))


@dataclass(frozen=True, slots=True)
class Residual:
    """Of one key point in a sample: the mark minus what the model alone gives, and the share of the key point that the model sees."""

    value: float
    share: float


@dataclass(frozen=True, slots=True)
class PreparedSample:
    """A sample made ready. Only one that was a neighbour has been read: `residuals` holds what it says, by who read it."""

    sample: Sample
    profile: Profile
    residuals: dict[str, dict[str, Residual]] = field(default_factory=dict)


@lru_cache(maxsize=50_000)
def _hash(token: str) -> int:
    return crc32(token.encode())


def _profile(text: str) -> Profile:
    if len(text) > 2 * PROFILE_CHARACTERS:
        text = f"{text[:PROFILE_CHARACTERS]}\n{text[-PROFILE_CHARACTERS:]}"
    ones = [_hash(token) for token in tokenize(text).tokens if token_weight(token) > 0]
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
    index: AnswerIndex, features: Sequence[PointFeatures], probabilities: Sequence[float]
) -> list[float]:
    """Of each key point, the share that the model sees: what there is of a model answer, or its probability as far as it can be trusted."""
    if index.view.is_reference:
        return [min(1.0, point_features.values["coverage_own_text"]) for point_features in features]
    return [min(MAX_SHARE, max(1 - MAX_SHARE, probability)) for probability in probabilities]


def _prepare(sample: Sample, rubric: CompiledRubric) -> PreparedSample:
    prepared_samples: dict[Sample, PreparedSample] = (
        rubric.prepared_samples
    )  # shared by threads, so that what another one clears must not be read back
    prepared = prepared_samples.get(sample)
    if prepared is None:
        if len(prepared_samples) >= MAX_PREPARED_SAMPLES:
            prepared_samples.clear()
        prepared = prepared_samples[sample] = PreparedSample(sample, _profile(sample.text))
    return prepared


def _residuals_of(
    prepared: PreparedSample, rubric: CompiledRubric, probabilities_of: ProbabilitiesOf, reader: str
) -> dict[str, Residual]:
    """What a sample says of each key point that it has a mark for."""
    residuals = prepared.residuals.get(reader)
    if residuals is None:
        index = index_answer(prepared.sample.text, rubric)
        points = index.view.points
        probabilities = shares = [0.0] * len(points)
        if index.tokenized.tokens:
            features = compute_features(index)
            probabilities = probabilities_of(index, features)
            shares = _shares(index, features, probabilities)
        marks = dict(prepared.sample.credits)
        residuals = prepared.residuals[reader] = {
            point.point.key: Residual(
                min(1.0, max(0.0, marks[point.point.key])) - probability, share
            )
            for point, probability, share in zip(points, probabilities, shares, strict=True)
            if point.point.key in marks
        }
    return residuals


def calibrate(
    answer: AnswerIndex,
    features: Sequence[PointFeatures],
    rubric: CompiledRubric,
    probabilities: Sequence[float],
    samples: Iterable[Sample],
    probabilities_of: ProbabilitiesOf,
    reader: str = "",
) -> dict[str, Correction]:
    """Corrected probabilities by key point; a key point without a sample near enough is left out.

    `probabilities_of` gives the probabilities that there are before anything is learned; `reader` names the second reader that took part in them.
    """
    profile = _profile(answer.text).by_key()
    ranked = [
        (prepared.profile.similarity(profile), prepared)
        for prepared in (_prepare(sample, rubric) for sample in samples)
    ]
    nearest = sorted(
        (pair for pair in ranked if pair[0] >= MIN_SIMILARITY),
        key=lambda pair: pair[0],
        reverse=True,
    )[:MAX_NEIGHBOURS]
    if not nearest:
        return {}
    residuals = [
        _residuals_of(prepared, rubric, probabilities_of, reader) for _, prepared in nearest
    ]
    between_samples = _similarities([prepared.profile for _, prepared in nearest])
    corrections: dict[str, Correction] = {}
    for point, probability, share in zip(
        answer.view.points, probabilities, _shares(answer, features, probabilities), strict=True
    ):
        key = point.point.key
        marked = [number for number, own_residuals in enumerate(residuals) if key in own_residuals]
        if not marked:
            continue
        own_residuals = [residuals[number][key] for number in marked]
        between = [[between_samples[one][other] for other in marked] for one in marked]
        weights = _weights(
            share,
            [nearest[number][0] for number in marked],
            [residual.share for residual in own_residuals],
            between,
        )
        copy_share = max(
            0.0,
            nearest[marked[0]][0] * _share_similarity(share, own_residuals[0].share)
            - MIN_COPY_SIMILARITY,
        ) / (1 - MIN_COPY_SIMILARITY)
        weights = [weight * (1 - copy_share) for weight in weights]
        weights[0] += copy_share
        shifts = [
            weight * residual.value for weight, residual in zip(weights, own_residuals, strict=True)
        ]
        shift = sum(shifts)
        corrected = min(max(0.999, probability), max(min(0.001, probability), probability + shift))
        strongest = max(
            range(len(shifts)),
            key=lambda number: (shifts[number] if shift > 0 else -shifts[number], -number),
        )
        name = (
            nearest[marked[strongest]][1].sample.name
            if abs(corrected - probability) >= MIN_NAMED_SHIFT
            or _may_change_verdict(probability, corrected, answer.view.style)
            else ""
        )
        corrections[key] = Correction(corrected, name or None)
    return corrections


def _may_change_verdict(before: float, after: float, style: str) -> bool:
    """Whether one of the chances where verdicts change lies between the two."""
    low, high = sorted((before, after))
    return any(low < limit <= high for limit in (*THRESHOLDS[style], CONTRADICTION_THRESHOLD))


def _similarities(profiles: Sequence[Profile]) -> list[list[float]]:
    """How alike each two of the profiles are."""
    rows = [[1.0] * len(profiles) for _ in profiles]
    for one, profile in enumerate(profiles):
        by_key = profile.by_key()
        for other in range(one):
            rows[one][other] = rows[other][one] = profiles[other].similarity(by_key)
    return rows


def _share_similarity(one: float, other: float) -> float:
    """How nearly the model sees as much in one answer as in the other, 0-1."""
    return math.exp(-(((one - other) / SHARE_LENGTH_SCALE) ** 2) / 2)


def _weights(
    share: float,
    similarities: Sequence[float],
    shares: Sequence[float],
    between: Sequence[Sequence[float]],
) -> list[float]:
    """How much of each neighbour's residual counts: the covariance with the answer times the inverse of the neighbours' own.

    `similarities` are those of the answer to each of them, `between` those between them.
    """

    def covariance(similarity: float, one: float, other: float) -> float:
        similarity_above = max(0.0, similarity - MIN_SIMILARITY) / (1 - MIN_SIMILARITY)
        room = 4 * math.sqrt(one * (1 - one) * other * (1 - other))
        return RESIDUAL_VARIANCE * similarity_above**2 * room * _share_similarity(one, other)

    size = len(shares)
    rows = [
        [covariance(between[i][j], shares[i], shares[j]) for j in range(size)] for i in range(size)
    ]
    for i in range(size):
        rows[i][i] += MARK_VARIANCE
        rows[i].append(covariance(similarities[i], share, shares[i]))
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
