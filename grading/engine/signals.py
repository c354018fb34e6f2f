"""What can be seen of the key points in an answer: named numbers, each explainable, nothing decided yet.

Signals of one key point carry plain names; `all_...` is the mean of a signal over the answer's key points: whether an answer as
a whole speaks the language of right or of wrong statements says more than any single point.
"""

from __future__ import annotations

import math
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass
from operator import mul

from rapidfuzz.distance import LCSseq

from .answers import AnswerIndex
from .compiled import CompiledPhrase, CompiledPoint
from .likeness import Likeness, compare
from .matching import (
    AVOID,
    cover,
    cover_pairs,
    cover_whole,
    met_in_clauses,
    places_in_clause,
    weight_of,
)
from .text import base_weight, is_han
from .truth import Misstatement, TruthReader
from .types import Span

_LONGEST_GAP = 4  # characters between two matched words that still show as one piece of evidence
_LONGEST_SPAN = 80  # characters of one piece
_BY_ITSELF = 0.8  # of what two clauses have of a phrase together, for one of them to be shown alone
_JOINER = "\u200d"
_TOLD_FROM = 0.4  # coverage from which an answer can be said to misstate a key point
_FEWEST_RECITED = 6  # units of a statement; fewer may stand in an answer that means something else
SAYS_WRONG = 0.6  # coverage of a contradiction in one clause, from which that clause can be said to contradict
_DECISIVE_SHARE = 0.3  # of the words that tell a contradiction from the statements, for a clause to be taken for it
CLAIMED_FROM = 0.6  # fit from which a window makes a claim of the author's, right or wrong
_ASKED_AGAIN = 0.85  # of a window's content in the question's own order, from which the question is only said again
_NOTICED_FROM = 0.15  # coverage of a phrase from which a window is looked at more closely


@dataclass(frozen=True, slots=True)
class PointReading:
    """The signals of one key point, and where the best statement and the best contradiction stand.

    `recited` tells whether a statement's very words stand in the answer, one after the other, `nearly_recited` allows a word of difference or what comes to the same; `quoted`
    is a contradiction of which the first is so, `nearly_quoted` tells whether the second is so of any, `misstated` a statement turned round. `claimed` tells
    whether some window says little besides a statement or a contradiction, and not just the question again.
    """

    values: dict[str, float]
    right_phrase: CompiledPhrase | None
    right_window: int
    wrong_phrase: CompiledPhrase | None
    wrong_window: int
    recited: bool
    nearly_recited: bool
    quoted: CompiledPhrase | None
    nearly_quoted: bool
    misstated: Misstatement | None
    claimed: bool


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


@dataclass(slots=True)
class _Texts:
    """How a key point's statements, or its contradictions, are covered, best first."""

    demoted: list[float]  # the best window's coverage, per phrase, highest first
    plain: float  # the highest plain coverage
    fit: float  # the highest harmonic mean of coverage and of the window's share that the phrase accounts for
    fit_window: int
    ceiling: list[float]  # per window, the highest plain coverage
    phrase: CompiledPhrase | None
    window: int
    distinct: float = (
        0.0  # the highest product of plain coverage and coverage by what the other side lacks
    )
    distinct_pairs: float = 0.0  # the highest share of the pairs that the other side lacks


def _read_texts(
    phrases: Sequence[CompiledPhrase], answer: AnswerIndex, dense: list[float] | None
) -> _Texts:
    """Cover every phrase; raises `dense`, if given, to the demoted coverage where that is higher."""
    texts = _Texts([], 0.0, 0.0, 0, [0.0] * answer.windows, None, 0)
    ceiling, content, top = texts.ceiling, answer.window_content, 0.0
    for phrase in phrases:
        plain, demoted, distinct = cover(phrase, answer)
        best_low = 0.0
        if phrase.distinct_share > 0.1:
            texts.distinct = max(texts.distinct, max(map(mul, plain, distinct)))
        if phrase.distinct_pairs:
            met = Counter(
                window
                for pair in phrase.distinct_pairs
                for window in answer.in_windows.get(pair, ())
            )
            texts.distinct_pairs = max(
                texts.distinct_pairs, max(met.values(), default=0) / len(phrase.distinct_pairs)
            )
        for window, covered in enumerate(plain):
            if covered <= 0.0:
                continue
            low = demoted[window]
            if low > best_low:
                best_low = low
            if covered > ceiling[window]:
                ceiling[window] = covered
            if dense is not None and low > dense[window]:
                dense[window] = low
            rank = covered + low if dense is not None else covered
            if rank > top:
                top, texts.phrase, texts.window = rank, phrase, window
            if covered > _NOTICED_FROM:
                precise = min(1.0, covered * phrase.content / content[window])
                fit = 2 * precise * covered / (precise + covered)
                if fit > texts.fit:
                    texts.fit, texts.fit_window = fit, window
        texts.demoted.append(best_low)
    texts.plain = max(ceiling)
    texts.demoted.sort(reverse=True)
    return texts


