"""Grades in the dashboard."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.contrib import admin
from django.contrib.admin.options import ModelAdmin as PlainModelAdmin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy
from unfold.decorators import action, display

from desk.admin.read_only import ReadOnlyAdmin
from desk.admin.shared import GRADE_COLOURS, GradesAgain, evidence_of, queue_again
from desk.editor.advice import lint_page
from grading.models import Grade, Verdict
from interview.models import Answer
from interview.reasons import reason_text
from interview.standing import shown_points
from interview.visibility import of_others


class GradeStateFilter(admin.SimpleListFilter):
    title = gettext_lazy("state")
    parameter_name = "state"

    def lookups(
        self, request: HttpRequest, model_admin: PlainModelAdmin[Any]
    ) -> list[tuple[str, Any]]:
        return [
            ("unfinished", gettext_lazy("queued or being graded")),
            ("graded", gettext_lazy("graded")),
            ("failed", gettext_lazy("failed")),
            ("doubtful", gettext_lazy("needs review")),
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
            gettext_lazy("How it was graded"),
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

    def get_queryset(self, request: HttpRequest) -> QuerySet[Grade]:
        found: QuerySet[Grade] = super().get_queryset(request)
        return found.filter(of_others(request.user, "answer__session__"))

    def get_urls(self) -> list[URLPattern]:
        lint = self.admin_site.admin_view(partial(lint_page, site=self.admin_site))
        urls: list[URLPattern] = super().get_urls()
        return [path("lint/<int:pk>/", lint, name="grading_lint"), *urls]

    @display(description=gettext_lazy("grade"), ordering="id")
    def number(self, grade: Grade) -> str:
        return f"#{grade.pk}"

    @display(description=gettext_lazy("answer"))
    def answer_name(self, grade: Grade) -> str:
        return str(grade.answer)

    @display(description=gettext_lazy("candidate"))
    def who(self, grade: Grade) -> str:
        return grade.answer.session.who

    @display(description=gettext_lazy("status"), ordering="status", label=GRADE_COLOURS)
    def status_label(self, grade: Grade) -> tuple[str, str]:
        return grade.status, grade.get_status_display()


@admin.register(Grade)
class GradeWithEvidenceAdmin(GradesAgain, GradeAdmin):
    actions = ["grade_again"]
    change_form_outer_before_template = "admin/interview/answer_page.html"

    @display(description=gettext_lazy("reasons for review"))
    def reason_text(self, grade: Grade) -> str:
        return " ".join(reason_text(code) for code in grade.reasons) or "–"

    def get_readonly_fields(self, request: HttpRequest, obj: Grade | None = None) -> list[str]:
        return ["reason_text"]

    @action(description=gettext_lazy("Grade this answer again"), permissions=["grade_again"])
    def grade_again(self, request: HttpRequest, queryset: QuerySet[Grade]) -> None:
        queue_again(request, Answer.objects.filter(pk__in=queryset.values("answer_id")))

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        grade = self.get_object(request, object_id or "")
        matches = grade.matches.select_related("key_point") if grade else []
        points = [(match.key_point, match, Verdict(match.verdict)) for match in matches]
        whole = shown_points(
            grade.score if grade else None,
            [(point, verdict, match.credit) for point, match, verdict in points],
        )
        context = {
            "answer": grade.answer if grade else None,
            "grade": grade,
            **evidence_of(grade.answer.text if grade else "", points, whole),
        }
        response: HttpResponse = super().changeform_view(
            request, object_id, form_url, context | (extra_context or {})
        )
        return response
