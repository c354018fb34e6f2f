"""The queue of grades: an answer's grade is written as queued, and a worker is told of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import partial

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.db.models.functions import Now

from grading.leases import LeasedQueue
from grading.models import Grade
from questions.models import Question, Rubric

# A message that comes before its grade is due by the database's clock would be in vain.
CLOCK_MARGIN = timedelta(seconds=0.5)


class NoRubricError(Exception):
    """The question has no published rubric, so an answer to it can't be graded."""


def published_rubric(question: Question) -> Rubric:
    """The rubric new grades use. Raises NoRubricError where there is none."""
    rubric = question.rubrics.filter(status=Rubric.Status.PUBLISHED).first()
    if rubric is None:
        raise NoRubricError(f"{question.slug} has no published rubric.")
    return rubric


def queue_grade(
    answer_id: int,
    *,
    rubric: Rubric,
    requested_by: User | None = None,
    due_in: timedelta = timedelta(0),
) -> Grade:
    """Write the queued grade of an answer and send its message once the transaction is in.

    An answer that is already waiting to be graded keeps that one grade. No worker can claim it
    before `due_in` is over; its message is held back as long.
    """
    due_at = Now() + due_in if due_in else Now()
    try:
        with transaction.atomic():
            grade = Grade.objects.create(
                answer_id=answer_id,
                rubric=rubric,
                requested_by=requested_by,
                due_at=due_at,
                dispatched_at=due_at,
                dispatches=1,
            )
            queue = replace(GRADES, send=partial(send_message, due_in=due_in))
            # robust: the answer is saved by then, and a dead broker must not turn that into an
            # error
            transaction.on_commit(partial(queue.publish, [grade.pk]), robust=True)
    except IntegrityError:
        return Grade.objects.filter(answer_id=answer_id).latest("id")
    return grade


def queue_grades(answers: list[tuple[int, Rubric]]) -> list[Grade]:
    """The same for many new answers at once, inside the caller's transaction.

    `answers` are pairs of an answer's id and the rubric to grade it by.
    """
    grades = Grade.objects.bulk_create(
        Grade(answer_id=answer_id, rubric=rubric, dispatched_at=Now(), dispatches=1)
        for answer_id, rubric in answers
    )
    transaction.on_commit(partial(GRADES.publish, [grade.pk for grade in grades]), robust=True)
    return grades


def send_message(grade_id: int, *, due_in: timedelta = timedelta(0)) -> None:
    from grading.tasks import grade_answer  # noqa: PLC0415 - the task calls into the services

    if due_in:
        countdown_s = (due_in + CLOCK_MARGIN).total_seconds()
        grade_answer.apply_async((grade_id,), countdown=countdown_s)
    else:
        grade_answer.delay(grade_id)


GRADES = LeasedQueue(
    Grade, send=send_message, stopped="Grading stopped {attempts} times without a result."
)
