"""Evidence as marked runs of an answer: pages mark words without building HTML from offsets."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

from grading.models import Verdict
from questions.models import Phrase

# Words that are evidence for several key points are shown with the first of these verdicts.
# A contradiction comes first because it needs a reader's eye most.
PRECEDENCE = (Verdict.CONTRADICTED, Verdict.COVERED, Verdict.PARTIAL, Verdict.MISSED)


@dataclass(frozen=True, slots=True)
class Segment:
    """A run of characters and the labels of all spans over it. Joined, they are the text."""

    text: str
    labels: tuple[str, ...] = ()


def segments(text: str, spans: Iterable[tuple[int, int, str]]) -> list[Segment]:
    """Cut `text` at the borders of labelled half-open spans, which may overlap.

    Spans that reach beyond the text are clamped to it.
    """
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


@dataclass(frozen=True, slots=True)
class Mark:
    """A run of an answer, and the numbers of the key points it is evidence for.

    `verdict` is the one it is shown with, empty for plain text.
    `ends` are the numbers of the key points whose evidence ends with this run.
    """

    text: str
    numbers: tuple[str, ...]
    verdict: str
    ends: tuple[str, ...]


def marks_of(
    text: str, points: Iterable[tuple[Iterable[tuple[int, int]], Verdict]]
) -> tuple[Mark, ...]:
    """The answer cut into marks. `points` are (evidence spans, verdict), numbered from 1.

    A point whose evidence is not to be shown is passed with no spans, so that it keeps its number.
    """
    verdicts: dict[str, Verdict] = {}
    spans = []
    for number, (evidence, verdict) in enumerate(points, start=1):
        verdicts[str(number)] = verdict
        spans += [(start, end, str(number)) for start, end in evidence]
    runs = segments(text, spans)
    marks = []
    for index, run in enumerate(runs):
        following = runs[index + 1].labels if index + 1 < len(runs) else ()
        over = {verdicts[label] for label in run.labels}
        marks.append(
            Mark(
                text=run.text,
                numbers=run.labels,
                verdict=next((verdict.value for verdict in PRECEDENCE if verdict in over), ""),
                ends=tuple(label for label in run.labels if label not in following),
            )
        )
    return tuple(marks)


def wording_on_one_line(matched: str, kind: str) -> str:
    """The author's wording that an answer matched. Slashes separate the terms of a term group."""
    between = " / " if kind == Phrase.Kind.TERM_GROUP else " "
    return between.join(line.strip() for line in matched.splitlines() if line.strip())
