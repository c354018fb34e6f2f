"""What grading an answer learns from: marked answers to the same question."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from grading import engine
from questions.models import Sample
from questions.services.samples import samples_digest, samples_for_grading


class SamplesChangedError(Exception):
    """A sample was changed between two reads of it. Grading again reads the new one."""


@dataclass(frozen=True, slots=True)
class Lessons:
    """Marked answers and the digest of all that the engine reads of them."""

    digest: str
    samples: tuple[engine.Sample, ...]


def lessons_for(question_id: int, *, answer_id: int | None = None) -> Lessons:
    """What grading the answer learns from.

    One small query; the texts are read once for each state of them that a process meets.
    """
    rows = tuple(samples_for_grading(question_id, answer_id=answer_id))
    return Lessons(samples_digest(content_hash for content_hash, _pk in rows), _texts_of(rows))


@lru_cache(maxsize=128)
def _texts_of(rows: tuple[tuple[str, int], ...]) -> tuple[engine.Sample, ...]:
    """The samples behind (content hash, id) pairs.

    Kept by what they say, so the cache is never stale.
    """
    found = Sample.objects.in_bulk([pk for _hash, pk in rows])
    if any(pk not in found or found[pk].content_hash != content_hash for content_hash, pk in rows):
        raise SamplesChangedError("A marked answer was changed while it was read.")
    return tuple(engine_sample(found[pk]) for _hash, pk in rows)


def engine_sample(sample: Sample) -> engine.Sample:
    credits_by_key: dict[str, float] = sample.marks
    return engine.Sample(
        text=sample.text, credits=tuple(sorted(credits_by_key.items())), name=sample.name
    )
