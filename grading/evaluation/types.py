"""What the evaluation modules share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


class InputError(ValueError):
    """A file that can't be used; the message names file, line and field."""


@dataclass(frozen=True, slots=True)
class AnswerLine:
    """One answer of a file, with its marks where it has any."""

    aid: str
    qid: str
    text: str
    labels: Mapping[str, float] = field(default_factory=dict)
    score: float | None = None
    kind: str = ""
