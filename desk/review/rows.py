"""What the review workspace shows of a session."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from audit.models import AuditEntry
from desk.review.forms import AnswerReviewForm, review_of
from grading import engine
from grading.models import Grade, Verdict
from interview.evidence import Mark, marks_of, wording_on_one_line
from interview.models import Answer, InterviewSession, Review
from interview.reasons import remarks_on, rule_text
from interview.services.marked_answers import who_marked
from interview.standing import StandingPoint, StandingResult, standing_result

TRAIL_LENGTH = 50
ACTS: dict[str, str | Promise] = {
    "review.recorded": gettext_lazy("saved a review"),
    "session.released": gettext_lazy("released the result"),
    "session.release_withdrawn": gettext_lazy("withdrew the release"),
    "grade.requested": gettext_lazy("asked to grade again"),
    "regrade.applied": gettext_lazy("applied a regrade"),
    "regrade.undone": gettext_lazy("undid a regrade"),
}


@dataclass(frozen=True, slots=True)
class PointRow:
    """One key point with its fields of the form. `percent` is the machine's confidence.

    `points` are its whole points of the 100; None where the verdicts don't add up to the score.
    """

    number: int
    point: StandingPoint
    points: int | None
    verdict: forms.BoundField | None
    comment: forms.BoundField | None
    pointed: forms.BoundField | None

    @property
    def percent(self) -> int:
        return round(100 * self.point.match.confidence)

    @property
    def wording(self) -> str:
        """The author's wording that the answer matched best."""
        return wording_on_one_line(self.point.match.matched, self.point.match.matched_kind)

    @property
    def rule(self) -> str:
        """The engine's rule that decided the machine's verdict, in words; empty where none did."""
        return rule_text(self.point.match.rule)

    @property
    def marked_by(self) -> str:
        """Who marked the answer that this one was judged like; empty where none was."""
        return who_marked(self.point.match)

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
class ReviewCard:
    """One answer of the session, ready to show.

    `stage` is writing, blank, or the status of the newest grading: queued, running, failed or
    graded. While an answer is being graded once more, `result` is still the one that counts.
    """

    number: int
    answer: Answer
    stage: str
    result: StandingResult | None
    newest: Grade | None
    form: AnswerReviewForm | None
    conflict: bool = False

    @property
    def review(self) -> Review | None:
        return review_of(self.answer)

    @property
    def whole(self) -> engine.WholePoints | None:
        """The score and its rows in whole points; None where the verdicts don't add up to it."""
        return self.result.whole_points if self.result else None

    @property
    def rows(self) -> list[PointRow]:
        points = self.result.points if self.result else ()
        return [
            PointRow(
                number,
                point,
                self.whole.rows[number - 1] if self.whole else None,
                self.form[f"verdict-{point.key_point.key}"] if self.form else None,
                self.form[f"comment-{point.key_point.key}"] if self.form else None,
                self.form[f"pointed-{point.key_point.key}"] if self.form else None,
            )
            for number, point in enumerate(points, 1)
        ]

    @property
    def marks(self) -> tuple[Mark, ...]:
        points = self.result.points if self.result else ()
        return marks_of(self.answer.text, [(point.match.spans, point.verdict) for point in points])

    @property
    def reasons(self) -> list[str]:
        return remarks_on(self.result) if self.result else []

    @property
    def is_doubtful(self) -> bool:
        return self.result is not None and self.result.grade.needs_review and self.review is None

    @property
    def history(self) -> list[Grade]:
        return sorted(self.answer.grades.all(), key=lambda grade: -grade.pk)

    @property
    def left_over(self) -> list[str]:
        """The review's verdicts on key points that the standing grade's rubric no longer has."""
        known = {point.key_point.key for point in self.result.points} if self.result else set()
        return (
            [str(verdict) for verdict in self.review.verdicts.all() if verdict.key not in known]
            if self.review
            else []
        )


def review_card(
    number: int, answer: Answer, *, is_over: bool, may_review: bool, data: Any = None
) -> ReviewCard:
    """The answer's card. `is_over` tells a blank answer from one that is still being written."""
    result, newest = standing_result(answer), answer.newest_grade
    if not answer.is_submitted:
        stage = "blank" if is_over else "writing"
    else:
        stage = newest.status if newest else str(Grade.Status.QUEUED)
    if data is not None and f"answer-{answer.pk}-seen" not in data:
        data = None  # sent from a page that did not have this answer's form
    form = AnswerReviewForm(answer, result, data) if may_review and answer.is_submitted else None
    return ReviewCard(number, answer, stage, result, newest, form)


@dataclass(frozen=True, slots=True)
class TrailLine:
    at: datetime
    who: str
    what: str
    details: list[str]
    reason: str


def trail_of(session: InterviewSession, cards: list[ReviewCard]) -> list[TrailLine]:
    """What people did with this session and its answers, newest first."""
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
    """One line, `key: before → after`, for each verdict that a saved review changed."""
    before, after = (
        state.get("verdicts", {}) if isinstance(state, dict) else {} for state in (old, new)
    )
    verdicts = [
        (key, before.get(key, [""])[0], after.get(key, [""])[0])
        for key in sorted({*before, *after})
    ]
    labels = dict(Verdict.choices)
    machine = _("machine")
    return [
        f"{key}: {labels.get(former, machine)} → {labels.get(current, machine)}"
        for key, former, current in verdicts
        if former != current
    ]
