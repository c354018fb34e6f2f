"""The candidate pages: parse, start from what is the candidate's own, call one service, answer."""

from __future__ import annotations

import re
import secrets
import uuid
from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from functools import wraps
from typing import Any, Concatenate, ParamSpec, cast

from django.contrib import messages
from django.contrib.auth.models import User
from django.contrib.auth.views import LoginView, PasswordChangeView, redirect_to_login
from django.contrib.messages.views import SuccessMessageMixin
from django.core.paginator import Page, Paginator
from django.db.models import Max, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse, reverse_lazy
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from interview import services
from interview.forms import AnswerForm
from interview.models import MAX_ANSWER_LENGTH, Answer, InterviewSession, QuestionSet
from interview.results import Card, make_card, mean_score, session_lines, session_title
from interview.services import DraftConflictError, RefusedError, with_results
from questions.models import Question, Topic

RECENT = 5
HISTORY_PAGE = 20
QUESTIONS_PAGE = 50
POLL_FAST_S, POLL_SLOW_S = 1, 5
SLOW_AFTER = timedelta(seconds=30)
SEEN = re.compile(r"(\d{1,4})([a-z])")

P = ParamSpec("P")


class CandidateRequest(HttpRequest):
    """A request past `candidate_page`: somebody is signed in."""

    user: User


def candidate_page(
    view: Callable[Concatenate[CandidateRequest, P], HttpResponse],
) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
    """For people who are signed in, and kept by no cache. Scripts get a 401 instead of the sign-in page in place of their fragment."""

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
        return redirect_to_login(
            request.get_full_path()
            if request.method in ("GET", "HEAD")
            else reverse("interview:home")
        )

    return page


class SignInView(LoginView):
    template_name = "interview/login.html"
    redirect_authenticated_user = True


class ChangePasswordView(SuccessMessageMixin, PasswordChangeView):  # type: ignore[type-arg]  # takes none at run time
    template_name = "interview/password.html"
    success_url = reverse_lazy("interview:home")
    success_message = gettext_lazy("Your password is changed.")


def own_session(request: CandidateRequest, public_id: uuid.UUID) -> InterviewSession:
    """The candidate's own session, or a 404 that says nothing about others'."""
    return get_object_or_404(
        InterviewSession.objects.of(request.user).select_related("question_set"),
        public_id=public_id,
    )


def answers_in(session: InterviewSession) -> list[Answer]:
    """The session's answers in its order: place n on the page is number n here."""
    answers = list(session.answers.select_related("question"))
    for answer in answers:
        answer.session = session
    return answers


def at(answers: Sequence[Answer], number: int) -> Answer:
    if not 1 <= number <= len(answers):
        raise Http404
    return answers[number - 1]


def first_open(answers: Sequence[Answer]) -> int | None:
    """The place of the first answer not submitted yet."""
    return next(
        (number for number, answer in enumerate(answers, start=1) if not answer.is_submitted), None
    )


def refused(request: HttpRequest, error: RefusedError, *, to: str) -> HttpResponse:
    messages.error(request, error.message)
    return redirect(to)


# Home and history ---------------------------------------------------------------------------------------------------


@require_safe
@candidate_page
def home(request: CandidateRequest) -> HttpResponse:
    mine = InterviewSession.objects.of(request.user)
    open_now = mine.filter(status=InterviewSession.Status.OPEN)
    sat = mine.filter(question_set__isnull=False).values("question_set_id")
    sets = QuestionSet.objects.filter(mode=QuestionSet.Mode.INTERVIEW, is_open=True).exclude(
        pk__in=sat
    )
    context = {
        "open_lines": session_lines(open_now[:RECENT]),
        "sets": sets.prefetch_related("set_questions"),
        "recent_lines": session_lines(
            mine.filter(status=InterviewSession.Status.SUBMITTED)[:RECENT]
        ),
    }
    return render(request, "interview/home.html", context)


@require_safe
@candidate_page
def history(request: CandidateRequest) -> HttpResponse:
    page = Paginator(InterviewSession.objects.of(request.user), HISTORY_PAGE).get_page(
        request.GET.get("page")
    )
    lines = session_lines(
        InterviewSession.objects.of(request.user).filter(pk__in=[session.pk for session in page])
    )
    return render(request, "interview/history.html", {"page": page, "lines": lines})


