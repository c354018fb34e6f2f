"""Open, close and reword a question."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.db import transaction

from audit.services import record_change
from questions.models import TEXT_FIELDS, Question, Rubric


class NoPublishedRubricError(Exception):
    """A question without a published rubric can't be graded, so it can't be opened."""


def lock_question(pk: int) -> Question:
    """The question as stored now.

    Whoever writes, publishes or drops its draft takes this lock first, so that none sees half of
    another.
    """
    return Question.objects.select_for_update().get(pk=pk)


def reword_question(
    question: Question, texts: dict[str, dict[str, str]], *, actor: User | None, reason: str
) -> None:
    """Give the question the prompt and model answer of its draft."""
    old = {name: getattr(question, name) for name in TEXT_FIELDS}
    new = {
        f"{name}_{language}": text
        for name, both in texts.items()
        for language, text in both.items()
    }
    changed = [name for name in TEXT_FIELDS if old[name] != new[name]]
    if not changed:
        return
    for name in changed:
        setattr(question, name, new[name])
    question.save(update_fields=[*changed, "updated_at"])
    record_change(
        actor=actor,
        action="question.reworded",
        target=question,
        old={name: old[name] for name in changed},
        new={name: new[name] for name in changed},
        reason=reason,
    )


@transaction.atomic
def set_question_status(
    question: Question, status: Question.Status, *, actor: User | None = None
) -> bool:
    """Publish, archive or take back a question; False if it was so already.

    Raises NoPublishedRubricError when it couldn't be graded.
    """
    stored = lock_question(question.pk)
    if stored.status == status:
        return False
    if (
        status == Question.Status.PUBLISHED
        and not stored.rubrics.filter(status=Rubric.Status.PUBLISHED).exists()
    ):
        raise NoPublishedRubricError(
            f"{stored.slug} has no published rubric. Publish its key points first."
        )
    former, stored.status = stored.status, status
    stored.save(update_fields=["status", "updated_at"])
    record_change(actor=actor, action="question.status", target=stored, old=former, new=str(status))
    return True
