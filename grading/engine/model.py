"""From signals to a chance: one logistic model over named signals, one table of coefficients."""

from __future__ import annotations

import math
from collections.abc import Mapping

from .matching import AnswerIndex
from .text import is_han

# The signals each model looks at, for rubrics with texts and wordings only, and for rubrics with term groups and contradictions.
SIGNALS = {
    "rubrics": (
        "all_best_low", "echo_low", "all_flip", "pairs", "density", "all_own_high", "own_low", "most_plain_high", "best", "topic_low",
        "all_parity", "best_low",
    ),
    "rich": (
        "top3", "all_excess", "all_contrast", "pairs", "all_own_pairs", "all_top3_low", "groups", "all_pairs", "all_plain_low", "top3_low",
        "all_flip", "echo_low", "topic_low", "best_low", "all_contrast_min",
    ),
}  # fmt: skip


def is_chinese(answer: AnswerIndex) -> bool:
    """Whether most of an answer's units are Chinese characters (a Latin word counts for two)."""
    units = answer.reading.units
    han = sum(map(is_han, units))
    return han > 2 * (len(units) - han) * 0.75


def probability(values: Mapping[str, float], *, chinese: bool, rich: bool) -> float:
    """The chance, 0-1, that an answer with these signals covers the key point."""
    from . import coefficients

    rows, logit = (coefficients.RICH, coefficients.RICH_INTERCEPT) if rich else (coefficients.RUBRICS, coefficients.RUBRICS_INTERCEPT)
    for name, mean_zh, spread_zh, mean_other, spread_other, coefficient in rows:
        mean, spread = (mean_zh, spread_zh) if chinese else (mean_other, spread_other)
        logit += coefficient * (values[name] - mean) / spread
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, logit))))


SHARPNESS = 1.6


def sharpen(chance: float) -> float:
    """Credit for a chance: the same order, pushed towards 0 and 1, since a point is either there or not."""
    yes, no = chance**SHARPNESS, (1 - chance) ** SHARPNESS
    return float(yes / (yes + no))


REFERENCE_FULL = 0.75  # coverage of a model answer that earns everything
REFERENCE_CURVE = 0.75  # below 1: the first matched words count most


def reference_chance(values: Mapping[str, float]) -> float:
    """The share of a whole model answer that is there. No truth checks: a long text holds several negations of its own."""
    return float(min(1.0, values["own"] / REFERENCE_FULL) ** REFERENCE_CURVE)
