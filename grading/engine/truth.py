"""Statements turned round: a clause with nearly an author's words that denies them, says them of another, or with another number.

The model weighs such things among many others. Here the clause is so near to the statement that only one reading is left.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Container, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations

from . import lexicon
from .matching import CONCEPT_CREDIT, AnswerIndex, CompiledPhrase, CompiledPoint, Slot
from .relations import Formula, Part, Trend, differ_in_a_number, formulas_of, number_of, parts_of, trend_of
from .terms import NEGATION_CUES, Cues
from .text import base_weight

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
TREND_NEAR = 0.65  # of a statement's weight besides its words for up and down
PART_NEAR = 0.6  # of what one part of a statement has and the other has not
PARTS_NEAR = 0.75  # of a statement's weight, in two parts that have changed places
PARTS_APART = 2  # parts between two that have changed places
ROOTS = frozenset(["sqrt", "0.5"])

_SUPPOSED_CUES = Cues(lexicon.SUPPOSITIONS)
_DENIAL_CUES = Cues(lexicon.DENIALS)
_COMPARED_CUES = Cues(lexicon.COMPARISONS)


@dataclass(frozen=True, slots=True)
class Misstatement:
    """The author's statement and the clause of the answer that turns it round."""

    phrase: CompiledPhrase
    clause: int
    rule: str


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
        self._numbers = frozenset(number_of(unit) for unit in self._units) - {None}
        self._met: dict[int, dict[int, _Met]] = {}
        self._trends: dict[int, Trend] = {}
        sentences = answer.reading.sentence_of_clause
        self._denied_sentences = frozenset(
            sentence
            for clause, sentence in enumerate(sentences)
            if (clause == 0 or sentences[clause - 1] != sentence)
            and any(end <= self._starts[clause] + OPENING for end in self._cues(_DENIAL_CUES, clause))
        )

    @cached_property
    def _formulas(self) -> list[Formula]:
        return [formula for formula in formulas_of(self._answer.reading) if formula.clause not in self._answer.withdrawn]

    @cached_property
    def _parts(self) -> list[tuple[Part, int]]:
        """The parts of the answer that it stands by, each with its clause."""
        reading = self._answer.reading
        content = [(key, place) for key, place in self._answer.canonical if reading.clauses[place] not in self._answer.withdrawn]
        return parts_of(content, reading)

    def misstated(self, point: CompiledPoint) -> Misstatement | None:
        """The nearest misstatement of a key point; None if there is none, or if some clause as near says it right."""
        worst: tuple[float, Misstatement] | None = None
        right = 0.0
        for phrase in point.says:
            if len(phrase.units) < FEWEST_UNITS:
                continue
            clauses = self._clauses(phrase)
            turned = [
                *self._denied_at_length(phrase, clauses), *self._rearranged(phrase, clauses), *self._misformulated(phrase, clauses),
                *self._against_trend(phrase, clauses),
            ]  # fmt: skip
            wrong = {found.clause for _, found in turned}
            for clause, met in clauses.items():
                near = met.weight
                rule = self._turned(point, phrase, clause, met) if near >= NEAR else None
                if not rule and self._of_another(point, phrase, clause, met):
                    rule = "of another"
                if not rule and self._misnumbered(phrase, clause):  # a formula's number often stands in a clause of its own
                    near = min(1.0, near + (clauses[clause - 1].weight if clause - 1 in clauses else 0.0))
                    rule = "number" if near >= NEAR else None
                if rule:
                    turned.append((near, Misstatement(phrase, clause, rule)))
                elif near >= NEAR and clause not in wrong:
                    right = max(right, near)
            worst = max([*([worst] if worst else []), *turned], key=lambda found: found[0], default=None)
        return worst[1] if worst and right < worst[0] - AS_NEAR else None

    def _turned(self, point: CompiledPoint, phrase: CompiledPhrase, clause: int, met: _Met) -> str | None:
        if not phrase.negations and self._sentence(clause) in self._denied_sentences:
            return "sentence denied"
        if self._denied(phrase, clause, met):
            return "denied"
        return "compared" if self._swapped(phrase, clause, met) else None

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

    def _denied_at_length(self, phrase: CompiledPhrase, clauses: Mapping[int, _Met]) -> Iterator[tuple[float, Misstatement]]:
        """A statement of several clauses, said within one sentence that begins by denying it: "It is not true that ..."."""
        spread: dict[int, list[int]] = {}
        for clause in sorted(clauses) if self._denied_sentences else ():
            if self._sentence(clause) in self._denied_sentences:
                spread.setdefault(self._sentence(clause), []).append(clause)
        for places in spread.values():
            met: set[int] = set().union(*(clauses[clause].slots for clause in places))
            near = sum(phrase.slots[number].weight for number in met)
            if near >= SPREAD_NEAR:
                yield near, Misstatement(phrase, places[0], "sentence denied")

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

    def _against_trend(self, phrase: CompiledPhrase, clauses: Mapping[int, _Met]) -> Iterator[tuple[float, Misstatement]]:
        """Two quantities that rise and fall together in the statement and against each other in a clause, or in it and the next; or the reverse."""
        others = {number: slot.weight for number, slot in enumerate(phrase.slots) if slot.unit not in phrase.trend.units}
        for clause in clauses if phrase.trend.count == 2 else ():
            region, trend = [clause], self._trend(clause)
            if trend.count == 1 and self._side_by_side(phrase, clause):
                region, next_trend = [clause, clause + 1], self._trend(clause + 1)
                trend = Trend(trend.count + next_trend.count, trend.sign * next_trend.sign, frozenset())
            if trend.count == 2 and trend.sign != phrase.trend.sign:
                met = {number for place in region if place in clauses for number in clauses[place].slots}
                near = sum(weight for number, weight in others.items() if number in met) / (sum(others.values()) or 1.0)
                if near >= TREND_NEAR:
                    yield from ((near, Misstatement(phrase, place, "trend")) for place in region)

    def _side_by_side(self, phrase: CompiledPhrase, clause: int) -> bool:
        """Whether the clause speaks of one part of the statement and the next clause of the other."""
        parts = [{key for part, at in self._parts if at == place for key in part} for place in (clause, clause + 1)]
        said = [{key for key in part if key not in phrase.trend.units and key not in ("#up", "#down")} for part in phrase.parts]
        if len(said) != 2 or not all(said):
            return False
        return any(
            all(len(half & part) >= NEAR * len(half) for half, part in zip(said, order, strict=True)) for order in (parts, parts[::-1])
        )

    def _trend(self, clause: int) -> Trend:
        found = self._trends.get(clause)
        if found is None:
            found = self._trends[clause] = trend_of(self._answer.reading, self._starts[clause], self._starts[clause + 1])
        return found

    def _rearranged(self, phrase: CompiledPhrase, clauses: Mapping[int, _Met]) -> Iterator[tuple[float, Misstatement]]:
        """A statement in two parts whose subjects, or whose predicates, have changed places: "A is y and B is x" for "A is x and B is y"."""
        for first, second in phrase.halves:
            if any(len(first.keys() & part.keys()) >= NEAR * len(first) and not second.keys() & part.keys() for part, _ in self._parts):
                continue
            crossing = [
                (number, first.keys() & part.keys(), second.keys() & part.keys())
                for number, (part, _) in enumerate(self._parts)
                if first.keys() & part.keys() and second.keys() & part.keys()
            ]
            for (number, ones, twos), (other, more_ones, more_twos) in combinations(crossing, 2):
                if other - number > PARTS_APART or ones & more_ones or twos & more_twos:
                    continue
                if len(ones | more_ones) < PART_NEAR * len(first) or len(twos | more_twos) < PART_NEAR * len(second):
                    continue
                places = {self._parts[number][1], self._parts[other][1]}
                met = {slot for place in places if place in clauses for slot in clauses[place].slots}
                if sum(phrase.slots[slot].weight for slot in met) < PARTS_NEAR:
                    continue
                if (_rank(ones, first) - _rank(more_ones, first)) * (_rank(twos, second) - _rank(more_twos, second)) < 0:
                    yield from ((1.0, Misstatement(phrase, place, "rearranged")) for place in sorted(places))

    def _misformulated(self, phrase: CompiledPhrase, clauses: Mapping[int, _Met]) -> Iterator[tuple[float, Misstatement]]:
        """A formula with the same letters as the statement's and other numbers, one that no statement has, where the statement's own never stands."""
        for formula in phrase.formulas:
            if any(said.symbols == formula.symbols for said in self._formulas):
                continue
            rooted = "sqrt" in formula.numbers
            if rooted and any(said.letters == formula.letters and not ROOTS.isdisjoint(said.numbers) for said in self._formulas):
                continue
            for said in self._formulas:
                if said.name in self._answer.compiled.formulas or not differ_in_a_number(formula, said):
                    continue
                if said.before != formula.before and not (said.telling and formula.telling):
                    continue
                others = {number: slot.weight for number, slot in enumerate(phrase.slots) if slot.unit not in formula.units}
                met = {number for place in (said.clause - 1, said.clause) if place in clauses for number in clauses[place].slots}
                near = sum(weight for number, weight in others.items() if number in met) / (sum(others.values()) or 1.0)
                if near >= NEAR:
                    yield near, Misstatement(phrase, said.clause, "formula")

    def _misnumbered(self, phrase: CompiledPhrase, clause: int) -> bool:
        """A number beside the same words as in the statement, where the answer never gives the statement's own number."""
        lacking = [(before, after) for before, number, after in _in_context(phrase.units) if self._lacks(number)]
        if not lacking or not self._numbers:
            return False
        said = [unit for unit in self._units[self._starts[clause] : self._starts[clause + 1]] if base_weight(unit) > 0]
        return any((before, after) in lacking for before, _, after in _in_context(said))

    def _lacks(self, number: float) -> bool:
        """Whether the answer has a number nowhere, not even as a percentage or a share."""
        return self._numbers.isdisjoint((number, number * 100, number / 100))


def _rank(keys: Set[str], part: Part) -> float:
    """The mean rank of some of a part's content in it."""
    return sum(part[key] for key in keys) / len(keys)


def _names(slot: Slot) -> tuple[str, ...]:
    return (*slot.concepts, slot.unit)


def _in_context(units: Sequence[str]) -> list[tuple[tuple[str, ...], float, str]]:
    """Each number in words, or that stands after a Chinese character, a sign or a variable's name, between the two units before and the one after."""
    found = []
    for place, unit in enumerate(units):
        number = number_of(unit)
        if number is not None and place and number_of(units[place - 1]) is None and (not unit[0].isdigit() or len(units[place - 1]) == 1):
            found.append((tuple(units[max(0, place - 2) : place]), number, units[place + 1] if place + 1 < len(units) else ""))
    return found
