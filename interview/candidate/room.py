"""The room: write, save, submit, finish."""

from __future__ import annotations

import re
import uuid
from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from grading.engine import MAX_ANSWER_LENGTH
from interview.candidate.base import (
    CandidateRequest,
    answers_in,
    at,
    candidate_page,
    first_open,
    next_open,
    own_session,
    refused,
    writer_of,
)
from interview.candidate.cards import session_title
from interview.candidate.forms import AnswerForm
from interview.candidate.result import answer_page
from interview.candidate.sitting import clock_context, remaining_s, undo_context
from interview.models import Answer, InterviewSession
from interview.services.answers import (
    UNDO_FOR,
    checked_text,
    discarded_message,
    save_draft,
    submit_answer,
    take_version_back,
)
from interview.services.errors import AnswerConflictError, RefusedError
from interview.services.finishing import finish_session
from interview.services.practice import discard_practice
from interview.services.undo import undo_submit
from interview.visibility import shows_results

SHOWN = 10  # earlier versions shown in the room; a link leads to all
CAN_NOT_NOW = ("session_over", "answer_submitted", "question_not_open", "reserved")


@require_safe
@candidate_page
def resume(request: CandidateRequest, public_id: uuid.UUID) -> HttpResponse:
    """Continue a session: at its first open question, or with its result."""
    session = own_session(request, public_id)
    number = None if session.is_over else first_open(answers_in(session))
    if number is None:
        return redirect("interview:result", session.public_id)
    return redirect("interview:room", session.public_id, number)


@candidate_page
def room(request: CandidateRequest, public_id: uuid.UUID, number: int) -> HttpResponse:
    session = own_session(request, public_id)
    answers = answers_in(session)
    answer = at(answers, number)
    if request.method == "POST":
        return take_answer(request, answers, number)
    if answer.is_submitted and shows_results(session):
        return answer_page(request, session, answers, number)
    if session.is_over:
        return redirect("interview:result", session.public_id)
    return room_page(request, answers, number, text=answer.text)


def take_answer(request: CandidateRequest, answers: Sequence[Answer], number: int) -> HttpResponse:
    """A plain post of the room's form: save or submit the text, then go where the button leads.

    When the text can't be stored the form comes back with it.
    """
    answer = at(answers, number)
    form = AnswerForm(request.POST)
    typed = request.POST.get("text", answer.text)
    if not form.is_valid():
        return room_page(request, answers, number, text=typed, problem=form.problem, status=400)
    text, revision = form.cleaned_data["text"], form.cleaned_data["revision"]
    insist, writer = form.cleaned_data["insist"], writer_of(request)
    action = request.POST.get("action", "save")
    try:
        if action == "submit":
            stored = submit_answer(
                answer,
                text=text,
                revision=revision,
                writer=writer,
                insist=insist,
                undo_for=timedelta(0) if answer.session.is_practice else UNDO_FOR,
            )
            if stored.text != checked_text(text, may_be_blank=True):
                problem = _(
                    "This answer was already submitted with a different text. The first one counts."
                )
                return room_page(
                    request,
                    answers_in(stored.session),
                    number,
                    text=typed,
                    problem=problem,
                    status=409,
                )
            return redirect(after_submit(request, stored, answers, number))
        save_draft(answer, text=text, revision=revision, writer=writer, insist=insist)
    except AnswerConflictError as error:
        return room_page(
            request,
            answers,
            number,
            text=typed,
            conflict=error.answer,
            problem=error.message,
            status=409,
        )
    except RefusedError as error:
        status = 409 if error.code in CAN_NOT_NOW else 422
        if error.code == "reserved":  # the draft stays, also what was typed since the last autosave
            answer = keep_draft(answer, text=text, revision=revision)
            answers = [answer if one.pk == answer.pk else one for one in answers]
        return room_page(request, answers, number, text=typed, problem=error.message, status=status)
    if action == "finish":
        return redirect("interview:finish", answer.session.public_id)
    step = {"previous": -1, "next": 1}.get(action, 0)
    return redirect(
        "interview:room", answer.session.public_id, min(max(number + step, 1), len(answers))
    )


def keep_draft(answer: Answer, *, text: str, revision: int) -> Answer:
    """Save the text where that is possible. The page shows it in any case."""
    try:
        return save_draft(answer, text=text, revision=revision)
    except RefusedError:
        return answer


def after_submit(
    request: HttpRequest, stored: Answer, answers: Sequence[Answer], number: int
) -> str:
    """Where to go: the answer's result if it is shown, else the next open question or the end."""
    session = stored.session
    if session.status == InterviewSession.Status.SUBMITTED:
        return f"{reverse('interview:result', args=[session.public_id])}"
    if shows_results(session):
        return reverse("interview:room", args=[session.public_id, number])
    following = next_open(
        [stored if answer.pk == stored.pk else answer for answer in answers], number
    )
    messages.success(request, _("Answer %(number)d is submitted.") % {"number": number})
    return reverse("interview:room", args=[session.public_id, following or number])


def room_page(
    request: CandidateRequest,
    answers: Sequence[Answer],
    number: int,
    *,
    text: str,
    problem: str = "",
    conflict: Answer | None = None,
    status: int = 200,
) -> HttpResponse:
    answer = at(answers, number)
    session = answer.session
    closed = answer.is_submitted or session.is_over
    every = request.GET.get("versions") == "all"
    versions = [] if closed else list(answer.earlier_versions.all()[: None if every else SHOWN + 1])
    context = {
        "session": session,
        "title": session_title(session, answers),
        "answers": answers,
        "answer": answer,
        "number": number,
        "total": len(answers),
        "next_open": next_open(answers, number),
        "text": text,
        "revision": conflict.revision if conflict else answer.revision,
        "problem": problem,
        "conflict": conflict,
        "closed": closed,
        "limit": MAX_ANSWER_LENGTH,
        "device": writer_of(request).device,
        "versions": versions if every else versions[:SHOWN],
        "more_versions": not every and len(versions) > SHOWN,
    }
    return render(
        request,
        "interview/room.html",
        context | clock_context(session) | undo_context(session, answers),
        status=status,
    )


