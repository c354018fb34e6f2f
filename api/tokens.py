"""The endpoints that make and revoke API tokens."""

from __future__ import annotations

from math import ceil
from typing import Any

from axes.helpers import get_cool_off
from django.contrib.auth import authenticate
from django.contrib.auth.models import User
from django.contrib.auth.signals import user_logged_in
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from knox.models import AuthToken
from knox.settings import knox_settings
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import ScopedRateThrottle

from api.authentication import TokenAuthentication
from api.endpoint import Endpoint, ExactCharField
from api.problems import Problem
from api.schema import UNAUTHENTICATED, problems

MAX_TOKENS = 20  # of one account


class CredentialsSerializer(serializers.Serializer[dict[str, Any]]):
    username = ExactCharField(max_length=150)
    password = ExactCharField(max_length=1000, style={"input_type": "password"})


class TokenSerializer(serializers.Serializer[dict[str, Any]]):
    token = serializers.CharField(help_text="Shown only once; only its digest is stored.")
    expires = serializers.DateTimeField()


class TokensView(Endpoint):
    authentication_classes = ()
    permission_classes = (AllowAny,)
    throttle_classes = (ScopedRateThrottle,)
    throttle_scope = "tokens"

    def get_authenticate_header(self, request: Request) -> str:
        return str(knox_settings.AUTH_HEADER_PREFIX)

    @extend_schema(
        operation_id="create_token",
        tags=["tokens"],
        auth=[],
        request=CredentialsSerializer,
        responses={201: TokenSerializer}
        | problems(
            _400="Malformed.",
            _401="Wrong name or password.",
            _429="Too many tries. Retry-After says when to try again.",
        ),
    )
    def post(self, request: Request) -> Response:
        """A token for a name and password.

        It expires; an account holds up to 20, and a new one takes the place of the oldest. Send it
        as `Authorization: Token tst_...`.
        """
        credentials = CredentialsSerializer(data=request.data)
        credentials.is_valid(raise_exception=True)
        plain = request._request  # noqa: SLF001 - Django signs in by its own request
        user = authenticate(request=plain, **credentials.validated_data)
        if getattr(plain, "axes_locked_out", False):
            # Set back, or the middleware would put the log-in page's answer in the place of ours.
            plain.axes_locked_out = False  # type: ignore[attr-defined]
            raise locked_out(plain)
        if user is None:
            raise Problem(
                "invalid_credentials",
                _("There is no active account with this name and password."),
                status=401,
                headers={"WWW-Authenticate": self.get_authenticate_header(request)},
            )
        row, token = create_token(user)
        user_logged_in.send(sender=type(user), request=plain, user=user)
        body = TokenSerializer({"token": token, "expires": row.expiry}).data
        return Response(body, status=201)


def locked_out(request: HttpRequest) -> Problem:
    cool_off = get_cool_off(request)
    return Problem(
        "locked_out",
        _("Too many wrong passwords for this account. Try again later."),
        status=429,
        headers={"Retry-After": str(ceil(cool_off.total_seconds()))} if cool_off else {},
    )


@transaction.atomic
def create_token(user: User) -> tuple[Any, str]:
    """The token's row and its text.

    Expired tokens of the account go, and the oldest beyond MAX_TOKENS.
    """
    tokens = AuthToken.objects.filter(user_id=user.pk)
    tokens.filter(expiry__lt=timezone.now()).delete()
    made: tuple[Any, str] = AuthToken.objects.create(user=user)
    kept = tokens.order_by("-created", "pk").values_list("pk", flat=True)[:MAX_TOKENS]
    tokens.exclude(pk__in=list(kept)).delete()
    return made


class CurrentTokenView(Endpoint):
    authentication_classes = (TokenAuthentication,)

    @extend_schema(
        operation_id="delete_current_token",
        tags=["tokens"],
        responses={204: None} | problems(**UNAUTHENTICATED),
    )
    def delete(self, request: Request) -> Response:
        """Make the token this request was sent with useless."""
        request.auth.delete()
        return Response(status=204)