def _read_point(
    point: CompiledPoint,
    answer: AnswerIndex,
    dense: list[float],
    truth: TruthReader,
    like: Likeness,
) -> PointReading:
    """All signals of one key point; raises `dense` to the point's coverage where that is higher."""
    right = _read_texts(point.says, answer, dense)
    wrong = _read_texts(point.against, answer, None)
    bests, ceiling = right.demoted, right.ceiling
    pairs = [cover_pairs(phrase, answer) for phrase in point.says]
    flips = [
        coverage * _flipped(phrase, window, answer)
        for phrase in point.own
        for window, coverage in enumerate(ceiling)
        if coverage > 0.3
    ]
    contrast = _contrasts(point, answer, like.elsewhere)
    relevant = [log * coverage for log, coverage in zip(contrast, ceiling, strict=True)]
    order, polarity = _closer_look(right, answer)
    owned, disowned = _owners(point, ceiling, answer)
    values = {
        "own": max((cover_whole(phrase, answer) for phrase in point.own), default=0.0),
        "best": bests[0] if bests else 0.0,
        "top3": sum(bests[:3]) / 3,
        "plain": right.plain,
        "fit": right.fit,
        "wrong": wrong.plain,
        "margin": right.plain - wrong.plain if point.against else 0.0,
        "fit_margin": right.fit - wrong.fit if point.against else 0.0,
        "apart": right.distinct - wrong.distinct if point.against else 0.0,
        "apart_pairs": right.distinct_pairs - wrong.distinct_pairs if point.against else 0.0,
        "right_own": right.distinct if point.against else 0.0,
        "wrong_own": wrong.distinct,
        "wrong_pairs": wrong.distinct_pairs,
        **_said(point, answer, like.elsewhere),
        "excess": max(0.0, wrong.plain - right.plain),
        "groups": _groups(point, answer) if point.groups else right.plain,
        "pairs": max((best for best, _ in pairs), default=0.0),
        "own_pairs": max((whole for _, whole in pairs[: len(point.own)]), default=0.0),
        "flip": max(flips, default=0.0),
        "order": order,
        "polarity": polarity,
        "owned": owned,
        "disowned": disowned,
        "contrast_max": max(contrast),
        "contrast_min": min(contrast),
        "contrast": max(relevant) + min(relevant),
    }
    quoted = next(
        (
            phrase
            for phrase in point.against
            if _recited(phrase, answer)
            and not _shared(phrase, point.says, answer)
            and not truth.denies(phrase)
        ),
        None,
    )
    recited = any(
        len(phrase.units) >= _FEWEST_RECITED and _recited(phrase, answer) for phrase in point.says
    )
    misstated = truth.misstated(point) if right.plain >= _TOLD_FROM else None
    holds = misstated is None and truth.holds(point)
    claimed = any(
        side.fit >= CLAIMED_FROM and not _asked_again(side.fit_window, answer)
        for side in (right, wrong)
    )
    return PointReading(
        values | like.values,
        right.phrase,
        right.window,
        wrong.phrase,
        wrong.window,
        recited,
        like.right or holds,
        quoted,
        like.wrong and not holds,
        misstated,
        claimed,
    )


