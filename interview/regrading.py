"""Grading a question's answers again, with a preview: a dry run into rows, then apply all, some or none of them, and undo.

The dry run is a queue like the grades' own (docs/decisions/0002): a claim with a lease, chunks that are each saved under it, a sweep that
sends lost messages again. Why undo adds copies of the former grades: docs/decisions/0006.
"""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Callable, Container, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.db.models import OuterRef, Prefetch, Q, QuerySet, Subquery
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext as _
from kombu.exceptions import OperationalError

from audit.services import record_change
from grading import engine
from grading.models import Grade, KeyPointMatch, Regrade, RegradeRow, Verdict
from grading.services import (
    current_engine_version,
    current_glossary,
    match_fields,
    published_rubric,
    read_answer,
)
from interview.models import Answer
from interview.services import CREDIT_OF, RefusedError, standing_result, with_results
from questions.models import KeyPoint, Question, Rubric

logger = logging.getLogger(__name__)

CHUNK = 20
PART = 500  # answers applied or undone in one transaction: others who write wait for its end
TURN_S = 4.0  # then the worker gives way to answers that wait for their first grade
PASS_LINE = Decimal(
    60
)  # a missed required key point caps a score just below it (engine.REQUIRED_CAP)

MATCH_FIELDS = ("verdict", "credit", "confidence", "evidence", "matched", "matched_kind", "sample")
GRADE_FIELDS = (
    "score",
    "needs_review",
    "reasons",
    "engine_version",
    "glossary_hash",
    "samples_hash",
)  # a row's and a grade's
COMPARED_FIELDS = ("verdict_changes", "stood", "stands", "change", "human_verdicts")


# What it concerns ---------------------------------------------------------------------------------------------------


def graded_answers(question: Question) -> QuerySet[Any]:
    """The question's submitted answers that have a grade, each with the id of the one that counts."""
    counts = Grade.objects.filter(answer=OuterRef("pk"), status=Grade.Status.GRADED).order_by("-id")
    submitted = Answer.objects.submitted().filter(question=question)
    return submitted.annotate(counting_grade=Subquery(counts.values("pk")[:1])).filter(
        counting_grade__isnull=False
    )


@dataclass(frozen=True, slots=True)
class Concerned:
    """How many graded answers a question has, and how many were not graded by what grades now."""

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


# Dry run ------------------------------------------------------------------------------------------------------------


def start_regrade(question: Question, *, actor: User) -> Regrade:
    """Queue a dry run of the published rubric over every graded answer. One that runs already is returned as it is, one of an older
    rubric is cancelled.

    Raises NoRubricError, and RefusedError when the question has no graded answer.
    """
    rubric = published_rubric(question)
    for outdated in Regrade.objects.unfinished().filter(question=question).exclude(rubric=rubric):
        cancel_regrade(outdated, actor=actor)
    try:
        with transaction.atomic():
            regrade = Regrade.objects.create(
                question=question, rubric=rubric, requested_by=actor, dispatched_at=Now()
            )
            rows = RegradeRow.objects.bulk_create(
                (
                    RegradeRow(regrade=regrade, answer_id=answer_id, old_grade_id=grade_id)
                    for answer_id, grade_id in graded_answers(question)
                    .order_by("pk")
                    .values_list("pk", "counting_grade")
                ),
                batch_size=1000,
            )
            if not rows:
                raise RefusedError(
                    "nothing_to_regrade",
                    _(
                        "No answer to this question has a grade yet, so there is nothing "
                        "to regrade."
                    ),
                )
            regrade.total = len(rows)
            regrade.save(update_fields=["total"])
            record_change(
                actor=actor,
                action="regrade.previewed",
                target=regrade,
                new={"rubric": str(rubric), "answers": len(rows)},
            )
            transaction.on_commit(partial(send_message, regrade.pk), robust=True)
    except IntegrityError:
        return Regrade.objects.filter(question=question).latest("id")  # it may be over by now
    return regrade


