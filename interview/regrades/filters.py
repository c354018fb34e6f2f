"""Which answers of a regrade to show."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from django.db.models import Q

from interview.regrades.models import RegradeRow

PASS_LINE = Decimal(
    60
)  # a missed required key point caps a score just below it (engine.REQUIRED_CAP)
CROSSED = Q(stood__lt=PASS_LINE, stands__gte=PASS_LINE) | Q(
    stood__gte=PASS_LINE, stands__lt=PASS_LINE
)
CHANGED = ~Q(change=0) | ~Q(verdict_changes=[])
# An answer overtaken by another regrade can be undone once that regrade was undone.
UNDOABLE = Q(status=RegradeRow.Status.APPLIED) | Q(
    status=RegradeRow.Status.OVERTAKEN, new_grade__isnull=False
)


def reviewed_since(moment: datetime) -> Q:
    return Q(answer__review__updated_at__gt=moment)


FILTERS: dict[str, Q] = {
    "all": Q(),
    "up": Q(change__gt=0),
    "down": Q(change__lt=0),
    "crossed": CROSSED,
    "review": Q(needs_review=True, score__isnull=False),
    "human": Q(human_verdicts__gt=0),
    "unchanged": Q(change=0),
    "refused": Q(status=RegradeRow.Status.REFUSED),
    "overtaken": Q(status=RegradeRow.Status.OVERTAKEN),
}
