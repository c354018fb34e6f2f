"""What may be done to the bank: write a rubric, publish it, open a question."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone
from django.utils.module_loading import import_string

from audit.services import record_change
from questions.models import KeyPoint, Phrase, Question, Rubric, RubricFrozenError, worded

MAX_NOTE = 300
WORDED = ("prompt_zh", "prompt_en", "model_answer_zh", "model_answer_en")


class RubricEmptyError(Exception):
    """A rubric without key points can't grade anything, so it can't be published."""


class RubricUngradableError(Exception):
    """Nothing can be graded by such key points; the message says why, in the reader's language."""


class NoPublishedRubricError(Exception):
    """A question without a published rubric can't be graded, so it can't be opened."""


def rubric_content(rubric: Rubric) -> list[dict[str, Any]]:
    """Everything in a rubric that bears on a grade or on what a candidate reads, in its order, as stored now."""
    return rubric_contents([rubric.pk])[rubric.pk]


def rubric_contents(rubric_ids: Iterable[int]) -> dict[int, list[dict[str, Any]]]:
    """`rubric_content` of many rubrics at once, by their ids."""
    fetched = Rubric.objects.filter(pk__in=list(rubric_ids)).prefetch_related("key_points__phrases")
    return {
        rubric.pk: [
            {
                "key": point.key,
                "text": {"zh": point.text_zh, "en": point.text_en},
                "weight": f"{point.weight:.2f}",
                "required": point.required,
                "hint": {"zh": point.hint_zh, "en": point.hint_en},
                "feedback": {"zh": point.feedback_zh, "en": point.feedback_en},
                "phrases": [[phrase.kind, phrase.text] for phrase in point.phrases.all()],
            }
            for point in rubric.key_points.all()
        ]
        for rubric in fetched
    }


def content_hash(question: Question, content: list[dict[str, Any]]) -> str:
    """SHA-256 of a question's prompt, model answer and key points: equal hashes grade equally under one engine version."""
    whole = {**worded(question), "key_points": content}
    canonical = json.dumps(whole, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def lock_question(pk: int) -> Question:
    """The question as stored now. Whoever writes, publishes or drops its draft takes this lock first, so that none sees half of another."""
    return Question.objects.select_for_update().get(pk=pk)


@transaction.atomic
def start_draft(question: Question, *, author: User | None = None, note: str = "") -> Rubric:
    """The question's draft rubric: the one there is, or the next version, copied from the published one.

    The question stays locked until the transaction ends: whatever is written into its draft waits here for its turn.
    """
    lock_question(question.pk)
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
    """Make `content` (the shape of `rubric_content`) the draft's key points, in place of what it had."""
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

    Publishing content equal to the published version's drops the draft and returns that version. Raises RubricEmptyError without key
    points, RubricUngradableError for those that the engine can't read, and RubricFrozenError if somebody else published or threw away
    the draft meanwhile.
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
    if draft.rewords:
        reword_question(draft.question, draft.texts, actor=actor, reason=reason)
    digest = content_hash(draft.question, content)
    former = (
        draft.question.rubrics.select_for_update().filter(status=Rubric.Status.PUBLISHED).first()
    )
    if former is not None and former.content_hash == digest:
        draft.delete()
        return former
    if refusal := ungradable(draft.texts, content):
        raise RubricUngradableError(refusal)
    if former is not None:
        former.status = Rubric.Status.RETIRED
        former.save(update_fields=["status"])
    draft.status = Rubric.Status.PUBLISHED
    for name in WORDED:
        setattr(draft, name, getattr(draft.question, name))
    draft.content_hash = digest
    draft.published_at = timezone.now()
    draft.note = reason[:MAX_NOTE] or draft.note
    draft.save(update_fields=["status", *WORDED, "content_hash", "published_at", "note"])
    record_change(
        actor=actor,
        action="rubric.published",
        target=draft.question,
        old={"version": former.version, "hash": former.content_hash} if former else None,
        new={"version": draft.version, "hash": digest},
        reason=reason,
    )
    return draft


def ungradable(texts: dict[str, dict[str, str]], content: list[dict[str, Any]]) -> str:
    """Why nothing can be graded by these key points, or nothing. Grading stands above the bank, so a setting names who knows."""
    return str(import_string(settings.RUBRIC_CHECK)(texts, content))


def reword_question(
    question: Question, texts: dict[str, dict[str, str]], *, actor: User | None, reason: str
) -> None:
    """Give the question the prompt and model answer of its draft."""
    old = {name: getattr(question, name) for name in WORDED}
    new = {
        f"{name}_{language}": text
        for name, both in texts.items()
        for language, text in both.items()
    }
    changed = [name for name in WORDED if old[name] != new[name]]
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
    """Publish, archive or take back a question; False if it was so already. Raises NoPublishedRubricError when it couldn't be graded."""
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
