"""The lines and counts on a regrade's page."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Count, Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from grading import engine
from grading.models import KeyPointMatch, Verdict
from interview.evidence import Mark, marks_of
from interview.regrades.filters import CHANGED, FILTERS, PASS_LINE, UNDOABLE, reviewed_since
from interview.regrades.models import Regrade, RegradeRow
from interview.standing import shown_points, standing_credit
from interview.visibility import released, results_shown

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
class RegradeLine:
    """One row of the list.

    `changes`: (key, label before, label after) of each key point whose verdict changes.
    """

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


def regrade_line(row: RegradeRow) -> RegradeLine:
    labels = {"": "–", **{value: str(label) for value, label in Verdict.choices}}
    return RegradeLine(
        row,
        [
            (key, labels.get(old, old), labels.get(new, new))
            for key, old, new in row.verdict_changes
        ],
    )


def counts_of(regrade: Regrade) -> dict[str, int]:
    """How many rows each filter shows, and how many there are of each status.

    `released` and `shown` count the changes that candidates would see: of released sessions, and of
    those that show results without a release.
    """
    is_released = released("answer__session__")
    is_shown = results_shown("answer__session__")
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
        "released": Count("pk", filter=open_change & is_released),
        "shown": Count("pk", filter=open_change & is_shown & ~is_released),
        "undoable": Count("pk", filter=UNDOABLE),
        "reviewed": Count(
            "pk",
            filter=Q(status=RegradeRow.Status.PREVIEWED)
            & reviewed_since(regrade.finished_at or regrade.requested_at),
        ),
    }
    return regrade.rows.aggregate(**wanted)


def done_rows(regrade: Regrade) -> int:
    """How many answers the dry run has graded."""
    return regrade.total - regrade.rows.filter(status=RegradeRow.Status.WAITING).count()


@dataclass(frozen=True, slots=True)
class GradeSide:
    """One of the two grades that are compared: its marked text and its key points.

    `rows` are (number, match, the verdict that stands, whether it is a person's, its points).
    `whole` are the score and the points; None where the verdicts don't add up to the score.
    """

    title: str
    version: int
    engine_version: str
    machine_score: Decimal | None
    score: Decimal | None
    reasons: list[str]
    marks: tuple[Mark, ...]
    rows: list[tuple[int, KeyPointMatch, Verdict, bool, int | None]]
    whole: engine.WholePoints | None


def side_of(
    title: str,
    text: str,
    matches: list[KeyPointMatch],
    reviewed: dict[str, str],
    *,
    score: Decimal | None,
    **facts: Any,
) -> GradeSide:
    """`reviewed` are the reviewer's verdicts by key."""
    standing = [
        (match, Verdict(reviewed.get(match.key_point.key, match.verdict))) for match in matches
    ]
    verdicts = {key: Verdict(verdict) for key, verdict in reviewed.items()}
    whole = shown_points(
        score,
        [
            (match.key_point, verdict, standing_credit(match.key_point, match.credit, verdicts))
            for match, verdict in standing
        ],
    )
    return GradeSide(
        title=title,
        score=score,
        whole=whole,
        marks=marks_of(text, [(match.spans, verdict) for match, verdict in standing]),
        rows=[
            (
                number,
                match,
                verdict,
                match.key_point.key in reviewed,
                whole.rows[number - 1] if whole else None,
            )
            for number, (match, verdict) in enumerate(standing, 1)
        ],
        **facts,
    )
