"""Ask for another grading of an answer."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.db import transaction
from django.utils.translation import gettext as _

from audit.services import record_change
from grading.models import Grade
from grading.services.queue import published_rubric, queue_grade
from interview.models import Answer
from interview.services.errors import RefusedError
from interview.services.own_sessions import refuse_own_session


@transaction.atomic
def grade_again(answer: Answer, *, actor: User) -> Grade:
    """Queue the answer once more, under its question's published rubric.

    The former grades stay in the history.
    """
    refuse_own_session(answer.session, actor=actor)
    if not answer.is_submitted:
        raise RefusedError("not_submitted", _("The candidate has not submitted this answer yet."))
    grade = queue_grade(answer.pk, rubric=published_rubric(answer.question), requested_by=actor)
    record_change(
        actor=actor, action="grade.requested", target=answer, new={"grade": str(grade.public_id)}
    )
    return grade
