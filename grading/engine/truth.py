"""Statements turned round: a clause with nearly an author's words that denies them, says them of another, or with another number.

The model weighs such things among many others. Here the clause is so near to the statement that only one reading is left.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass

from . import lexicon
from .matching import CONCEPT_CREDIT, AnswerIndex, CompiledPhrase, CompiledPoint, Slot, base_weight
from .terms import NEGATION_CUES, Cues

AVOID = "#avoid"  # the concept that is a negation in other words
NEAR = 0.6  # of a statement's weight in one clause, from which the clause is about that statement
AS_NEAR = 0.1  # of the weight: a clause that much less near than the misstatement still says it right
FEWEST_UNITS = 3  # of a statement; with fewer a clause can be near by accident
DENIED_SHARE = 0.3  # of the matched words must stand behind the negation
REACH = 5  # units behind a negation, within which what it denies begins
SPREAD_NEAR = 0.8  # of a statement's weight in several clauses of one sentence
OPENING = 6  # units: a denial that ends within so many denies the whole sentence
OWN_WORDS = 0.9  # of the weight besides the subject's name, for a statement made of another subject
OTHERS_WORDS = 0.8  # of that, for a clause to be what the rubric says of that other subject
NAME_AT_MOST = 0.6  # of a statement's weight may be its subject's name

_SUPPOSED_CUES = Cues(lexicon.SUPPOSITIONS)
_DENIAL_CUES = Cues(lexicon.DENIALS)
_COMPARED_CUES = Cues(lexicon.COMPARISONS)


@dataclass(frozen=True, slots=True)
class Misstatement:
    """The author's statement and the clause of the answer that turns it round."""

    phrase: CompiledPhrase
    clause: int


@dataclass(slots=True)
class _Met:
    """What of a phrase stands in one clause: the weight, the slots by number, the places of their units."""

    weight: float
    slots: set[int]
    places: set[int]


