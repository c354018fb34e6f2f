"""What every candidate page starts from: a signed-in candidate, and only their own sessions."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from typing import Concatenate, ParamSpec, cast

from django.contrib import messages
from django.contrib.auth.models import User
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from interview.models import Answer, InterviewSession
from interview.services.errors import RefusedError
from interview.services.revisions import Writer

POLL_FAST_S, POLL_SLOW_S = 1, 5
P = ParamSpec("P")


class CandidateRequest(HttpRequest):
    """A request past `candidate_page`: somebody is signed in."""

    user: User


def candidate_page(
    view: Callable[Concatenate[CandidateRequest, P], HttpResponse],
) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
    """Wrap a view for signed-in people. No cache keeps what it answers.

    A script that is signed out gets a 401, where a person gets the sign-in page.
    """

    @never_cache
    @wraps(view)
    def page(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if request.user.is_authenticated:
            return view(cast("CandidateRequest", request), *args, **kwargs)
        if request.headers.get("HX-Request"):
            return HttpResponse(status=401, headers={"HX-Refresh": "true"})
        if request.headers.get("X-Requested-With") == "fetch":
            return JsonResponse(
                {
                    "code": "signed_out",
                    "message": _("You are signed out. Sign in again in another tab."),
                },
                status=401,
            )
        if request.method == "POST" and request.POST.get("text", "").strip():
            # Sent by a plain form: its text is nowhere else.
            context = {"text": request.POST["text"], "next": way_back(kwargs)}
            return render(request, "interview/signed_out.html", context, status=401)
        return redirect_to_login(
            request.get_full_path() if request.method in ("GET", "HEAD") else way_back(kwargs)
        )

    return page


def way_back(place: Mapping[str, object]) -> str:
    """Where somebody goes on after signing in who was signed out when they sent a form."""
    if "number" in place:
        return reverse("interview:room", args=[place["public_id"], place["number"]])
    if "public_id" in place:
        return reverse("interview:session", args=[place["public_id"]])
    return reverse("interview:home")


def writer_of(request: HttpRequest) -> Writer:
    """Which device and sign-in a text comes from. The key of the sign-in itself is not told."""
    key = request.session.session_key or ""
    hashed = hashlib.sha256(key.encode()).hexdigest()[:16] if key else ""
    return Writer(device_name(request.headers.get("User-Agent", "")), hashed)


# The first that is found in the browser's description of itself counts: Edge also says Chrome, and
# Chrome also says Safari.
BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("MicroMessenger", "WeChat"),
    ("Firefox/", "Firefox"),
    ("FxiOS", "Firefox"),
    ("CriOS", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS X", "Mac"),
    ("Linux", "Linux"),
)


def device_name(user_agent: str) -> str:
    """A short name of a device that reads the same in every language, such as "Safari · iPhone"."""
    browser = next((name for mark, name in BROWSERS if mark in user_agent), "")
    system = next((name for mark, name in SYSTEMS if mark in user_agent), "")
    return " · ".join(filter(None, (browser, system)))


def own_session(request: CandidateRequest, public_id: uuid.UUID) -> InterviewSession:
    """The candidate's own session, or a 404 that says nothing about others'."""
    return get_object_or_404(
        InterviewSession.objects.of(request.user).select_related("question_set", "candidate"),
        public_id=public_id,
    )


def answers_in(session: InterviewSession) -> list[Answer]:
    """The session's answers in its order: number n on the page is number n here."""
    answers = list(session.answers.select_related("question"))
    for answer in answers:
        answer.session = session
    return answers


def at(answers: Sequence[Answer], number: int) -> Answer:
    if not 1 <= number <= len(answers):
        raise Http404
    return answers[number - 1]


def first_open(answers: Sequence[Answer]) -> int | None:
    """The number of the first answer that is not submitted."""
    return next(
        (number for number, answer in enumerate(answers, start=1) if not answer.is_submitted), None
    )


def refused(request: HttpRequest, error: RefusedError, *, to: str) -> HttpResponse:
    messages.error(request, error.message)
    return redirect(to)


def next_open(answers: Sequence[Answer], number: int) -> int | None:
    """The number of the next open answer after `number`, starting over at the end."""
    places = [*range(number + 1, len(answers) + 1), *range(1, number)]
    return next((place for place in places if not answers[place - 1].is_submitted), None)
