from celery import shared_task


@shared_task
def close_overdue_sessions() -> None:
    from interview import services

    services.close_overdue_sessions()


@shared_task
def preview_regrade(regrade_id: int) -> None:
    from interview.regrading import run_preview

    run_preview(regrade_id)


@shared_task
def requeue_stale_regrades() -> None:
    from interview import regrading

    regrading.requeue_stale_regrades()
