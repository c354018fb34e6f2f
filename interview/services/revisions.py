"""Earlier versions of a draft: what is kept when a text is replaced, and for how long."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from interview.models import Answer, DraftRevision, InterviewSession

MIN_LOST_CHARACTERS = 5  # a text that loses fewer than these needs no copy
COPY_EVERY = timedelta(minutes=1)  # a copy is kept so often even of a text that only grows
MAX_VERSIONS = 500  # of one answer; the oldest beyond them go
DELETE_LIMIT = 1000  # versions deleted in one sweep


@dataclass(frozen=True, slots=True)
class Writer:
    """Where a draft comes from: a device's name for people, and a hash of the sign-in."""

    device: str = ""
    key: str = ""


NOBODY = Writer()


def lost_characters(old: str, new: str) -> int:
    """How many characters of `old` are gone in `new`: all between what both begin and end with."""
    start = shared_start(old, new)
    end = shared_start(old[start:][::-1], new[start:][::-1])
    return len(old) - start - end


def shared_start(one: str, other: str) -> int:
    """How many characters two texts have in common at their start."""
    if one.startswith(other) or other.startswith(one):  # the usual case, and the quick one
        return min(len(one), len(other))
    return next(n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b)


def keep_overwritten(stored: Answer, text: str, writer: Writer) -> None:
    """Keep the stored text of a draft if it is worth a copy, before `text` replaces it.

    It is when the new text loses some of it, when another device or sign-in wrote it, and once a
    minute.
    """
    if not stored.text.strip() or stored.text == text:
        return
    kept = stored.earlier_versions.filter(is_aside=False).first()
    since = kept.saved_at if kept else stored.session.started_at
    saved_at = stored.saved_at or stored.session.started_at
    other = (stored.saved_from, stored.saved_by) != (writer.device, writer.key)
    if (
        other
        or lost_characters(stored.text, text) >= MIN_LOST_CHARACTERS
        or saved_at - since >= COPY_EVERY
    ):
        stored.earlier_versions.create(
            revision=stored.revision,
            text=stored.text,
            saved_at=saved_at,
            saved_from=stored.saved_from,
            saved_by=stored.saved_by,
        )
        drop_oldest(stored)


def set_aside(answer: Answer, text: str, *, revision: int, writer: Writer) -> None:
    """Keep a text that can't become the draft now, because another one was saved meanwhile.

    While its writer types on, one copy follows the text, unless that would lose some of it.
    """
    if not text.strip() or text == answer.text:
        return
    former = answer.earlier_versions.filter(is_aside=True, saved_by=writer.key).first()
    if former is not None and lost_characters(former.text, text) < MIN_LOST_CHARACTERS:
        former.text, former.saved_at, former.saved_from = text, timezone.now(), writer.device
        former.save(update_fields=["text", "saved_at", "saved_from"])
        return
    answer.earlier_versions.create(
        revision=revision,
        text=text,
        saved_from=writer.device,
        saved_by=writer.key,
        is_aside=True,
    )
    drop_oldest(answer)


def drop_contained(stored: Answer, writer: Writer) -> None:
    """Drop what the writer had set aside, once the draft has every character of it."""
    for version in stored.earlier_versions.filter(is_aside=True, saved_by=writer.key):
        if lost_characters(version.text, stored.text) == 0:
            version.delete()


def drop_oldest(answer: Answer) -> None:
    beyond = list(answer.earlier_versions.values_list("pk", flat=True)[MAX_VERSIONS:])
    if beyond:
        DraftRevision.objects.filter(pk__in=beyond).delete()


def delete_old_versions() -> int:
    """Delete what no candidate can take back any more, and return how much that was.

    That is the versions of sessions whose review is finished, and of those that ended more than
    TOUCHSTONE_DRAFT_DAYS ago.
    """
    ended = Q(
        answer__session__status=InterviewSession.Status.SUBMITTED,
        answer__session__submitted_at__lt=timezone.now() - timedelta(days=settings.DRAFT_DAYS),
    )
    reviewed = Q(answer__session__released_at__isnull=False)
    old = DraftRevision.objects.filter(ended | reviewed).order_by("pk")
    chosen = list(old.values_list("pk", flat=True)[:DELETE_LIMIT])
    return DraftRevision.objects.filter(pk__in=chosen).delete()[0] if chosen else 0
