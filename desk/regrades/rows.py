"""The lines and counts on a regrade's page."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Count, Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from desk.review.rows import Mark, marks_of
from grading.models import KeyPointMatch, Verdict
from interview.models import QuestionSet
from interview.regrades.filters import CHANGED, FILTERS, PASS_LINE, UNDOABLE, reviewed_since
from interview.regrades.models import Regrade, RegradeRow

FILTER_NAMES: dict[str, str | Promise] = {
    "all": gettext_lazy("all"),
    "up": gettext_lazy("up"),
    "down": gettext_lazy("down"),
    "crossed": gettext_lazy("pass line crossed"),
    "review": gettext_lazy("needs review"),
    "human": gettext_lazy("with human verdicts"),
    "unchanged": gettext_lazy("same score"),
    "refused": gettext_lazy("could not be graded"),
    "overtaken": gettext_lazy("superseded"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the list. `changes`: (key, label before, label after) per key point whose verdict changes."""

    row: RegradeRow
    changes: list[tuple[str, str, str]]

    @property
    def crosses(self) -> bool:
        stood, stands = self.row.stood, self.row.stands
        return (
            stood is not None
            and stands is not None
            and (stood >= PASS_LINE) != (stands >= PASS_LINE)
        )


def line_of(row: RegradeRow) -> Line:
    labels = {"": "–", **{value: str(label) for value, label in Verdict.choices}}
    return Line(
        row,
        [
            (key, labels.get(old, old), labels.get(new, new))
            for key, old, new in row.verdict_changes
        ],
    )


def counts_of(regrade: Regrade) -> dict[str, int]:
    """How many rows each filter shows, how many there are of each state, and whose candidates would see another result."""
    shown_at_once = Q(answer__session__question_set__isnull=True) | Q(
        answer__session__question_set__release_policy=QuestionSet.ReleasePolicy.WHEN_GRADED
    )
    released = Q(answer__session__released_at__isnull=False)
    open_change = Q(status=RegradeRow.Status.PREVIEWED) & CHANGED
    wanted = {
        **{
            name: Count("pk", filter=condition) if condition else Count("pk")
            for name, condition in FILTERS.items()
        },
        **{
            f"is_{status}": Count("pk", filter=Q(status=status))
            for status in RegradeRow.Status.values
        },
        "changes": Count("pk", filter=open_change),
        "released": Count("pk", filter=open_change & released),
        "shown": Count("pk", filter=open_change & shown_at_once & ~released),
        "undoable": Count("pk", filter=UNDOABLE),
        "reviewed": Count(
            "pk",
            filter=Q(status=RegradeRow.Status.PREVIEWED)
            & reviewed_since(regrade.finished_at or regrade.requested_at),
        ),
    }
    return regrade.rows.aggregate(**wanted)


def looked_at(regrade: Regrade) -> int:
    """How many answers the dry run is through with."""
    return regrade.total - regrade.rows.filter(status=RegradeRow.Status.WAITING).count()


@dataclass(frozen=True, slots=True)
class Side:
    """One grade of the answer: its marked text and key points. `rows`: (number, match, verdict that stands, whether a person's)."""

    title: str
    version: int
    engine_version: str
    machine_score: Decimal | None
    score: Decimal | None
    reasons: list[str]
    marks: list[Mark]
    rows: list[tuple[int, KeyPointMatch, Verdict, bool]]


def side_of(
    title: str, text: str, matches: list[KeyPointMatch], said: dict[str, str], **facts: Any
) -> Side:
    standing = [(match, Verdict(said.get(match.key_point.key, match.verdict))) for match in matches]
    return Side(
        title=title,
        marks=marks_of(text, standing),
        rows=[
            (number, match, verdict, match.key_point.key in said)
            for number, (match, verdict) in enumerate(standing, 1)
        ],
        **facts,
    )