# Practice -----------------------------------------------------------------------------------------------------------


@require_safe
@candidate_page
def practice(request: CandidateRequest) -> HttpResponse:
    query = typed_query(request)
    context: dict[str, Any] = {"topics": topic_tree(), "query": query, "page": None}
    if query:
        context["page"] = question_page(request, Question.objects.published(), query)
    return render(request, "interview/practice.html", context)


@require_safe
@candidate_page
def topic(request: CandidateRequest, slug: str) -> HttpResponse:
    chosen = get_object_or_404(Topic.objects.select_related("parent"), slug=slug)
    query = typed_query(request)
    questions = Question.objects.published().in_topic(chosen)
    page = question_page(request, questions, query)
    set_size = min(services.SET_SIZE, questions.count() if query else page.paginator.count)
    return render(
        request,
        "interview/topic.html",
        {"topic": chosen, "query": query, "page": page, "set_size": set_size},
    )


def typed_query(request: HttpRequest) -> str:
    return request.GET.get("q", "").replace("\0", "").strip()[:100]


def topic_tree() -> list[tuple[Topic, int, list[tuple[Topic, int]]]]:
    """The topics that have open questions, with how many, each with the topics under it."""
    asked: dict[int, set[int]] = {}
    for question_id, topic_id in (
        Question.objects.published().filter(topics__isnull=False).values_list("pk", "topics")
    ):
        asked.setdefault(topic_id, set()).add(question_id)
    topics = list(Topic.objects.all())
    tree = []
    for root in topics:
        if root.parent_id is None:
            under = [child for child in topics if child.parent_id == root.pk]
            whole = asked.get(root.pk, set()).union(
                *(asked.get(child.pk, set()) for child in under)
            )
            if whole:
                tree.append(
                    (
                        root,
                        len(whole),
                        [(child, len(asked[child.pk])) for child in under if child.pk in asked],
                    )
                )
    return tree


def question_page(
    request: CandidateRequest, questions: QuerySet[Question], query: str
) -> Page[Question]:
    """A page of questions, each with `last`, the candidate's newest answer to it, `last_score`, and `in_interview`: not now."""
    if query:
        questions = questions.filter(Q(prompt_zh__icontains=query) | Q(prompt_en__icontains=query))
    page = Paginator(questions.order_by("pk"), QUESTIONS_PAGE).get_page(request.GET.get("page"))
    mine = Answer.objects.submitted().filter(
        session__candidate_id=request.user.pk, question__in=[question.pk for question in page]
    )
    newest = (
        mine.order_by()
        .values("question")
        .annotate(newest=Max("pk"))
        .values_list("newest", flat=True)
    )
    last = {
        answer.question_id: answer
        for answer in with_results(Answer.objects.filter(pk__in=list(newest)))
    }
    asked = services.questions_in_interview(request.user, [question.pk for question in page])
    for question in page:
        answer = last.get(question.pk)
        question.in_interview = question.pk in asked  # type: ignore[attr-defined]
        question.last = answer  # type: ignore[attr-defined]  # for the page
        shown = [answer] if answer and answer.session.shows_results else []
        question.last_score = mean_score(shown)  # type: ignore[attr-defined]
    return page


@require_POST
@candidate_page
def start_topic(request: CandidateRequest, slug: str) -> HttpResponse:
    chosen = get_object_or_404(Topic, slug=slug)
    questions = services.pick_questions(
        chosen, seed=secrets.randbelow(2**31), candidate=request.user
    )
    try:
        session = services.start_practice(candidate=request.user, questions=questions, topic=chosen)
    except RefusedError as error:
        return refused(request, error, to=reverse("interview:practice"))
    return redirect("interview:room", session.public_id, 1)


@require_POST
@candidate_page
def start_question(request: CandidateRequest, slug: str) -> HttpResponse:
    question = get_object_or_404(Question, slug=slug)
    return practise_one(request, question)


@require_POST
@candidate_page
def again(request: CandidateRequest, public_id: uuid.UUID, number: int) -> HttpResponse:
    answer = at(answers_in(own_session(request, public_id)), number)
    return practise_one(request, answer.question)