def send_message(regrade_id: int) -> bool:
    from interview.tasks import preview_regrade  # late: the task calls back into this module

    try:
        preview_regrade.delay(regrade_id)
    except (OperationalError, OSError) as error:
        logger.warning(
            "message for regrade %s not sent, the sweeper will: %s",
            regrade_id,
            type(error).__name__,
        )
        Regrade.objects.unfinished().filter(pk=regrade_id).update(dispatched_at=None)
        return False
    return True


def run_preview(regrade_id: int, *, turn_s: float = TURN_S) -> bool:
    """Preview answers until the turn is over or none is left; False if there was nothing to do. A worker's whole work.

    Each chunk is saved under the lease, so what a lost worker had done is kept and the next one goes on from there.
    """
    token = Regrade.objects.claim(regrade_id)
    if token is None:
        return False
    regrade = (
        Regrade.objects.select_related("rubric__question")
        .prefetch_related("rubric__key_points")
        .get(pk=regrade_id)
    )
    ends = time.monotonic() + turn_s
    try:
        while True:
            chunk = with_answers(
                regrade.rows.filter(status=RegradeRow.Status.WAITING).order_by("pk")
            )[:CHUNK]
            previewed = [preview_row(row, regrade.rubric) for row in chunk]
            if not previewed:
                return finish_preview(regrade, token)
            if not save_chunk(regrade, token, previewed):
                return False  # cancelled, or another worker has it
            if time.monotonic() >= ends:
                return pass_on(regrade, token)
    except Exception as error:
        give_back(regrade, token, f"{type(error).__name__}: {error}")
        raise


def with_answers(rows: QuerySet[RegradeRow]) -> QuerySet[RegradeRow]:
    """The rows with what `standing_result` reads of their answers."""
    answers = with_results(Answer.objects.all()).select_related("session__candidate")
    return rows.select_related("old_grade__rubric").prefetch_related(
        Prefetch("answer", answers), "old_grade__matches__key_point"
    )


def preview_row(row: RegradeRow, rubric: Rubric) -> RegradeRow:
    """Grade the row's answer and fill in the row, unsaved."""
    try:
        reading = read_answer(row.answer.text, rubric, answer_id=row.answer_id)
    except engine.EngineError as error:
        row.status, row.error = RegradeRow.Status.REFUSED, str(error)
        return row
    result = reading.result
    row.score, row.needs_review, row.reasons = (
        result.score,
        result.needs_review,
        list(result.reasons),
    )
    row.engine_version, row.glossary_hash, row.samples_hash = (
        result.engine_version,
        reading.glossary_hash,
        reading.samples_hash,
    )
    row.matches = [{"key": match.key, **match_fields(match)} for match in result.key_points]
    row.status, row.error = RegradeRow.Status.PREVIEWED, ""
    return compare_row(row, rubric)


def compare_row(row: RegradeRow, rubric: Rubric) -> RegradeRow:
    """Fill in what stood and would stand under the reviewer's verdicts of now, unsaved."""
    said = human_verdicts(row.answer)
    before = standing_result(row.answer, grade=row.old_grade)
    points = {point.key: point for point in rubric.key_points.all()}
    old_verdicts = (
        {point.key_point.key: point.verdict.value for point in before.points} if before else {}
    )
    new_verdicts = {match["key"]: said.get(match["key"], match["verdict"]) for match in row.matches}
    row.verdict_changes = [
        [key, old_verdicts.get(key, ""), new_verdicts.get(key, "")]
        for key in dict.fromkeys([*new_verdicts, *old_verdicts])
        if old_verdicts.get(key, "") != new_verdicts.get(key, "")
    ]
    row.human_verdicts = len(said.keys() & points.keys())
    row.stands = score_under(row, points, said)
    row.stood = before.score if before else row.old_grade.score
    row.change = row.stands - (row.stood or Decimal(0))
    return row


def human_verdicts(answer: Answer) -> dict[str, str]:
    review = getattr(answer, "review", None)
    return {verdict.key: verdict.verdict for verdict in review.verdicts.all()} if review else {}


