"""Calibration: marked answers to the same question correct the model's probabilities.

The correction is a Gaussian process over the residuals, which are what the model got wrong in the
marked answers (Rasmussen and Williams, Gaussian Processes for Machine Learning, 2006, equation
2.25). The correction of an answer is the weighted sum of its neighbours' residuals. Ten copies of
one sample therefore teach little more than one.

Two residuals are the more alike,
- the more alike the texts are,
- the nearer the shares of the key point that the model sees in them, and
- the more room the model leaves for a mistake. Where it sees the share p, that room is p (1 - p).
  So what the model overrates in poor answers takes nothing from a perfect one.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from .answer import AnswerIndex, index_answer
from .features import PointFeatures, compute_features
from .rubric import CompiledRubric
from .samples import Profile, Residual, profile_of
from .scoring import CONTRADICTION_THRESHOLD, THRESHOLDS
from .types import Sample

MIN_SIMILARITY = 0.1  # of two texts, for one to say anything about the other
MIN_COPY_SIMILARITY = 0.85  # from which an answer is the more a copy of its sample, up to 1
SHARE_LENGTH_SCALE = 0.3  # two shares that differ by this have a correlation of 0.61, exp(-1/2)
# The share of a key point that the model sees is at most this and at least 1 minus this. So even
# where it is sure there is room for a mistake.
MAX_SHARE = 0.9
MAX_NEIGHBOURS = 16  # the most samples that one answer is corrected by
# The two variances decide how far one marked answer moves the next. The first is that of the
# model's mistakes where it sees half of a key point.
RESIDUAL_VARIANCE = 0.8
MARK_VARIANCE = 0.08  # of people's marks around what the same words deserve
MIN_NAMED_SHIFT = 0.01  # change of a probability, for the sample that moved it most to be named
MIN_CORRECTED, MAX_CORRECTED = 0.001, 0.999  # no correction goes past these probabilities

ProbabilitiesOf = Callable[[AnswerIndex, Sequence[PointFeatures]], list[float]]


@dataclass(frozen=True, slots=True)
class Correction:
    """A key point's corrected probability."""

    probability: float  # 0-1
    sample: str | None  # the one that moved it most; None if it has no name or moved it hardly


@dataclass(frozen=True, slots=True)
class _Neighbour:
    """A sample whose text is like the answer's."""

    sample: Sample
    profile: Profile
    similarity: float  # to the answer, MIN_SIMILARITY to 1


def _shares(
    index: AnswerIndex, features: Sequence[PointFeatures], probabilities: Sequence[float]
) -> list[float]:
    """The share, 0-1, of each key point that the model sees in an answer.

    Against a model answer as a whole this is how much of it is there. Elsewhere it is the
    probability, kept within MAX_SHARE.
    """
    if index.view.is_reference:
        return [min(1.0, point_features.values["coverage_own_text"]) for point_features in features]
    return [min(MAX_SHARE, max(1 - MAX_SHARE, probability)) for probability in probabilities]


def _residuals_of(
    sample: Sample, rubric: CompiledRubric, probabilities_of: ProbabilitiesOf
) -> dict[str, Residual]:
    """The residual of each key point that a sample has a mark for."""
    index = index_answer(sample.text, rubric)
    points = index.view.points
    probabilities = shares = [0.0] * len(points)
    if index.tokenized.tokens:
        features = compute_features(index)
        probabilities = probabilities_of(index, features)
        shares = _shares(index, features, probabilities)
    marks = dict(sample.credits)
    return {
        point.point.key: Residual(min(1.0, max(0.0, marks[point.point.key])) - probability, share)
        for point, probability, share in zip(points, probabilities, shares, strict=True)
        if point.point.key in marks
    }


def calibrate(
    answer: AnswerIndex,
    features: Sequence[PointFeatures],
    rubric: CompiledRubric,
    probabilities: Sequence[float],
    *,
    samples: Iterable[Sample],
    probabilities_of: ProbabilitiesOf,
    reader: str = "",
) -> dict[str, Correction]:
    """Corrected probabilities by key point. A key point without a near sample is left out.

    `probabilities_of` gives the probabilities that an answer has before any correction. `reader`
    names the second reader that takes part in them.
    """
    nearest = _nearest(answer.text, samples, rubric)
    if not nearest:
        return {}
    residuals = [
        rubric.samples.residuals.get(
            (neighbour.sample, reader), lambda key: _residuals_of(key[0], rubric, probabilities_of)
        )
        for neighbour in nearest
    ]
    between_samples = _similarities([neighbour.profile for neighbour in nearest])
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
            [nearest[number].similarity for number in marked],
            [residual.share for residual in own_residuals],
            between,
        )
        # A copy of the nearest sample takes over that sample's mark.
        copy_share = max(
            0.0,
            nearest[marked[0]].similarity * _share_similarity(share, own_residuals[0].share)
            - MIN_COPY_SIMILARITY,
        ) / (1 - MIN_COPY_SIMILARITY)
        weights = [weight * (1 - copy_share) for weight in weights]
        weights[0] += copy_share
        shifts = [
            weight * residual.value for weight, residual in zip(weights, own_residuals, strict=True)
        ]
        shift = sum(shifts)
        corrected = min(
            max(MAX_CORRECTED, probability),
            max(min(MIN_CORRECTED, probability), probability + shift),
        )
        strongest = max(
            range(len(shifts)),
            key=lambda number: (shifts[number] if shift > 0 else -shifts[number], -number),
        )
        name = (
            nearest[marked[strongest]].sample.name
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


def _nearest(text: str, samples: Iterable[Sample], rubric: CompiledRubric) -> list[_Neighbour]:
    """The samples nearest to a text, the nearest first."""
    profile = profile_of(text).by_key()
    near = []
    for sample in samples:
        sample_profile = rubric.samples.profile(sample)
        similarity = sample_profile.similarity(profile)
        if similarity >= MIN_SIMILARITY:
            near.append(_Neighbour(sample, sample_profile, similarity))
    near.sort(key=lambda neighbour: neighbour.similarity, reverse=True)
    return near[:MAX_NEIGHBOURS]


def _similarities(profiles: Sequence[Profile]) -> list[list[float]]:
    """The similarity of each two of the profiles, 0-1."""
    rows = [[1.0] * len(profiles) for _ in profiles]
    for one, profile in enumerate(profiles):
        by_key = profile.by_key()
        for other in range(one):
            rows[one][other] = rows[other][one] = profiles[other].similarity(by_key)
    return rows


def _share_similarity(one: float, other: float) -> float:
    """How near two shares of a key point are, 0-1; 1 if they are equal."""
    return math.exp(-(((one - other) / SHARE_LENGTH_SCALE) ** 2) / 2)


def _weights(
    share: float,
    similarities: Sequence[float],
    shares: Sequence[float],
    between: Sequence[Sequence[float]],
) -> list[float]:
    """How much of each neighbour's residual counts, as a factor.

    These are the covariances of the answer and its neighbours, times the inverse of the
    neighbours' own covariance matrix. `share` and `similarities` are the answer's share and its
    similarities to them. `shares` and `between` are the neighbours' shares and the similarities
    between them.
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
    # Gaussian elimination. The matrix is positive definite, so no pivot is near 0.
    for column in range(size):
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
