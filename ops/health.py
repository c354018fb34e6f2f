"""Whether this process lives, and whether it can do its work.

For supervisors, containers and load balancers.
"""

from collections.abc import Callable

from celery import current_app
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from kombu.exceptions import OperationalError


class HealthMiddleware:
    """Answers /healthz and /readyz before any other middleware.

    Probes come by address, without TLS and without our host name.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        probe = {"/healthz": healthz, "/readyz": readyz}.get(request.path)
        return probe(request) if probe else self.get_response(request)


def healthz(request: HttpRequest) -> HttpResponse:
    """The process answers.

    Nothing else is looked at, so that a broken broker does not get it killed.
    """
    return HttpResponse("ok", content_type="text/plain", headers={"Cache-Control": "no-store"})


def readyz(request: HttpRequest) -> JsonResponse:
    """200 when the database answers, else 503.

    A broker that is away is reported, but answers are still accepted without it.
    """
    checks = {"database": database_answers(), "broker": broker_answers()}
    return JsonResponse(
        checks, status=200 if checks["database"] else 503, headers={"Cache-Control": "no-store"}
    )


def database_answers() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return False
    return True


def broker_answers() -> bool:
    try:
        with current_app.connection_for_write() as broker:
            broker.ensure_connection(max_retries=1, interval_start=0, timeout=1)
    except (OperationalError, OSError):
        return False
    return True
