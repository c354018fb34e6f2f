"""Which result stands: the reviewer's verdicts over the machine's."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from django.db.models import QuerySet

from grading import engine
from grading.models import Grade, KeyPointMatch, Verdict
from interview.models import (
    Answer,
    Review,
    ReviewVerdict,
)
from questions.models import KeyPoint

CREDIT_OF = {
    Verdict.COVERED: 1.0,
    Verdict.PARTIAL: engine.PARTIAL_CREDIT,
    Verdict.MISSED: 0.0,
    Verdict.CONTRADICTED: 0.0,
}


@dataclass(frozen=True, slots=True)
class StandingPoint:
    """One key point as it stands: the machine's match, and the person's verdict where it differs."""

    key_point: KeyPoint
    match: KeyPointMatch
    verdict: Verdict
    credit: float
    reviewed: ReviewVerdict | None


@dataclass(frozen=True, slots=True)
class StandingResult:
    """An answer's grade with the reviewer's word over the machine's. Scores are points, 0-100."""

    grade: Grade
    points: tuple[StandingPoint, ...]
    score: Decimal
    machine_score: Decimal
    review: Review | None


def with_results(answers: QuerySet[Answer]) -> QuerySet[Answer]:
    """Fetch what `standing_result` reads, in a fixed number of queries."""
    return answers.select_related(
        "question", "session__question_set", "review__reviewer"
    ).prefetch_related("review__verdicts", "grades__matches__key_point", "grades__rubric")


def standing_result(
    answer: Answer, *, with_review: bool = True, grade: Grade | None = None
) -> StandingResult | None:
    """The newest grade, or the given one, under the reviewer's verdicts; None before the first grade.

    `with_review=False` is the machine alone.
    """
    grade = grade or answer.standing_grade
    if grade is None or grade.score is None:
        return None
    review = getattr(answer, "review", None) if with_review else None
    said = {verdict.key: verdict for verdict in review.verdicts.all()} if review else {}
    points = []
    for match in grade.matches.all():
        reviewed = said.get(match.key_point.key)
        verdict = Verdict(reviewed.verdict if reviewed else match.verdict)
        credit = CREDIT_OF[verdict] if reviewed else match.credit
        points.append(StandingPoint(match.key_point, match, verdict, credit, reviewed))
    score = grade.score
    if any(point.reviewed for point in points):
        score = engine.score_points(
            (point.key_point.weight, point.credit, point.key_point.required) for point in points
        )
    return StandingResult(grade, tuple(points), score, grade.score, review)
