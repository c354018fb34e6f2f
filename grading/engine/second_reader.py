"""The hook for a second reader, such as a language model.

It is off unless a caller names one, and every result that it took part in names it. A second reader
says how likely it finds each key point covered, and no more. Guards, verdicts, evidence, reasons
and score are the engine's, made once of both readers' probabilities (grader.py).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from .types import Rubric

ENGINE_SHARE = 0.5  # of the mixed probability that is the engine's own


class SecondReader(Protocol):
    """Anything that can say how likely an answer covers each key point.

    Grades are reproducible only if it says the same of the same text and rubric every time.
    """

    @property
    def name(self) -> str:
        """Its name and version, as the result gives them."""
        ...

    def read(self, text: str, rubric: Rubric) -> Sequence[float]:
        """The probability, 0-1, of each key point, in the rubric's order."""
        ...


_registry: dict[str, Callable[[], SecondReader]] = {}


def register(name: str, make: Callable[[], SecondReader]) -> None:
    """Make a reader available under a name. Raises ValueError for a name that is taken."""
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
    """The reader's probability of each key point, brought into 0-1.

    Raises ValueError unless the reader gives one per key point.
    """
    probabilities = second.read(text, rubric)
    if len(probabilities) != len(rubric.key_points):
        raise ValueError(
            f"reader {second.name!r} gave {len(probabilities)} probabilities"
            f" for {len(rubric.key_points)} key points"
        )
    return [min(1.0, max(0.0, float(probability))) for probability in probabilities]


def mix(own: float, other: float) -> float:
    """The probability of a key point by both readers together."""
    return ENGINE_SHARE * own + (1 - ENGINE_SHARE) * other
