"""Write a rubric's draft and publish it."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from audit.services import record_change
from questions.content import content_hash, rubric_content
from questions.models import (
    MAX_NOTE_LENGTH,
    TEXT_FIELDS,
    KeyPoint,
    Phrase,
    Question,
    Rubric,
    RubricFrozenError,
)
from questions.services.questions import lock_question, reword_question
from questions.services.rubric_check import why_ungradable


class RubricEmptyError(Exception):
    """A rubric without key points can't grade anything, so it can't be published."""


class RubricUngradableError(Exception):
    """Nothing can be graded by such key points; the message says why, in the reader's language."""


@transaction.atomic
def start_draft(question: Question, *, author: User | None = None, note: str = "") -> Rubric:
    """The question's draft rubric, made from the published one if there is none.

    With an author, a person is about to change the question, which is noted on its row.

    The question stays locked until the transaction ends: whatever is written into its draft waits
    here for its turn.
    """
    locked = lock_question(question.pk)
    if author is not None and not locked.is_edited:
        locked.is_edited = True
        locked.save(update_fields=["is_edited"])
    draft = question.rubrics.filter(status=Rubric.Status.DRAFT).first()
    if draft is not None:
        return draft
    newest = question.rubrics.order_by("-version").first()
    draft = Rubric.objects.create(
        question=question, version=newest.version + 1 if newest else 1, author=author, note=note
    )
    published = question.rubrics.filter(status=Rubric.Status.PUBLISHED).first()
    if published is not None:
        write_key_points(draft, rubric_content(published))
    return draft


def write_key_points(draft: Rubric, content: list[dict[str, Any]]) -> None:
    """Make `content` the draft's key points, in place of what it had.

    It has the shape of `rubric_content`.
    """
    draft.key_points.all().delete()
    points = KeyPoint.objects.bulk_create(
        KeyPoint(
            rubric=draft,
            key=point["key"],
            order=order,
            text_zh=point["text"]["zh"],
            text_en=point["text"]["en"],
            weight=point["weight"],
            required=point["required"],
            hint_zh=point["hint"]["zh"],
            hint_en=point["hint"]["en"],
            feedback_zh=point["feedback"]["zh"],
            feedback_en=point["feedback"]["en"],
        )
        for order, point in enumerate(content)
    )
    Phrase.objects.bulk_create(
        Phrase(key_point=row, kind=kind, text=text, order=order)
        for row, point in zip(points, content, strict=True)
        for order, (kind, text) in enumerate(point["phrases"])
    )


@transaction.atomic
def publish_rubric(draft: Rubric, *, actor: User | None = None, reason: str = "") -> Rubric:
    """Freeze the draft and make it the version new grades use.

    Publishing content equal to the published version's drops the draft and returns that version.
    Raises RubricEmptyError without key points, RubricUngradableError for those that the engine
    can't read, and RubricFrozenError if somebody else published or threw away the draft meanwhile.
    """
    lock_question(draft.question_id)
    if not Rubric.objects.filter(pk=draft.pk, status=Rubric.Status.DRAFT).exists():
        raise RubricFrozenError(
            f"{draft} is not a draft any more. Start the next draft of its question instead."
        )
    draft.refresh_from_db()  # somebody may have saved other words into it since it was read
    content = rubric_content(draft)
    if not content:
        raise RubricEmptyError(f"{draft} has no key points. Add at least one before publishing it.")
    if draft.has_own_texts:
        reword_question(draft.question, draft.texts, actor=actor, reason=reason)
    digest = content_hash(draft.question, content)
    former = (
        draft.question.rubrics.select_for_update().filter(status=Rubric.Status.PUBLISHED).first()
    )
    if former is not None and former.content_hash == digest:
        draft.delete()
        return former
    if refusal := why_ungradable(draft.texts, content):
        raise RubricUngradableError(refusal)
    if former is not None:
        former.status = Rubric.Status.RETIRED
        former.save(update_fields=["status"])
    draft.status = Rubric.Status.PUBLISHED
    for name in TEXT_FIELDS:
        setattr(draft, name, getattr(draft.question, name))
    draft.content_hash = digest
    draft.published_at = timezone.now()
    draft.note = reason[:MAX_NOTE_LENGTH] or draft.note
    draft.save(update_fields=["status", *TEXT_FIELDS, "content_hash", "published_at", "note"])
    record_change(
        actor=actor,
        action="rubric.published",
        target=draft.question,
        old={"version": former.version, "hash": former.content_hash} if former else None,
        new={"version": draft.version, "hash": digest},
        reason=reason,
    )
    return draft
