"""Plain numbers for the admin index, and the querysets behind them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.contrib.auth.models import AnonymousUser, User
from django.db.models import Avg, Count, Exists, Min, OuterRef, Prefetch, Q, QuerySet, Subquery
from django.db.models.functions import TruncDate
from django.http import HttpRequest
from django.utils import timezone

from grading.models import Grade
from interview.models import Answer, InterviewSession
from interview.services.marked_answers import decides_on_samples, proposed_samples
from interview.standing import StandingResult, mean_score, standing_result, with_results
from interview.visibility import (
    of_others,
    proposals_readable_by,
    sessions_waiting_for_release,
    waits_for_release,
)
from questions.models import Proposal, Question, Rubric

DAYS = 14
MAX_LISTED = 8


# What waits ---------------------------------------------------------------------------------------


def with_newest_grade(answers: QuerySet[Answer]) -> QuerySet[Any]:
    """Annotate `newest_status` (last grading) and `asks_for_review` (the grade that counts)."""
    newest = Grade.objects.filter(answer=OuterRef("pk")).order_by("-pk")
    return answers.annotate(
        newest_status=Subquery(newest.values("status")[:1]),
        asks_for_review=Subquery(
            newest.filter(status=Grade.Status.GRADED).values("needs_review")[:1]
        ),
    )


# What waits for a reader leaves out their own sessions, on which others decide.

Reader = User | AnonymousUser


def answers_of_others(reader: Reader) -> QuerySet[Answer]:
    return Answer.objects.submitted().filter(of_others(reader, "session__"))


def doubtful_answers(reader: Reader) -> QuerySet[Answer]:
    """Answers whose standing grade needs review and that nobody has reviewed."""
    return with_newest_grade(answers_of_others(reader)).filter(
        asks_for_review=True, review__isnull=True
    )


def failed_answers(reader: Reader) -> QuerySet[Answer]:
    """Answers whose last grading failed."""
    return with_newest_grade(answers_of_others(reader)).filter(newest_status=Grade.Status.FAILED)


def sessions_with(answers: QuerySet[Answer]) -> QuerySet[InterviewSession]:
    return InterviewSession.objects.filter(Exists(answers.filter(session=OuterRef("pk"))))


def sessions_to_release(reader: Reader) -> QuerySet[InterviewSession]:
    return sessions_waiting_for_release().filter(of_others(reader))


def sessions_to_review(reader: Reader) -> QuerySet[InterviewSession]:
    """Sessions that wait for release or have a doubtful answer. The longest waiting comes first."""
    waiting = sessions_to_release(reader)
    doubtful = InterviewSession.objects.filter(
        Exists(doubtful_answers(reader).filter(session=OuterRef("pk"))),
        status=InterviewSession.Status.SUBMITTED,
    )
    return (waiting | doubtful).order_by("submitted_at", "pk")


def next_to_review(session: InterviewSession, reader: Reader) -> InterviewSession | None:
    """The next session to review: the first submitted after this one, else the first of all."""
    others = sessions_to_review(reader).exclude(pk=session.pk)
    since = session.submitted_at
    after = (
        others.filter(Q(submitted_at__gt=since) | Q(submitted_at=since, pk__gt=session.pk)).first()
        if since
        else None
    )
    return after or others.first()


@dataclass(frozen=True, slots=True)
class Waiting:
    """How many things wait for a person or a worker, and since when the oldest grade is queued."""

    to_release: int
    doubtful: int
    failed: int
    queued: int
    oldest_queued: datetime | None

    @property
    def nothing(self) -> bool:
        return not (self.to_release or self.doubtful or self.failed or self.queued)


def waiting_now(reader: Reader) -> Waiting:
    queue = Grade.objects.unfinished().aggregate(n=Count("pk"), oldest=Min("queued_at"))
    return Waiting(
        to_release=sessions_to_release(reader).count(),
        doubtful=doubtful_answers(reader).count(),
        failed=failed_answers(reader).count(),
        queued=queue["n"],
        oldest_queued=queue["oldest"],
    )


# The last days ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Day:
    """One day's answers, and the mean score the machine gave that day.

    `height` is the day's bar, in percent of the highest.
    """

    date: date
    submitted: int
    mean_score: Decimal | None
    height: int


def last_days(days: int = DAYS) -> list[Day]:
    """The last days in the reader's time zone, today included, oldest first."""
    today = timezone.localdate()
    first = today - timedelta(days=days - 1)
    since = timezone.make_aware(datetime.combine(first, datetime.min.time()))
    submitted = dict(
        Answer.objects.filter(submitted_at__gte=since)
        .annotate(day=TruncDate("submitted_at"))
        .order_by()
        .values("day")
        .annotate(n=Count("pk"))
        .values_list("day", "n")
    )
    means = dict(
        Grade.objects.filter(
            status=Grade.Status.GRADED, finished_at__gte=since, regrade__isnull=True
        )
        .annotate(day=TruncDate("finished_at"))
        .order_by()
        .values("day")
        .annotate(mean=Avg("score"))
        .values_list("day", "mean")
    )
    highest = max(submitted.values(), default=0) or 1
    dates = [first + timedelta(days=n) for n in range(days)]
    return [
        Day(
            date=day,
            submitted=submitted.get(day, 0),
            mean_score=round(Decimal(means[day]), 1) if means.get(day) is not None else None,
            height=round(100 * submitted.get(day, 0) / highest),
        )
        for day in dates
    ]


