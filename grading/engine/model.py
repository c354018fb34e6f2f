"""From features to a probability: the mean, in logits, of a logistic model and of boosted trees over the same named features.

The logistic part extrapolates sensibly, the trees see that a feature means one thing beside another; together they are better than either.
All numbers stand in fitted.json, written by benchmarks/engine_fit.py and by nothing else.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

# A node is (index of the feature, threshold, node at or below it, node above it); a leaf is what it adds to the logit.
Node = tuple[int, float, Any, Any] | float


MAX_STANDARD_DEVIATIONS = (
    2.0  # standard deviations; a straight line must not run on where no marked answer ever was
)


@dataclass(frozen=True, slots=True)
class Model:
    """`line` has per feature: mean and standard deviation in Chinese answers, the same in others, logit per standard deviation."""

    features: tuple[str, ...]
    intercept: float
    linear: tuple[tuple[float, float, float, float, float], ...]
    baseline: float
    trees: tuple[Node, ...]

    def probability(self, values: Mapping[str, float], *, is_chinese: bool) -> float:
        """The probability, 0-1, that an answer with these features covers the key point."""
        row = [values[name] for name in self.features]
        logit, trees = self.intercept, self.baseline
        for value, (mean_zh, spread_zh, mean, spread, slope) in zip(row, self.linear, strict=True):
            standard = (value - mean_zh) / spread_zh if is_chinese else (value - mean) / spread
            logit += slope * max(-MAX_STANDARD_DEVIATIONS, min(MAX_STANDARD_DEVIATIONS, standard))
        for node in self.trees:
            while isinstance(node, tuple):
                node = node[2] if row[node[0]] <= node[1] else node[3]
            trees += node
        return 1 / (1 + math.exp(-max(-30.0, min(30.0, (logit + trees) / 2))))

    def means(self, *, is_chinese: bool) -> dict[str, float]:
        """The mean of each feature in the answers that the model was fitted on."""
        return {
            name: mean_zh if is_chinese else mean
            for name, (mean_zh, _, mean, _, _) in zip(self.features, self.linear, strict=True)
        }

    def influences(self, values: Mapping[str, float], *, is_chinese: bool) -> dict[str, float]:
        """What each feature adds to the probability, against the same answer with the mean there."""
        probability = self.probability(values, is_chinese=is_chinese)
        return {
            name: probability - self.probability({**values, name: mean}, is_chinese=is_chinese)
            for name, mean in self.means(is_chinese=is_chinese).items()
        }


@cache
def models() -> dict[str, Model]:
    """The fitted models: "plain" for rubrics of texts and wordings, "rich" for those with term groups and contradictions."""
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


FULL_REFERENCE_COVERAGE = 0.75  # coverage of a model answer that earns everything
REFERENCE_EXPONENT = 0.5  # below 1: the first matched words count most


def reference_probability(values: Mapping[str, float]) -> float:
    """The share of a whole model answer that is there. No truth checks: a long text holds several negations of its own."""
    return float(
        min(1.0, values["coverage_own_text"] / FULL_REFERENCE_COVERAGE) ** REFERENCE_EXPONENT
    )