def practise_one(request: CandidateRequest, question: Question) -> HttpResponse:
    try:
        session = services.start_practice(candidate=request.user, questions=[question])
    except RefusedError as error:
        return refused(request, error, to=reverse("interview:practice"))
    return redirect("interview:room", session.public_id, 1)


@require_POST
@candidate_page
def start_interview(request: CandidateRequest, pk: int) -> HttpResponse:
    question_set = get_object_or_404(QuestionSet, pk=pk, mode=QuestionSet.Mode.INTERVIEW)
    try:
        session = services.start_interview(candidate=request.user, question_set=question_set)
    except RefusedError as error:
        return refused(request, error, to=reverse("interview:home"))
    return redirect("interview:session", session.public_id)


# The interview room -------------------------------------------------------------------------------------------------


@require_safe
@candidate_page
def resume(request: CandidateRequest, public_id: uuid.UUID) -> HttpResponse:
    """Where a session goes on: its first open question, or its result."""
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
    if answer.is_submitted and session.shows_results:
        return answer_page(request, session, answers, number)
    if session.is_over:
        return redirect("interview:result", session.public_id)
    return room_page(request, answers, number, text=answer.text)


def take_answer(request: CandidateRequest, answers: Sequence[Answer], number: int) -> HttpResponse:
    """A plain post of the room's form: keep or submit the text, then go where the button said. What was typed is never dropped."""
    answer = at(answers, number)
    form = AnswerForm(request.POST)
    typed = request.POST.get("text", answer.text)
    if not form.is_valid():
        return room_page(request, answers, number, text=typed, problem=form.problem, status=400)
    text, revision = form.cleaned_data["text"], form.cleaned_data["revision"]
    action = request.POST.get("action", "save")
    try:
        if action == "submit":
            stored = services.submit_answer(answer, text=text, revision=revision)
            if stored.text != services.checked_text(text, may_be_blank=True):
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
        services.save_draft(answer, text=text, revision=revision)
    except DraftConflictError as error:
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
        status = (
            409 if error.code in ("session_over", "answer_submitted", "question_not_open") else 422
        )
        return room_page(request, answers, number, text=typed, problem=error.message, status=status)
    if action == "finish":
        return redirect("interview:finish", answer.session.public_id)
    step = {"previous": -1, "next": 1}.get(action, 0)
    return redirect(
        "interview:room", answer.session.public_id, min(max(number + step, 1), len(answers))
    )


def after_submit(
    request: HttpRequest, stored: Answer, answers: Sequence[Answer], number: int
) -> str:
    """To the answer's result where it is shown, else to the next open question, or to the end of the session."""
    session = stored.session
    if session.status == InterviewSession.Status.SUBMITTED:
        return f"{reverse('interview:result', args=[session.public_id])}"
    if session.shows_results:
        return reverse("interview:room", args=[session.public_id, number])
    following = next_open(
        [stored if answer.pk == stored.pk else answer for answer in answers], number
    )
    messages.success(request, _("Answer %(number)d is submitted.") % {"number": number})
    return reverse("interview:room", args=[session.public_id, following or number])


def next_open(answers: Sequence[Answer], number: int) -> int | None:
    """The next place after `number` with an open answer, going round."""
    places = [*range(number + 1, len(answers) + 1), *range(1, number)]
    return next((place for place in places if not answers[place - 1].is_submitted), None)


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
    remaining = remaining_s(session)
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
        "closed": answer.is_submitted or session.is_over,
        "limit": MAX_ANSWER_LENGTH,
        "remaining_s": remaining,
        "total_s": int((session.deadline - session.started_at).total_seconds())
        if session.deadline
        else None,
    }
    return render(request, "interview/room.html", context, status=status)


def remaining_s(session: InterviewSession) -> int | None:
    """Whole seconds to the deadline by the server's clock, never below 0; None without one."""
    if session.deadline is None:
        return None
    return max(0, int((session.deadline - timezone.now()).total_seconds()))


