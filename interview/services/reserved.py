"""Refuse what would show somebody the key points of a question that is kept from them."""

from __future__ import annotations

from collections.abc import Iterable

from django.contrib.auth.models import User
from django.utils.translation import gettext as _

from interview.models import InterviewSession
from interview.services.errors import RefusedError
from interview.visibility import held_questions, may_not_practise
from questions.models import Question


def kept_from(
    sender: User, questions: Iterable[Question], *, for_others: bool = False
) -> dict[int, str]:
    """Why the sender may not submit a practice of some of the questions now, by their ids.

    A program that sends in others' answers is kept from those only that its own account sits in an
    interview: it reads the grades.
    """
    slugs = {question.pk: question.slug for question in questions}
    held = held_questions(sender.pk, slugs)
    kept = held if for_others else may_not_practise(sender, slugs)
    in_interview = _(
        "The question “%(slug)s” is part of an interview of yours. You can practise it once the "
        "interview is over and its result is shown."
    )
    in_reserve = _("The question “%(slug)s” is reserved for interviews and can't be practised now.")
    return {
        pk: (in_interview if pk in held else in_reserve) % {"slug": slug}
        for pk, slug in slugs.items()
        if pk in kept
    }


def refuse_reserved(candidate: User, questions: Iterable[Question]) -> None:
    """Raise RefusedError if the candidate may not practise one of the questions now.

    The caller holds `lock_candidate`, so that no interview of the candidate begins meanwhile.
    """
    for why in kept_from(candidate, questions).values():
        raise RefusedError("reserved", why)


def refuse_reserved_practice(session: InterviewSession, questions: Iterable[Question]) -> None:
    """`refuse_reserved` for what is submitted in a practice. The drafts stay as they are.

    What is submitted in an interview is never refused for this.
    """
    if session.is_practice and session.candidate is not None:
        try:
            refuse_reserved(session.candidate, questions)
        except RefusedError as error:
            kept = _("Your draft is kept: you can submit it then.")
            raise RefusedError(error.code, f"{error.message} {kept}") from error
