from celery import shared_task


@shared_task
def close_overdue_sessions() -> None:
    from interview import services

    services.close_overdue_sessions()