# Sessions in lists --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SessionSummary:
    """A session in one line: its mean score as it stands, and what is left to do.

    `waits_for_release`: the candidate sees no result until somebody releases the session.
    """

    answers: int
    answered: int
    graded: int
    mean_score: Decimal | None
    doubtful: int
    failed: int
    grading: int
    waits_for_release: bool

    @property
    def unanswered(self) -> int:
        return self.answers - self.answered


def for_session_lists(sessions: QuerySet[InterviewSession]) -> QuerySet[InterviewSession]:
    """Fetch what `summarize_session` reads, in a fixed number of queries. Texts are left out."""
    answers = with_results(Answer.objects.all()).defer("text")
    return sessions.select_related("candidate", "question_set").prefetch_related(
        Prefetch("answers", queryset=answers)
    )


def summarize_session(session: InterviewSession) -> SessionSummary:
    return summarize_results(
        session, [(answer, standing_result(answer)) for answer in session.answers.all()]
    )


def summarize_results(
    session: InterviewSession, results: Sequence[tuple[Answer, StandingResult | None]]
) -> SessionSummary:
    """The session's summary from its answers and their results as they stand."""
    newest = [answer.newest_grade for answer, _result in results]
    return SessionSummary(
        answers=len(results),
        answered=sum(answer.is_submitted for answer, _result in results),
        graded=sum(result is not None for _answer, result in results),
        mean_score=mean_score(session, results),
        doubtful=sum(
            result is not None and result.grade.needs_review and result.review is None
            for _answer, result in results
        ),
        failed=sum(grade is not None and grade.status == Grade.Status.FAILED for grade in newest),
        grading=sum(grade is not None and not grade.is_finished for grade in newest),
        waits_for_release=waits_for_release(session),
    )


# The index ----------------------------------------------------------------------------------------


def bank_numbers() -> dict[str, int]:
    """How many questions are open, how many are drafts, and how many rubrics are being written."""
    return Question.objects.aggregate(
        published=Count("pk", filter=Q(status=Question.Status.PUBLISHED), distinct=True),
        drafts=Count("pk", filter=Q(status=Question.Status.DRAFT), distinct=True),
        in_work=Count("pk", filter=Q(rubrics__status=Rubric.Status.DRAFT), distinct=True),
    )


def questions_with_proposals(reader: Reader) -> list[Question]:
    """Questions with proposed changes, most first, each with `waiting_proposals`.

    Changes are proposed from answers that were graded wrongly.
    """
    readable = proposals_readable_by(reader).filter(status=Proposal.Status.PENDING)
    waiting = Count("proposals", filter=Q(proposals__in=readable.values("pk")))
    found = Question.objects.annotate(waiting_proposals=waiting).filter(waiting_proposals__gt=0)
    return list(found.order_by("-waiting_proposals", "pk")[:MAX_LISTED])


def dashboard_callback(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """The context of the admin's index; the theme calls this.

    Each part is only for those who may open what it links to.
    """
    if request.user.has_perm("interview.view_interviewsession"):
        days = last_days()
        context |= {
            "waiting": waiting_now(request.user),
            "next_session": sessions_to_review(request.user).first(),
            "days": days,
            "submitted_in_all": sum(day.submitted for day in days),
            "recent": [
                (session, summarize_session(session))
                for session in for_session_lists(
                    InterviewSession.objects.filter(
                        of_others(request.user), status=InterviewSession.Status.SUBMITTED
                    )
                ).order_by("-submitted_at", "-pk")[:MAX_LISTED]
            ],
        }
    if request.user.has_perm("questions.view_question"):
        context["bank"] = bank_numbers()
    if decides_on_samples(request.user):
        context["proposed_samples"] = proposed_samples(request.user).count()
    if request.user.has_perm("questions.change_rubric"):
        context["proposed"] = questions_with_proposals(request.user)
    return context
