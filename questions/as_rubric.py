"""The bank's rows as the engine's plain types, and the glossary in force."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache
from typing import Any

from grading import engine
from questions.content import rubric_content
from questions.glossary_content import content_hash_of, newest_hash, stored_content
from questions.models import Rubric


def engine_rubric(rubric: Rubric) -> engine.Rubric:
    """The rubric's rows as the engine's plain types."""
    return rubric_as_written(rubric.texts, rubric_content(rubric))


def rubric_as_written(
    texts: dict[str, dict[str, str]], content: list[dict[str, Any]]
) -> engine.Rubric:
    """The same from plain values, stored or not.

    `texts` are the prompt and the model answer in two languages, `content` has the shape of
    `rubric_content`.
    """
    return engine.Rubric(
        prompts=tuple(text for text in texts["prompt"].values() if text),
        model_answers=tuple(text for text in texts["model_answer"].values() if text),
        key_points=tuple(
            engine.KeyPoint(
                key=point["key"],
                texts=tuple(text for text in point["text"].values() if text),
                weight=Decimal(point["weight"]),
                required=point["required"],
                phrases=tuple(
                    engine.Phrase(text, engine.PhraseKind(kind)) for kind, text in point["phrases"]
                ),
            )
            for point in content
        ),
    )


def glossary_as_written(
    groups: Iterable[Iterable[str]], opposites: Iterable[Iterable[str]]
) -> engine.Glossary:
    """A glossary as the engine's plain type, whether it comes from a file or from stored rows."""
    return engine.Glossary(
        groups=tuple(tuple(group) for group in groups),
        opposites=tuple((one, other) for one, other in opposites),
    )


@dataclass(frozen=True, slots=True)
class HashedGlossary:
    content_hash: str
    glossary: engine.Glossary = field(compare=False)


def current_glossary() -> HashedGlossary:
    """The glossary in force.

    One small query; its words are read and prepared once for each hash a process meets.
    """
    return _glossary_of(newest_hash())


def glossary() -> engine.Glossary:
    return current_glossary().glossary


@lru_cache(maxsize=4)
def _glossary_of(content_hash: str | None) -> HashedGlossary:
    """The words behind a hash: they never change, so the cache is never stale."""
    content = stored_content(content_hash)
    return HashedGlossary(content_hash_of(content), glossary_as_written(**content))


def compiled_rubric(rubric: Rubric, words: HashedGlossary | None = None) -> engine.CompiledRubric:
    """A published rubric, prepared for the given glossary, or for the one in force.

    Raises ValueError for a draft, which has no hash yet.
    """
    if not rubric.content_hash:
        raise ValueError(f"{rubric} is a draft.")
    return _compiled(rubric.content_hash, words or current_glossary())


@lru_cache(maxsize=256)
def _compiled(content_hash: str, words: HashedGlossary) -> engine.CompiledRubric:
    """Prepared once for each process, content and glossary.

    Rubrics with one hash say the same, so any of them is read, and the cache is never stale.
    """
    rubric = Rubric.objects.filter(content_hash=content_hash).select_related("question")[0]
    return engine.compile_rubric(engine_rubric(rubric), glossary=words.glossary)
