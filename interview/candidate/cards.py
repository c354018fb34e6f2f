"""A candidate's results as plain values, ready for a page to write out. Nothing here is shown before the session shows results."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Prefetch
from django.utils.translation import gettext_lazy as _

from grading import engine
from grading.models import Grade, KeyPointMatch, Verdict
from interview.evidence import segments
from interview.models import Answer, InterviewSession, SessionQuerySet
from interview.reasons import reason_text, rule_text
from interview.standing import StandingPoint, StandingResult, standing_result, with_results
from questions.models import KeyPoint, Phrase

# Where two key points lean on the same words, the words carry the look of the one that matters more to the reader.
MARK_ORDER = (Verdict.CONTRADICTED, Verdict.COVERED, Verdict.PARTIAL)
SURE_FROM = 0.6
UNSURE_BELOW = 0.2


def confidence_words(confidence: float) -> str:
    if confidence >= SURE_FROM:
        return str(_("sure"))
    return str(_("unsure") if confidence < UNSURE_BELOW else _("fairly sure"))


@dataclass(frozen=True, slots=True)
class Mark:
    """A run of the answer. `look` is the verdict it is shown with, empty for plain text; `ends` the key points whose words end here."""

    text: str
    look: str
    numbers: tuple[str, ...]
    ends: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PointLine:
    """One key point of a result. `earned` is weight x credit, `points` its share of the 100."""

    number: int
    key_point: KeyPoint
    match: KeyPointMatch
    verdict: Verdict
    machine_verdict: Verdict | None
    comment: str
    credit: float
    earned: Decimal
    points: Decimal
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
        """The author's wording that the answer came closest to, where it still explains the verdict."""
        if not self.shows_evidence or (self.was_changed and self.verdict == Verdict.CONTRADICTED):
            return ""
        if self.match.matched_kind == Phrase.Kind.TERM_GROUP:
            return " / ".join(
                line.strip() for line in self.match.matched.splitlines() if line.strip()
            )
        return self.match.matched


@dataclass(frozen=True, slots=True)
class Sum:
    """How the score adds up. `raw` is the score without the cap, `cap` the cap where it bites."""

    earned: Decimal
    weight: Decimal
    raw: Decimal
    cap: Decimal | None


@dataclass(frozen=True, slots=True)
class Card:
    """One answer with all that its candidate may see of it. `state`: draft, queued, running, failed or graded."""

    number: int
    answer: Answer
    state: str
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
        """What the grader noticed about the answer as a whole, in words; nothing once a person has looked."""
        if self.result is None or self.result.review is not None:
            return []
        return [reason_text(code) for code in self.result.grade.reasons]

    @property
    def has_evidence(self) -> bool:
        return any(mark.look for mark in self.marks)


def make_card(number: int, answer: Answer) -> Card:
    """The answer's card. The answer comes from `with_results`; its session must show results if it was submitted."""
    newest = answer.newest_grade
    result = (
        standing_result(answer, with_review=answer.session.released_at is not None)
        if answer.is_submitted
        else None
    )
    if not answer.is_submitted:
        state = "draft"
    elif result is not None:
        state = "graded"
    else:
        # An answer is never without a grade row; one restored from elsewhere waits for its own.
        state = newest.status if newest else Grade.Status.QUEUED.value
    points = point_lines(result) if result else ()
    return Card(
        number=number,
        answer=answer,
        state=state,
        again=result is not None and newest is not None and not newest.is_finished,
        attempts=newest.attempts if newest else 0,
        reference=str(newest.public_id)[:8] if newest else "",
        result=result,
        points=points,
        marks=marked(answer.text, points),
        sum=added_up(result) if result else None,
    )


def point_lines(result: StandingResult) -> tuple[PointLine, ...]:
    weight = sum((point.key_point.weight for point in result.points), Decimal(0))
    return tuple(
        point_line(number, point, weight) for number, point in enumerate(result.points, start=1)
    )


