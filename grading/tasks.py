"""Celery entry points: an id in, one service call. A task imports its service when it runs.

Services queue tasks, so an import at the top would be a circle.
"""

from celery import shared_task


@shared_task
def grade_answer(grade_id: int) -> None:
    from grading.services.run import run_grade

    run_grade(grade_id)
