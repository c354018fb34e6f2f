"""Shows times in the reader's time zone."""

from __future__ import annotations

import zoneinfo
from collections.abc import Callable
from functools import lru_cache

from django.http import HttpRequest, HttpResponse
from django.utils import timezone


class TimeZoneMiddleware:
    """Shows times in the time zone of the reader's browser, which our scripts leave in a cookie.

    Else in the installation's.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with timezone.override(time_zone(request.COOKIES.get("timezone", ""))):
            return self.get_response(request)


@lru_cache(maxsize=1024)
def time_zone(name: str) -> zoneinfo.ZoneInfo | None:
    """The zone of that name; None where there is none, whatever was sent."""
    try:
        return zoneinfo.ZoneInfo(name)
    except (ValueError, KeyError, OSError):
        return None