def point_line(number: int, point: StandingPoint, weight: Decimal) -> PointLine:
    earned = point.key_point.weight * Decimal(str(point.credit))
    return PointLine(
        number=number,
        key_point=point.key_point,
        match=point.match,
        verdict=point.verdict,
        machine_verdict=Verdict(point.match.verdict) if point.reviewed else None,
        comment=point.reviewed.comment if point.reviewed else "",
        credit=point.credit,
        earned=earned,
        points=100 * earned / weight if weight else Decimal(0),
        confidence=confidence_words(point.match.confidence),
    )


def added_up(result: StandingResult) -> Sum:
    weights = [point.key_point.weight for point in result.points]
    raw = engine.score_points(
        (point.key_point.weight, point.credit, False) for point in result.points
    )
    earned = sum(
        (point.key_point.weight * Decimal(str(point.credit)) for point in result.points), Decimal(0)
    )
    return Sum(
        earned=earned,
        weight=sum(weights, Decimal(0)),
        raw=raw,
        cap=engine.REQUIRED_CAP if result.score < raw else None,
    )


def marked(text: str, points: Iterable[PointLine]) -> tuple[Mark, ...]:
    """The answer cut into runs, each with the key points whose evidence it is."""
    shown = {str(point.number): point for point in points if point.shows_evidence}
    runs = segments(
        text,
        [
            (start, end, number)
            for number, point in shown.items()
            for start, end in point.match.spans
        ],
    )
    marks = []
    for index, run in enumerate(runs):
        following = runs[index + 1].labels if index + 1 < len(runs) else ()
        verdicts = {shown[label].verdict for label in run.labels}
        look = next((verdict.value for verdict in MARK_ORDER if verdict in verdicts), "")
        marks.append(
            Mark(
                run.text,
                look,
                run.labels,
                tuple(label for label in run.labels if label not in following),
            )
        )
    return tuple(marks)


@dataclass(frozen=True, slots=True)
class SessionLine:
    """A session in a list. `state`: open, overdue, held_back, grading, failed or graded; `score` is the mean of what is graded."""

    session: InterviewSession
    title: str
    state: str
    total: int
    answered: int
    score: Decimal | None


def session_lines(sessions: SessionQuerySet) -> list[SessionLine]:
    """The sessions as lines, in a fixed number of queries."""
    answers = Prefetch("answers", with_results(Answer.objects.all()))
    return [
        session_line(session)
        for session in sessions.select_related("question_set").prefetch_related(answers)
    ]


def session_line(session: InterviewSession) -> SessionLine:
    answers = list(session.answers.all())
    submitted = [answer for answer in answers if answer.is_submitted]
    shown = submitted if session.shows_results else []
    return SessionLine(
        session=session,
        title=session_title(session, answers),
        state=session_state(session, shown),
        total=len(answers),
        answered=len(submitted),
        score=mean_score(shown),
    )


def session_title(session: InterviewSession, answers: Sequence[Answer]) -> str:
    """The set's title; for a lone question, the question itself says more."""
    chosen = session.question_set
    if chosen is not None and (chosen.title_zh or chosen.title_en):
        return chosen.title
    return answers[0].question.prompt if answers else str(_("Practice"))


def session_state(session: InterviewSession, shown: Sequence[Answer]) -> str:
    if session.status == InterviewSession.Status.OPEN:
        return "overdue" if session.is_over else "open"
    if not session.shows_results:
        return "held_back"
    newest = [answer.newest_grade for answer in shown]
    if any(grade is None or not grade.is_finished for grade in newest):
        return "grading"
    if any(answer.standing_grade is None for answer in shown):
        return "failed"
    return "graded" if shown else "blank"


def mean_score(answers: Iterable[Answer]) -> Decimal | None:
    results = [
        standing_result(answer, with_review=answer.session.released_at is not None)
        for answer in answers
    ]
    scores = [result.score for result in results if result is not None]
    return (sum(scores, Decimal(0)) / len(scores)).quantize(Decimal("0.1")) if scores else None
