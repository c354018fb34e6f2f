"""Apply a regrade, and undo it. Both only add grades."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.services import record_change
from grading.models import Grade, KeyPointMatch
from interview.models import Answer
from interview.regrades.filters import UNDOABLE, reviewed_since
from interview.regrades.models import Regrade, RegradeRow
from interview.regrades.preview import (
    COMPARED_FIELDS,
    GRADE_FIELDS,
    MATCH_FIELDS,
    compare_row,
    proposed_matches,
    with_answers,
)
from interview.regrades.state import lock_regrade, refuse_old_rubric
from interview.services.errors import RefusedError
from interview.visibility import of_others

PART_SIZE = 500  # answers in one transaction, for whose end other writers wait


@dataclass(frozen=True, slots=True)
class RegradeOutcome:
    """How many grades were added, and how many answers were skipped as overtaken.

    An answer is overtaken when another grade counts by now.
    """

    done: int
    overtaken: int


def apply_regrade(regrade: Regrade, *, actor: User, rows: Q | None = None) -> RegradeOutcome:
    """Add the previewed grades to the answers' histories, where they then count.

    `rows` picks some of the rows; without it all are applied. An answer that is being graded, or
    whose counting grade is no longer the one previewed, is skipped and marked as overtaken.
    Answers of the actor's own sessions are left for another person.
    Each part is a transaction of its own. Rows that an interrupted run did not reach stay previewed
    and are applied the next time.
    """
    picked = regrade.rows.filter(
        of_others(actor, "answer__session__"), rows or Q(), status=RegradeRow.Status.PREVIEWED
    )
    return _in_parts(picked, lambda part: _apply_part(regrade, part, actor))


def undo_regrade(regrade: Regrade, *, actor: User) -> RegradeOutcome:
    """Add a copy of each former grade, which then counts again.

    Answers that were graded since by other means are skipped, and so are the actor's own.
    """
    picked = regrade.rows.filter(of_others(actor, "answer__session__"), UNDOABLE)
    return _in_parts(picked, lambda part: _undo_part(regrade, part, actor))


def _in_parts(
    rows: QuerySet[RegradeRow], act: Callable[[list[int]], RegradeOutcome]
) -> RegradeOutcome:
    ids = list(rows.order_by("pk").values_list("pk", flat=True))
    outcomes = [
        act(ids[start : start + PART_SIZE]) for start in range(0, max(1, len(ids)), PART_SIZE)
    ]  # without rows still once: it may refuse
    return RegradeOutcome(
        sum(outcome.done for outcome in outcomes), sum(outcome.overtaken for outcome in outcomes)
    )


@transaction.atomic
def _apply_part(regrade: Regrade, ids: list[int], actor: User) -> RegradeOutcome:
    stored = lock_regrade(regrade)
    if stored.status != Regrade.Status.READY:
        raise RefusedError("not_ready", _("The dry run is not finished, or was closed."))
    refuse_old_rubric(stored)
    previewed = stored.rows.filter(pk__in=ids, status=RegradeRow.Status.PREVIEWED)
    reviewed = with_answers(previewed.filter(reviewed_since(stored.requested_at)))
    RegradeRow.objects.bulk_update(
        [compare_row(row, stored.rubric) for row in reviewed], COMPARED_FIELDS
    )
    outcome = _append(
        stored, list(previewed.select_related("old_grade").order_by("pk")), actor, undoes=False
    )
    if outcome.done:
        stored.applied_by, stored.applied_at, stored.undone_by, stored.undone_at = (
            actor,
            timezone.now(),
            None,
            None,
        )
        stored.save(update_fields=["applied_by", "applied_at", "undone_by", "undone_at"])
    return outcome


@transaction.atomic
def _undo_part(regrade: Regrade, ids: list[int], actor: User) -> RegradeOutcome:
    stored = lock_regrade(regrade)
    applied = (
        stored.rows.filter(UNDOABLE, pk__in=ids)
        .select_related("old_grade", "new_grade")
        .order_by("pk")
    )
    outcome = _append(stored, list(applied), actor, undoes=True)
    if outcome.done:
        stored.undone_by, stored.undone_at = actor, timezone.now()
        stored.save(update_fields=["undone_by", "undone_at"])
    return outcome


NewGrade = tuple[Grade, list[KeyPointMatch]]


def _append(
    regrade: Regrade, picked: list[RegradeRow], actor: User, *, undoes: bool
) -> RegradeOutcome:
    """Add the previewed or the former grade of each row that was not overtaken.

    Another request may queue a grade between the check and the insert. The database allows one
    unfinished grade for each answer, so the insert then fails, and the check is made again.
    """
    action = "regrade.undone" if undoes else "regrade.applied"
    for _try in range(3):
        overtaken = _overtaken(picked)
        fresh = [row for row in picked if row.answer_id not in overtaken]
        made = _former_grades(fresh, regrade) if undoes else _previewed_grades(fresh, regrade)
        try:
            with transaction.atomic():
                _insert(made, actor)
                _check_not_overtaken(fresh, made)
        except IntegrityError:
            continue
        break
    else:
        raise RefusedError(
            "busy", _("These answers are being graded right now. Try again in a moment.")
        )
    for row, (grade, _matches) in zip(fresh, made, strict=True):
        former = row.new_grade or row.old_grade
        record_change(
            actor=actor,
            action=action,
            target=Answer(pk=row.answer_id),
            old={"grade": former.pk, "score": str(former.score)},
            new={"grade": grade.pk, "score": str(grade.score), "regrade": regrade.pk},
        )
        if undoes:
            row.status = RegradeRow.Status.UNDONE
        else:
            row.status, row.new_grade = RegradeRow.Status.APPLIED, grade
    late = [row for row in picked if row.answer_id in overtaken]
    for row in late:
        row.status = RegradeRow.Status.OVERTAKEN
    RegradeRow.objects.bulk_update(picked, ["status", "new_grade"])
    outcome = RegradeOutcome(len(fresh), len(late))
    record_change(
        actor=actor,
        action=action,
        target=regrade,
        new={"answers": outcome.done, "overtaken": outcome.overtaken},
    )
    return outcome


def _overtaken(rows: Iterable[RegradeRow], *, but: Container[int] = ()) -> set[int]:
    """The answers among the rows that got another grade since, or are being graded.

    `but` are grades to leave out. A failed grading does not count. A copy that brought back the
    grade a row knows of counts as that grade.
    """
    known = {row.answer_id: _original(row.new_grade or row.old_grade) for row in rows}
    grades = (
        Grade.objects.exclude(status=Grade.Status.FAILED)
        .filter(answer__in=known)
        .order_by("pk")
        .only("answer", "restores")
    )
    newest = {grade.answer_id: _original(grade) for grade in grades if grade.pk not in but}
    return {answer_id for answer_id in known if newest[answer_id] != known[answer_id]}


def _check_not_overtaken(rows: list[RegradeRow], made: list[NewGrade]) -> None:
    """Raise IntegrityError for an answer that was queued and graded just before the insert."""
    if _overtaken(rows, but={grade.pk for grade, _matches in made}):
        raise IntegrityError


def _original(grade: Grade) -> int:
    return grade.restores_id or grade.pk


def _insert(made: list[NewGrade], actor: User) -> None:
    """Insert the grades as running, then set them to graded.

    The database allows one unfinished grade for each answer. So nobody else can queue one until the
    transaction ends.
    """
    for grade, _matches in made:
        grade.status, grade.requested_by_id = Grade.Status.RUNNING, actor.pk
    grades = Grade.objects.bulk_create([grade for grade, _matches in made], batch_size=200)
    for grade, matches in made:
        for match in matches:
            match.grade = grade
    KeyPointMatch.objects.bulk_create(
        [match for _grade, matches in made for match in matches], batch_size=100
    )
    Grade.objects.filter(pk__in=[grade.pk for grade in grades]).update(status=Grade.Status.GRADED)


def _previewed_grades(rows: list[RegradeRow], regrade: Regrade) -> list[NewGrade]:
    points = {point.key: point for point in regrade.rubric.key_points.all()}
    return [
        (_grade_like(row, row, regrade, rubric_id=regrade.rubric_id), proposed_matches(row, points))
        for row in rows
    ]


def _former_grades(rows: list[RegradeRow], regrade: Regrade) -> list[NewGrade]:
    kept = _matches_of(row.old_grade_id for row in rows)
    return [
        (
            _grade_like(
                row.old_grade,
                row,
                regrade,
                rubric_id=row.old_grade.rubric_id,
                restores_id=_original(row.old_grade),
            ),
            kept.get(row.old_grade_id, []),
        )
        for row in rows
    ]


def _grade_like(
    source: RegradeRow | Grade, row: RegradeRow, regrade: Regrade, **fields: Any
) -> Grade:
    """An unsaved grade for the row's answer with the score and reasons of `source`."""
    copied = {name: getattr(source, name) for name in GRADE_FIELDS}
    return Grade(
        answer_id=row.answer_id, regrade=regrade, finished_at=timezone.now(), **copied, **fields
    )


def _matches_of(grade_ids: Iterable[int]) -> dict[int, list[KeyPointMatch]]:
    """Unsaved copies of the grades' matches."""
    found: dict[int, list[KeyPointMatch]] = {}
    for match in KeyPointMatch.objects.filter(grade__in=list(grade_ids)).order_by("pk"):
        copy = KeyPointMatch(
            key_point_id=match.key_point_id, **{name: getattr(match, name) for name in MATCH_FIELDS}
        )
        found.setdefault(match.grade_id, []).append(copy)
    return found