def _said(point: CompiledPoint, answer: AnswerIndex, elsewhere: Set[int]) -> dict[str, float]:
    """What single clauses say: two clauses in a row mix up what is said of one thing and what of the next.

    A clause speaks for a statement, or a contradiction, when it has words of it that the other side lacks and as many negations, odd or even.
    """
    if not point.against:
        return dict.fromkeys(
            ("said_right", "said_wrong", "said", "wrong_clause", "clause_max", "clause_min"), 0.0
        )
    said = [
        [(phrase, met_in_clauses(phrase, answer)) for phrase in side]
        for side in (point.says, point.against)
    ]
    right, wrong = (
        max(
            (
                met.weight * met.distinct
                for phrase, clauses in side
                if phrase.distinct_share > 0.1
                for clause, met in clauses.items()
                if (answer.negations[clause] - phrase.negations) % 2 == 0
            ),
            default=0.0,
        )
        for side in said
    )
    nearest = max(
        (
            met.weight
            for _, clauses in said[1]
            for met in clauses.values()
            if met.distinct > _DECISIVE_SHARE
        ),
        default=0.0,
    )
    sums: dict[int, float] = {}
    for key, log_ratio in point.contrast:
        for clause in answer.in_clauses.get(key, ()):
            if clause not in elsewhere:
                sums[clause] = sums.get(clause, 0.0) + log_ratio
    return {
        "said_right": right, "said_wrong": wrong, "said": right - wrong, "wrong_clause": nearest,
        "clause_max": max(sums.values(), default=0.0), "clause_min": min(sums.values(), default=0.0),
    }  # fmt: skip


def _recited(phrase: CompiledPhrase, answer: AnswerIndex) -> bool:
    return f" {' '.join(phrase.units)} " in answer.said


def _asked_again(window: int, answer: AnswerIndex) -> bool:
    """Whether nearly all that a window says stands in the question, in the same order."""
    said = [unit for unit in _units_of(window, answer) if base_weight(unit) > 0]
    return any(
        LCSseq.similarity(said, prompt) >= _ASKED_AGAIN * len(said)
        for prompt in answer.compiled.prompts
    )


def _units_of(window: int, answer: AnswerIndex) -> tuple[str, ...]:
    starts = answer.reading.clause_starts
    return answer.reading.units[starts[window] : starts[min(window + 2, len(starts) - 1)]]


def _shared(
    contradiction: CompiledPhrase, says: Sequence[CompiledPhrase], answer: AnswerIndex
) -> bool:
    """Whether a statement that the answer recites has the contradiction's words in it: they differ in function words alone."""
    words = f" {' '.join(contradiction.units)} "
    return any(
        words in f" {' '.join(phrase.units)} " and _recited(phrase, answer) for phrase in says
    )


def _closer_look(right: _Texts, answer: AnswerIndex) -> tuple[float, float]:
    """How far the best statement's words come in its own order, and its coverage where the negation of the clause nearest to it differs from its own."""
    phrase, window = right.phrase, right.window
    if phrase is None:
        return 0.0, 0.0
    said = _units_of(window, answer)
    order = LCSseq.similarity(phrase.units, said) / max(1, len(phrase.units))
    clauses = met_in_clauses(phrase, answer)
    clause = max(clauses, key=lambda place: (clauses[place].weight, -place), default=0)
    avoids = any(
        AVOID in slot.concepts and not any(name in answer.in_clauses for name in (slot.unit, AVOID))
        for slot in phrase.slots
    )
    differs = (answer.negations[clause] - phrase.negations - avoids) % 2
    return float(order), clauses[clause].weight if differs and clauses else 0.0


def _owners(
    point: CompiledPoint, ceiling: Sequence[float], answer: AnswerIndex
) -> tuple[float, float]:
    """The highest coverage in a clause that speaks of one of the point's own subjects, and in one that speaks only of others' subjects."""
    owned = disowned = 0.0
    for coverage, subjects in zip(ceiling, answer.subjects, strict=True):
        if subjects and coverage > _NOTICED_FROM:
            if point.subjects.isdisjoint(subjects):
                disowned = max(disowned, coverage)
            else:
                owned = max(owned, coverage)
    return owned, disowned


