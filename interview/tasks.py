"""Celery entry points: an id in, one service call. A task imports its service when it runs.

Services queue tasks, so an import at the top would be a circle.
"""

from celery import shared_task


@shared_task
def preview_regrade(regrade_id: int) -> None:
    from interview.regrades.preview import run_preview

    run_preview(regrade_id)
