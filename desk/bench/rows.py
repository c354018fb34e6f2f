"""What the test bench shows of a graded text, and of the marked answers."""

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
from interview.evidence import Mark, marks_of, wording_on_one_line
from questions.models import Phrase


class RefusedTextError(Exception):
    """What was sent can't be put on the bench; the message says why."""


@dataclass(frozen=True, slots=True)
class TrialVerdict:
    """One rubric's verdict on one key point of the text, and what it adds to the score."""

    result: engine.KeyPointResult
    points: int

    @property
    def verdict(self) -> Verdict:
        return Verdict(self.result.verdict.value)

    @property
    def percent(self) -> int:
        return round(100 * self.result.confidence)

    @property
    def wording(self) -> str:
        kind = self.result.matched_kind
        return wording_on_one_line(self.result.matched or "", kind.value if kind else "")

    @property
    def kind(self) -> str:
        return (
            str(Phrase.Kind(self.result.matched_kind.value).label)
            if self.result.matched_kind
            else ""
        )


@dataclass(frozen=True, slots=True)
class TrialRow:
    """One key point of the text on the bench: the verdicts of both rubrics and a person's mark."""

    number: int
    key: str
    text: str
    draft: TrialVerdict | None
    published: TrialVerdict | None
    mark: float | None

    @property
    def is_wrong(self) -> bool:
        """Whether the rubric that counts, the draft if there is one, disagrees with the person."""
        counting = self.draft or self.published
        return (
            self.mark is not None
            and counting is not None
            and person_says_yes(self.mark) != machine_says_yes(counting.result.verdict)
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


def key_point_text(point: engine.KeyPoint) -> str:
    """The key point in the reader's language. Its texts are in the order Chinese, English."""
    return point.texts[-1] if (get_language() or "").startswith("en") else point.texts[0]


def whole_points(bench: Bench, result: engine.GradeResult) -> engine.WholePoints:
    """The score of a text on the bench and its rows, as a result page would show them."""
    return engine.whole_points(
        [
            (point.weight, verdict.credit, point.required)
            for point, verdict in zip(bench.content.key_points, result.key_points, strict=True)
        ]
    )


def cap_of(bench: Bench | None, result: engine.GradeResult | None) -> int:
    """What the cap of a missed required key point takes off: 0 or less."""
    return whole_points(bench, result).cap if bench and result else 0


def trial_rows(
    draft: Bench | None,
    published: Bench | None,
    results: dict[str, engine.GradeResult],
    marks: Mapping[str, float],
) -> list[TrialRow]:
    benches = {name: bench for name, bench in (("draft", draft), ("published", published)) if bench}
    verdicts = {
        name: {
            point.key: TrialVerdict(point, points)
            for point, points in zip(
                result.key_points, whole_points(benches[name], result).rows, strict=True
            )
        }
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
            verdicts.get("draft", {}).get(key),
            verdicts.get("published", {}).get(key),
            marks.get(key),
        )
        for number, key in enumerate(dict.fromkeys(in_order), 1)
    ]


def trial_marks(text: str, rows: Sequence[TrialRow]) -> tuple[Mark, ...]:
    """The text with the evidence found by the rubric that counts."""
    counting = [row.draft or row.published for row in rows]
    return marks_of(
        text,
        [
            ([(span.start, span.end) for span in one.result.evidence], one.verdict)
            if one is not None
            else ([], Verdict.MISSED)
            for one in counting
        ],
    )


@dataclass(frozen=True, slots=True)
class MeasuredRow:
    """How the rubric that counts does on one key point, and the published version beside it."""

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
