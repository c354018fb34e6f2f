"""Marked answers made ready for calibration, kept with the rubric that they belong to."""

from __future__ import annotations

import math
from array import array
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise, repeat
from operator import mul
from zlib import crc32

from .cache import Cache
from .text import token_weight, tokenize
from .types import Sample

MAX_PREPARED_SAMPLES = 2_000  # samples kept ready per rubric
PROFILE_CHARACTERS = 1_000  # at either end of a text; what is between them is left out


@dataclass(frozen=True, slots=True)
class Profile:
    """A text's content as a vector of length 1, to be compared with those of other texts.

    Its dimensions are the text's tokens, pairs of neighbours and triples of neighbours. Along each
    it has the square root of how often that one occurs. The two arrays take 12 bytes a dimension,
    because a busy question has many samples.
    """

    keys: array[int]  # 32-bit hashes of the dimensions where it is not 0
    roots: array[float]  # its component along each, in the same order

    def by_key(self) -> dict[int, float]:
        """The components by dimension, as `similarity` wants them."""
        return dict(zip(self.keys, self.roots, strict=True))

    def similarity(self, other: dict[int, float]) -> float:
        """The cosine with another profile, 0-1."""
        return min(1.0, float(sum(map(mul, self.roots, map(other.get, self.keys, repeat(0.0))))))


@dataclass(frozen=True, slots=True)
class Residual:
    """What the model alone got wrong in one key point of a sample."""

    value: float  # the mark minus the model's probability, -1 to 1
    share: float  # the share of the key point that the model sees there, 0-1


class SampleCache:
    """What was worked out about one rubric's samples.

    Every sample is given a profile. Only a sample that was a neighbour of some answer is graded,
    which is what takes time.
    """

    def __init__(self, capacity: int = MAX_PREPARED_SAMPLES) -> None:
        self.profiles: Cache[Sample, Profile] = Cache(capacity)
        # By sample and by the name of the second reader, each with its residuals by key point.
        self.residuals: Cache[tuple[Sample, str], dict[str, Residual]] = Cache(capacity)

    def profile(self, sample: Sample) -> Profile:
        """The profile of a sample."""
        return self.profiles.get(sample, lambda sample: profile_of(sample.text))


def profile_of(text: str) -> Profile:
    """The profile of a text."""
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


@lru_cache(maxsize=50_000)
def _hash(token: str) -> int:
    return crc32(token.encode())
