"""Read the published bank over HTTP."""

from __future__ import annotations

import re
from typing import Any

from django.db.models import Prefetch, QuerySet
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.generics import ListAPIView, RetrieveAPIView
from rest_framework.pagination import CursorPagination
from rest_framework.request import Request
from rest_framework.response import Response

from api.endpoint import Endpoint
from api.problems import refused_parameter
from api.schema import UNAUTHENTICATED, problems
from questions.models import Question, QuestionQuerySet, Rubric, Topic
from questions.serializers import QuestionSerializer, QuestionWithAnswerSerializer

SLUG = re.compile(r"[-a-zA-Z0-9_]{1,80}")


class BankCursor(CursorPagination):
    ordering = "id"
    page_size = 50

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        link = {"type": ["string", "null"], "format": "uri"}
        properties = {"next": link, "previous": link, "results": schema}
        return {"type": "object", "required": list(properties), "properties": properties}

    def decode_cursor(self, request: Request) -> Any:
        # A cursor that was tampered with may hold anything, and the query expects an id.
        refused = refused_parameter(
            "cursor", _("This cursor is not valid. Start again from the first page.")
        )
        try:
            cursor = super().decode_cursor(request)
        except Exception as error:
            raise refused from error
        if (
            cursor is not None
            and cursor.position is not None
            and not re.fullmatch(r"[0-9]{1,18}", str(cursor.position))
        ):
            raise refused
        return cursor


def with_topics(bank: QuestionQuerySet, request: Request) -> QuestionQuerySet:
    """The questions with their topics, and with key points where the reader may see them."""
    bank = bank.prefetch_related("topics")
    if request.user.has_perm("questions.view_keypoint"):
        published = Rubric.objects.filter(status=Rubric.Status.PUBLISHED).prefetch_related(
            "key_points"
        )
        bank = bank.prefetch_related(
            Prefetch("rubrics", queryset=published, to_attr="published_rubrics")
        )
    return bank


def serializer_for(request: Request) -> type[QuestionSerializer]:
    return (
        QuestionWithAnswerSerializer
        if request.user.has_perm("questions.view_keypoint")
        else QuestionSerializer
    )


class BankEndpoint(Endpoint):
    """An endpoint over a part of the bank. Which part is for the reader, `interview.api` says."""

    def bank(self) -> QuestionQuerySet:
        return Question.objects.published()


class QuestionsView(BankEndpoint, ListAPIView[Question]):
    pagination_class = BankCursor

    def get_queryset(self) -> QuerySet[Question]:
        bank = with_topics(self.bank(), self.request)
        parameters = self.request.query_params
        if "difficulty" in parameters:
            if parameters["difficulty"] not in Question.Difficulty.values:
                raise refused_parameter(
                    "difficulty",
                    _("difficulty must be one of %(values)s.")
                    % {"values": ", ".join(Question.Difficulty.values)},
                )
            bank = bank.filter(difficulty=parameters["difficulty"])
        if "topic" in parameters:
            slug = parameters["topic"]
            topic = Topic.objects.filter(slug=slug).first() if SLUG.fullmatch(slug) else None
            if topic is None:
                raise refused_parameter("topic", _("There is no such topic."))
            bank = bank.in_topic(topic)
        return bank

    def get_serializer_class(self) -> type[QuestionSerializer]:
        return serializer_for(self.request)

    @extend_schema(
        operation_id="list_questions",
        tags=["questions"],
        parameters=[
            OpenApiParameter(
                "topic",
                str,
                description="Slug of a topic: its questions and those of the topics under it.",
            ),
            OpenApiParameter("difficulty", str, enum=Question.Difficulty.values),
        ],
        responses={200: QuestionWithAnswerSerializer(many=True)}
        | problems(_400="A parameter is malformed.", **UNAUTHENTICATED),
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """The published questions, 50 to a page.

        A candidate's token does not get those that are reserved for interviews.

        Model answers and key points are there only for readers with the permission
        questions.view_keypoint.
        """
        return super().get(request, *args, **kwargs)


class QuestionView(BankEndpoint, RetrieveAPIView[Question]):
    lookup_field = "slug"

    def get_queryset(self) -> QuerySet[Question]:
        return with_topics(self.bank(), self.request)

    def get_serializer_class(self) -> type[QuestionSerializer]:
        return serializer_for(self.request)

    @extend_schema(
        operation_id="read_question",
        tags=["questions"],
        responses={200: QuestionWithAnswerSerializer}
        | problems(**UNAUTHENTICATED, _404="No published question has this slug."),
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """One published question."""
        return super().get(request, *args, **kwargs)