class TruthReader:
    """Holds one answer against statements; what it has worked out for a phrase it keeps."""

    def __init__(self, answer: AnswerIndex) -> None:
        self._answer = answer
        self._units = answer.reading.units
        self._starts = answer.reading.clause_starts
        self._numbers = frozenset(float(unit) for unit in self._units if _is_number(unit))
        self._met: dict[int, dict[int, _Met]] = {}
        sentences = answer.reading.sentence_of_clause
        self._denied_sentences = frozenset(
            sentence
            for clause, sentence in enumerate(sentences)
            if (clause == 0 or sentences[clause - 1] != sentence)
            and any(end <= self._starts[clause] + OPENING for end in self._cues(_DENIAL_CUES, clause))
        )

    def misstated(self, point: CompiledPoint) -> Misstatement | None:
        """The nearest misstatement of a key point; None if there is none, or if some clause as near says it right."""
        worst: tuple[float, Misstatement] | None = None
        right = 0.0
        for phrase in point.says:
            if len(phrase.units) < FEWEST_UNITS:
                continue
            clauses = self._clauses(phrase)
            for clause, met in clauses.items():
                near = met.weight
                disowned = not phrase.negations and self._sentence(clause) in self._denied_sentences
                turned = near >= NEAR and (disowned or self._denied(phrase, clause, met) or self._swapped(phrase, clause, met))
                turned = turned or self._of_another(point, phrase, clause, met)
                if not turned and self._misnumbered(phrase, clause):  # a formula's number often stands in a clause of its own
                    near = min(1.0, near + (clauses[clause - 1].weight if clause - 1 in clauses else 0.0))
                    turned = near >= NEAR
                if turned and (worst is None or near > worst[0]):
                    worst = near, Misstatement(phrase, clause)
                elif near >= NEAR and not turned:
                    right = max(right, near)
            denied = self._denied_at_length(phrase, clauses)
            if denied and (worst is None or denied[0] > worst[0]):
                worst = denied
        return worst[1] if worst and right < worst[0] - AS_NEAR else None

    def denies(self, phrase: CompiledPhrase) -> bool:
        """Whether a clause near to the phrase, a contradiction say, denies it."""
        return any(
            met.weight >= NEAR and (self._sentence(clause) in self._denied_sentences or self._denied(phrase, clause, met))
            for clause, met in self._clauses(phrase).items()
        )

    def _clauses(self, phrase: CompiledPhrase) -> dict[int, _Met]:
        """The clauses that have anything of the phrase."""
        found = self._met.get(id(phrase))
        if found is None:
            found = self._met[id(phrase)] = {}
            for number, slot in enumerate(phrase.slots):
                for key, credit in self._keys(slot):
                    for place in self._answer.places.get(key, ()):
                        met = found.setdefault(self._answer.reading.clauses[place], _Met(0.0, set(), set()))
                        met.places.add(place)
                        if number not in met.slots:
                            met.slots.add(number)
                            met.weight += slot.weight * credit
        return found

    def _keys(self, slot: Slot) -> list[tuple[str, float]]:
        keys = [(slot.unit, 1.0), *((concept, CONCEPT_CREDIT) for concept in slot.concepts)]
        if slot.unit in self._answer.misspelt:
            keys.append((f"~{slot.unit}", self._answer.misspelt[slot.unit]))
        return keys

    def _place(self, key: str, clause: int) -> int | None:
        """The first place in the clause where a unit or concept stands."""
        places = self._answer.places.get(key, [])
        at = bisect_left(places, self._starts[clause])
        return places[at] if at < len(places) and places[at] < self._starts[clause + 1] else None

    def _cues(self, cues: Cues, clause: int) -> list[int]:
        """The places right behind the cues in the clause."""
        first = self._starts[clause]
        return [first + end for _, end in cues.find(self._units[first : self._starts[clause + 1]])]

    def _flipped(self, phrase: CompiledPhrase, clause: int, met: _Met, *, but: Container[str] = ()) -> bool:
        """Whether the opposite of one of the phrase's unmet words stands in the clause, the names in `but` aside."""
        unmet = (slot for number, slot in enumerate(phrase.slots) if number not in met.slots and not any(n in but for n in _names(slot)))
        return any(self._place(other, clause) is not None for slot in unmet for other in slot.opposites)

    def _denied(self, phrase: CompiledPhrase, clause: int, met: _Met) -> bool:
        """An odd number of negations before the matched words of a statement that has none, and nothing else that turns it back."""
        ends = self._cues(NEGATION_CUES, clause)
        if not ends or phrase.negations or self._cues(_SUPPOSED_CUES, clause) or self._flipped(phrase, clause, met):
            return False
        if any(AVOID in slot.concepts for number, slot in enumerate(phrase.slots) if number not in met.slots):
            return False  # "does not saturate" is "avoids saturation"
        behind = [[place for place in met.places if place >= end] for end in ends]
        scoped = sum(
            len(places) >= max(2, DENIED_SHARE * len(met.places)) and min(places) < end + REACH
            for places, end in zip(behind, ends, strict=True)
        )
        return scoped % 2 == 1 and scoped == sum(map(bool, behind))

    def _denied_at_length(self, phrase: CompiledPhrase, clauses: Mapping[int, _Met]) -> tuple[float, Misstatement] | None:
        """A statement of several clauses, said within one sentence that begins by denying it: "It is not true that ..."."""
        spread: dict[int, list[int]] = {}
        for clause in sorted(clauses) if self._denied_sentences else ():
            if self._sentence(clause) in self._denied_sentences:
                spread.setdefault(self._sentence(clause), []).append(clause)
        for places in spread.values():
            met: set[int] = set().union(*(clauses[clause].slots for clause in places))
            near = sum(phrase.slots[number].weight for number in met)
            if near >= SPREAD_NEAR:
                return near, Misstatement(phrase, places[0])
        return None

    def _sentence(self, clause: int) -> int:
        return self._answer.reading.sentence_of_clause[clause]

    def _swapped(self, phrase: CompiledPhrase, clause: int, met: _Met) -> bool:
        """A comparison of the same two things the other way round."""
        rivals = self._answer.compiled.rivals
        names = list(dict.fromkeys(next((name for name in _names(slot) if name in rivals), "") for slot in phrase.slots))
        names = [name for name in names if name]
        if len(names) != 2 or not _COMPARED_CUES.find(phrase.units) or not self._cues(_COMPARED_CUES, clause):
            return False
        first, second = (self._place(name, clause) for name in names)
        if first is None or second is None or self._cues(NEGATION_CUES, clause) or self._flipped(phrase, clause, met):
            return False
        return second < first

    def _of_another(self, point: CompiledPoint, phrase: CompiledPhrase, clause: int, met: _Met) -> bool:
        """Nearly all of the statement's other words, but the clause speaks of another of the question's subjects and not of the point's.

        A clause that is as near to what the rubric says of that other subject is no such swap.
        """
        rivals = self._answer.compiled.rivals
        names = point.subjects & rivals
        rest = sum(slot.weight for slot in phrase.slots if names.isdisjoint(_names(slot)))
        if not names or rest < 1 - NAME_AT_MOST or met.weight < OWN_WORDS * rest:
            return False
        spoken = {name for slot in phrase.slots for name in _names(slot)}
        if any(self._place(name, clause) is not None for name in names):
            return False
        if all(self._place(name, clause) is None for name in rivals - names - spoken):
            return False
        if self._cues(NEGATION_CUES, clause) or self._flipped(phrase, clause, met, but=names):
            return False
        others = (self._clauses(text).get(clause) for other in self._answer.compiled.points if other is not point for text in other.says)
        return all(other.weight < OTHERS_WORDS * met.weight / rest for other in others if other)

    def _misnumbered(self, phrase: CompiledPhrase, clause: int) -> bool:
        """A number beside the same words as in the statement, where the answer never gives the statement's own number."""
        lacking = [(before, after) for before, number, after in _in_context(phrase.units) if self._lacks(float(number))]
        if not lacking or not self._numbers:
            return False
        said = [unit for unit in self._units[self._starts[clause] : self._starts[clause + 1]] if base_weight(unit) > 0]
        return any((before, after) in lacking for before, _, after in _in_context(said))

    def _lacks(self, number: float) -> bool:
        """Whether the answer has a number nowhere, not even as a percentage or a share."""
        return self._numbers.isdisjoint((number, number * 100, number / 100))


def _names(slot: Slot) -> tuple[str, ...]:
    return (*slot.concepts, slot.unit)


def _in_context(units: Sequence[str]) -> list[tuple[tuple[str, ...], str, str]]:
    """Each number that stands after a Chinese character, a sign or a variable's name, between the two units before and the one after."""
    return [
        (tuple(units[max(0, place - 2) : place]), unit, units[place + 1] if place + 1 < len(units) else "")
        for place, unit in enumerate(units)
        if place and _is_number(unit) and len(units[place - 1]) == 1 and not _is_number(units[place - 1])
    ]


def _is_number(unit: str) -> bool:
    return "0" <= unit[0] <= "9"
