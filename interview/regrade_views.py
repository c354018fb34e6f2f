"""Regrade with preview: the offer on a question, the dry run's progress, who changes and by how much, apply and undo."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.contrib.admin import AdminSite
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Count, Q, QuerySet
from django.db.models.functions import Abs
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from grading.models import KeyPointMatch, Regrade, RegradeRow, Verdict
from grading.services import NoRubricError
from interview.models import QuestionSet
from interview.regrading import (
    CHANGED,
    FILTERS,
    PASS_LINE,
    UNDOABLE,
    Outcome,
    answers_concerned,
    apply_regrade,
    cancel_regrade,
    compare_row,
    human_verdicts,
    proposed_matches,
    resume_regrade,
    reviewed_since,
    set_aside,
    start_regrade,
    undo_regrade,
    with_answers,
)
from interview.results import reason_text
from interview.review_views import Mark, marks_of
from interview.services import RefusedError, standing_result
from questions.admin import signed_in_user
from questions.models import Question, Rubric

ROWS_PER_PAGE = 50

FILTER_NAMES: dict[str, str | Promise] = {
    "all": gettext_lazy("all"),
    "up": gettext_lazy("up"),
    "down": gettext_lazy("down"),
    "crossed": gettext_lazy("pass line crossed"),
    "review": gettext_lazy("needs review"),
    "human": gettext_lazy("with human verdicts"),
    "unchanged": gettext_lazy("same score"),
    "refused": gettext_lazy("could not be graded"),
    "overtaken": gettext_lazy("superseded"),
}


def regrade_url(regrade: Regrade) -> str:
    return reverse("admin:grading_regrade_preview", args=[regrade.pk])


def regrade_for(request: HttpRequest, pk: int, permission: str = "grading.view_regrade") -> Regrade:
    if not request.user.has_perm(permission):
        raise PermissionDenied
    found: QuerySet[Regrade] = Regrade.objects.select_related(
        "question", "rubric__question", "requested_by", "applied_by", "undone_by"
    )
    return get_object_or_404(found.prefetch_related("rubric__key_points"), pk=pk)


# The offer ----------------------------------------------------------------------------------------------------------


@require_safe
def offer(request: HttpRequest, site: AdminSite, pk: int) -> HttpResponse:
    """A panel for the pages of a question: how many answers a regrade would concern, and its button. Nothing where there are none."""
    if not request.user.has_perm("grading.view_regrade"):
        raise PermissionDenied
    question = get_object_or_404(Question, pk=pk)
    try:
        concerned = answers_concerned(question)
    except NoRubricError:
        concerned = None
    context = {
        "question": question,
        "concerned": concerned,
        "last": question.regrades.first(),
        "is_alone": "HX-Request" not in request.headers,  # a browser without scripts
    }
    return TemplateResponse(request, "admin/grading/regrade/_offer.html", context)


@require_POST
def start(request: HttpRequest, site: AdminSite, pk: int) -> HttpResponse:
    if not request.user.has_perm("grading.add_regrade"):
        raise PermissionDenied
    question = get_object_or_404(Question, pk=pk)
    try:
        regrade = start_regrade(question, actor=signed_in_user(request))
    except NoRubricError:
        messages.error(
            request, _("The question has no published key points to grade by. Publish them first.")
        )
    except RefusedError as error:
        messages.error(request, error.message)
    else:
        return HttpResponseRedirect(regrade_url(regrade))
    return HttpResponseRedirect(reverse("admin:questions_question_change", args=[pk]))


# The preview --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar of the histogram, in the units of its drawing. `label` is the range of the change in points."""

    label: str
    count: int
    look: str
    x: int
    y: int
    height: int


BAR_STEP, BAR_WIDTH, CHART_HEIGHT = 36, 30, 100
EDGES = (50, 30, 20, 10, 5)  # points
CHART_WIDTH = BAR_STEP * (2 * len(EDGES) + 3)


