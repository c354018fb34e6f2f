"""What the lists of answers and of grades share."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import ngettext

from desk.fields import signed_in_user
from grading import engine
from grading.models import KeyPointMatch, Verdict
from grading.services.queue import NoRubricError
from interview.evidence import marks_of
from interview.models import Answer
from interview.services.errors import RefusedError
from interview.services.grading import grade_again
from interview.services.marked_answers import who_marked
from questions.models import KeyPoint, Topic

GRADE_COLOURS = {"queued": "info", "running": "info", "graded": "success", "failed": "danger"}


def queue_again(request: HttpRequest, answers: QuerySet[Answer]) -> None:
    """Queue each answer for another grading, and tell the user how it went."""
    queued, problems = 0, []
    for answer in answers.select_related("question"):
        try:
            grade_again(answer, actor=signed_in_user(request))
        except (RefusedError, NoRubricError) as error:
            problems.append(f"{answer}: {error}")
        else:
            queued += 1
    if queued:
        text = ngettext(
            "%(n)d answer is waiting to be graded again.",
            "%(n)d answers are waiting to be graded again.",
            queued,
        )
        messages.success(request, text % {"n": queued})
    for text in problems[:10]:
        messages.error(request, text)


class GradesAgain:
    """Answers for the permission `grade_again` of an action: whoever may add grades has it."""

    def has_grade_again_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("grading.add_grade")


class TopicFilter(admin.RelatedFieldListFilter):
    """Rows of the chosen topic and of all topics under it, as on the candidates' pages."""

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any] | None:
        chosen = (self.lookup_val or [""])[-1]
        topic = Topic.objects.filter(pk=chosen).first() if chosen.isdecimal() else None
        if topic is None:
            return super().queryset(request, queryset)
        inside = queryset.model.objects.filter(**{f"{self.field_path}__in": topic.subtree_ids()})
        return queryset.filter(pk__in=inside.values("pk"))


def evidence_of(
    text: str,
    points: list[tuple[KeyPoint, KeyPointMatch, Verdict]],
    whole: engine.WholePoints | None,
) -> dict[str, Any]:
    """What answer_page.html shows below the question: the marked text and numbered key points."""
    return {
        "marks": marks_of(text, [(match.spans, verdict) for _point, match, verdict in points]),
        "rows": [
            (
                number,
                point,
                match,
                verdict,
                who_marked(match),
                whole.rows[number - 1] if whole else None,
            )
            for number, (point, match, verdict) in enumerate(points, 1)
        ],
        "whole": whole,
    }
