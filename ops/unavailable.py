"""What people see while the database can't be reached or written.

The page says to wait and send again; nothing is lost.
"""

import logging
from collections.abc import Callable

from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

logger = logging.getLogger(__name__)

RETRY_AFTER_S = 5


class DatabaseUnavailableMiddleware:
    """Answers 503 where the database is away, locked or out of disk, instead of a server error."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        try:
            return self.get_response(request)
        except OperationalError as error:  # in the session or log-in middleware
            return self.unavailable(request, error)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        return (
            self.unavailable(request, exception)
            if isinstance(exception, OperationalError)
            else None
        )

    def unavailable(self, request: HttpRequest, error: Exception) -> HttpResponse:
        logger.error("database unavailable: %s", error)
        # The template stands alone: whatever asks for the session or the user would meet the same
        # error.
        response = render(None, "503.html", status=503)
        response["Retry-After"] = str(RETRY_AFTER_S)
        response["Cache-Control"] = "no-store"
        return response
