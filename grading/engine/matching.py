"""How much of a phrase stands where in an answer.

A *window* is two clauses of the answer in a row. A slot is met in a window by its own unit, by a term of the same concept, or by a
misspelling of it; coverage is the met share of the weight.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter

from .answers import AnswerIndex, Met
from .compiled import CompiledPhrase, Slot

CONCEPT_CREDIT = 0.8  # a synonym is nearly as good as the word
AVOID = "#avoid"  # the concept that is a negation in other words


def cover(
    phrase: CompiledPhrase, answer: AnswerIndex
) -> tuple[list[float], list[float], list[float]]:
    """The phrase's coverage in every window: by plain weights, by weights demoted for the question's words, by distinct weights."""
    plain = [0.0] * answer.windows
    demoted = [0.0] * answer.windows
    distinct = [0.0] * answer.windows
    found, misspelt = answer.in_windows, answer.misspelt
    for slot in phrase.slots:
        exact = found.get(slot.unit)
        weight, low, own = slot.weight, slot.demoted, slot.distinct
        if exact:
            for window in exact:
                plain[window] += weight
                demoted[window] += low
                distinct[window] += own
        met: set[int] | None = None
        for concept in slot.concepts:
            where = found.get(concept)
            if where:
                met = set(exact or ()) if met is None else met
                for window in where:
                    if window not in met:
                        met.add(window)
                        plain[window] += weight * CONCEPT_CREDIT
                        demoted[window] += low * CONCEPT_CREDIT
                        distinct[window] += own * CONCEPT_CREDIT
        if slot.unit in misspelt:
            met = set(exact or ()) if met is None else met
            credit = misspelt[slot.unit]
            for window in found[f"~{slot.unit}"]:
                if window not in met:
                    plain[window] += weight * credit
                    demoted[window] += low * credit
                    distinct[window] += own * credit
    return plain, demoted, distinct


def met_in_clauses(phrase: CompiledPhrase, answer: AnswerIndex) -> dict[int, Met]:
    """The clauses that have anything of the phrase; worked out once per answer."""
    found = answer.met.get(id(phrase))
    if found is None:
        found = answer.met[id(phrase)] = {}
        for number, slot in enumerate(phrase.slots):
            bit = 1 << number
            for key, credit in keys_of(slot, answer):
                for clause in answer.in_clauses.get(key, ()):
                    met = found.get(clause)
                    if met is None:
                        met = found[clause] = Met()
                    if not met.slots & bit:
                        met.slots |= bit
                        met.weight += slot.weight * credit
                        met.distinct += slot.distinct * credit
    return found


def keys_of(slot: Slot, answer: AnswerIndex) -> list[tuple[str, float]]:
    """What may stand for a slot in an answer, the best first."""
    keys = [(slot.unit, 1.0), *((concept, CONCEPT_CREDIT) for concept in slot.concepts)]
    if slot.unit in answer.misspelt:
        keys.append((f"~{slot.unit}", answer.misspelt[slot.unit]))
    return keys


def places_in_clause(phrase: CompiledPhrase, clause: int, answer: AnswerIndex) -> list[int]:
    """All places in a clause where something of the phrase stands."""
    first, last = answer.reading.clause_starts[clause], answer.reading.clause_starts[clause + 1]
    found: set[int] = set()
    for key in {key for slot in phrase.slots for key, _ in keys_of(slot, answer)}:
        places = answer.places.get(key, [])
        found.update(places[bisect_left(places, first) : bisect_left(places, last)])
    return sorted(found)


def weight_of(phrase: CompiledPhrase, slots: int) -> float:
    """The weight of some of a phrase's slots, given as bits."""
    return sum(slot.weight for number, slot in enumerate(phrase.slots) if slots >> number & 1)


def cover_whole(phrase: CompiledPhrase, answer: AnswerIndex) -> float:
    """The phrase's demoted coverage by the whole answer."""
    found = answer.in_windows
    total = 0.0
    for slot in phrase.slots:
        if slot.unit in found:
            total += slot.demoted
        elif slot.unit in answer.misspelt:
            total += slot.demoted * answer.misspelt[slot.unit]
        else:
            for concept in slot.concepts:
                if concept in found:
                    total += slot.demoted * CONCEPT_CREDIT
                    break
    return total


def cover_pairs(phrase: CompiledPhrase, answer: AnswerIndex) -> tuple[float, float]:
    """The share of the phrase's neighbouring pairs met in the best window, and in the whole answer."""
    if not phrase.pairs:
        return 0.0, 0.0
    windows: Counter[int] = Counter()
    whole = 0
    for pair in phrase.pairs:
        where = answer.in_windows.get(pair)
        if where:
            whole += 1
            windows.update(where)
    return max(windows.values(), default=0) / len(phrase.pairs), whole / len(phrase.pairs)
