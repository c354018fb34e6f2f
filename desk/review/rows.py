"""What the review workspace shows of a session."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from audit.models import AuditEntry
from desk.review.forms import AnswerReviewForm, review_of
from grading.models import Grade, KeyPointMatch, Verdict
from interview.evidence import segments
from interview.models import Answer, InterviewSession, Review
from interview.reasons import reason_text, rule_text
from interview.standing import StandingPoint, StandingResult, standing_result

TRAIL_LENGTH = 50
# Where two key points lean on the same words, the words carry the look of the one a reviewer should see first.
LOOK_ORDER = (Verdict.CONTRADICTED, Verdict.COVERED, Verdict.PARTIAL, Verdict.MISSED)
ACTS: dict[str, str | Promise] = {
    "review.recorded": gettext_lazy("saved a review"),
    "session.released": gettext_lazy("released the result"),
    "session.release_withdrawn": gettext_lazy("withdrew the release"),
    "grade.requested": gettext_lazy("asked to grade again"),
    "regrade.applied": gettext_lazy("applied a regrade"),
    "regrade.undone": gettext_lazy("undid a regrade"),
}


@dataclass(frozen=True, slots=True)
class Mark:
    """A run of the answer's characters, and the numbers of the key points it is evidence for. `look` is a verdict or empty."""

    text: str
    numbers: tuple[str, ...]
    look: str


@dataclass(frozen=True, slots=True)
class PointRow:
    """One key point with its two fields of the form. `percent` is the machine's confidence."""

    number: int
    point: StandingPoint
    verdict: forms.BoundField | None
    comment: forms.BoundField | None
    pointed: forms.BoundField | None

    @property
    def percent(self) -> int:
        return round(100 * self.point.match.confidence)

    @property
    def wording(self) -> str:
        """The author's words that the answer came closest to; a term group in one line."""
        return " / ".join(
            line.strip() for line in self.point.match.matched.splitlines() if line.strip()
        )

    @property
    def rule(self) -> str:
        """The engine's rule that decided the machine's verdict, in words; empty where none did."""
        return rule_text(self.point.match.rule)

    @property
    def machine_label(self) -> str:
        return str(Verdict(self.point.match.verdict).label)

    @property
    def is_overridden(self) -> bool:
        return (
            self.point.reviewed is not None
            and self.point.reviewed.verdict != self.point.match.verdict
        )


@dataclass(slots=True)
class Card:
    """One answer of the session, ready to show. `state`: writing, blank, queued, running, failed or graded."""

    number: int
    answer: Answer
    state: str
    result: StandingResult | None
    newest: Grade | None
    form: AnswerReviewForm | None
    conflict: bool = False

    @property
    def review(self) -> Review | None:
        return review_of(self.answer)

    @property
    def rows(self) -> list[PointRow]:
        points = self.result.points if self.result else ()
        return [
            PointRow(
                number,
                point,
                self.form[f"verdict-{point.key_point.key}"] if self.form else None,
                self.form[f"comment-{point.key_point.key}"] if self.form else None,
                self.form[f"pointed-{point.key_point.key}"] if self.form else None,
            )
            for number, point in enumerate(points, 1)
        ]

    @property
    def marks(self) -> list[Mark]:
        points = self.result.points if self.result else ()
        return marks_of(self.answer.text, [(point.match, point.verdict) for point in points])

    @property
    def reasons(self) -> list[str]:
        return [reason_text(code) for code in self.result.grade.reasons] if self.result else []

    @property
    def is_doubtful(self) -> bool:
        return self.result is not None and self.result.grade.needs_review and self.review is None

    @property
    def history(self) -> list[Grade]:
        return sorted(self.answer.grades.all(), key=lambda grade: -grade.pk)

    @property
    def left_over(self) -> list[str]:
        """Verdicts of the review on key points that the standing grade's rubric does not have any more."""
        known = {point.key_point.key for point in self.result.points} if self.result else set()
        return (
            [str(verdict) for verdict in self.review.verdicts.all() if verdict.key not in known]
            if self.review
            else []
        )


def marks_of(text: str, matches: Iterable[tuple[KeyPointMatch, Verdict]]) -> list[Mark]:
    """The answer cut at the borders of its evidence. Key points are numbered from 1 in the order given."""
    looks: dict[str, Verdict] = {}
    spans = []
    for number, (match, verdict) in enumerate(matches, 1):
        looks[str(number)] = verdict
        spans += [(start, end, str(number)) for start, end in match.spans]
    return [
        Mark(
            part.text,
            part.labels,
            min((looks[label] for label in part.labels), key=LOOK_ORDER.index).value
            if part.labels
            else "",
        )
        for part in segments(text, spans)
    ]


def card_of(number: int, answer: Answer, *, over: bool, may_review: bool, data: Any = None) -> Card:
    result, newest = standing_result(answer), answer.newest_grade
    unsent = "blank" if over else "writing"
    graded = newest.status if newest else str(Grade.Status.QUEUED)
    state = graded if answer.is_submitted else unsent
    if data is not None and f"answer-{answer.pk}-seen" not in data:
        data = None  # sent from a page that did not have this answer's form
    form = AnswerReviewForm(answer, result, data) if may_review and answer.is_submitted else None
    return Card(number, answer, state, result, newest, form)


@dataclass(frozen=True, slots=True)
class TrailLine:
    at: datetime
    who: str
    what: str
    details: list[str]
    reason: str


def trail_of(session: InterviewSession, cards: list[Card]) -> list[TrailLine]:
    """What people did to this session and its answers, newest first."""
    numbers = {f"{Answer._meta.label_lower}:{card.answer.pk}": card.number for card in cards}
    targets = [f"{InterviewSession._meta.label_lower}:{session.pk}", *numbers]
    lines = []
    for entry in AuditEntry.objects.filter(target__in=targets)[:TRAIL_LENGTH]:
        what = str(ACTS.get(entry.action, entry.action))
        if entry.target in numbers:
            what = _("%(act)s (answer %(n)d)") % {"act": what, "n": numbers[entry.target]}
        lines.append(
            TrailLine(
                entry.at,
                entry.actor_name or "–",
                what,
                verdict_changes(entry.old, entry.new),
                entry.reason,
            )
        )
    return lines


def verdict_changes(old: Any, new: Any) -> list[str]:
    """A line such as `key: before → after` for each verdict that a saved review changed."""
    before, after = (
        state.get("verdicts", {}) if isinstance(state, dict) else {} for state in (old, new)
    )
    said = [
        (key, before.get(key, [""])[0], after.get(key, [""])[0])
        for key in sorted({*before, *after})
    ]
    labels = dict(Verdict.choices)
    machine = _("machine")
    return [
        f"{key}: {labels.get(was, machine)} → {labels.get(now, machine)}"
        for key, was, now in said
        if was != now
    ]
