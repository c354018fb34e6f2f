"""Everything under /api/v1/."""

from django.urls import URLPattern, path, re_path

from api.endpoint import NotFoundView
from api.schema import DocsView, SchemaView
from api.tokens import CurrentTokenView, TokensView
from interview.api import (
    GradeView,
    ReadableQuestionsView,
    ReadableQuestionView,
    SubmissionsView,
    SubmissionView,
)

urlpatterns: list[URLPattern] = [
    path("tokens/", TokensView.as_view(), name="tokens"),
    path("tokens/current/", CurrentTokenView.as_view(), name="current-token"),
    path("questions/", ReadableQuestionsView.as_view(), name="questions"),
    path("questions/<slug:slug>/", ReadableQuestionView.as_view(), name="question"),
    path("submissions/", SubmissionsView.as_view(), name="submissions"),
    path("submissions/<uuid:public_id>/", SubmissionView.as_view(), name="submission"),
    path("grades/<uuid:public_id>/", GradeView.as_view(), name="grade"),
    path("schema/", SchemaView.as_view(), name="schema"),
    path("docs/", DocsView.as_view(), name="docs"),
    re_path(r"", NotFoundView.as_view(), name="not-found"),
]
