"""Which answers a regrade would concern."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import OuterRef, Q, QuerySet, Subquery

from grading.models import Grade
from grading.services.queue import published_rubric
from grading.services.run import current_engine_version
from interview.models import Answer
from questions.as_rubric import current_glossary
from questions.models import Question


def graded_answers(question: Question) -> QuerySet[Any]:
    """The question's graded answers, each with `counting_grade`, the id of the one that counts."""
    counts = Grade.objects.filter(answer=OuterRef("pk"), status=Grade.Status.GRADED).order_by("-id")
    submitted = Answer.objects.submitted().filter(question=question)
    return submitted.annotate(counting_grade=Subquery(counts.values("pk")[:1])).filter(
        counting_grade__isnull=False
    )


@dataclass(frozen=True, slots=True)
class Concerned:
    """How many graded answers a question has, and how many of them another grader graded.

    `outdated` were graded by another rubric, engine or glossary than those of now.
    """

    graded: int
    outdated: int


def answers_concerned(question: Question) -> Concerned:
    ids = graded_answers(question).values("counting_grade")
    counting = Grade.objects.filter(pk__in=ids)
    rubric = published_rubric(question)
    current = Q(
        rubric=rubric,
        engine_version=current_engine_version(),
        glossary_hash=current_glossary().content_hash,
    )
    graded = counting.count()
    return Concerned(graded, graded - counting.filter(current).count())