@require_POST
@candidate_page
def draft(request: CandidateRequest, public_id: uuid.UUID, number: int) -> JsonResponse:
    """Autosave. Answers in JSON: the new revision, or why the text was not saved."""
    try:
        session = own_session(request, public_id)
        answer = at(answers_in(session), number)
    except Http404:
        return JsonResponse({"code": "session_over", "message": discarded_message()}, status=404)
    form = AnswerForm(request.POST)
    if not form.is_valid():
        return JsonResponse({"code": "incomplete", "message": form.problem}, status=400)
    try:
        stored = save_draft(
            answer,
            text=form.cleaned_data["text"],
            revision=form.cleaned_data["revision"],
            insist=form.cleaned_data["insist"],
            writer=writer_of(request),
        )
    except AnswerConflictError as error:
        other = error.answer
        kept = {
            "text": other.text,
            "revision": other.revision,
            "device": other.saved_from,
            "saved_at": other.saved_at.isoformat() if other.saved_at else None,
        }
        return JsonResponse({"code": error.code, "message": error.message} | kept, status=409)
    except RefusedError as error:
        status = 422 if error.code in ("too_long", "unreadable_characters") else 409
        return JsonResponse({"code": error.code, "message": error.message}, status=status)
    saved_at = stored.saved_at or timezone.now()
    return JsonResponse(
        {
            "revision": stored.revision,
            "saved_at": saved_at.isoformat(),
            "remaining_s": remaining_s(session),
        }
    )


@candidate_page
def finish(request: CandidateRequest, public_id: uuid.UUID) -> HttpResponse:
    """Ask for confirmation, naming what is unanswered; then end the session.

    A script may send along what this device has and the server has not: `text-2` is the newest text
    of question 2. It becomes the draft that is submitted; what it replaces is kept.
    """
    session = own_session(request, public_id)
    answers = answers_in(session)
    if request.method == "POST":
        for number, answer in enumerate(answers, start=1):
            if f"text-{number}" in request.POST and not answer.is_submitted:
                with suppress(RefusedError):  # out of time, say: the browser keeps its copy then
                    save_draft(
                        answer,
                        text=request.POST[f"text-{number}"],
                        revision=answer.revision,
                        writer=writer_of(request),
                        insist=True,
                    )
        try:
            finish_session(session)
        except RefusedError as error:
            return refused(request, error, to=reverse("interview:session", args=[public_id]))
        return redirect("interview:result", session.public_id)
    if session.is_over:
        return redirect("interview:result", session.public_id)
    context = {
        "session": session,
        "title": session_title(session, answers),
        "answers": answers,
        "blank": sum(not answer.text.strip() for answer in answers),
        "back": first_open(answers) or 1,
    }
    context |= clock_context(session) | undo_context(session, answers)
    return render(request, "interview/finish.html", context)


@require_POST
@candidate_page
def restore(request: CandidateRequest, public_id: uuid.UUID, number: int) -> HttpResponse:
    """Take an earlier version of the draft back."""
    session = own_session(request, public_id)
    answer = at(answers_in(session), number)
    room_url = reverse("interview:room", args=[session.public_id, number])
    version = request.POST.get("version", "")
    try:
        take_version_back(
            answer,
            int(version) if re.fullmatch("[0-9]{1,18}", version) else 0,
            writer=writer_of(request),
        )
    except RefusedError as error:
        return refused(request, error, to=room_url)
    messages.success(
        request,
        _("The earlier version is back. The text it replaced is among the earlier versions."),
    )
    return redirect(room_url)


@require_POST
@candidate_page
def undo(request: CandidateRequest, public_id: uuid.UUID, number: int) -> HttpResponse:
    """Make the answer submitted a moment ago a draft again."""
    session = own_session(request, public_id)
    room_url = reverse("interview:room", args=[session.public_id, number])
    try:
        undo_submit(at(answers_in(session), number))
    except RefusedError as error:
        return refused(request, error, to=room_url)
    messages.success(request, _("Answer %(number)d is a draft again.") % {"number": number})
    return redirect(room_url)


@require_safe
@candidate_page
def clock(request: CandidateRequest, public_id: uuid.UUID) -> JsonResponse:
    """The time left by the server's clock; 0 once the session is over. Pages ask after a sleep."""
    session = own_session(request, public_id)
    over = session.is_over
    return JsonResponse({"remaining_s": 0 if over else remaining_s(session), "over": over})


@candidate_page
def discard_session(request: CandidateRequest, public_id: uuid.UUID) -> HttpResponse:
    """Ask for confirmation, naming what is lost; then end a practice without its drafts."""
    session = own_session(request, public_id)
    if request.method == "POST":
        try:
            gone = discard_practice(session)
        except RefusedError as error:
            return refused(request, error, to=reverse("interview:home"))
        done = (
            _("The practice is discarded.")
            if gone
            else _("The drafts are discarded. What you had submitted is kept.")
        )
        messages.success(request, done)
        return redirect("interview:home")
    answers = answers_in(session)
    if session.is_over or not session.is_practice:
        return redirect("interview:session", session.public_id)
    context = {
        "session": session,
        "title": session_title(session, answers),
        "answers": answers,
        "submitted": sum(answer.is_submitted for answer in answers),
        "drafts": sum(not answer.is_submitted and bool(answer.text.strip()) for answer in answers),
    }
    return render(request, "interview/discard.html", context)
