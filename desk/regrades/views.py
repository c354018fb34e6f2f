"""The pages of a regrade: its offer on a question, the dry run, the changes, apply and undo."""

from __future__ import annotations

from dataclasses import replace

from django.contrib import messages
from django.contrib.admin import AdminSite
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.db.models.functions import Abs
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from desk.fields import signed_in_user
from desk.regrades.histogram import BAR_WIDTH, CHART_WIDTH, axis, histogram
from desk.regrades.rows import FILTER_NAMES, counts_of, done_rows, regrade_line, side_of
from grading.services.queue import NoRubricError
from interview.reasons import reason_text
from interview.regrades.apply import RegradeOutcome, apply_regrade, undo_regrade
from interview.regrades.concerned import answers_concerned
from interview.regrades.filters import FILTERS, PASS_LINE
from interview.regrades.models import Regrade, RegradeRow
from interview.regrades.preview import compare_row, human_verdicts, proposed_matches, with_answers
from interview.regrades.queue import cancel_regrade, resume_regrade, set_aside, start_regrade
from interview.services.errors import RefusedError
from interview.standing import standing_result
from interview.visibility import may_read_text, of_others, reviews_grades
from questions.models import Question, Rubric

ROWS_PER_PAGE = 50


def regrade_url(regrade: Regrade) -> str:
    return reverse("admin:interview_regrade_preview", args=[regrade.pk])


def regrade_for(
    request: HttpRequest, pk: int, permission: str = "interview.view_regrade"
) -> Regrade:
    if not request.user.has_perm(permission):
        raise PermissionDenied
    found: QuerySet[Regrade] = Regrade.objects.select_related(
        "question", "rubric__question", "requested_by", "applied_by", "undone_by"
    )
    return get_object_or_404(found.prefetch_related("rubric__key_points"), pk=pk)


@require_safe
def offer(request: HttpRequest, site: AdminSite, pk: int) -> HttpResponse:
    """A panel for the pages of a question: how many answers a regrade concerns, and its button.

    Empty for a question without graded answers.
    """
    if not request.user.has_perm("interview.view_regrade"):
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
    return TemplateResponse(request, "admin/interview/regrade/_offer.html", context)


@require_POST
def start(request: HttpRequest, site: AdminSite, pk: int) -> HttpResponse:
    if not request.user.has_perm("interview.add_regrade"):
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


@require_safe
def show_regrade(request: HttpRequest, site: AdminSite, pk: int) -> HttpResponse:
    regrade = regrade_for(request, pk)
    chosen = request.GET.get("show", "all")
    chosen = chosen if chosen in FILTERS else "all"
    others = regrade.rows.filter(of_others(request.user, "answer__session__"))
    rows = others.filter(FILTERS[chosen]).select_related(
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
        "done": done_rows(regrade),
        "counts": counts,
        "filters": [
            (name, label, counts[name], name == chosen)
            for name, label in FILTER_NAMES.items()
            if counts[name] or name == "all"
        ],
        "chosen": chosen,
        "filtered": page.paginator.count,
        "page": page,
        "lines": [regrade_line(row) for row in page],
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
        "may_preview": request.user.has_perm("interview.add_regrade"),
        "may_apply": request.user.has_perms(["interview.change_regrade", "grading.add_grade"]),
        "sees_people": reviews_grades(request.user),
    }
    return TemplateResponse(request, "admin/interview/regrade/preview.html", context)


@require_safe
def progress(request: HttpRequest, site: AdminSite, pk: int) -> HttpResponse:
    """The progress bar, which asks for itself again.

    When the dry run is over it reloads the whole page.
    """
    regrade = regrade_for(request, pk)
    context = {
        "regrade": regrade,
        "done": done_rows(regrade),
        "may_preview": request.user.has_perm("interview.add_regrade"),
    }
    response = TemplateResponse(request, "admin/interview/regrade/_progress.html", context)
    if not regrade.is_running:
        response["HX-Refresh"] = "true"
    return response


@require_safe
def show_row(request: HttpRequest, site: AdminSite, pk: int, row_pk: int) -> HttpResponse:
    """The answer twice: with the evidence of its former grade, and with that of its new one."""
    regrade = regrade_for(request, pk)
    others = regrade.rows.filter(of_others(request.user, "answer__session__"))
    row = with_answers(others.filter(pk=row_pk)).first()
    if row is None:
        return HttpResponseRedirect(regrade_url(regrade))
    if row.status == RegradeRow.Status.PREVIEWED:
        compare_row(row, regrade.rubric)  # the answer may have been reviewed since
    reviewed = human_verdicts(row.answer)
    before = standing_result(row.answer, grade=row.old_grade)
    sides = [
        side_of(
            _("Previous grade"),
            row.answer.text,
            list(row.old_grade.matches.all()),
            reviewed,
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
                reviewed,
                version=regrade.rubric.version,
                engine_version=row.engine_version,
                machine_score=row.score,
                score=row.stands,
                reasons=[reason_text(code) for code in row.reasons],
            )
        )
    shows_text = may_read_text(request.user, row.answer)
    if not shows_text:
        sides = [replace(side, marks=()) for side in sides]
    context = {
        **site.each_context(request),
        "title": _("Regrade"),
        "regrade": regrade,
        "shows_text": shows_text,
        "line": regrade_line(row),
        "row": row,
        "sides": sides,
        "sees_people": reviews_grades(request.user),
    }
    return TemplateResponse(request, "admin/interview/regrade/row.html", context)


@require_http_methods(["POST"])
def act(request: HttpRequest, site: AdminSite, pk: int) -> HttpResponse:
    """What the pressed button asks for: cancel, resume, set aside, undo, or apply.

    Apply takes all rows, the filtered ones or the selected ones.
    """
    wanted = request.POST.get("then", "")
    applies = wanted in ("apply_all", "apply_filtered", "apply_selected", "undo")
    regrade = regrade_for(
        request, pk, "interview.change_regrade" if applies else "interview.add_regrade"
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
                cancelled = cancel_regrade(regrade, actor=user)
                say(request, _("The dry run is cancelled. Nothing was changed."), done=cancelled)
            case "aside":
                aside = set_aside(regrade, actor=user)
                say(request, _("Closed. No grade was changed."), done=aside)
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


def say(request: HttpRequest, text: str, *, done: bool) -> None:
    if done:
        messages.success(request, text)
    else:
        messages.info(request, _("It was already finished."))


def tell_applied(request: HttpRequest, outcome: RegradeOutcome) -> None:
    text = ngettext(
        "%(n)d answer has its new grade now.",
        "%(n)d answers have their new grades now.",
        outcome.done,
    )
    tell(request, outcome, text)


def tell_undone(request: HttpRequest, outcome: RegradeOutcome) -> None:
    text = ngettext(
        "%(n)d answer has its previous grade again.",
        "%(n)d answers have their previous grades again.",
        outcome.done,
    )
    tell(request, outcome, text)


def tell(request: HttpRequest, outcome: RegradeOutcome, text: str) -> None:
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
