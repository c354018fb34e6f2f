"""Regrades in the dashboard, and the addresses of their pages."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.contrib import admin
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy
from unfold.decorators import display

from desk.admin.read_only import ReadOnlyAdmin
from desk.regrades.views import act, offer, progress, regrade_url, show_regrade, show_row, start
from interview.regrades.models import Regrade, RegradeRow


@admin.register(Regrade)
class RegradeAdmin(ReadOnlyAdmin):
    """A list here; the pages are in desk.regrades.views."""

    list_display = [
        "__str__",
        "status_label",
        "total",
        "applied",
        "requested_by",
        "requested_at",
        "applied_at",
        "undone_at",
    ]
    list_filter = ["status"]
    search_fields = ["question__slug"]
    list_select_related = ["rubric__question", "requested_by"]
    list_per_page = 50
    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Regrade]:
        found: QuerySet[Regrade] = super().get_queryset(request)
        return found.annotate(
            applied_rows=Count("rows", filter=Q(rows__status=RegradeRow.Status.APPLIED))
        )

    @display(
        description=gettext_lazy("status"),
        ordering="status",
        label={
            "ready": "info",
            "failed": "danger",
            "running": "info",
            "applied": "success",
            "undone": "warning",
        },
    )
    def status_label(self, regrade: Regrade) -> tuple[str, str]:
        return regrade.state

    @display(description=gettext_lazy("applied"))
    def applied(self, regrade: Regrade) -> int:
        count: int = regrade.applied_rows  # type: ignore[attr-defined]  # annotated above
        return count

    def get_urls(self) -> list[URLPattern]:
        pages: list[tuple[str, Any, str]] = [
            ("<int:pk>/preview/", show_regrade, "preview"),
            ("<int:pk>/progress/", progress, "progress"),
            ("<int:pk>/act/", act, "act"),
            ("<int:pk>/answers/<int:row_pk>/", show_row, "row"),
            ("of/<int:pk>/offer/", offer, "offer"),
            ("of/<int:pk>/start/", start, "start"),
        ]
        site = self.admin_site
        own = [
            path(end, site.admin_view(partial(view, site=site)), name=f"interview_regrade_{name}")
            for end, view, name in pages
        ]
        urls: list[URLPattern] = super().get_urls()
        return own + urls

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        regrade = self.get_object(request, object_id) if object_id else None
        if regrade is None or request.method != "GET":
            response: HttpResponse = super().changeform_view(
                request, object_id, form_url, extra_context
            )
            return response
        return HttpResponseRedirect(regrade_url(regrade))