def score_under(row: RegradeRow, points: dict[str, KeyPoint], said: dict[str, str]) -> Decimal:
    """What the row's score comes to with the human verdicts over the machine's."""
    if row.score is None:
        raise ValueError("The row was not previewed yet.")
    if not any(match["key"] in said for match in row.matches):
        return row.score
    return engine.score_points(
        (
            points[match["key"]].weight,
            CREDIT_OF[Verdict(said[match["key"]])] if match["key"] in said else match["credit"],
            points[match["key"]].required,
        )
        for match in row.matches
    )


def proposed_matches(row: RegradeRow, points: dict[str, KeyPoint]) -> list[KeyPointMatch]:
    """The row's matches as KeyPointMatch, unsaved."""
    return [
        KeyPointMatch(
            key_point=points[match["key"]], **{name: match[name] for name in MATCH_FIELDS}
        )
        for match in row.matches
    ]


@transaction.atomic
def save_chunk(regrade: Regrade, token: uuid.UUID, rows: list[RegradeRow]) -> bool:
    """Store the chunk and lengthen the lease; False, and nothing written, if the lease was lost."""
    lease = Now() + timedelta(seconds=settings.GRADE_LEASE_S)
    if not Regrade.objects.held(regrade.pk, token).update(lease_until=lease, attempts=1, error=""):
        logger.info("regrade %s: lease lost, chunk dropped", regrade.pk)
        return False
    RegradeRow.objects.bulk_update(
        rows, ["status", "error", *GRADE_FIELDS, "matches", *COMPARED_FIELDS]
    )
    return True


def finish_preview(regrade: Regrade, token: uuid.UUID) -> bool:
    held = Regrade.objects.held(regrade.pk, token)
    return bool(
        held.update(
            status=Regrade.Status.READY,
            finished_at=Now(),
            lease_token=None,
            lease_until=None,
            error="",
        )
    )


def pass_on(regrade: Regrade, token: uuid.UUID) -> bool:
    """End this worker's turn: back to the end of the queue, where the answers that came in meanwhile go first."""
    held = Regrade.objects.held(regrade.pk, token)
    if not held.update(
        status=Regrade.Status.QUEUED,
        attempts=0,
        dispatched_at=Now(),
        lease_token=None,
        lease_until=None,
    ):
        return False
    send_message(regrade.pk)
    return True


def give_back(regrade: Regrade, token: uuid.UUID, reason: str) -> None:
    """Back to the queue after an error, due after 2, 4, ... seconds, or failed when the tries without progress are used up."""
    held = Regrade.objects.held(regrade.pk, token)
    attempts = held.values_list("attempts", flat=True).first() or 0
    freed: dict[str, Any] = {"lease_token": None, "lease_until": None, "error": reason}
    if attempts >= settings.GRADE_MAX_ATTEMPTS:
        held.update(status=Regrade.Status.FAILED, finished_at=Now(), **freed)
    else:
        held.update(
            status=Regrade.Status.QUEUED,
            due_at=Now() + timedelta(seconds=2**attempts),
            dispatched_at=None,
            **freed,
        )


def requeue_stale_regrades(*, workers_died: bool = False) -> dict[str, int]:
    """Fail dry runs that stopped their workers too often, send again those nobody is working on. Safe to run anywhere, any time."""
    unfinished = Regrade.objects.unfinished()
    if workers_died:
        unfinished.filter(status=Regrade.Status.RUNNING).update(
            lease_until=Now() - timedelta(seconds=1)
        )
        unfinished.update(dispatched_at=None)
    failed = unfinished.filter(
        status=Regrade.Status.RUNNING,
        lease_until__lt=Now(),
        attempts__gte=settings.GRADE_MAX_ATTEMPTS,
    ).update(
        status=Regrade.Status.FAILED,
        error=f"The dry run stopped {settings.GRADE_MAX_ATTEMPTS} times without progress.",
        finished_at=Now(),
        lease_token=None,
        lease_until=None,
    )
    lost = Q(dispatched_at__isnull=True) | Q(
        dispatched_at__lt=Now() - timedelta(seconds=settings.GRADE_REDISPATCH_AFTER_S)
    )
    stale = list(Regrade.objects.claimable().filter(lost).values_list("pk", flat=True))
    Regrade.objects.unfinished().filter(pk__in=stale).update(dispatched_at=Now())
    return {"failed": failed, "sent": sum(send_message(pk) for pk in stale)}


