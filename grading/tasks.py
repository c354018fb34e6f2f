"""Celery entry points: an id in, one service call. Services queue tasks, so a task imports its service when it runs."""

from celery import shared_task


@shared_task
def grade_answer(grade_id: int) -> None:
    from grading.services.run import run_grade

    run_grade(grade_id)


@shared_task
def requeue_stale() -> None:
    from grading.services import queue

    queue.requeue_stale()
