"""A candidate's results as plain values, ready for a page to write out.

Nothing here may be shown before the session shows results (interview/visibility.py).
"""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Prefetch
from django.utils.translation import gettext_lazy as _

from grading import engine
from grading.models import Grade, KeyPointMatch, Verdict
from interview.evidence import Mark, marks_of, wording_on_one_line
from interview.models import Answer, InterviewSession, SessionQuerySet
from interview.reasons import confidence_words, remarks_on, rule_text
from interview.standing import (
    StandingPoint,
    StandingResult,
    mean_score,
    standing_result,
    with_results,
)
from interview.visibility import is_released, shown_to_candidate, shows_results
from questions.models import KeyPoint


def result_for_candidate(answer: Answer) -> StandingResult | None:
    """The result as its candidate sees it: with the review once the session is released."""
    return standing_result(answer, with_review=is_released(answer.session))


@dataclass(frozen=True, slots=True)
class PointLine:
    """One key point of a result.

    `points` are its whole points of the 100; None where the verdicts don't add up to the score.
    `machine_verdict` is set where a reviewer gave a verdict, the same or another.
    """

    number: int
    key_point: KeyPoint
    match: KeyPointMatch
    verdict: Verdict
    machine_verdict: Verdict | None
    comment: str
    credit: float
    points: int | None
    confidence: str

    @property
    def is_reviewed(self) -> bool:
        return self.machine_verdict is not None

    @property
    def was_changed(self) -> bool:
        return self.machine_verdict not in (None, self.verdict)

    @property
    def shows_evidence(self) -> bool:
        return self.verdict != Verdict.MISSED and bool(self.match.evidence)

    @property
    def shows_feedback(self) -> bool:
        return self.verdict != Verdict.COVERED and bool(self.key_point.feedback)

    @property
    def rule(self) -> str:
        """The engine's rule that decided the verdict shown, in words; empty where none did."""
        return "" if self.was_changed else rule_text(self.match.rule)

    @property
    def wording(self) -> str:
        """The author's wording that the answer matched best; empty where it explains nothing."""
        if not self.shows_evidence or (self.was_changed and self.verdict == Verdict.CONTRADICTED):
            return ""
        return wording_on_one_line(self.match.matched, self.match.matched_kind)


@dataclass(frozen=True, slots=True)
class Sum:
    """How the score adds up, in whole points. `cap` is what a missed required key point takes off.

    `limit` is the score that the cap allows at most.
    """

    weight: Decimal
    score: int
    cap: int
    limit: Decimal = engine.REQUIRED_CAP

    @property
    def taken(self) -> int:
        return -self.cap


@dataclass(frozen=True, slots=True)
class ResultCard:
    """One answer with all that its candidate may see of it.

    `state` is draft, held, queued, running, failed or graded. A graded answer that is being graded
    once more stays graded, and `again` is true. Of a held one only the candidate's own text shows.
    """

    number: int
    answer: Answer
    state: str
    may_practise: bool
    again: bool
    attempts: int
    reference: str
    result: StandingResult | None
    points: tuple[PointLine, ...]
    marks: tuple[Mark, ...]
    sum: Sum | None

    @property
    def is_waiting(self) -> bool:
        return self.state in ("queued", "running") or self.again

    @property
    def remarks(self) -> list[str]:
        """What the grader noticed about the answer as a whole; empty once it is reviewed."""
        if self.result is None or self.result.review is not None:
            return []
        return remarks_on(self.result)

    @property
    def has_evidence(self) -> bool:
        return any(mark.verdict for mark in self.marks)