def cancel_regrade(regrade: Regrade, *, actor: User) -> bool:
    """Stop a dry run: its worker loses the lease and drops its chunk. False if it was over already."""
    return _move(
        regrade,
        actor,
        [Regrade.Status.QUEUED, Regrade.Status.RUNNING],
        Regrade.Status.CANCELLED,
        "regrade.cancelled",
    )


def set_aside(regrade: Regrade, *, actor: User) -> bool:
    """Apply none of it."""
    return _move(
        regrade,
        actor,
        [Regrade.Status.READY, Regrade.Status.FAILED],
        Regrade.Status.SET_ASIDE,
        "regrade.set_aside",
    )


@transaction.atomic
def _move(
    regrade: Regrade, actor: User, former: list[Regrade.Status], status: Regrade.Status, action: str
) -> bool:
    found = Regrade.objects.filter(pk=regrade.pk, status__in=former)
    if not found.update(status=status, lease_token=None, lease_until=None, finished_at=Now()):
        return False
    record_change(actor=actor, action=action, target=regrade)
    return True


@transaction.atomic
def resume_regrade(regrade: Regrade, *, actor: User) -> Regrade:
    """Go on with a dry run that failed, was cancelled or set aside, and look again at rows that were overtaken, undone or refused."""
    stored = _locked(regrade)
    if stored.is_running:
        return stored
    _refuse_old_rubric(stored)
    again = stored.rows.filter(
        status__in=[
            RegradeRow.Status.OVERTAKEN,
            RegradeRow.Status.UNDONE,
            RegradeRow.Status.REFUSED,
        ]
    )
    counting = dict(graded_answers(stored.question).values_list("pk", "counting_grade"))
    moved = list(again)
    for row in moved:
        row.status, row.old_grade_id, row.new_grade, row.error = (
            RegradeRow.Status.WAITING,
            counting[row.answer_id],
            None,
            "",
        )
    RegradeRow.objects.bulk_update(
        moved, ["status", "old_grade", "new_grade", "error"], batch_size=500
    )
    stored.status, stored.attempts, stored.error, stored.finished_at = (
        Regrade.Status.QUEUED,
        0,
        "",
        None,
    )
    try:
        with transaction.atomic():
            stored.save(update_fields=["status", "attempts", "error", "finished_at"])
    except IntegrityError:
        raise RefusedError(
            "other_dry_run",
            _("Another dry run of this question is in progress. Wait for it or cancel it."),
        ) from None
    Regrade.objects.filter(pk=stored.pk).update(due_at=Now(), dispatched_at=Now())
    record_change(actor=actor, action="regrade.resumed", target=stored, new={"answers": len(moved)})
    transaction.on_commit(partial(send_message, stored.pk), robust=True)
    return stored


# Apply and undo -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Outcome:
    """How many grades were added, and how many answers were left alone since another grade counts by now."""

    done: int
    overtaken: int


def apply_regrade(regrade: Regrade, *, actor: User, rows: Q | None = None) -> Outcome:
    """Add the previewed grades of all rows, or of those that `rows` picks, to the answers' histories, where they then count.

    An answer whose counting grade is not the one previewed any more, or that is being graded, is left alone and marked as overtaken.
    Each part is a transaction; what one that was cut off left out stays previewed, and is applied the next time.
    """
    picked = regrade.rows.filter(rows or Q(), status=RegradeRow.Status.PREVIEWED)
    return _in_parts(picked, lambda part: _apply_part(regrade, part, actor))


def undo_regrade(regrade: Regrade, *, actor: User) -> Outcome:
    """Add a copy of each former grade, which then counts again. Answers graded since by other means are left alone."""
    return _in_parts(regrade.rows.filter(UNDOABLE), lambda part: _undo_part(regrade, part, actor))


