"""Which result stands: the reviewer's verdicts over the machine's."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from django.db.models import QuerySet

from grading import engine
from grading.models import Grade, KeyPointMatch, Verdict
from interview.models import Answer, InterviewSession, Review, ReviewVerdict
from questions.models import KeyPoint

CREDIT_OF = {Verdict(verdict.value): credit for verdict, credit in engine.CREDIT_OF.items()}


@dataclass(frozen=True, slots=True)
class StandingPoint:
    """One key point as it stands: the machine's match, and the reviewer's verdict if any."""

    key_point: KeyPoint
    match: KeyPointMatch
    verdict: Verdict
    credit: float
    reviewed: ReviewVerdict | None


@dataclass(frozen=True, slots=True)
class StandingResult:
    """An answer's grade with the reviewer's verdicts over the machine's. Scores are 0-100."""

    grade: Grade
    points: tuple[StandingPoint, ...]
    score: Decimal
    machine_score: Decimal
    review: Review | None

    @property
    def whole_points(self) -> engine.WholePoints | None:
        """The score and its rows as they are shown; None where the verdicts don't add up to it."""
        points = [(point.key_point, point.verdict, point.credit) for point in self.points]
        return shown_points(self.score, points)


def with_results(answers: QuerySet[Answer]) -> QuerySet[Answer]:
    """Fetch what `standing_result` reads, in a fixed number of queries."""
    return answers.select_related(
        "question", "session__question_set", "review__reviewer"
    ).prefetch_related("review__verdicts", "grades__matches__key_point", "grades__rubric")


def standing_result(
    answer: Answer, *, with_review: bool = True, grade: Grade | None = None
) -> StandingResult | None:
    """The newest grade, or the given one, under the reviewer's verdicts.

    None before the first grade. `with_review=False` is the machine alone.
    """
    grade = grade or answer.standing_grade
    if grade is None or grade.score is None:
        return None
    review = getattr(answer, "review", None) if with_review else None
    reviewed = {verdict.key: verdict for verdict in review.verdicts.all()} if review else {}
    verdicts = {key: Verdict(verdict.verdict) for key, verdict in reviewed.items()}
    matches = list(grade.matches.all())
    return StandingResult(
        grade=grade,
        points=tuple(
            StandingPoint(
                key_point=match.key_point,
                match=match,
                verdict=verdicts.get(match.key_point.key, Verdict(match.verdict)),
                credit=standing_credit(match.key_point, match.credit, verdicts),
                reviewed=reviewed.get(match.key_point.key),
            )
            for match in matches
        ),
        score=standing_score(
            grade.score, [(match.key_point, match.credit) for match in matches], verdicts
        ),
        machine_score=grade.score,
        review=review,
    )


def standing_score(
    machine_score: Decimal,
    points: Iterable[tuple[KeyPoint, float]],
    verdicts: Mapping[str, Verdict],
) -> Decimal:
    """The score with the reviewer's verdicts over the machine's. Every reviewed score is this.

    `points` are the graded key points with the machine's credit for each.
    `verdicts` are the reviewer's, by key. Those of keys that were not graded change nothing.
    """
    points = list(points)
    if not any(point.key in verdicts for point, _credit in points):
        return machine_score
    return engine.score_points(
        (point.weight, standing_credit(point, credit, verdicts), point.required)
        for point, credit in points
    )


def standing_credit(
    key_point: KeyPoint, machine_credit: float, verdicts: Mapping[str, Verdict]
) -> float:
    """A reviewed key point earns its verdict's credit, any other what the machine gave it."""
    verdict = verdicts.get(key_point.key)
    return machine_credit if verdict is None else CREDIT_OF[verdict]


def rounded(score: Decimal) -> Decimal:
    """The score in whole points, halves up, as pages show it. Stored scores have one decimal."""
    return score.quantize(Decimal(1), rounding=ROUND_HALF_UP)


def shown_points(
    score: Decimal | None, points: Iterable[tuple[KeyPoint, Verdict, float]]
) -> engine.WholePoints | None:
    """The score and its rows in whole points, from the verdicts that stand and their credits.

    None where the score does not follow from the verdicts. Engines before 3.1 gave a doubtful key
    point a part of its weight, whatever its verdict: "missed" might earn a third. Such a score is
    shown as it was given, and no points beside its verdicts.
    """
    points = list(points)
    items = [(point.weight, credit, point.required) for point, _verdict, credit in points]
    adds_up = all(credit == CREDIT_OF[verdict] for _point, verdict, credit in points)
    return engine.whole_points(items) if adds_up and score == engine.score_points(items) else None


def mean_score(
    session: InterviewSession, results: Iterable[tuple[Answer, StandingResult | None]]
) -> Decimal | None:
    """The mean of a session's scores, not rounded.

    In an interview that is over, a question left blank counts 0; in practice it is left out. So is
    an answer without a grade: it is still being graded, or its grading failed. None if that leaves
    nothing, or nothing but blanks beside answers without a grade.
    """
    results = list(results)
    scores = [result.score for _answer, result in results if result is not None]
    submitted = [answer for answer, _result in results if answer.is_submitted]
    if counts_blanks(session) and (scores or not submitted):
        scores += [Decimal(0)] * (len(results) - len(submitted))
    return sum(scores, Decimal(0)) / len(scores) if scores else None


def counts_blanks(session: InterviewSession) -> bool:
    """Whether a question left blank counts 0 in the session's mean."""
    return not session.is_practice and session.status == InterviewSession.Status.SUBMITTED
