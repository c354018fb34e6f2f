"""Texts in two languages."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils.translation import get_language

from questions.languages import LANGUAGES

TEXTS = ("prompt", "model_answer")
TEXT_FIELDS = tuple(f"{name}_{language}" for name in TEXTS for language in LANGUAGES)


def in_language(row: models.Model, field: str) -> str:
    """The row's `field` in the reader's language, or in the other one where that is empty."""
    first, second = ("en", "zh") if (get_language() or "").startswith("en") else ("zh", "en")
    return str(getattr(row, f"{field}_{first}") or getattr(row, f"{field}_{second}"))


def localized_texts(row: Any) -> dict[str, dict[str, str]]:
    """Prompt and model answer in both languages, of a question or of a rubric's version."""
    return {
        name: {language: getattr(row, f"{name}_{language}") for language in LANGUAGES}
        for name in TEXTS
    }
