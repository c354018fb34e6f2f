"""A question's draft: read, save, discard and restore it without losing anybody's work.

`Content` is all of a version that an author writes:
{"prompt": {"zh", "en"}, "model_answer": {...}, "key_points": rubric_content(...)}.
"""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import User
from django.db import transaction

from audit.models import AuditEntry
from audit.services import record_change
from questions.content import rubric_content
from questions.hashing import sha256_of_json
from questions.models import KeyPoint, Question, Rubric, localized_texts
from questions.services.questions import lock_question
from questions.services.rubrics import start_draft, write_key_points

Content = dict[str, Any]

DISCARDED, REPLACED = "rubric.draft_discarded", "rubric.draft_replaced"


class DraftConflictError(Exception):
    """Somebody else stored another draft since this one was opened.

    `theirs` is what is stored now.
    """

    def __init__(self, theirs: Content) -> None:
        super().__init__("The draft was changed elsewhere.")
        self.theirs = theirs


def version_content(rubric: Rubric) -> Content:
    return {**rubric.texts, "key_points": rubric_content(rubric)}


def basis_of(question: Question) -> Rubric | None:
    """The version an author goes on from: the draft, else the published one, else the newest."""
    found = {
        rubric.status: rubric
        for rubric in question.rubrics.select_related("question", "author").order_by("version")
    }
    return (
        found.get(Rubric.Status.DRAFT)
        or found.get(Rubric.Status.PUBLISHED)
        or found.get(Rubric.Status.RETIRED)
    )


def current_content(question: Question) -> Content:
    """What an author finds on opening the question.

    That is the draft, or the version that the first save will start one from.
    """
    basis = basis_of(question)
    if basis is None:
        return {**localized_texts(question), "key_points": []}
    if basis.status == Rubric.Status.DRAFT:
        return version_content(basis)
    return {
        **localized_texts(question),
        "key_points": rubric_content(basis),
    }  # the question's words may have moved on from that version's


def fingerprint(content: Content) -> str:
    """A hash of the content.

    By it a page knows whether what it was filled from is still what is stored.
    """
    return sha256_of_json(content)


@transaction.atomic
def save_draft(
    question: Question, content: Content, *, base: str | None, actor: User, replaces: bool = False
) -> Rubric | None:
    """Store `content` as the question's draft.

    None where it equals the published version and no draft is needed.

    `base` is the fingerprint of what the author started from, None to store in any case. Raises
    DraftConflictError if something else is stored by now. With `replaces`, the author saw the other
    draft and goes over it: it is kept in the audit log.
    """
    question = lock_question(question.pk)
    current = current_content(question)
    draft = question.rubrics.filter(status=Rubric.Status.DRAFT).first()
    if content == current:
        return draft
    if base is not None and fingerprint(current) != base:
        raise DraftConflictError(current)
    if replaces and draft is not None:
        record_change(actor=actor, action=REPLACED, target=question, old=current)
    draft = start_draft(question, author=actor)
    draft.author = draft.author or actor
    draft.has_own_texts = True
    draft.prompt_zh, draft.prompt_en = content["prompt"]["zh"], content["prompt"]["en"]
    draft.model_answer_zh, draft.model_answer_en = (
        content["model_answer"]["zh"],
        content["model_answer"]["en"],
    )
    draft.save()
    write_key_points(draft, content["key_points"])
    return draft


def name_new_points(question: Question, points: list[dict[str, Any]]) -> None:
    """Give points without a key one that no version of this question ever used.

    Reviewers' verdicts are tied to keys, so a key used again would carry an old verdict to a new
    point.
    """
    used = set(KeyPoint.objects.filter(rubric__question=question).values_list("key", flat=True)) | {
        point["key"] for point in points
    }
    number = 0
    for point in points:
        if not point["key"]:
            number += 1
            while f"point-{number}" in used:
                number += 1
            point["key"] = f"point-{number}"


@transaction.atomic
def discard_draft(question: Question, *, actor: User) -> bool:
    """Throw the draft away, kept in the audit log so that it can be brought back.

    False where there is none.
    """
    lock_question(question.pk)
    draft = question.rubrics.select_related("question").filter(status=Rubric.Status.DRAFT).first()
    if draft is None:
        return False
    record_change(actor=actor, action=DISCARDED, target=question, old=version_content(draft))
    draft.delete()
    return True


@transaction.atomic
def restore_version(rubric: Rubric, *, actor: User) -> Rubric | None:
    """Make an old version's words the draft. A draft that stood there is kept in the audit log."""
    content = version_content(rubric)
    if not any(content["model_answer"].values()):
        content["model_answer"] = localized_texts(rubric.question)["model_answer"]
    return save_draft(rubric.question, content, base=None, actor=actor, replaces=True)


def kept_drafts(question: Question) -> list[AuditEntry]:
    """Drafts that were thrown away or gone over, newest first."""
    target = f"{Question._meta.label_lower}:{question.pk}"
    return list(AuditEntry.objects.filter(target=target, action__in=[DISCARDED, REPLACED])[:5])


@transaction.atomic
def bring_back(question: Question, entry_id: int, *, actor: User) -> Rubric | None:
    """Make a kept draft the draft again.

    Raises AuditEntry.DoesNotExist for an entry that is none of this question's.
    """
    entry = next((entry for entry in kept_drafts(question) if entry.pk == entry_id), None)
    if entry is None:
        raise AuditEntry.DoesNotExist(f"Entry {entry_id} keeps no draft of {question.slug}.")
    content: Content = entry.old or {}
    return save_draft(question, content, base=None, actor=actor, replaces=True)
