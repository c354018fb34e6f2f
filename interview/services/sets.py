"""Question sets: open and close them, and keep in the audit log who changed what of them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Count, Q

from audit.services import record_change
from interview.models import POLICY_FIELDS, Answer, InterviewSession, QuestionSet, policy_of
from questions.models import Question

AUDITED_FIELDS = (
    "title_zh",
    "title_en",
    *POLICY_FIELDS,
    "is_open",
    "is_open_book",
    "starts_at",
    "ends_at",
)


def state_of_set(question_set: QuestionSet) -> dict[str, Any]:
    """All that a set says, its questions in order too, as the audit log keeps it."""
    stored = QuestionSet.objects.get(pk=question_set.pk)
    state: dict[str, Any] = {name: getattr(stored, name) for name in AUDITED_FIELDS}
    for name in ("starts_at", "ends_at"):
        state[name] = state[name] and state[name].isoformat()
    state["questions"] = list(stored.set_questions.values_list("question__slug", flat=True))
    return state


def record_set_change(
    question_set: QuestionSet, *, before: dict[str, Any] | None, actor: User
) -> None:
    """Write down what changed since `before`, which is None for a new set; nothing if nothing did.

    Call it in the transaction of the change.
    """
    after = state_of_set(question_set)
    if before is None:
        record_change(actor=actor, action="questionset.made", target=question_set, new=after)
        return
    changed = [name for name in after if after[name] != before[name]]
    if changed:
        record_change(
            actor=actor,
            action="questionset.changed",
            target=question_set,
            old={name: before[name] for name in changed},
            new={name: after[name] for name in changed},
        )


@transaction.atomic
def open_sets(question_sets: Iterable[QuestionSet], *, is_open: bool, actor: User) -> int:
    """Open the sets to candidates, or close them. Returns how many were not so before."""
    ids = [question_set.pk for question_set in question_sets]
    stored = QuestionSet.objects.select_for_update().filter(pk__in=ids).exclude(is_open=is_open)
    changed = 0
    for question_set in stored:
        before = state_of_set(question_set)
        question_set.is_open = is_open
        question_set.save(update_fields=["is_open"])
        record_set_change(question_set, before=before, actor=actor)
        changed += 1
    return changed


@transaction.atomic
def delete_set(question_set: QuestionSet, *, actor: User) -> None:
    """Delete a set. The database refuses it for one that has sessions."""
    before = state_of_set(question_set)
    record_change(actor=actor, action="questionset.deleted", target=question_set, old=before)
    question_set.delete()


def sessions_under_another_policy(question_set: QuestionSet) -> int:
    """How many sessions of the set keep a policy that the set no longer has."""
    sessions = InterviewSession.objects.filter(question_set=question_set)
    return sessions.exclude(
        **{  # `minutes` may be NULL, which equals nothing in SQL
            name if value is not None else f"{name}__isnull": value if value is not None else True
            for name, value in policy_of(question_set).items()
        }
    ).count()


def candidates_who_answered(question_set: QuestionSet) -> list[tuple[Question, int]]:
    """The set's questions in order, each with how many candidates have practised it.

    They have seen its key points. Answers given in the set's own sessions do not count.
    """
    questions = [entry.question for entry in question_set.set_questions.select_related("question")]
    practised = (
        Answer.objects.submitted()
        .filter(question__in=questions, session__candidate__isnull=False)
        .exclude(session__question_set=question_set)
        .order_by()
        .values("question")
        .annotate(n=Count("session__candidate", distinct=True))
    )
    counts = dict(practised.values_list("question", "n"))
    return [(question, counts.get(question.pk, 0)) for question in questions]


def used_by(question: Question) -> list[str]:
    """The titles of what asks the question now: open sets, and open sessions with their people."""
    sets = QuestionSet.objects.filter(
        mode=QuestionSet.Mode.INTERVIEW, is_open=True, questions=question
    )
    sessions = InterviewSession.objects.filter(
        Q(status=InterviewSession.Status.OPEN), answers__question=question
    ).select_related("candidate")
    return [*(one.title for one in sets), *(str(session) for session in sessions.distinct())]
