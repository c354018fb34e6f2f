"""Practice: choose questions, start, discard."""

from __future__ import annotations

import random
from collections.abc import Sequence

from django.contrib.auth.models import User
from django.db import transaction
from django.utils.translation import gettext as _

from interview.models import Answer, InterviewSession, QuestionSet, SetQuestion
from interview.services.errors import RefusedError
from interview.services.reserved import refuse_reserved
from interview.services.sessions import close_session, lock_candidate, start_session
from interview.visibility import bank_of, held_questions
from questions.models import Question, Topic

SET_SIZE = 5


def pick_questions(topic: Topic, *, seed: int, candidate: User | None = None) -> list[Question]:
    """Up to five published questions of a topic, of those that the candidate may practise now.

    The same seed picks the same questions.
    """
    bank = Question.objects.published() if candidate is None else bank_of(candidate)
    ids = list(bank.in_topic(topic).order_by("pk").values_list("pk", flat=True))
    if candidate is not None:
        held = held_questions(candidate.pk, ids)
        ids = [pk for pk in ids if pk not in held]
    # A choice of exercises, not a secret.
    chosen = random.Random(seed).sample(ids, min(SET_SIZE, len(ids)))  # noqa: S311
    found = Question.objects.in_bulk(chosen)
    return [found[pk] for pk in chosen]


@transaction.atomic
def start_practice(
    *, candidate: User, questions: Sequence[Question], topic: Topic | None = None
) -> InterviewSession:
    """Start a session over these questions, whose results are shown as soon as they are graded.

    Refused for a question that is reserved, or that an interview of the candidate holds.
    """
    if not questions:
        raise RefusedError(
            "no_questions", _("There is no open question here yet. Choose another topic.")
        )
    lock_candidate(candidate)
    refuse_reserved(candidate, questions)
    practice = QuestionSet.objects.create(
        mode=QuestionSet.Mode.PRACTICE,
        release_policy=QuestionSet.ReleasePolicy.WHEN_GRADED,
        title_zh=topic.name_zh if topic else "",
        title_en=topic.name_en if topic else "",
        created_by_id=candidate.pk,
    )
    SetQuestion.objects.bulk_create(
        SetQuestion(question_set=practice, question=question, order=order)
        for order, question in enumerate(questions)
    )
    return start_session(candidate=candidate, question_set=practice)


@transaction.atomic
def discard_practice(session: InterviewSession) -> bool:
    """End a practice without its drafts. Submitted answers stay.

    A practice without any is deleted. Returns whether it was.
    """
    stored = (
        InterviewSession.objects.select_for_update(of=("self",))
        .select_related("question_set")
        .filter(pk=session.pk)
        .first()
    )
    if stored is None:  # by a second click
        return True
    if not stored.is_practice:
        raise RefusedError("not_practice", _("An interview can't be discarded. Finish it instead."))
    if stored.status == InterviewSession.Status.SUBMITTED:
        raise RefusedError(
            "session_over", _("This practice is already finished, so there is nothing to discard.")
        )
    stored.answers.filter(status=Answer.Status.DRAFT).delete()
    if stored.answers.exists():
        close_session(stored)
        return False
    stored.delete()
    if stored.question_set is not None:
        stored.question_set.delete()  # made for this practice alone
    return True
