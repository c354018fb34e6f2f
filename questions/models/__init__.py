"""What the bank stores, by subject."""

from questions.models.bank import (
    MAX_NOTE_LENGTH,
    KeyPoint,
    Phrase,
    Question,
    QuestionQuerySet,
    Rubric,
    RubricFrozenError,
    RubricPart,
    Topic,
)
from questions.models.glossary import GlossaryVersion, Term
from questions.models.imports import PendingImport
from questions.models.samples import MAX_WORDING_LENGTH, Proposal, Sample
from questions.models.texts import TEXT_FIELDS, in_language, localized_texts

__all__ = [
    "MAX_NOTE_LENGTH",
    "MAX_WORDING_LENGTH",
    "TEXT_FIELDS",
    "GlossaryVersion",
    "KeyPoint",
    "PendingImport",
    "Phrase",
    "Proposal",
    "Question",
    "QuestionQuerySet",
    "Rubric",
    "RubricFrozenError",
    "RubricPart",
    "Sample",
    "Term",
    "Topic",
    "in_language",
    "localized_texts",
]
