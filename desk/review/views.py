"""The review workspace: one session on one page, with verdicts, evidence and review fields."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.admin import AdminSite
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from desk.dashboard import next_to_review, summarize_results
from desk.fields import signed_in_user
from desk.review.forms import AnswerReviewForm, OtherReviewerError, stamp
from desk.review.rows import ReviewCard, review_card, trail_of
from grading.services.queue import NoRubricError
from interview.models import InterviewSession, Review
from interview.services.errors import RefusedError
from interview.services.grading import grade_again
from interview.services.own_sessions import why_own
from interview.services.release import release_session, withdraw_release
from interview.standing import with_results
from interview.visibility import is_own


@require_http_methods(["GET", "HEAD", "POST"])
def review_session(request: HttpRequest, site: AdminSite, pk: int) -> HttpResponse:
    """Show the session. POST saves the review, then does what the pressed button asks for."""
    if not request.user.has_perm("interview.view_interviewsession"):
        raise PermissionDenied
    session = get_object_or_404(
        InterviewSession.objects.select_related(
            "candidate", "question_set", "integrator", "released_by"
        ),
        pk=pk,
    )
    if is_own(session, request.user):
        return show_own_session(request, site, session)
    may_review = request.user.has_perms(
        ["interview.change_interviewsession", "interview.add_review"]
    )
    if request.method == "POST" and not may_review:
        raise PermissionDenied
    answers = with_results(session.answers.all()).prefetch_related("grades__requested_by")
    is_over = session.status == InterviewSession.Status.SUBMITTED
    data = request.POST if request.method == "POST" else None
    cards = [
        review_card(number, answer, is_over=is_over, may_review=may_review, data=data)
        for number, answer in enumerate(answers, 1)
    ]
    if request.method == "POST" and save_reviews(request, cards):
        return go_on(request, session, cards)
    following = next_to_review(session, request.user)
    context = {
        **site.each_context(request),
        "title": _("Review"),
        "session": session,
        "cards": cards,
        "state": summarize_results(session, [(card.answer, card.result) for card in cards]),
        "trail": trail_of(session, cards),
        "next_session": following,
        "may_review": may_review,
        "may_grade_again": may_review and request.user.has_perm("grading.add_grade"),
        "has_errors": any(
            card.form is not None and card.form.is_bound and not card.form.is_valid()
            for card in cards
        ),
    }
    return TemplateResponse(request, "admin/interview/review.html", context)


def show_own_session(
    request: HttpRequest, site: AdminSite, session: InterviewSession
) -> HttpResponse:
    """A page that says why the reader's own session is not reviewed here, and shows none of it."""
    context = {
        **site.each_context(request),
        "title": _("Review"),
        "session": session,
        "why": why_own(),
    }
    status = 403 if request.method == "POST" else 200
    return TemplateResponse(request, "admin/interview/own_session.html", context, status=status)


def save_reviews(request: HttpRequest, cards: list[ReviewCard]) -> bool:
    """Store every changed form, all or none.

    False when the page must be shown again; a message says why.
    """
    sent = [(card, card.form) for card in cards if card.form is not None and card.form.is_bound]
    valid = [form.is_valid() for _card, form in sent]  # every one, so that all errors show at once
    if not all(valid):
        messages.error(request, _("Not saved. Fix what is marked below."))
        return False
    touched = [(card, form) for card, form in sent if form.is_touched]
    try:
        with transaction.atomic():
            for card, form in touched:
                form.save(card, signed_in_user(request))
    except RefusedError as error:
        messages.error(request, error.message)
        return False
    except OtherReviewerError as error:
        show_conflict(request, error.card)
        return False
    saved = len(touched)
    if saved:
        messages.success(
            request, ngettext("%(n)d review saved.", "%(n)d reviews saved.", saved) % {"n": saved}
        )
    return True


def show_conflict(request: HttpRequest, card: ReviewCard) -> None:
    """Keep what was typed, name who saved first, and let the next save replace their review."""
    review = Review.objects.select_related("reviewer").filter(answer=card.answer).first()
    card.conflict = True
    if card.form is not None:
        data = request.POST.copy()
        data[f"{card.form.prefix}-seen"] = stamp(review)
        card.form = AnswerReviewForm(card.answer, card.result, data)
    messages.error(
        request,
        _(
            "Not saved: %(who)s reviewed answer %(n)d while you had this page open. Compare, then "
            "save again to overwrite it."
        )
        % {"who": review.reviewer.get_username() if review else "–", "n": card.number},
    )


def go_on(request: HttpRequest, session: InterviewSession, cards: list[ReviewCard]) -> HttpResponse:
    """Do what the pressed button asks for after saving, then redirect."""
    then, user = request.POST.get("then", ""), signed_in_user(request)
    here = reverse("admin:interview_interviewsession_review", args=[session.pk])
    by_id = {f"again-{card.answer.pk}": card for card in cards}
    try:
        if then == "release":
            release_session(session, actor=user)
            messages.success(request, _("Released: the candidate sees the result now."))
        elif then == "withdraw":
            withdraw_release(
                session, actor=user, reason=request.POST.get("reason", "").replace("\0", "")[:500]
            )
            messages.success(request, _("The release was withdrawn."))
        elif then in by_id:
            if not user.has_perm("grading.add_grade"):
                raise PermissionDenied
            grade_again(by_id[then].answer, actor=user)
            messages.success(
                request,
                _("Answer %(n)d is waiting to be graded again.") % {"n": by_id[then].number},
            )
            return HttpResponseRedirect(f"{here}#answer-{by_id[then].number}")
        elif then == "next":
            following = next_to_review(session, user)
            if following is not None:
                return HttpResponseRedirect(
                    reverse("admin:interview_interviewsession_review", args=[following.pk])
                )
            messages.info(request, _("No other session is waiting."))
    except RefusedError as error:
        messages.error(request, error.message)
    except NoRubricError:
        messages.error(
            request, _("The question has no published key points, so it can't be graded.")
        )
    return HttpResponseRedirect(here)
