"""What must hold before a regrade is applied or resumed."""

from __future__ import annotations

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from interview.regrades.models import Regrade
from interview.services.errors import RefusedError
from questions.models import Rubric


def lock_regrade(regrade: Regrade) -> Regrade:
    """The stored row, so that two presses of a button are one after the other."""
    stored: QuerySet[Regrade] = Regrade.objects.select_related(
        "rubric", "question"
    ).prefetch_related("rubric__key_points")
    return stored.select_for_update(of=("self",)).get(pk=regrade.pk)


def refuse_old_rubric(regrade: Regrade) -> None:
    if regrade.rubric.status != Rubric.Status.PUBLISHED:
        raise RefusedError(
            "newer_rubric",
            _("A newer version of the key points has been published. Preview that one instead."),
        )
