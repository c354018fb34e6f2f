"""A rubric's content as plain values, and its hash."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from questions.hashing import sha256_of_json
from questions.models import Question, Rubric, localized_texts


def rubric_content(rubric: Rubric) -> list[dict[str, Any]]:
    """All of a rubric that bears on a grade or on what a candidate reads, as stored now."""
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
    """SHA-256 of a question's prompt, model answer and key points.

    Equal hashes grade equally under one engine version.
    """
    whole = {**localized_texts(question), "key_points": content}
    return sha256_of_json(whole, compact=True)
