"""What can be seen of the key points in an answer: named numbers, each explainable, nothing decided yet.

Signals of one key point carry plain names; `all_...` is the mean of a signal over the answer's key points: whether an answer as
a whole speaks the language of right or of wrong statements says more than any single point.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .matching import AnswerIndex, CompiledPhrase, CompiledPoint, CompiledRubric, cover, cover_pairs, cover_whole
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
            share += slot.weight
    return share


def _read_point(point: CompiledPoint, answer: AnswerIndex, dense: list[float]) -> PointReading:
    """All signals of one key point; raises `dense` to the point's coverage where that is higher."""
    right_phrase: CompiledPhrase | None = None
    right = plain_best = 0.0
    right_window = 0
    bests: list[float] = []
    ceiling = [0.0] * answer.windows
    for phrase in point.says:
        plain, demoted = cover(phrase, answer)
        both = [a + b for a, b in zip(plain, demoted, strict=True)]
        at = _best(both)
        bests.append(max(demoted))
        plain_best = max(plain_best, *plain)
        if right_phrase is None or both[at] > right:
            right, right_phrase, right_window = both[at], phrase, at
        ceiling = [max(pair) for pair in zip(ceiling, plain, strict=True)]
        dense[:] = [max(pair) for pair in zip(dense, demoted, strict=True)]
    wrong_phrase: CompiledPhrase | None = None
    wrong = 0.0
    wrong_window = 0
    for phrase in point.against:
        plain, _ = cover(phrase, answer)
        at = _best(plain)
        if plain[at] > wrong:
            wrong, wrong_phrase, wrong_window = plain[at], phrase, at
    bests.sort(reverse=True)
    pairs = [cover_pairs(phrase, answer) for phrase in point.says]
    flips = [
        coverage * _flipped(phrase, window, answer) for phrase in point.own for window, coverage in enumerate(ceiling) if coverage > 0.3
    ]
    contrast = _contrasts(point, answer)
    relevant = [log * coverage for log, coverage in zip(contrast, ceiling, strict=True)]
    values = {
        "own": max((cover_whole(phrase, answer) for phrase in point.own), default=0.0),
        "best": bests[0] if bests else 0.0,
        "top3": sum(bests[:3]) / 3,
        "plain": plain_best,
        "wrong": wrong,
        "margin": plain_best - wrong if point.against else 0.0,
        "excess": max(0.0, wrong - plain_best),
        "groups": _groups(point, answer),
        "pairs": max((best for best, _ in pairs), default=0.0),
        "own_pairs": max((whole for _, whole in pairs[: len(point.own)]), default=0.0),
        "flip": max(flips, default=0.0),
        "parity": float((answer.negations[right_window] - right_phrase.negations) % 2) if right_phrase else 0.0,
        "contrast_max": max(contrast),
        "contrast_min": min(contrast),
        "contrast": max(relevant) + min(relevant),
    }
    return PointReading(values, right_phrase, right_window, wrong_phrase, wrong_window)


def _contrasts(point: CompiledPoint, answer: AnswerIndex) -> list[float]:
    """Per window, the summed log ratio of its words between the author's statements and contradictions."""
    sums = [0.0] * answer.windows
    for key, log_ratio in point.contrast:
        for window in answer.in_windows.get(key, ()):
            sums[window] += log_ratio
    return sums


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


def read_points(compiled: CompiledRubric, answer: AnswerIndex) -> list[PointReading]:
    """The readings of all key points, each with its own signals and those of the answer as a whole."""
    dense = [0.0] * answer.windows
    readings = [_read_point(point, answer, dense) for point in compiled.points]
    count = len(readings)
    whole = {f"all_{name}": sum(reading.values[name] for reading in readings) / count for name in readings[0].values}
    content = answer.content or 1.0
    whole |= {
        "echo": answer.asked / content,
        "known": answer.known / content,
        "topic": answer.on_topic / content,
        "density": sum(dense) / answer.windows,
        "most_plain": max(reading.values["plain"] for reading in readings),
        "most_best": max(reading.values["best"] for reading in readings),
    }
    for reading in readings:
        reading.values.update(whole)
        reading.values.update(_bent(reading.values))
    return readings


def _bent(values: dict[str, float]) -> dict[str, float]:
    """Signals that count only up to a level (`_low`) or only above one (`_high`): the first words found say the most."""
    return {
        "best_low": min(values["best"], 0.4),
        "own_low": min(values["own"], 0.4),
        "top3_low": min(values["top3"], 0.4),
        "all_best_low": min(values["all_best"], 0.3),
        "all_top3_low": min(values["all_top3"], 0.3),
        "all_plain_low": min(values["all_plain"], 0.35),
        "echo_low": min(values["echo"], 0.2),
        "topic_low": min(values["topic"], 0.5),
        "all_own_high": max(0.0, values["all_own"] - 0.4),
        "most_plain_high": max(0.0, values["most_plain"] - 0.6),
    }


def evidence(phrase: CompiledPhrase, window: int, answer: AnswerIndex) -> tuple[Span, ...]:
    """Where the phrase's words stand in the window, in the text as typed, close ones joined."""
    clause_starts = answer.reading.clause_starts
    first, last = clause_starts[window], clause_starts[min(window + 2, len(clause_starts) - 1)]
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
