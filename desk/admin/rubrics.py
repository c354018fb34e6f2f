"""Versions of rubrics in the dashboard."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.text import Truncator
from django.utils.translation import gettext_lazy
from unfold.admin import ModelAdmin
from unfold.decorators import display

from desk.admin.questions import STATUS_COLOURS, key_points_of
from questions.models import Rubric


@admin.register(Rubric)
class RubricAdmin(ModelAdmin):
    list_display = [
        "__str__",
        "short_prompt",
        "status_label",
        "key_point_count",
        "author",
        "published_at",
    ]
    list_filter = ["status"]
    list_select_related = ["question", "author"]
    search_fields = ["question__slug", "question__prompt_zh", "question__prompt_en"]
    ordering = ["-id"]
    fields = ["note"]
    compressed_fields = False
    change_form_template = "admin/questions/rubric/change_form.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Rubric]:
        found: QuerySet[Rubric] = super().get_queryset(request)
        return found.select_related("question").annotate(
            point_count=Count("key_points", distinct=True)
        )

    @display(description=gettext_lazy("question"))
    def short_prompt(self, rubric: Rubric) -> str:
        return Truncator(rubric.question.prompt).chars(60)

    @display(description=gettext_lazy("status"), ordering="status", label=STATUS_COLOURS)
    def status_label(self, rubric: Rubric) -> tuple[str, str]:
        return rubric.status, rubric.get_status_display()

    @display(description=gettext_lazy("key points"), ordering="point_count")
    def key_point_count(self, rubric: Rubric) -> int:
        count: int = rubric.point_count  # type: ignore[attr-defined]  # annotated above
        return count

    # A version is read here. It is written in the editor of its question.

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Rubric | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Rubric | None = None) -> bool:
        return False

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        rubric = self.get_object(request, object_id) if object_id else None
        if (
            rubric is not None
            and not rubric.is_frozen
            and request.user.has_perm("questions.change_rubric")
        ):
            return HttpResponseRedirect(
                reverse("admin:questions_question_editor", args=[rubric.question_id])
            )
        context = {"rubric": rubric, "key_points": key_points_of(rubric) if rubric else []}
        response: HttpResponse = super().changeform_view(
            request, object_id, form_url, context | (extra_context or {})
        )
        return response
