"""The model: from the features of a key point to the probability that the answer covers it.

Its logit is the mean of two logits over the same features, one of a logistic regression and one of
boosted trees. The regression extrapolates sensibly. The trees see that a feature means one thing
beside another. Together they are better than either. All fitted numbers are in fitted.json, which
benchmarks/engine_fit.py writes and nothing else does.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

# A leaf is what it adds to the logit. Another node is the index of a feature, a threshold, the node
# for values up to the threshold, and the node for values above it.
Node = tuple[int, float, Any, Any] | float

# The regression takes a feature for no further from its mean than this, in standard deviations: a
# straight line must not run on to where no marked answer ever was.
MAX_STANDARD_DEVIATIONS = 2.0
MAX_LOGIT = 30.0  # beyond it a probability is 0 or 1 as good as exactly

FULL_REFERENCE_COVERAGE = 0.75  # coverage of a model answer that earns everything
REFERENCE_EXPONENT = 0.5  # below 1: the first words that match count most


@dataclass(frozen=True, slots=True)
class Model:
    """A fitted model. Logits of the two parts are summed and halved."""

    features: tuple[str, ...]  # their names; everything below follows this order
    intercept: float  # logit of the regression where all features have their means
    # Per feature: mean and standard deviation in Chinese answers, the same in others, and the logit
    # that each standard deviation above the mean adds.
    linear: tuple[tuple[float, float, float, float, float], ...]
    baseline: float  # logit of the trees before the first of them
    trees: tuple[Node, ...]  # the root of each

    def probability(self, values: Mapping[str, float], *, is_chinese: bool) -> float:
        """The probability, 0-1, that an answer with these features covers the key point."""
        row = [values[name] for name in self.features]
        logit, trees = self.intercept, self.baseline
        for value, (mean_zh, spread_zh, mean, spread, slope) in zip(row, self.linear, strict=True):
            standard = (value - mean_zh) / spread_zh if is_chinese else (value - mean) / spread
            logit += slope * max(-MAX_STANDARD_DEVIATIONS, min(MAX_STANDARD_DEVIATIONS, standard))
        for tree in self.trees:
            node = tree
            while isinstance(node, tuple):
                node = node[2] if row[node[0]] <= node[1] else node[3]
            trees += node
        return 1 / (1 + math.exp(-max(-MAX_LOGIT, min(MAX_LOGIT, (logit + trees) / 2))))

    def means(self, *, is_chinese: bool) -> dict[str, float]:
        """The mean of each feature in the answers that the model was fitted on."""
        return {
            name: mean_zh if is_chinese else mean
            for name, (mean_zh, _, mean, _, _) in zip(self.features, self.linear, strict=True)
        }

    def influences(self, values: Mapping[str, float], *, is_chinese: bool) -> dict[str, float]:
        """What each feature adds to the probability.

        The answer is compared with the same one that has the feature's mean there.
        """
        probability = self.probability(values, is_chinese=is_chinese)
        return {
            name: probability - self.probability({**values, name: mean}, is_chinese=is_chinese)
            for name, mean in self.means(is_chinese=is_chinese).items()
        }


@cache
def models() -> dict[str, Model]:
    """The fitted models by name.

    "rich" is for rubrics where most key points come with contradictions, "plain" for all others.
    """
    records = json.loads(files(__package__).joinpath("fitted.json").read_text(encoding="utf-8"))
    return {
        name: Model(
            tuple(record["features"]),
            record["intercept"],
            tuple(tuple(row) for row in record["linear"]),
            record["baseline"],
            tuple(_node(tree) for tree in record["trees"]),
        )
        for name, record in records.items()
    }


def _node(record: Any) -> Node:
    if not isinstance(record, list):
        return float(record)
    return record[0], record[1], _node(record[2]), _node(record[3])


def reference_probability(values: Mapping[str, float]) -> float:
    """The probability for the only key point of a reference, which is a whole model answer.

    It follows from the share of the model answer that the answer has. Nothing is checked for being
    turned round: a long text has several negations of its own.
    """
    return float(
        min(1.0, values["coverage_own_text"] / FULL_REFERENCE_COVERAGE) ** REFERENCE_EXPONENT
    )
