"""The hook for a second, semantic reader: off unless a caller names one, and named in every result it took part in.

It says how likely it finds each key point covered, and no more: guards, verdicts, evidence, reasons and score are the engine's, made once of
both readers' probabilities (grader.py).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from .types import Rubric

ENGINE_SHARE = 0.5  # how much of a point's probability stays with the engine's own reading


class SecondReader(Protocol):
    """Anything that can say how likely an answer covers each key point. It must be deterministic to keep grades reproducible."""

    @property
    def name(self) -> str:
        """Name and version, as it shall stand in the result."""
        ...

    def read(self, text: str, rubric: Rubric) -> Sequence[float]:
        """The probability, 0-1, per key point of the rubric, in its order."""
        ...


_registry: dict[str, Callable[[], SecondReader]] = {}


def register(name: str, make: Callable[[], SecondReader]) -> None:
    """Make a reader available under a name. Raises ValueError for a name already taken."""
    if name in _registry:
        raise ValueError(f"a reader named {name!r} is registered already")
    _registry[name] = make


def get_reader(name: str) -> SecondReader:
    """The reader of that name. Raises LookupError for an unknown one."""
    if name not in _registry:
        raise LookupError(
            f"no reader named {name!r}; known: {', '.join(sorted(_registry)) or 'none'}"
        )
    return _registry[name]()


def ask(second: SecondReader, rubric: Rubric, text: str) -> list[float]:
    """What the reader makes of a text, each probability brought into 0-1. Raises ValueError unless there is one per key point."""
    probabilities = second.read(text, rubric)
    if len(probabilities) != len(rubric.key_points):
        raise ValueError(
            f"reader {second.name!r} gave {len(probabilities)} probabilities for {len(rubric.key_points)} key points"
        )
    return [min(1.0, max(0.0, float(probability))) for probability in probabilities]


def mix(own: float, other: float) -> float:
    """The probability of a key point by both readers together."""
    return ENGINE_SHARE * own + (1 - ENGINE_SHARE) * other
