"""Home, history and practice: choose what to answer, and begin."""

from __future__ import annotations

import secrets
import uuid
from dataclasses import dataclass
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import Max, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from interview.candidate.base import (
    CandidateRequest,
    answers_in,
    at,
    candidate_page,
    own_session,
    refused,
)
from interview.candidate.cards import result_for_candidate, session_lines
from interview.models import Answer, InterviewSession, QuestionSet
from interview.services.errors import RefusedError
from interview.services.practice import SET_SIZE, pick_questions, start_practice
from interview.services.sessions import start_interview
from interview.standing import with_results
from interview.visibility import (
    bank_of,
    held_questions,
    holds_back_results,
    sets_open_to,
    shown_to_candidate,
)
from questions.models import Question, QuestionQuerySet, Topic

MAX_SESSIONS_ON_HOME = 5
HISTORY_PAGE = 20
QUESTIONS_PAGE = 50


@require_safe
@candidate_page
def home(request: CandidateRequest) -> HttpResponse:
    mine = InterviewSession.objects.of(request.user)
    open_now = mine.filter(status=InterviewSession.Status.OPEN)
    sets = sets_open_to(request.user)
    context = {
        "open_lines": session_lines(open_now[:MAX_SESSIONS_ON_HOME]),
        "sets": [(one, holds_back_results(one)) for one in sets.prefetch_related("set_questions")],
        "recent_lines": session_lines(
            mine.filter(status=InterviewSession.Status.SUBMITTED)[:MAX_SESSIONS_ON_HOME]
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


@require_safe
@candidate_page
def practice(request: CandidateRequest) -> HttpResponse:
    query, bank = typed_query(request), bank_of(request.user)
    context: dict[str, Any] = {"topics": topic_tree(bank), "query": query, "page": None}
    if query:
        context["page"] = question_page(request, bank, query)
    return render(request, "interview/practice.html", context)


@require_safe
@candidate_page
def topic(request: CandidateRequest, slug: str) -> HttpResponse:
    chosen = get_object_or_404(Topic.objects.select_related("parent"), slug=slug)
    query = typed_query(request)
    questions = bank_of(request.user).in_topic(chosen)
    page = question_page(request, questions, query)
    set_size = min(SET_SIZE, questions.count() if query else page.paginator.count)
    return render(
        request,
        "interview/topic.html",
        {"topic": chosen, "query": query, "page": page, "set_size": set_size},
    )


def typed_query(request: HttpRequest) -> str:
    return request.GET.get("q", "").replace("\0", "").strip()[:100]


@dataclass(frozen=True, slots=True)
class TopicBranch:
    """A topic, how many open questions it and the topics under it have, and those topics."""

    topic: Topic
    count: int
    below: list[TopicBranch]


def topic_tree(bank: QuestionQuerySet) -> list[TopicBranch]:
    """The topics with questions of the bank, each with those under it, at any depth."""
    asked: dict[int, set[int]] = {}
    for question_id, topic_id in bank.filter(topics__isnull=False).values_list("pk", "topics"):
        asked.setdefault(topic_id, set()).add(question_id)
    children: dict[int | None, list[Topic]] = {}
    for topic in Topic.objects.all():
        children.setdefault(topic.parent_id, []).append(topic)

    def branch(topic: Topic) -> tuple[TopicBranch, set[int]]:
        below = [branch(child) for child in children.get(topic.pk, [])]
        questions = asked.get(topic.pk, set()).union(*(found for _branch, found in below))
        shown = [child for child, _found in below if child.count]
        return TopicBranch(topic, len(questions), shown), questions

    roots = [branch(topic)[0] for topic in children.get(None, [])]
    return [root for root in roots if root.count]


def question_page(
    request: CandidateRequest, questions: QuerySet[Question], query: str
) -> Page[Question]:
    """A page of questions, each with three attributes for the template.

    `last` is the candidate's newest answer to it, `last_score` its score if it is shown.
    `in_interview`: an interview of the candidate holds the question, so it can't be practised now.
    """
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
    held = held_questions(request.user.pk, [question.pk for question in page])
    shown = shown_to_candidate(list(last.values()))
    for question in page:
        answer = last.get(question.pk)
        question.in_interview = question.pk in held  # type: ignore[attr-defined]
        question.last = answer  # type: ignore[attr-defined]  # for the page
        result = result_for_candidate(answer) if answer and answer.pk in shown else None
        question.last_score = result and result.score  # type: ignore[attr-defined]
    return page


@require_POST
@candidate_page
def practise_topic(request: CandidateRequest, slug: str) -> HttpResponse:
    chosen = get_object_or_404(Topic, slug=slug)
    questions = pick_questions(chosen, seed=secrets.randbelow(2**31), candidate=request.user)
    try:
        session = start_practice(candidate=request.user, questions=questions, topic=chosen)
    except RefusedError as error:
        return refused(request, error, to=reverse("interview:practice"))
    return redirect("interview:room", session.public_id, 1)


@require_POST
@candidate_page
def practise_question(request: CandidateRequest, slug: str) -> HttpResponse:
    question = get_object_or_404(Question, slug=slug)
    return start_lone_practice(request, question)


@require_POST
@candidate_page
def practise_again(request: CandidateRequest, public_id: uuid.UUID, number: int) -> HttpResponse:
    answer = at(answers_in(own_session(request, public_id)), number)
    return start_lone_practice(request, answer.question)


def start_lone_practice(request: CandidateRequest, question: Question) -> HttpResponse:
    try:
        session = start_practice(candidate=request.user, questions=[question])
    except RefusedError as error:
        return refused(request, error, to=reverse("interview:practice"))
    return redirect("interview:room", session.public_id, 1)


@require_POST
@candidate_page
def take_interview(request: CandidateRequest, pk: int) -> HttpResponse:
    question_set = get_object_or_404(QuestionSet, pk=pk, mode=QuestionSet.Mode.INTERVIEW)
    try:
        session = start_interview(candidate=request.user, question_set=question_set)
    except RefusedError as error:
        return refused(request, error, to=reverse("interview:home"))
    return redirect("interview:session", session.public_id)
