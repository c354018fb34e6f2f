"""The OpenAPI schema, its page, and how errors are described in it."""

from __future__ import annotations

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.renderers import (
    OpenApiJsonRenderer,
    OpenApiJsonRenderer2,
    OpenApiYamlRenderer,
    OpenApiYamlRenderer2,
)
from drf_spectacular.utils import OpenApiResponse
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework import serializers

from api.authentication import TokenAuthentication
from api.problems import PROBLEM_JSON


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
    # A field, not the list of errors
    errors = ProblemPlaceSerializer(many=True, required=False)  # type: ignore[assignment]


def problems(**said: str) -> dict[tuple[int, str], OpenApiResponse]:
    """The schema's error answers. `_404="..."` says when the status 404 comes."""
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
