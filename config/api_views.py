"""Endpoints that belong to no app: tokens, the schema and its page. And what all endpoints have in common."""

from __future__ import annotations

from math import ceil
from typing import Any

from axes.helpers import get_cool_off
from django.contrib.auth import authenticate
from django.contrib.auth.models import User
from django.contrib.auth.signals import user_logged_in
from django.db import transaction
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.renderers import (
    OpenApiJsonRenderer,
    OpenApiJsonRenderer2,
    OpenApiYamlRenderer,
    OpenApiYamlRenderer2,
)
from drf_spectacular.utils import OpenApiResponse, extend_schema
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from knox.models import AuthToken
from knox.settings import knox_settings
from rest_framework import serializers
from rest_framework.exceptions import NotAuthenticated
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import ScopedRateThrottle
from rest_framework.views import APIView

from config.api import PROBLEM_JSON, Problem, TokenAuthentication

MAX_TOKENS = 20  # of one account


class Endpoint(APIView):
    """The base of every endpoint: answers are nobody's to cache, and a body must say how long it is."""

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


# What errors look like in the schema -------------------------------------------------------------------------------------


class ProblemPlaceSerializer(serializers.Serializer[dict[str, Any]]):
    index = serializers.IntegerField(
        required=False, help_text="Which item of a list, counted from 0."
    )
    field = serializers.CharField(required=False)
    pointer = serializers.CharField(
        required=False, help_text="JSON pointer into the request's body."
    )
    parameter = serializers.CharField(required=False, help_text="The query parameter.")
    header = serializers.CharField(required=False, help_text="The request header.")
    code = serializers.CharField()
    message = serializers.CharField()


class ProblemSerializer(serializers.Serializer[dict[str, Any]]):
    """RFC 9457 problem details."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField(
        help_text="What is wrong and how to fix it, in the language of Accept-Language."
    )
    code = serializers.CharField(help_text="For programs; does not change with the language.")
    errors = ProblemPlaceSerializer(many=True, required=False)  # type: ignore[assignment]  # a field, not the list of errors


def problems(**said: str) -> dict[tuple[int, str], OpenApiResponse]:
    """The schema's error answers: problems(_404="...") for a status and when it happens."""
    return {
        (int(status.removeprefix("_")), PROBLEM_JSON): OpenApiResponse(
            ProblemSerializer, description=description
        )
        for status, description in said.items()
    }


UNAUTHENTICATED = {"_401": "No token, or one that is unknown or expired."}


class TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = TokenAuthentication
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        return {
            "type": "apiKey",
            "in": "header",
            "name": "Authorization",
            "description": "`Token tst_...`, from POST /api/v1/tokens/",
        }


# Tokens ---------------------------------------------------------------------------------------------------------------


class ExactCharField(serializers.CharField):
    """Text as sent: no number taken for text, no blanks cut off."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(trim_whitespace=False, **kwargs)

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


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

        It expires; an account holds up to 20, and a new one takes the place of the oldest. Send it as `Authorization: Token tst_...`.
        """
        credentials = CredentialsSerializer(data=request.data)
        credentials.is_valid(raise_exception=True)
        user = authenticate(request=request._request, **credentials.validated_data)
        if getattr(request._request, "axes_locked_out", False):
            # Set back, or the middleware would put the log-in page's answer in the place of ours.
            request._request.axes_locked_out = False  # type: ignore[attr-defined]
            raise locked_out(request._request)
        if user is None:
            raise Problem(
                "invalid_credentials",
                _("There is no active account with this name and password."),
                status=401,
                headers={"WWW-Authenticate": self.get_authenticate_header(request)},
            )
        row, token = create_token(user)
        user_logged_in.send(sender=type(user), request=request._request, user=user)
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
    """The token's row and its text. Expired tokens of the account go, and the oldest beyond MAX_TOKENS."""
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


# The schema, its page, and everything else ------------------------------------------------------------------------------


class SchemaView(SpectacularAPIView):
    renderer_classes = [
        OpenApiJsonRenderer,
        OpenApiJsonRenderer2,
        OpenApiYamlRenderer,
        OpenApiYamlRenderer2,
    ]
    authentication_classes = ()


class DocsView(SpectacularSwaggerSplitView):
    """Swagger UI from our own static files, with nothing inline."""

    authentication_classes = ()
    url_name = "v1:schema"
    template_name = "api/docs.html"


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