def axis() -> list[tuple[int, str]]:
    """Where the histogram's axis has which number: between the bars, and a 0 under the middle one."""
    gap = (BAR_STEP - BAR_WIDTH) // 2
    left = [(BAR_STEP * place - gap, f"−{edge}") for place, edge in enumerate(EDGES, 1)]
    right = [
        (CHART_WIDTH - BAR_STEP * place - gap, f"+{edge}") for place, edge in enumerate(EDGES, 1)
    ]
    return [*left, (CHART_WIDTH // 2 - gap, "0"), *reversed(right)]


def histogram(changes: Iterable[Decimal]) -> list[Bar]:
    """The changes counted in ranges, the same ones up and down, with those of 0 between."""
    counts = [0] * (2 * len(EDGES) + 3)
    middle = len(EDGES) + 1
    for change in changes:
        steps = 1 + sum(abs(change) >= edge for edge in EDGES) if change else 0
        counts[middle + (steps if change > 0 else -steps)] += 1
    names = [
        "<5",
        *(f"{low}–{high}" for low, high in zip((5, 10, 20, 30), (10, 20, 30, 50), strict=True)),
        "≥50",
    ]
    labels = [*(f"−{name}" for name in reversed(names)), "0", *(f"+{name}" for name in names)]
    highest = max(counts) or 1
    bars = []
    for place, (label, count) in enumerate(zip(labels, counts, strict=True)):
        height = max(2, round(CHART_HEIGHT * count / highest)) if count else 0
        look = "same" if place == middle else "up" if place > middle else "down"
        bars.append(Bar(label, count, look, place * BAR_STEP, 16 + CHART_HEIGHT - height, height))
    return bars


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the list. `changes`: (key, label before, label after) per key point whose verdict changes."""

    row: RegradeRow
    changes: list[tuple[str, str, str]]

    @property
    def crosses(self) -> bool:
        stood, stands = self.row.stood, self.row.stands
        return (
            stood is not None
            and stands is not None
            and (stood >= PASS_LINE) != (stands >= PASS_LINE)
        )


def line_of(row: RegradeRow) -> Line:
    labels = {"": "–", **{value: str(label) for value, label in Verdict.choices}}
    return Line(
        row,
        [
            (key, labels.get(old, old), labels.get(new, new))
            for key, old, new in row.verdict_changes
        ],
    )


@require_safe
def show_regrade(request: HttpRequest, site: AdminSite, pk: int) -> HttpResponse:
    regrade = regrade_for(request, pk)
    chosen = request.GET.get("show", "all")
    chosen = chosen if chosen in FILTERS else "all"
    rows = regrade.rows.filter(FILTERS[chosen]).select_related(
        "answer__session__candidate", "old_grade__rubric"
    )
    # Largest change first; rows without a result yet come last on either database.
    ordered = rows.order_by(Abs("change").desc(nulls_last=True), "pk")
    page = Paginator(ordered, ROWS_PER_PAGE).get_page(request.GET.get("page"))
    counts = counts_of(regrade)
    is_current = regrade.rubric.status == Rubric.Status.PUBLISHED
    context = {
        **site.each_context(request),
        "title": _("Regrade"),
        "regrade": regrade,
        "done": looked_at(regrade),
        "counts": counts,
        "filters": [
            (name, label, counts[name], name == chosen)
            for name, label in FILTER_NAMES.items()
            if counts[name] or name == "all"
        ],
        "chosen": chosen,
        "filtered": page.paginator.count,
        "page": page,
        "lines": [line_of(row) for row in page],
        "bars": histogram(
            change for change in regrade.rows.values_list("change", flat=True) if change is not None
        ),
        "axis": axis(),
        "chart_width": CHART_WIDTH,
        "bar_width": BAR_WIDTH,
        "pass_line": PASS_LINE,
        "is_current": is_current,
        "is_open": is_current
        and regrade.status == Regrade.Status.READY
        and counts["is_previewed"] > 0,
        "may_preview": request.user.has_perm("grading.add_regrade"),
        "may_apply": request.user.has_perms(["grading.change_regrade", "grading.add_grade"]),
        "sees_people": request.user.has_perm("grading.view_grade"),
    }
    return TemplateResponse(request, "admin/grading/regrade/preview.html", context)


def counts_of(regrade: Regrade) -> dict[str, int]:
    """How many rows each filter shows, how many there are of each state, and whose candidates would see another result."""
    shown_at_once = Q(answer__session__question_set__isnull=True) | Q(
        answer__session__question_set__release_policy=QuestionSet.ReleasePolicy.WHEN_GRADED
    )
    released = Q(answer__session__released_at__isnull=False)
    open_change = Q(status=RegradeRow.Status.PREVIEWED) & CHANGED
    wanted = {
        **{
            name: Count("pk", filter=condition) if condition else Count("pk")
            for name, condition in FILTERS.items()
        },
        **{
            f"is_{status}": Count("pk", filter=Q(status=status))
            for status in RegradeRow.Status.values
        },
        "changes": Count("pk", filter=open_change),
        "released": Count("pk", filter=open_change & released),
        "shown": Count("pk", filter=open_change & shown_at_once & ~released),
        "undoable": Count("pk", filter=UNDOABLE),
        "reviewed": Count(
            "pk",
            filter=Q(status=RegradeRow.Status.PREVIEWED)
            & reviewed_since(regrade.finished_at or regrade.requested_at),
        ),
    }
    return regrade.rows.aggregate(**wanted)


def looked_at(regrade: Regrade) -> int:
    """How many answers the dry run is through with."""
    return regrade.total - regrade.rows.filter(status=RegradeRow.Status.WAITING).count()


@require_safe
def progress(request: HttpRequest, site: AdminSite, pk: int) -> HttpResponse:
    """The progress bar, asked for again by itself; when the dry run is over the whole page is loaded again."""
    regrade = regrade_for(request, pk)
    context = {
        "regrade": regrade,
        "done": looked_at(regrade),
        "may_preview": request.user.has_perm("grading.add_regrade"),
    }
    response = TemplateResponse(request, "admin/grading/regrade/_progress.html", context)
    if not regrade.is_running:
        response["HX-Refresh"] = "true"
    return response


# One answer ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Side:
    """One grade of the answer: its marked text and key points. `rows`: (number, match, verdict that stands, whether a person's)."""

    title: str
    version: int
    engine_version: str
    machine_score: Decimal | None
    score: Decimal | None
    reasons: list[str]
    marks: list[Mark]
    rows: list[tuple[int, KeyPointMatch, Verdict, bool]]


def side_of(
    title: str, text: str, matches: list[KeyPointMatch], said: dict[str, str], **facts: Any
) -> Side:
    standing = [(match, Verdict(said.get(match.key_point.key, match.verdict))) for match in matches]
    return Side(
        title=title,
        marks=marks_of(text, standing),
        rows=[
            (number, match, verdict, match.key_point.key in said)
            for number, (match, verdict) in enumerate(standing, 1)
        ],
        **facts,
    )


@require_safe
def show_row(request: HttpRequest, site: AdminSite, pk: int, row_pk: int) -> HttpResponse:
    """The answer twice: with the evidence of the grade it had, and with that of the one it would get."""
    regrade = regrade_for(request, pk)
    row = with_answers(regrade.rows.filter(pk=row_pk)).first()
    if row is None:
        return HttpResponseRedirect(regrade_url(regrade))
    if row.status == RegradeRow.Status.PREVIEWED:
        compare_row(row, regrade.rubric)  # a reviewer may have looked at it since
    said = human_verdicts(row.answer)
    before = standing_result(row.answer, grade=row.old_grade)
    sides = [
        side_of(
            _("Previous grade"),
            row.answer.text,
            list(row.old_grade.matches.all()),
            said,
            version=row.old_grade.rubric.version,
            engine_version=row.old_grade.engine_version,
            machine_score=row.old_grade.score,
            score=before.score if before else None,
            reasons=[reason_text(code) for code in row.old_grade.reasons],
        )
    ]
    if row.score is not None:
        sides.append(
            side_of(
                _("New grade"),
                row.answer.text,
                proposed_matches(
                    row, {point.key: point for point in regrade.rubric.key_points.all()}
                ),
                said,
                version=regrade.rubric.version,
                engine_version=row.engine_version,
                machine_score=row.score,
                score=row.stands,
                reasons=[reason_text(code) for code in row.reasons],
            )
        )
    context = {
        **site.each_context(request),
        "title": _("Regrade"),
        "regrade": regrade,
        "line": line_of(row),
        "row": row,
        "sides": sides,
        "sees_people": request.user.has_perm("grading.view_grade"),
    }
    return TemplateResponse(request, "admin/grading/regrade/row.html", context)


# Buttons ------------------------------------------------------------------------------------------------------------


@require_http_methods(["POST"])
def act(request: HttpRequest, site: AdminSite, pk: int) -> HttpResponse:
    """What the pressed button asks for: cancel, resume, apply (all, the filtered or the selected ones), aside, undo."""
    wanted = request.POST.get("then", "")
    applies = wanted in ("apply_all", "apply_filtered", "apply_selected", "undo")
    regrade = regrade_for(
        request, pk, "grading.change_regrade" if applies else "grading.add_regrade"
    )
    user = signed_in_user(request)
    if applies and not user.has_perm("grading.add_grade"):
        raise PermissionDenied
    try:
        match wanted:
            case "apply_all":
                tell_applied(request, apply_regrade(regrade, actor=user))
            case "apply_filtered":
                # An unknown filter picks nothing.
                tell_applied(
                    request,
                    apply_regrade(
                        regrade,
                        actor=user,
                        rows=FILTERS.get(request.POST.get("show", ""), Q(pk__in=[])),
                    ),
                )
            case "apply_selected":
                chosen = [
                    int(text)
                    for text in request.POST.getlist("row")
                    if text.isascii() and text.isdecimal() and len(text) < 16
                ]
                if chosen:
                    tell_applied(request, apply_regrade(regrade, actor=user, rows=Q(pk__in=chosen)))
                else:
                    messages.error(
                        request,
                        _("No answer is selected. Select those that should get their new grade."),
                    )
            case "undo":
                tell_undone(request, undo_regrade(regrade, actor=user))
            case "cancel":
                say(
                    request,
                    cancel_regrade(regrade, actor=user),
                    _("The dry run is cancelled. Nothing was changed."),
                )
            case "aside":
                say(request, set_aside(regrade, actor=user), _("Closed. No grade was changed."))
            case "resume":
                resume_regrade(regrade, actor=user)
            case _:
                messages.error(request, _("Unknown action."))
    except RefusedError as error:
        messages.error(request, error.message)
    show = request.POST.get("show", "")
    return HttpResponseRedirect(
        regrade_url(regrade) + (f"?show={show}" if show in FILTERS and show != "all" else "")
    )


def say(request: HttpRequest, done: bool, text: str) -> None:
    if done:
        messages.success(request, text)
    else:
        messages.info(request, _("It was already finished."))


def tell_applied(request: HttpRequest, outcome: Outcome) -> None:
    text = ngettext(
        "%(n)d answer has its new grade now.",
        "%(n)d answers have their new grades now.",
        outcome.done,
    )
    tell(request, outcome, text)


def tell_undone(request: HttpRequest, outcome: Outcome) -> None:
    text = ngettext(
        "%(n)d answer has its previous grade again.",
        "%(n)d answers have their previous grades again.",
        outcome.done,
    )
    tell(request, outcome, text)


def tell(request: HttpRequest, outcome: Outcome, text: str) -> None:
    if outcome.done:
        messages.success(request, text % {"n": outcome.done})
    if outcome.overtaken:
        text = ngettext(
            "%(n)d answer got another grade in the meantime and was left as it is.",
            "%(n)d answers got other grades in the meantime and were left as they are.",
            outcome.overtaken,
        )
        messages.warning(request, text % {"n": outcome.overtaken})
    if not outcome.done and not outcome.overtaken:
        messages.info(request, _("There is nothing to change."))
