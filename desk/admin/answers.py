"""Answers in the dashboard."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.contrib import admin
from django.contrib.admin.options import ModelAdmin as PlainModelAdmin
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import action, display

from desk.admin.read_only import ReadOnlyAdmin
from desk.admin.shared import GRADE_COLOURS, GradesAgain, TopicFilter, evidence_of, queue_again
from desk.dashboard import (
    doubtful_answers,
    failed_answers,
)
from grading.models import Grade
from interview.models import Answer
from interview.standing import rounded, standing_result, with_results
from interview.visibility import of_others


class AnswerStateFilter(admin.SimpleListFilter):
    title = gettext_lazy("state")
    parameter_name = "state"

    def lookups(
        self, request: HttpRequest, model_admin: PlainModelAdmin[Any]
    ) -> list[tuple[str, Any]]:
        return [
            ("doubtful", gettext_lazy("needs review")),
            ("reviewed", gettext_lazy("reviewed")),
            ("waiting", gettext_lazy("waiting to be graded")),
            ("failed", gettext_lazy("grading failed")),
            ("draft", gettext_lazy("not submitted")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Answer]) -> QuerySet[Answer]:
        match self.value():
            case "doubtful":
                return queryset.filter(pk__in=doubtful_answers(request.user).values("pk"))
            case "reviewed":
                return queryset.filter(review__isnull=False)
            case "waiting":
                return queryset.filter(
                    Exists(Grade.objects.unfinished().filter(answer=OuterRef("pk")))
                )
            case "failed":
                return queryset.filter(pk__in=failed_answers(request.user).values("pk"))
            case "draft":
                return queryset.filter(status=Answer.Status.DRAFT)
            case _:
                return queryset


@admin.register(Answer)
class AnswerAdmin(GradesAgain, ReadOnlyAdmin):
    list_display = [
        "number",
        "question_slug",
        "who",
        "beginning",
        "state_label",
        "score",
        "machine_score",
        "submitted_at",
    ]
    list_filter = [AnswerStateFilter, ("question__topics", TopicFilter)]
    search_fields = [
        "question__slug",
        "session__candidate__username",
        "session__external_candidate",
        "text",
        "public_id",
    ]
    date_hierarchy = "submitted_at"
    ordering = ["-id"]
    list_per_page = 30
    list_fullwidth = True
    show_full_result_count = False
    actions = ["grade_again"]
    change_form_outer_before_template = "admin/interview/answer_page.html"
    fields = [("question", "session"), ("attempt", "status"), ("submitted_at", "public_id")]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Answer]:
        found: QuerySet[Answer] = super().get_queryset(request)
        others = found.filter(of_others(request.user, "session__"))
        return with_results(others).select_related("session__candidate")

    @display(description=gettext_lazy("answer"), ordering="id")
    def number(self, answer: Answer) -> str:
        return f"#{answer.pk}"

    @display(description=gettext_lazy("question"), ordering="question__slug")
    def question_slug(self, answer: Answer) -> str:
        return str(answer)

    @display(description=gettext_lazy("candidate"))
    def who(self, answer: Answer) -> str:
        return answer.session.who

    @display(description=gettext_lazy("answer text"))
    def beginning(self, answer: Answer) -> str:
        return Truncator(answer.text).chars(40) if answer.is_submitted else "–"

    @display(
        description=gettext_lazy("state"),
        label={**GRADE_COLOURS, "draft": "", "doubtful": "warning", "reviewed": "success"},
    )
    def state_label(self, answer: Answer) -> tuple[str, str]:
        grade = answer.newest_grade
        if not answer.is_submitted or grade is None:
            return answer.status, answer.get_status_display()
        if grade.status == Grade.Status.GRADED and hasattr(answer, "review"):
            return "reviewed", _("reviewed")
        if grade.status == Grade.Status.GRADED and grade.needs_review:
            return "doubtful", _("needs review")
        return grade.status, grade.get_status_display()

    @display(description=gettext_lazy("score"))
    def score(self, answer: Answer) -> Decimal | str:
        result = standing_result(answer)
        return "–" if result is None else rounded(result.score)

    @display(description=gettext_lazy("machine score"))
    def machine_score(self, answer: Answer) -> Decimal | str:
        result = standing_result(answer)
        return "–" if result is None else rounded(result.machine_score)

    @action(
        description=gettext_lazy("Grade the selected answers again"), permissions=["grade_again"]
    )
    def grade_again(self, request: HttpRequest, queryset: QuerySet[Answer]) -> None:
        queue_again(request, Answer.objects.filter(pk__in=queryset.values("pk")))

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        answer = self.get_object(request, object_id or "")
        result = standing_result(answer) if answer else None
        points = (
            [(point.key_point, point.match, point.verdict) for point in result.points]
            if result
            else []
        )
        context = {
            "answer": answer,
            "result": result,
            "grade": result.grade if result else None,
            **evidence_of(
                answer.text if answer else "", points, result.whole_points if result else None
            ),
        }
        response: HttpResponse = super().changeform_view(
            request, object_id, form_url, context | (extra_context or {})
        )
        return response
