"""How grades are listed. interview.admin registers them, since a grade is shown with the answer it points into."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.contrib import admin
from django.contrib.admin.options import ModelAdmin as PlainModelAdmin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from audit.admin import ReadOnlyAdmin
from grading.linting import lint_page
from grading.models import Grade

STATUS_COLOURS = {"queued": "info", "running": "info", "graded": "success", "failed": "danger"}


class GradeStateFilter(admin.SimpleListFilter):
    title = _("state")
    parameter_name = "state"

    def lookups(
        self, request: HttpRequest, model_admin: PlainModelAdmin[Any]
    ) -> list[tuple[str, Any]]:
        return [
            ("unfinished", _("queued or being graded")),
            ("graded", _("graded")),
            ("failed", _("failed")),
            ("doubtful", _("needs review")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Grade]) -> QuerySet[Grade]:
        match self.value():
            case "unfinished":
                return queryset.filter(status__in=[Grade.Status.QUEUED, Grade.Status.RUNNING])
            case "graded" | "failed" as status:
                return queryset.filter(status=status)
            case "doubtful":
                return queryset.filter(status=Grade.Status.GRADED, needs_review=True)
            case _:
                return queryset


class GradeAdmin(ReadOnlyAdmin):
    list_display = [
        "number",
        "answer_name",
        "who",
        "status_label",
        "score",
        "needs_review",
        "rubric",
        "engine_version",
        "queued_at",
    ]
    list_filter = [GradeStateFilter, "engine_version"]
    search_fields = [
        "public_id",
        "answer__question__slug",
        "answer__session__candidate__username",
        "answer__session__external_candidate",
    ]
    date_hierarchy = "queued_at"
    list_select_related = ["answer__question", "answer__session__candidate", "rubric__question"]
    list_per_page = 50
    show_full_result_count = False
    fieldsets = [
        (None, {"fields": [("status", "score"), ("needs_review", "reason_text"), "error"]}),
        (
            _("How it was graded"),
            {
                "fields": [
                    ("rubric", "engine_version"),
                    ("glossary_hash", "samples_hash"),
                    ("queued_at", "started_at"),
                    ("finished_at", "requested_by"),
                    ("attempts", "dispatches"),
                    "public_id",
                ]
            },
        ),
    ]

    def get_urls(self) -> list[URLPattern]:
        lint = self.admin_site.admin_view(partial(lint_page, site=self.admin_site))
        urls: list[URLPattern] = super().get_urls()
        return [path("lint/<int:pk>/", lint, name="grading_lint"), *urls]

    @display(description=_("grade"), ordering="id")
    def number(self, grade: Grade) -> str:
        return f"#{grade.pk}"

    @display(description=_("answer"))
    def answer_name(self, grade: Grade) -> str:
        return str(grade.answer)

    @display(description=_("candidate"))
    def who(self, grade: Grade) -> str:
        return grade.answer.session.who

    @display(description=_("status"), ordering="status", label=STATUS_COLOURS)
    def status_label(self, grade: Grade) -> tuple[str, str]:
        return grade.status, grade.get_status_display()
