"""Proposed wordings on the test bench: show, try, accept, dismiss."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from desk.bench.access import question_on_bench
from desk.bench.views import log_phrase
from desk.fields import signed_in_user
from grading.bench import (
    Measured,
    benches_of,
    marked_answers,
    measure,
)
from grading.proposals import (
    KeyPointGoneError,
    ProposalDecidedError,
    accept_proposal,
    dismiss_proposal,
    effect_of_proposal,
    propose_changes,
)
from interview.visibility import proposals_readable_by
from questions.models import MAX_WORDING_LENGTH, Proposal, Question

SHOWN_PROPOSALS = 20
MOST_PROPOSED = 30  # wrong samples looked at in one request


def proposals_view(request: HttpRequest, pk: int) -> HttpResponse:
    question = question_on_bench(request, pk)
    return show_proposals(request, question)


def show_proposals(
    request: HttpRequest,
    question: Question,
    *,
    notice: str = "",
    error: str = "",
    changed: bool = False,
) -> HttpResponse:
    readable = proposals_readable_by(request.user).values("pk")
    pending = (
        Proposal.objects.pending()
        .filter(question=question, pk__in=readable)
        .select_related("sample", "author")
    )
    context = {
        "question": question,
        "max_wording_length": MAX_WORDING_LENGTH,
        "proposals": pending[:SHOWN_PROPOSALS],
        "more": max(0, pending.count() - SHOWN_PROPOSALS),
        "may_write": request.user.has_perm("questions.change_rubric"),
        "notice": notice,
        "error": error,
    }
    response = render(request, "admin/questions/bench/_proposals.html", context)
    if changed:
        response["HX-Trigger"] = "rubric-changed"
    return response


def effect_view(request: HttpRequest, pk: int) -> HttpResponse:
    """What accepting a proposal would do, with the words as they are in its field."""
    if not request.user.has_perm("questions.view_sample"):
        raise PermissionDenied
    proposal = get_object_or_404(Proposal.objects.select_related("question"), pk=pk)
    text = " ".join(request.GET.get("wording", "").replace("\0", "").split())[:MAX_WORDING_LENGTH]
    effect = effect_of_proposal(proposal, text=text)
    return render(
        request,
        "admin/questions/bench/_effect.html",
        {"proposal": proposal, "effect": effect, "text": text},
    )


def decide_view(request: HttpRequest, pk: int) -> HttpResponse:
    if not request.user.has_perm("questions.change_rubric"):
        raise PermissionDenied
    proposal = get_object_or_404(Proposal.objects.select_related("question"), pk=pk)
    question, user = proposal.question, signed_in_user(request)
    accepts = request.POST.get("decision") == "accept"
    text = " ".join(request.POST.get("wording", "").replace("\0", "").split())
    if accepts and not 0 < len(text) <= MAX_WORDING_LENGTH:
        return show_proposals(
            request,
            question,
            error=_("Write the words to add, %(most)s characters at most.")
            % {"most": MAX_WORDING_LENGTH},
        )
    try:
        if not accepts:
            dismiss_proposal(proposal, actor=user)
            return show_proposals(
                request, question, notice=_("Dismissed. It will not be proposed again.")
            )
        accept_proposal(proposal, text=text, actor=user)
        log_phrase(request, question, text)
    except ProposalDecidedError:
        return show_proposals(
            request, question, error=_("Somebody else has already decided on this proposal.")
        )
    except KeyPointGoneError:
        return show_proposals(
            request,
            question,
            error=_("The draft no longer has this key point. Dismiss the proposal."),
        )
    return show_proposals(
        request,
        question,
        notice=_("Added to the draft: “%(text)s”.") % {"text": text},
        changed=True,
    )


def propose_view(request: HttpRequest, pk: int) -> HttpResponse:
    """Propose changes from each marked answer that the rubric grades wrongly."""
    question = question_on_bench(request, pk)
    if not request.user.has_perm("questions.change_rubric"):
        raise PermissionDenied
    draft, published = benches_of(question)
    counted = draft or published
    if counted is None:
        raise Http404
    measured: Measured = measure(counted, marked_answers(question), budget_s=1)
    wrong = list({one.sample.pk: one.sample for one in measured.wrong}.values())[:MOST_PROPOSED]
    made = sum(len(propose_changes(sample, author=signed_in_user(request))) for sample in wrong)
    notice = ngettext("%(n)d new proposal.", "%(n)d new proposals.", made) % {"n": made}
    return show_proposals(request, question, notice=notice)