def result_card(
    number: int, answer: Answer, *, is_shown: bool, may_practise: bool = True
) -> ResultCard:
    """The answer's card. The answer comes from `with_results`.

    `is_shown`: the caller found it among `shown_to_candidate`.
    """
    newest = answer.newest_grade if is_shown else None
    result = result_for_candidate(answer) if answer.is_submitted and is_shown else None
    if not answer.is_submitted:
        state = "draft"
    elif not is_shown:
        state = "held"
    elif result is not None:
        state = "graded"
    else:
        # An answer is never without a grade row; one restored from elsewhere waits for its own.
        state = newest.status if newest else Grade.Status.QUEUED.value
    points = point_lines(result) if result else ()
    return ResultCard(
        number=number,
        answer=answer,
        state=state,
        may_practise=may_practise,
        again=result is not None and newest is not None and not newest.is_finished,
        attempts=newest.attempts if newest else 0,
        reference=str(newest.public_id)[:8] if newest else "",
        result=result,
        points=points,
        marks=marks_of(
            answer.text,
            [
                (point.match.spans if point.shows_evidence else [], point.verdict)
                for point in points
            ],
        ),
        sum=added_up(result) if result else None,
    )


def point_lines(result: StandingResult) -> tuple[PointLine, ...]:
    whole = result.whole_points
    return tuple(
        point_line(number, point, whole.rows[number - 1] if whole else None)
        for number, point in enumerate(result.points, start=1)
    )


def point_line(number: int, point: StandingPoint, points: int | None) -> PointLine:
    return PointLine(
        number=number,
        key_point=point.key_point,
        match=point.match,
        verdict=point.verdict,
        machine_verdict=Verdict(point.match.verdict) if point.reviewed else None,
        comment=point.reviewed.comment if point.reviewed else "",
        credit=point.credit,
        points=points,
        confidence=confidence_words(point.match.confidence),
    )


def added_up(result: StandingResult) -> Sum | None:
    """How the score adds up; None where the verdicts don't add up to it."""
    whole = result.whole_points
    if whole is None:
        return None
    weights = [point.key_point.weight for point in result.points]
    return Sum(weight=sum(weights, Decimal(0)), score=whole.score, cap=whole.cap)


@dataclass(frozen=True, slots=True)
class SessionLine:
    """A session in the candidate's lists.

    `state` is open, overdue, held_back, grading, failed, graded or blank.
    `score` is the mean of the scores shown (`interview.standing.mean_score`).
    """

    session: InterviewSession
    title: str
    state: str
    total: int
    answered: int
    score: Decimal | None


def session_lines(sessions: SessionQuerySet) -> list[SessionLine]:
    """The sessions as lines, in a fixed number of queries."""
    answers = Prefetch("answers", with_results(Answer.objects.all()))
    found = list(sessions.select_related("question_set").prefetch_related(answers))
    shown = shown_to_candidate([answer for session in found for answer in session.answers.all()])
    return [session_line(session, shown) for session in found]


def session_line(session: InterviewSession, shown_ids: Container[int]) -> SessionLine:
    answers = list(session.answers.all())
    submitted = [answer for answer in answers if answer.is_submitted]
    shown = [answer for answer in submitted if answer.pk in shown_ids]
    results = [
        (answer, result_for_candidate(answer) if answer.pk in shown_ids else None)
        for answer in answers
        if shows_results(session)
    ]
    return SessionLine(
        session=session,
        title=session_title(session, answers),
        state=line_state(session, submitted, shown),
        total=len(answers),
        answered=len(submitted),
        score=mean_score(session, results),
    )


def session_title(session: InterviewSession, answers: Sequence[Answer]) -> str:
    """The set's title; for a lone question, the question itself says more."""
    chosen = session.question_set
    if chosen is not None and (chosen.title_zh or chosen.title_en):
        return chosen.title
    return answers[0].question.prompt if answers else str(_("Practice"))


def line_state(
    session: InterviewSession, submitted: Sequence[Answer], shown: Sequence[Answer]
) -> str:
    """The state of a session in a list. `shown` are the submitted answers with shown results."""
    if session.status == InterviewSession.Status.OPEN:
        return "overdue" if session.is_over else "open"
    if not shows_results(session) or (submitted and not shown):
        return "held_back"
    newest = [answer.newest_grade for answer in shown]
    if any(grade is None or not grade.is_finished for grade in newest):
        return "grading"
    if any(answer.standing_grade is None for answer in shown):
        return "failed"
    return "graded" if shown else "blank"
