"""The bank that comes with the project, read once and loaded once in a run.

For tests about the whole of it. Others make the one question they need.
"""

from dataclasses import dataclass, field
from typing import Any

import pytest
from django.apps import apps
from django.core.management.color import no_style
from django.db import connection

from questions.exchange.apply import load_shipped_bank
from questions.exchange.plan import ImportedQuestion
from questions.files.bank import BANK_DIR, read_bank, read_samples
from questions.files.document import Document, SampleRecord, TopicRecord


@dataclass
class BankFiles:
    """What the files say, and the rows that loading them made, once somebody has loaded them."""

    topics: list[TopicRecord]
    documents: list[Document]
    samples: list[SampleRecord]
    done: list[ImportedQuestion] = field(default_factory=list)
    rows: list[Any] = field(default_factory=list)


@pytest.fixture(scope="session")
def bank_files() -> BankFiles:
    topics, documents = read_bank()
    return BankFiles(topics, documents, read_samples(BANK_DIR, documents))


@pytest.fixture
def _bank_read_once(bank_files, monkeypatch) -> None:
    """Who loads the shipped bank gets the files as they were read before."""
    at = "questions.exchange.apply"
    monkeypatch.setattr(f"{at}.read_bank", lambda _: (bank_files.topics, bank_files.documents))
    monkeypatch.setattr(f"{at}.read_samples", lambda *_: bank_files.samples)


@pytest.fixture
def shipped_bank(db, bank_files, _bank_read_once) -> list[ImportedQuestion]:
    """What became of each question of the shipped bank, which is now in the database.

    The first test loads it, the others get a copy of its rows.
    """
    models = [
        model
        for label in ("questions", "audit")
        for model in apps.get_app_config(label).get_models(include_auto_created=True)
    ]
    if not bank_files.done:
        bank_files.done = load_shipped_bank()
        bank_files.rows = [list(model._base_manager.all()) for model in models]
        return bank_files.done
    for model, rows in zip(models, bank_files.rows, strict=True):
        model._base_manager.bulk_create(rows)
    with connection.cursor() as cursor:  # the copies brought their ids along
        for statement in connection.ops.sequence_reset_sql(no_style(), models):
            cursor.execute(statement)
    return bank_files.done
