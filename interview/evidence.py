"""Evidence spans as plain segments of the answer, so that pages mark words without ever building HTML from offsets."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise


@dataclass(frozen=True, slots=True)
class Segment:
    """A run of the answer's characters and the labels of all spans over it. Joined, the segments are the answer."""

    text: str
    labels: tuple[str, ...] = ()


def segments(text: str, spans: Iterable[tuple[int, int, str]]) -> list[Segment]:
    """Cut `text` at the borders of labelled half-open spans, which may overlap. Spans outside the text are clamped to it."""
    clamped = [(max(0, start), min(len(text), end), label) for start, end, label in spans]
    clamped = [span for span in clamped if span[0] < span[1]]
    borders = sorted(
        {0, len(text), *(start for start, _, _ in clamped), *(end for _, end, _ in clamped)}
    )
    result = []
    for left, right in pairwise(borders):
        labels = dict.fromkeys(
            label for start, end, label in clamped if start <= left and right <= end
        )
        result.append(Segment(text[left:right], tuple(labels)))
    return result
