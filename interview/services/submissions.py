"""Answers sent in by other programs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from grading.services.queue import queue_grades
from interview.models import Answer, InterviewSession
from interview.services.answers import checked_text
from interview.services.errors import RefusedError
from interview.services.reserved import kept_from
from interview.services.sessions import lock_candidate
from questions.models import Question, Rubric


@dataclass(frozen=True, slots=True)
class Submission:
    """One answer sent in by a program. A repeated `client_key` returns the answer stored first."""

    question: Question
    text: str
    candidate: str = ""
    reference: str = ""
    client_key: str | None = None


def submit_from_program(
    *, integrator: User, submissions: Sequence[Submission], candidate: User | None = None
) -> list[Answer]:
    """Store the answers, each in a session of its own, and queue their grades: all or none.

    Returns them in the order given. `candidate` is the sender where a candidate's own program sends
    in practice. A repeated send returns what was stored the first time, also when its question is
    closed by now. Raises RefusedError whose `index`, counted from 0, names the first refused item.
    """
    texts = []
    for index, submission in enumerate(submissions):
        try:
            texts.append(checked_text(submission.text, may_be_blank=False))
        except RefusedError as error:
            error.index = index
            raise
    try:
        return _store_submissions(integrator, submissions, texts, candidate)
    except IntegrityError:
        # Another request stored the same keys at the same moment. This time they are found.
        return _store_submissions(integrator, submissions, texts, candidate)


@transaction.atomic
def _store_submissions(
    integrator: User, submissions: Sequence[Submission], texts: list[str], candidate: User | None
) -> list[Answer]:
    if candidate is not None:
        lock_candidate(candidate)
    keys = [submission.client_key for submission in submissions if submission.client_key]
    known = {
        answer.session.client_key: answer
        for answer in Answer.objects.filter(
            session__integrator_id=integrator.pk, session__client_key__in=keys
        ).select_related("session", "question")
    }
    question_ids = {submission.question.pk for submission in submissions}
    rubrics = {
        rubric.question_id: rubric
        for rubric in Rubric.objects.filter(
            question__in=question_ids,
            question__status=Question.Status.PUBLISHED,
            status=Rubric.Status.PUBLISHED,
        )
    }
    kept = kept_from(
        candidate or integrator,
        [submission.question for submission in submissions],
        for_others=candidate is None,
    )
    now = timezone.now()
    answers: list[Answer] = []
    new: list[Answer] = []
    for index, (submission, text) in enumerate(zip(submissions, texts, strict=True)):
        question = submission.question
        former = known.get(submission.client_key) if submission.client_key else None
        if former is not None:
            if (
                former.text != text
                or former.question_id != question.pk
                or former.session.external_candidate != submission.candidate
                or former.session.external_reference != submission.reference
            ):
                raise RefusedError(
                    "key_reused",
                    _(
                        "This idempotency key has already been used for another answer. Use a new "
                        "key for a new answer."
                    ),
                    index=index,
                )
            answers.append(former)
            continue
        if question.pk not in rubrics:
            raise RefusedError(
                "question_not_open",
                _("The question “%(slug)s” is not open for answers.") % {"slug": question.slug},
                index=index,
            )
        if question.pk in kept:
            raise RefusedError("reserved", kept[question.pk], index=index)
        session = InterviewSession(
            candidate=candidate,
            integrator_id=integrator.pk,
            channel=InterviewSession.Channel.API,
            external_candidate=submission.candidate,
            external_reference=submission.reference,
            client_key=submission.client_key,
            status=InterviewSession.Status.SUBMITTED,
            started_at=now,
            submitted_at=now,
        )
        answer = Answer(
            session=session,
            question=question,
            text=text,
            revision=1,
            status=Answer.Status.SUBMITTED,
            saved_at=now,
            submitted_at=now,
        )
        if submission.client_key:
            known[submission.client_key] = answer
        new.append(answer)
        answers.append(answer)
    InterviewSession.objects.bulk_create(answer.session for answer in new)
    for answer in new:
        # Takes over the id that the session has now. Setting session_id would drop the object.
        answer.session = answer.session
    Answer.objects.bulk_create(new)
    queue_grades([(answer.pk, rubrics[answer.question_id]) for answer in new])
    return answers
