"""Errors of the API as problem details (RFC 9457): one shape, whatever went wrong.

REST framework imports this module while it is itself being imported (settings.py names it),
so nothing here imports its views or our apps.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from http import HTTPStatus
from math import ceil
from typing import Any

from django.conf import settings
from django.core.exceptions import (
    BadRequest,
    PermissionDenied,
    RequestDataTooBig,
    SuspiciousOperation,
)
from django.db import InterfaceError, OperationalError
from django.http import Http404, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from django.utils.translation import gettext as _
from rest_framework import exceptions
from rest_framework.response import Response

logger = logging.getLogger(__name__)


MAX_ERRORS = 100  # named in one response: an answer must not grow far beyond its request
RETRY_AFTER_S = 5
PROBLEM_JSON = "application/problem+json"


class Problem(exceptions.APIException):
    """An error with a code for programs.

    `errors` are its places: dicts with any of index, field, pointer, parameter, header, code,
    message.
    """

    def __init__(
        self,
        code: str,
        detail: str,
        *,
        status: int = 400,
        errors: Sequence[dict[str, Any]] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail, code)
        self.code = code
        self.status_code = status
        self.errors = list(errors)
        self.headers = dict(headers or {})


def refused_parameter(name: str, message: str) -> Problem:
    """A 400 that names the query parameter."""
    return Problem(
        "invalid_parameter",
        message,
        errors=[{"parameter": name, "code": "invalid", "message": message}],
    )


def problem_response(
    error: Exception,
    context: dict[str, Any],  # noqa: ARG001 - REST framework hands it over
) -> Response | None:
    """An error that a client or a busy database can cause, as application/problem+json.

    It is in the caller's language.

    None, so that it is raised and logged, for what is our own fault.
    """
    problem = as_problem(error)
    if problem is None:
        return None
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTPStatus(problem.status_code).phrase,
        "status": problem.status_code,
        "detail": str(problem.detail),
        "code": problem.code,
    }
    if problem.errors:
        body["errors"] = problem.errors[:MAX_ERRORS]
    return Response(
        printable(body),
        status=problem.status_code,
        headers=problem.headers,
        content_type=PROBLEM_JSON,
    )


def as_problem(error: Exception) -> Problem | None:
    """The error as a Problem; None for one that no client should be able to cause."""
    if isinstance(error, Problem):
        return error
    if isinstance(error, exceptions.ValidationError):
        errors = list(places(error.get_full_details(), ()))
        return Problem("invalid", _("The request has errors. Nothing was stored."), errors=errors)
    if isinstance(error, exceptions.APIException):
        return known_problem(error)
    if isinstance(error, Http404):
        return Problem(
            "not_found",
            _("There is nothing at this address, or you may not see it."),
            status=404,
        )
    if isinstance(error, PermissionDenied):
        return Problem("permission_denied", _("You are not allowed to do this."), status=403)
    if isinstance(error, RequestDataTooBig):
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE // 1024**2
        return Problem(
            "too_large",
            _("The request is larger than %(limit)d MB. Send fewer answers at a time.")
            % {"limit": limit},
            status=413,
        )
    if isinstance(
        error, SuspiciousOperation | BadRequest | MultiPartParserError | UnreadablePostError
    ):
        return Problem("bad_request", _("The request can't be read."))
    if isinstance(error, OperationalError | InterfaceError):
        logger.exception("database not available")  # noqa: LOG004 - called while one is handled
        return Problem(
            "unavailable",
            _("The service is busy. Nothing was stored; try again in a few seconds."),
            status=503,
            headers={"Retry-After": str(RETRY_AFTER_S)},
        )
    return None


def known_problem(error: exceptions.APIException) -> Problem:
    """One of REST framework's own errors, with the header that belongs to it."""
    code = {exceptions.ParseError: "bad_request", exceptions.NotFound: "not_found"}.get(
        type(error), error.default_code
    )
    headers = {}
    if getattr(error, "auth_header", None):
        # Set by APIView.handle_exception
        headers["WWW-Authenticate"] = error.auth_header  # type: ignore[attr-defined]
    if getattr(error, "wait", None):
        # Of Throttled, which its types forget
        headers["Retry-After"] = str(ceil(error.wait))  # type: ignore[attr-defined]
    return Problem(code, str(error.detail), status=error.status_code, headers=headers)


def places(details: Any, path: tuple[str | int, ...]) -> Iterator[dict[str, Any]]:
    """REST framework's nested details as a flat list.

    Each says where it belongs: index of the item, field, JSON pointer.
    """
    if isinstance(details, list):
        for detail in details:
            yield from places(detail, path)
    elif set(details) == {"message", "code"} and isinstance(details["message"], str):
        place: dict[str, Any] = {}
        if path and isinstance(path[0], int):
            place["index"] = path[0]
        field = ".".join(part for part in path if isinstance(part, str))
        if field:
            place["field"] = field
        pointer = "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in path)
        yield place | {
            "pointer": f"#{pointer}",
            "code": details["code"],
            "message": details["message"],
        }
    else:
        for key, inner in details.items():
            yield from places(inner, path if key == "non_field_errors" else (*path, key))


def printable(value: Any) -> Any:
    """The value with halves of surrogate pairs replaced.

    An error may quote what was sent, and such halves can't be sent back.
    """
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, dict):
        return {printable(key): printable(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [printable(inner) for inner in value]
    return value
