"""What all endpoints have in common."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import User
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.exceptions import NotAuthenticated
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.views import APIView

from api.problems import Problem


class Endpoint(APIView):
    """The base of every endpoint.

    Answers are nobody's to cache. A body must say how long it is.
    """

    http_method_names = ["get", "head", "post", "put", "patch", "delete"]

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if "chunked" in request.headers.get("Transfer-Encoding", "") and not request.headers.get(
            "Content-Length"
        ):
            raise Problem(
                "length_required",
                _("Send the body with a Content-Length, not in chunks."),
                status=411,
            )

    @property
    def caller(self) -> User:
        """Who sent the request, where the endpoint asks for a token."""
        user = self.request.user
        if not isinstance(user, User):
            raise NotAuthenticated
        return user

    def finalize_response(  # type: ignore[override]
        self, request: Request, response: HttpResponseBase, *args: Any, **kwargs: Any
    ) -> HttpResponseBase:
        response = super().finalize_response(request, response, *args, **kwargs)  # type: ignore[arg-type]
        response.headers.setdefault("Cache-Control", "no-store")
        return response


class ExactCharField(serializers.CharField):
    """Text as sent: no number taken for text, no blanks cut off."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(trim_whitespace=False, **kwargs)

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class NotFoundView(Endpoint):
    """Addresses under /api/ that are none get an error a program can read."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    schema = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        raise Problem(
            "not_found",
            _("There is nothing at this address. Addresses of the API end with a slash."),
            status=404,
        )
