"""Celery entry points of the installation itself."""

from celery import shared_task

from ops.sweep import sweep_all


@shared_task
def sweep() -> None:
    sweep_all()
