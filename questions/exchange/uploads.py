"""Uploaded files between their preview and their import."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import astuple
from datetime import timedelta

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from questions.exchange.apply import import_questions, lock_named_questions
from questions.exchange.checks import refuse_another_document
from questions.exchange.plan import ImportedQuestion, plan_import
from questions.files.bank import parse_questions
from questions.files.document import Document
from questions.files.markdown import SEED_PREFIX
from questions.hashing import sha256_of_json
from questions.models import PendingImport

KEPT_FOR = timedelta(hours=1)


class PreviewOutdatedError(Exception):
    """The bank changed since the preview, so the import would not do what was shown."""


@transaction.atomic
def keep_upload(*, owner: User, name: str, content: bytes, prefix: str) -> PendingImport:
    """Keep the bytes that are previewed, so that these and no others are imported.

    Who uploads again gives up the file before.
    """
    PendingImport.objects.filter(
        Q(owner=owner) | Q(created_at__lt=timezone.now() - KEPT_FOR)
    ).delete()
    return PendingImport.objects.create(owner=owner, name=name, content=content, prefix=prefix)


def uploads_of(owner: User) -> QuerySet[PendingImport]:
    """The files that somebody may still import: nobody else's, and none that is an hour old."""
    return PendingImport.objects.filter(owner=owner, created_at__gte=timezone.now() - KEPT_FOR)


def read_upload(upload: PendingImport) -> Document:
    """Raises BankFileError."""
    document = parse_questions(
        bytes(upload.content), name=upload.name, prefix=upload.prefix or SEED_PREFIX
    )
    if not upload.prefix:
        refuse_another_document([document])
    return document


def plan_digest(planned: Iterable[ImportedQuestion]) -> str:
    """Equal for imports that do the same."""
    told = [
        [plan.record.slug, str(plan.outcome), [list(astuple(change)) for change in plan.changes]]
        for plan in planned
    ]
    return sha256_of_json(told)


@transaction.atomic
def import_upload(
    upload_id: int, *, owner: User, seen: str, publish: bool, overwrite: bool
) -> list[ImportedQuestion]:
    """Import the owner's file as it was previewed; `seen` is the preview's digest.

    Raises PendingImport.DoesNotExist, PreviewOutdatedError and BankFileError.
    """
    upload = uploads_of(owner).select_for_update().get(pk=upload_id)
    documents = [read_upload(upload)]
    lock_named_questions(documents)
    if plan_digest(plan_import(documents)) != seen:
        raise PreviewOutdatedError
    try:
        done = import_questions(documents, publish=publish, overwrite=overwrite, actor=owner)
    except IntegrityError as error:
        # Somebody made the same new question at the same moment, and there was no row to lock yet.
        raise PreviewOutdatedError from error
    upload.delete()
    return done
