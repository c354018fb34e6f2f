"""Interview sessions in the dashboard."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.contrib import admin
from django.contrib.admin.options import ModelAdmin as PlainModelAdmin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.loader import render_to_string
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext_lazy
from unfold.admin import ModelAdmin
from unfold.decorators import display
from unfold.views import ChangeList

from desk.dashboard import (
    doubtful_answers,
    failed_answers,
    for_session_lists,
    sessions_to_release,
    sessions_with,
    summarize_session,
)
from desk.review.views import review_session
from interview.models import InterviewSession
from interview.standing import rounded
from interview.visibility import of_others


class AttentionFilter(admin.SimpleListFilter):
    title = gettext_lazy("to do")
    parameter_name = "attention"

    def lookups(
        self, request: HttpRequest, model_admin: PlainModelAdmin[Any]
    ) -> list[tuple[str, Any]]:
        return [
            ("release", gettext_lazy("release")),
            ("doubtful", gettext_lazy("review")),
            ("failed", gettext_lazy("grading failed")),
        ]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[InterviewSession]
    ) -> QuerySet[InterviewSession]:
        match self.value():
            case "release":
                return queryset.filter(pk__in=sessions_to_release(request.user))
            case "doubtful":
                return queryset.filter(pk__in=sessions_with(doubtful_answers(request.user)))
            case "failed":
                return queryset.filter(pk__in=sessions_with(failed_answers(request.user)))
            case _:
                return queryset


class SessionChangeList(ChangeList):
    def url_for_result(self, result: InterviewSession) -> str:
        """A session opens in the review workspace."""
        return reverse("admin:interview_interviewsession_review", args=[result.pk])


@admin.register(InterviewSession)
class InterviewSessionAdmin(ModelAdmin):
    list_display = [
        "who",
        "set_title",
        "channel",
        "answered",
        "mean_score",
        "state",
        "submitted_at",
    ]
    list_display_links = ["who"]
    list_filter = [AttentionFilter, "status", "mode", "channel"]
    search_fields = ["candidate__username", "external_candidate", "external_reference", "public_id"]
    date_hierarchy = "started_at"
    list_per_page = 30
    list_fullwidth = True
    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[InterviewSession]:
        found: QuerySet[InterviewSession] = super().get_queryset(request)
        return for_session_lists(found.filter(of_others(request.user)))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(
        self, request: HttpRequest, obj: InterviewSession | None = None
    ) -> bool:
        return False

    @display(description=gettext_lazy("candidate"), ordering="candidate__username")
    def who(self, session: InterviewSession) -> str:
        return session.who

    @display(description=gettext_lazy("question set"))
    def set_title(self, session: InterviewSession) -> str:
        return session.question_set.title if session.question_set else "–"

    @display(description=gettext_lazy("answered"))
    def answered(self, session: InterviewSession) -> str:
        summary = summarize_session(session)
        return f"{summary.answered}/{summary.answers}"

    @display(description=gettext_lazy("mean score"))
    def mean_score(self, session: InterviewSession) -> Decimal | str:
        score = summarize_session(session).mean_score
        return "–" if score is None else rounded(score)

    @display(description=gettext_lazy("state"))
    def state(self, session: InterviewSession) -> str:
        return render_to_string(
            "admin/interview/_state.html",
            {"session": session, "state": summarize_session(session)},
        )

    # Pages

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[SessionChangeList]:
        return SessionChangeList

    def get_urls(self) -> list[URLPattern]:
        own = [
            path(
                "<int:pk>/review/",
                self.admin_site.admin_view(self.review_view),
                name="interview_interviewsession_review",
            )
        ]
        urls: list[URLPattern] = super().get_urls()
        return own + urls

    def review_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        return review_session(request, self.admin_site, pk)

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """A session is read and reviewed in the review workspace only."""
        session = self.get_object(request, object_id) if object_id else None
        if session is None:
            response: HttpResponse = super().changeform_view(
                request, object_id, form_url, extra_context
            )
            return response  # which refuses to add, and reports an unknown session
        return HttpResponseRedirect(
            reverse("admin:interview_interviewsession_review", args=[session.pk])
        )
