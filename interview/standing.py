"""Which result stands: the reviewer's verdicts over the machine's."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import QuerySet

from grading import engine
from grading.models import Grade, KeyPointMatch, Verdict
from interview.models import Answer, Review, ReviewVerdict
from questions.models import KeyPoint

CREDIT_OF = {
    Verdict.COVERED: 1.0,
    Verdict.PARTIAL: engine.PARTIAL_CREDIT,
    Verdict.MISSED: 0.0,
    Verdict.CONTRADICTED: 0.0,
}


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


def mean_score(results: Iterable[StandingResult | None]) -> Decimal | None:
    """The mean of the scores, to one decimal. Answers without a grade are left out."""
    scores = [result.score for result in results if result is not None]
    return round(sum(scores, Decimal(0)) / len(scores), 1) if scores else None
