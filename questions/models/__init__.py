"""What the bank stores, by subject."""

from questions.models.bank import (
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
from questions.models.samples import Proposal, Sample
from questions.models.texts import in_language, localized_texts

__all__ = [
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
