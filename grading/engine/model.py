"""From signals to a chance: the mean, in logits, of a logistic model and of boosted trees over the same named signals.

The logistic part extrapolates sensibly, the trees see that a signal means one thing beside another; together they are better than either.
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

# A node is (index of the signal, threshold, node at or below it, node above it); a leaf is what it adds to the logit.
Node = tuple[int, float, Any, Any] | float


FARTHEST = (
    2.0  # standard deviations; a straight line must not run on where no marked answer ever was
)


@dataclass(frozen=True, slots=True)
class Model:
    """`line` has per signal: mean and standard deviation in Chinese answers, the same in others, logit per standard deviation."""

    signals: tuple[str, ...]
    intercept: float
    line: tuple[tuple[float, float, float, float, float], ...]
    start: float
    trees: tuple[Node, ...]

    def chance(self, values: Mapping[str, float], *, chinese: bool) -> float:
        """The chance, 0-1, that an answer with these signals covers the key point."""
        row = [values[name] for name in self.signals]
        line, trees = self.intercept, self.start
        for value, (mean_zh, spread_zh, mean, spread, slope) in zip(row, self.line, strict=True):
            standard = (value - mean_zh) / spread_zh if chinese else (value - mean) / spread
            line += slope * max(-FARTHEST, min(FARTHEST, standard))
        for node in self.trees:
            while isinstance(node, tuple):
                node = node[2] if row[node[0]] <= node[1] else node[3]
            trees += node
        return 1 / (1 + math.exp(-max(-30.0, min(30.0, (line + trees) / 2))))


@cache
def models() -> dict[str, Model]:
    """The fitted models: "plain" for rubrics of texts and wordings, "rich" for those with term groups and contradictions."""
    records = json.loads(files(__package__).joinpath("fitted.json").read_text(encoding="utf-8"))
    return {
        name: Model(
            tuple(record["signals"]),
            record["intercept"],
            tuple(tuple(row) for row in record["line"]),
            record["start"],
            tuple(_node(tree) for tree in record["trees"]),
        )
        for name, record in records.items()
    }


def _node(record: Any) -> Node:
    if not isinstance(record, list):
        return float(record)
    return record[0], record[1], _node(record[2]), _node(record[3])


SHARPNESS = 1.6
CENTRE = 0.5  # the chance that earns half


def sharpen(chance: float) -> float:
    """Credit for a chance: the same order, pushed towards 0 and 1, since a point is either there or not."""
    yes, no = (chance * (1 - CENTRE)) ** SHARPNESS, ((1 - chance) * CENTRE) ** SHARPNESS
    return float(yes / (yes + no))


REFERENCE_FULL = 0.75  # coverage of a model answer that earns everything
REFERENCE_CURVE = 0.5  # below 1: the first matched words count most


def reference_chance(values: Mapping[str, float]) -> float:
    """The share of a whole model answer that is there. No truth checks: a long text holds several negations of its own."""
    return float(min(1.0, values["own"] / REFERENCE_FULL) ** REFERENCE_CURVE)
