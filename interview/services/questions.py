"""Change a question's status, as far as interviews allow it."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.db import transaction
from django.utils.translation import gettext as _

from interview.services.errors import RefusedError
from interview.services.sets import used_by
from questions.models import Question
from questions.services.questions import lock_question, set_question_status

MAX_NAMED = 5


@transaction.atomic
def set_status(question: Question, status: Question.Status, *, actor: User) -> bool:
    """`set_question_status`, refused where an open set or session would lose its question.

    Raises RefusedError, which names them, and NoPublishedRubricError.
    """
    lock_question(question.pk)
    users = [] if status == Question.Status.PUBLISHED else used_by(question)
    if users:
        named = "; ".join(users[:MAX_NAMED])
        if len(users) > MAX_NAMED:
            named = _("%(named)s and %(n)d more") % {"named": named, "n": len(users) - MAX_NAMED}
        raise RefusedError(
            "question_in_use",
            _("“%(slug)s” is in use by: %(named)s. Close the set or wait for the sessions first.")
            % {"slug": question.slug, "named": named},
        )
    return set_question_status(question, status, actor=actor)