def _in_parts(rows: QuerySet[RegradeRow], act: Callable[[list[int]], Outcome]) -> Outcome:
    ids = list(rows.order_by("pk").values_list("pk", flat=True))
    outcomes = [
        act(ids[start : start + PART]) for start in range(0, max(1, len(ids)), PART)
    ]  # without rows still once: it may refuse
    return Outcome(
        sum(outcome.done for outcome in outcomes), sum(outcome.overtaken for outcome in outcomes)
    )


@transaction.atomic
def _apply_part(regrade: Regrade, ids: list[int], actor: User) -> Outcome:
    stored = _locked(regrade)
    if stored.status != Regrade.Status.READY:
        raise RefusedError("not_ready", _("The dry run is not finished, or was closed."))
    _refuse_old_rubric(stored)
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
def _undo_part(regrade: Regrade, ids: list[int], actor: User) -> Outcome:
    stored = _locked(regrade)
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


def _locked(regrade: Regrade) -> Regrade:
    """The stored row, so that two presses of a button are one after the other."""
    stored: QuerySet[Regrade] = Regrade.objects.select_related(
        "rubric", "question"
    ).prefetch_related("rubric__key_points")
    return stored.select_for_update(of=("self",)).get(pk=regrade.pk)


def _refuse_old_rubric(regrade: Regrade) -> None:
    if regrade.rubric.status != Rubric.Status.PUBLISHED:
        raise RefusedError(
            "newer_rubric",
            _("A newer version of the key points has been published. Preview that one instead."),
        )


NewGrade = tuple[Grade, list[KeyPointMatch]]


def _append(regrade: Regrade, picked: list[RegradeRow], actor: User, *, undoes: bool) -> Outcome:
    """Add the previewed or the former grade of each row whose counting grade is still the one the row knows of."""
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
            continue  # one of the answers began to be graded between the look and the insert: look again
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
    outcome = Outcome(len(fresh), len(late))
    record_change(
        actor=actor,
        action=action,
        target=regrade,
        new={"answers": outcome.done, "overtaken": outcome.overtaken},
    )
    return outcome


def _overtaken(rows: Iterable[RegradeRow], *, but: Container[int] = ()) -> set[int]:
    """The answers among the rows that got another grade since, or are about to; `but` are grades to leave out.

    A failed grading counts for nothing, and a copy that brought back the grade a row knows of counts as that grade.
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
    """Raises IntegrityError if an answer was graded, from queued to finished, just before its grade was inserted."""
    if _overtaken(rows, but={grade.pk for grade, _matches in made}):
        raise IntegrityError


def _original(grade: Grade) -> int:
    return grade.restores_id or grade.pk


def _insert(made: list[NewGrade], actor: User) -> None:
    """Insert as running first: the database allows one unfinished grade for each answer, which keeps others out meanwhile."""
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
    """An unsaved grade for the row's answer that says what `source` says."""
    said = {name: getattr(source, name) for name in GRADE_FIELDS}
    return Grade(
        answer_id=row.answer_id, regrade=regrade, finished_at=timezone.now(), **said, **fields
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


# What the page counts -----------------------------------------------------------------------------------------------

CROSSED = Q(stood__lt=PASS_LINE, stands__gte=PASS_LINE) | Q(
    stood__gte=PASS_LINE, stands__lt=PASS_LINE
)
CHANGED = ~Q(change=0) | ~Q(verdict_changes=[])
# An answer that was overtaken when undo was pressed can be undone once what overtook it was undone itself.
UNDOABLE = Q(status=RegradeRow.Status.APPLIED) | Q(
    status=RegradeRow.Status.OVERTAKEN, new_grade__isnull=False
)


def reviewed_since(moment: datetime) -> Q:
    return Q(answer__review__updated_at__gt=moment)


FILTERS: dict[str, Q] = {
    "all": Q(),
    "up": Q(change__gt=0),
    "down": Q(change__lt=0),
    "crossed": CROSSED,
    "review": Q(needs_review=True, score__isnull=False),
    "human": Q(human_verdicts__gt=0),
    "unchanged": Q(change=0),
    "refused": Q(status=RegradeRow.Status.REFUSED),
    "overtaken": Q(status=RegradeRow.Status.OVERTAKEN),
}