def _contrasts(point: CompiledPoint, answer: AnswerIndex, elsewhere: Set[int]) -> list[float]:
    """Per window, the summed log ratio of its words between the author's statements and contradictions; clauses about other points aside."""
    sums = [0.0] * answer.windows
    for key, log_ratio in point.contrast:
        if elsewhere:
            clauses = [
                clause for clause in answer.in_clauses.get(key, ()) if clause not in elsewhere
            ]
            windows: Iterable[int] = {
                window for clause in clauses for window in (clause - 1, clause) if window >= 0
            }
        else:
            windows = answer.in_windows.get(key, ())
        for window in windows:
            sums[window] += log_ratio
    return sums


def _groups(point: CompiledPoint, answer: AnswerIndex) -> float:
    """The largest share of term groups met within one window."""
    met = [0.0] * answer.windows
    for group in point.groups:
        best = [0.0] * answer.windows
        for alternative in group:
            plain, _, _ = cover(alternative, answer)
            best = list(map(max, best, plain))
        met = [a + b for a, b in zip(met, best, strict=True)]
    return max(met) / len(point.groups)


def read_points(answer: AnswerIndex) -> list[PointReading]:
    """The readings of all key points, each with its own signals and those of the answer as a whole."""
    dense = [0.0] * answer.windows
    truth = TruthReader(answer)
    points = answer.compiled.points
    readings = [
        _read_point(point, answer, dense, truth, like)
        for point, like in zip(points, compare(points, answer), strict=True)
    ]
    count = len(readings)
    whole = {
        f"all_{name}": sum(reading.values[name] for reading in readings) / count
        for name in readings[0].values
    }
    content = answer.content or 1.0
    length = math.sqrt(len(answer.reading.units))
    whole |= {
        "echo": answer.asked / content,
        "known": answer.known / content,
        "topic": answer.on_topic / content,
        "density": sum(dense) / answer.windows,
        "most_plain": max(reading.values["plain"] for reading in readings),
        "most_best": max(reading.values["best"] for reading in readings),
        "terms_known": answer.terms_known / length,
        "terms_asked": answer.terms_asked / length,
        "terms_foreign": answer.terms_foreign / length,
    }
    for reading in readings:
        reading.values.update(whole)
    return readings


def evidence(phrase: CompiledPhrase, window: int, answer: AnswerIndex) -> tuple[Span, ...]:
    """Where the phrase's words stand in the window, in the text as typed, close ones of a clause joined.

    A clause that has nearly all of it by itself is shown alone, and a single Chinese character only where nothing else is left.
    """
    met, reading = met_in_clauses(phrase, answer), answer.reading
    clauses = [clause for clause in (window, window + 1) if clause in met]
    together = weight_of(phrase, met[clauses[0]].slots | met[clauses[-1]].slots) if clauses else 0.0
    enough = next(
        (
            clause
            for clause in clauses
            if weight_of(phrase, met[clause].slots) >= _BY_ITSELF * together
        ),
        None,
    )
    pieces: list[tuple[Span, int]] = []
    for clause in clauses if enough is None else [enough]:
        places = places_in_clause(phrase, clause, answer)
        for number, place in enumerate(places):
            start, end = reading.starts[place], reading.ends[place]
            span = (
                pieces[-1][0] if pieces and (number or pieces[-1][0].end >= start) else None
            )  # speech without a pause goes on
            if span and start - span.end <= _LONGEST_GAP and end - span.start <= _LONGEST_SPAN:
                pieces[-1] = Span(span.start, max(end, span.end)), pieces[-1][1] + 1
            elif not span or end > span.end:
                pieces.append((Span(start, end), 1))
    telling = [
        span for span, units in pieces if units > 1 or not is_han(answer.text[span.start])
    ] or [span for span, _ in pieces]
    return tuple(Span(span.start, _end_of_character(answer.text, span.end)) for span in telling)


def _end_of_character(text: str, end: int) -> int:
    """The end of what a reader sees as one character, accents and joiners that are typed after it included."""
    while end < len(text) and (
        unicodedata.category(text[end]) in ("Mn", "Me", "Mc") or text[end] == _JOINER
    ):
        end += 1
    return end
