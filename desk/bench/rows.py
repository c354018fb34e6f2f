"""What the test bench shows of a graded text and of the marked answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import get_language

from grading import engine
from grading.agreement import machine_says_yes, person_says_yes
from grading.bench import (
    Bench,
    PhraseCount,
    PointCount,
)
from grading.models import Verdict
from interview.evidence import segments
from questions.models import Phrase

LOOK_ORDER = (Verdict.CONTRADICTED, Verdict.COVERED, Verdict.PARTIAL)


class RefusedTextError(Exception):
    """What was sent can't be put on the bench; the message says why."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One rubric's verdict on one key point of the text."""

    result: engine.KeyPointResult

    @property
    def verdict(self) -> Verdict:
        return Verdict(self.result.verdict.value)

    @property
    def percent(self) -> int:
        return round(100 * self.result.confidence)

    @property
    def wording(self) -> str:
        return " / ".join(
            line.strip() for line in (self.result.matched or "").splitlines() if line.strip()
        )

    @property
    def kind(self) -> str:
        return (
            str(Phrase.Kind(self.result.matched_kind.value).label)
            if self.result.matched_kind
            else ""
        )


@dataclass(frozen=True, slots=True)
class TrialRow:
    number: int
    key: str
    text: str
    draft: Reading | None
    published: Reading | None
    mark: float | None

    @property
    def is_wrong(self) -> bool:
        """Whether the rubric that counts (the draft, where there is one) says other than the person."""
        shown = self.draft or self.published
        return (
            self.mark is not None
            and shown is not None
            and person_says_yes(self.mark) != machine_says_yes(shown.result.verdict)
        )

    @property
    def differs(self) -> bool:
        return (
            self.draft is not None
            and self.published is not None
            and self.draft.verdict != self.published.verdict
        )

    @property
    def mark_text(self) -> str:
        return "" if self.mark is None else f"{self.mark:g}"


@dataclass(frozen=True, slots=True)
class Mark:
    text: str
    numbers: tuple[str, ...]
    look: str


def key_point_text(point: engine.KeyPoint) -> str:
    """The key point in the reader's language: an author's texts stand in the order Chinese, English."""
    return point.texts[-1] if (get_language() or "").startswith("en") else point.texts[0]


def trial_rows(
    draft: Bench | None,
    published: Bench | None,
    results: dict[str, engine.GradeResult],
    marks: Mapping[str, float],
) -> list[TrialRow]:
    said = {
        name: {point.key: Reading(point) for point in result.key_points}
        for name, result in results.items()
    }
    points = {
        point.key: point
        for bench in (published, draft)
        if bench
        for point in bench.content.key_points
    }
    in_order = [
        point.key for bench in (draft, published) if bench for point in bench.content.key_points
    ]
    return [
        TrialRow(
            number,
            key,
            key_point_text(points[key]),
            said.get("draft", {}).get(key),
            said.get("published", {}).get(key),
            marks.get(key),
        )
        for number, key in enumerate(dict.fromkeys(in_order), 1)
    ]


def marks_of(text: str, rows: Sequence[TrialRow]) -> list[Mark]:
    """The text cut at the borders of the evidence of the rubric that counts."""
    shown = {
        str(row.number): reading
        for row in rows
        if (reading := row.draft or row.published) is not None
    }
    spans = [
        (span.start, span.end, number)
        for number, reading in shown.items()
        for span in reading.result.evidence
    ]
    return [
        Mark(
            part.text,
            part.labels,
            next(
                (
                    look.value
                    for look in LOOK_ORDER
                    if look in {shown[label].verdict for label in part.labels}
                ),
                "",
            ),
        )
        for part in segments(text, spans)
    ]


@dataclass(frozen=True, slots=True)
class MeasuredRow:
    """One key point of the rubric that counts, its errors, and the published version's accuracy beside it."""

    number: int
    text: str
    count: PointCount
    phrases: list[PhraseCount]
    published: PointCount | None

    @property
    def silent(self) -> list[PhraseCount]:
        return [phrase for phrase in self.phrases if phrase.never_matched]

    @property
    def misleading(self) -> list[PhraseCount]:
        return [phrase for phrase in self.phrases if phrase.wrong]

    @property
    def working(self) -> list[PhraseCount]:
        return [phrase for phrase in self.phrases if phrase.right and not phrase.wrong]


def named(draft: Bench | None, published: Bench | None) -> list[tuple[str, Bench]]:
    return [
        (name, bench)
        for name, bench in (("draft", draft), ("published", published))
        if bench is not None
    ]
