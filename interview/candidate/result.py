"""The result of a session, and the fragment that keeps it fresh."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from interview.candidate.base import (
    POLL_FAST_S,
    POLL_SLOW_S,
    CandidateRequest,
    answers_in,
    candidate_page,
    first_open,
    next_open,
    own_session,
)
from interview.candidate.cards import ResultCard, result_card, session_title
from interview.candidate.sitting import clock_context, ran_out, receipt_context, undo_context
from interview.models import Answer, InterviewSession
from interview.services.finishing import finish_session
from interview.standing import counts_blanks, mean_score, with_results
from interview.visibility import may_not_practise, shown_to_candidate, shows_results

SLOW_AFTER = timedelta(seconds=30)
SEEN = re.compile(r"(\d{1,4})([a-z])")


def cards_of(session: InterviewSession, *, only: Iterable[int] | None = None) -> list[ResultCard]:
    """Cards of the session's answers, or of the places in `only`, in order."""
    answers = list(with_results(session.answers.all()))
    wanted = set(range(1, len(answers) + 1) if only is None else only)
    shown = shown_to_candidate(answers)
    questions = [answer.question_id for answer in answers]
    kept = may_not_practise(session.candidate, questions) if session.candidate else set()
    return [
        result_card(
            number,
            answer,
            is_shown=answer.pk in shown,
            may_practise=answer.question_id not in kept,
        )
        for number, answer in enumerate(answers, start=1)
        if number in wanted
    ]


def answer_page(
    request: CandidateRequest, session: InterviewSession, answers: Sequence[Answer], number: int
) -> HttpResponse:
    """One submitted answer on a page of its own, while its session goes on or after."""
    [card] = cards_of(session, only=[number])
    context = {
        "session": session,
        "title": session_title(session, answers),
        "answers": answers,
        "card": card,
        "number": number,
        "total": len(answers),
        "next_open": None if session.is_over else next_open(answers, number),
        "poll": poll_of(session, [card], summary=False),
    }
    context |= clock_context(session) | undo_context(session, answers)
    return render(request, "interview/answer.html", context)


@require_safe
@candidate_page
def result(request: CandidateRequest, public_id: uuid.UUID) -> HttpResponse:
    """The whole result, or a page that says why it is not shown yet.

    An open session without drafts is ended here. The last submit should have ended it; if it did
    not, this page and the room would redirect to each other for ever.
    """
    session = own_session(request, public_id)
    if session.status == InterviewSession.Status.OPEN:
        if session.is_over:
            late = {"session": session, "answers": answers_in(session)}
            return render(request, "interview/time_up.html", late)
        if first_open(answers_in(session)) is None:
            session = finish_session(session)
        elif not shows_results(session):
            return redirect("interview:session", session.public_id)
    if not shows_results(session):
        answers = answers_in(session)
        receipt = receipt_context(session, answers) | undo_context(session, answers)
        return render(request, "interview/held_back.html", receipt)
    cards = cards_of(session)
    context = {
        "session": session,
        "title": session_title(session, [card.answer for card in cards]),
        "cards": cards,
        "ran_out": ran_out(session),
    } | undo_context(session, [card.answer for card in cards])
    return render(
        request,
        "interview/result.html",
        context | {"poll": poll_of(session, cards, summary=True)} | summary_of(session, cards),
    )


def summary_of(session: InterviewSession, cards: Sequence[ResultCard]) -> dict[str, Any]:
    return {
        "cards": cards,
        "answered": sum(card.state != "draft" for card in cards),
        "graded": sum(card.state == "graded" for card in cards),
        "score": mean_score(session, [(card.answer, card.result) for card in cards]),
        "counts_blanks": counts_blanks(session),
    }


def state_code(card: ResultCard) -> str:
    """The card's number and a letter for its state, such as "3q": what a page tells it has seen."""
    return f"{card.number}{'a' if card.again else card.state[0]}"


def poll_of(
    session: InterviewSession, cards: Sequence[ResultCard], *, summary: bool
) -> dict[str, Any]:
    """What the page asks for next, how often, and how many answers still wait for their grade."""
    waiting = [card for card in cards if card.is_waiting]
    newest = [card.answer.newest_grade for card in waiting]
    slow = any(
        grade is not None and grade.queued_at < timezone.now() - SLOW_AFTER for grade in newest
    )
    every = POLL_SLOW_S if slow else POLL_FAST_S
    seen = "".join(state_code(card) for card in waiting)
    query = f"seen={seen}&every={every}&summary={int(summary)}"
    url = f"{reverse('interview:progress', args=[session.public_id])}?{query}"
    return {
        "waiting": len(waiting),
        "running": sum(card.state == "running" for card in waiting),
        "every": every,
        "slow": slow,
        "seen": seen,
        "url": url,
        "failed": sum(card.state == "failed" for card in cards),
    }


@require_safe
@candidate_page
def result_progress(request: CandidateRequest, public_id: uuid.UUID) -> HttpResponse:
    """The cards that changed since the page saw them, and when to ask again; 204 if none did."""
    session = own_session(request, public_id)
    if not shows_results(session):
        raise Http404
    seen = {
        int(number): f"{number}{code}"
        for number, code in SEEN.findall(request.GET.get("seen", "")[:2000])
    }
    summary = request.GET.get("summary") == "1"
    cards = cards_of(session)
    watched = [card for card in cards if card.number in seen]
    poll = poll_of(session, watched, summary=summary)
    changed = [card for card in watched if state_code(card) != seen[card.number]]
    if not changed and poll["waiting"] and request.GET.get("every") == str(poll["every"]):
        return HttpResponse(status=204)
    context = {
        "session": session,
        "poll": poll,
        "changed": changed,
        "with_summary": summary,
        "next_open": None,
    }
    return render(request, "interview/progress.html", context | summary_of(session, cards))
