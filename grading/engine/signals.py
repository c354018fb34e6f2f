"""What can be seen of one key point in one answer: named numbers, each explainable, nothing decided yet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .matching import AnswerIndex, CompiledPhrase, CompiledPoint, CompiledRubric, cover, cover_whole
from .types import Span

_LONGEST_GAP = 4  # characters between two matched words that still show as one piece of evidence


@dataclass(frozen=True, slots=True)
class PointReading:
    """The signals of one key point, and where the best statement and the best contradiction stand."""

    values: dict[str, float]
    right_phrase: CompiledPhrase | None
    right_window: int
    wrong_phrase: CompiledPhrase | None
    wrong_window: int


def _best(values: Sequence[float]) -> int:
    return max(range(len(values)), key=values.__getitem__)


def _flipped(phrase: CompiledPhrase, window: int, answer: AnswerIndex) -> float:
    """Weight share of words whose opposite stands in the window while they themselves do not."""
    found = answer.in_windows
    share = 0.0
    for slot in phrase.slots:
        if not slot.opposites or window in found.get(slot.unit, ()):
            continue
        if any(window in found.get(concept, ()) for concept in slot.concepts):
            continue
        if any(window in found.get(concept, ()) for concept in slot.opposites):
            share += slot.weight / phrase.total
    return share


def read_point(point: CompiledPoint, answer: AnswerIndex) -> PointReading:
    """All signals of one key point."""
    right_phrase: CompiledPhrase | None = None
    right = right_plain = 0.0
    right_window = 0
    bests: list[float] = []
    plain_bests: list[float] = []
    ceiling = [0.0] * answer.windows
    for phrase in point.says:
        plain, demoted = cover(phrase, answer)
        ceiling = [max(pair) for pair in zip(ceiling, plain, strict=True)]
        both = [(a + b) / 2 for a, b in zip(plain, demoted, strict=True)]
        at = _best(both)
        bests.append(demoted[at])
        plain_bests.append(max(plain))
        if right_phrase is None or both[at] > right:
            right, right_phrase, right_window = both[at], phrase, at
    wrong_phrase: CompiledPhrase | None = None
    wrong = 0.0
    wrong_window = 0
    for phrase in point.against:
        plain, _ = cover(phrase, answer)
        at = _best(plain)
        if plain[at] > wrong:
            wrong, wrong_phrase, wrong_window = plain[at], phrase, at
    right_plain = max(plain_bests, default=0.0)
    bests.sort(reverse=True)
    values = {
        "own": max((cover_whole(phrase, answer) for phrase in point.own), default=0.0),
        "best": bests[0] if bests else 0.0,
        "top3": sum(bests[:3]) / 3,
        "plain": right_plain,
        "wrong": wrong,
        "margin": right_plain - wrong if point.against else 0.0,
        "groups": _groups(point, answer),
        "flip": _flipped(right_phrase, right_window, answer) if right_phrase else 0.0,
        "parity": float((answer.negations[right_window] - right_phrase.negations) % 2) if right_phrase else 0.0,
    }
    return PointReading(values, right_phrase, right_window, wrong_phrase, wrong_window)


def _groups(point: CompiledPoint, answer: AnswerIndex) -> float:
    """The largest share of term groups met within one window; 0 when the author gave none."""
    if not point.groups:
        return 0.0
    met = [0.0] * answer.windows
    for group in point.groups:
        best = [0.0] * answer.windows
        for alternative in group:
            plain, _ = cover(alternative, answer)
            best = [max(pair) for pair in zip(best, plain, strict=True)]
        met = [a + b for a, b in zip(met, best, strict=True)]
    return max(met) / len(point.groups)


def evidence(phrase: CompiledPhrase, window: int, answer: AnswerIndex) -> tuple[Span, ...]:
    """Where the phrase's words stand in the window, in the text as typed, close ones joined."""
    first = answer.reading.clause_starts[min(window, len(answer.reading.clause_starts) - 1)]
    last = answer.reading.clause_starts[min(window + 2, len(answer.reading.clause_starts) - 1)]
    spots: set[tuple[int, int]] = set()
    for slot in phrase.slots:
        for key in (slot.unit, *slot.concepts, f"~{slot.unit}"):
            for place in answer.places.get(key, ()):
                if first <= place < last:
                    spots.add((answer.reading.starts[place], answer.reading.ends[place]))
    spans: list[Span] = []
    for start, end in sorted(spots):
        if spans and start - spans[-1].end <= _LONGEST_GAP:
            spans[-1] = Span(spans[-1].start, max(end, spans[-1].end))
        else:
            spans.append(Span(start, end))
    return tuple(spans)


def answer_signals(answer: AnswerIndex, compiled: CompiledRubric) -> dict[str, float]:
    """What the answer as a whole looks like: how much of it is the question again, a bare list, or about something else."""
    units = answer.reading.units
    content = [unit for unit in units if unit in compiled.vocabulary or unit in compiled.prompt_units]
    asked = sum(unit in compiled.prompt_units for unit in content)
    clauses = max(1, answer.reading.clause_count)
    return {
        "echo": asked / max(1, answer.content_units),
        "known": answer.known_units / max(1, answer.content_units),
        "function": 1 - answer.content_units / max(1, len(units)),
        "clause_length": len(units) / clauses,
    }