@require_POST
@candidate_page
def draft(request: CandidateRequest, public_id: uuid.UUID, number: int) -> JsonResponse:
    """Autosave. Answers in JSON, with what the page needs to go on from here."""
    try:
        session = own_session(request, public_id)
        answer = at(answers_in(session), number)
    except Http404:
        return JsonResponse(
            {"code": "session_over", "message": services.discarded_message()}, status=404
        )
    form = AnswerForm(request.POST)
    if not form.is_valid():
        return JsonResponse({"code": "incomplete", "message": form.problem}, status=400)
    try:
        stored = services.save_draft(
            answer, text=form.cleaned_data["text"], revision=form.cleaned_data["revision"]
        )
    except DraftConflictError as error:
        kept = {"text": error.answer.text, "revision": error.answer.revision}
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
    """Ask once more, naming what is unanswered; then end the session."""
    session = own_session(request, public_id)
    if request.method == "POST":
        services.finish_session(session)
        return redirect("interview:result", session.public_id)
    if session.is_over:
        return redirect("interview:result", session.public_id)
    answers = answers_in(session)
    context = {
        "session": session,
        "title": session_title(session, answers),
        "answers": answers,
        "blank": sum(not answer.text.strip() for answer in answers),
        "back": first_open(answers) or 1,
    }
    return render(request, "interview/finish.html", context)


@candidate_page
def discard(request: CandidateRequest, public_id: uuid.UUID) -> HttpResponse:
    """Ask once more, naming what is lost; then end a practice without its drafts."""
    session = own_session(request, public_id)
    if request.method == "POST":
        try:
            gone = services.discard_practice(session)
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


# Results ------------------------------------------------------------------------------------------------------------


def cards_of(session: InterviewSession, *, only: Iterable[int] | None = None) -> list[Card]:
    """Cards of the session's answers, or of the places in `only`, in order."""
    answers = list(with_results(session.answers.all()))
    wanted = set(range(1, len(answers) + 1) if only is None else only)
    return [
        make_card(number, answer)
        for number, answer in enumerate(answers, start=1)
        if number in wanted
    ]


def answer_page(
    request: CandidateRequest, session: InterviewSession, answers: Sequence[Answer], number: int
) -> HttpResponse:
    """A submitted answer while its session goes on, or a single one out of a session."""
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
    return render(request, "interview/answer.html", context)


@require_safe
@candidate_page
def result(request: CandidateRequest, public_id: uuid.UUID) -> HttpResponse:
    session = own_session(request, public_id)
    if session.status == InterviewSession.Status.OPEN:
        if session.is_over:
            return render(request, "interview/time_up.html", {"session": session})
        if not session.shows_results:
            return redirect("interview:session", session.public_id)
    if not session.shows_results:
        return render(request, "interview/held_back.html", {"session": session})
    cards = cards_of(session)
    context = {
        "session": session,
        "title": session_title(session, [card.answer for card in cards]),
        "cards": cards,
    }
    return render(
        request,
        "interview/result.html",
        context | {"poll": poll_of(session, cards, summary=True)} | summary_of(cards),
    )


def summary_of(cards: Sequence[Card]) -> dict[str, Any]:
    return {
        "cards": cards,
        "answered": sum(card.state != "draft" for card in cards),
        "graded": sum(card.state == "graded" for card in cards),
        "score": mean_score(card.answer for card in cards if card.result is not None),
    }


def state_code(card: Card) -> str:
    return f"{card.number}{'a' if card.again else card.state[0]}"


def poll_of(session: InterviewSession, cards: Sequence[Card], *, summary: bool) -> dict[str, Any]:
    """What the page must ask for next: where, how often, and how many answers still wait for their grade."""
    waiting = [card for card in cards if card.is_waiting]
    newest = [card.answer.newest_grade for card in waiting]
    slow = any(
        grade is not None and grade.queued_at < timezone.now() - SLOW_AFTER for grade in newest
    )
    every = POLL_SLOW_S if slow else POLL_FAST_S
    seen = "".join(state_code(card) for card in waiting)
    url = f"{reverse('interview:progress', args=[session.public_id])}?seen={seen}&every={every}&summary={int(summary)}"
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
def progress(request: CandidateRequest, public_id: uuid.UUID) -> HttpResponse:
    """The cards whose state is another than the page has seen, and when to ask again. 204 while nothing has changed."""
    session = own_session(request, public_id)
    if not session.shows_results:
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
    return render(request, "interview/progress.html", context | summary_of(cards))
