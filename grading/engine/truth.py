"""Statements turned round: a clause with nearly an author's words that denies them, says them of another, or with another number.

The model weighs such things among many others. Here the clause is so near to the statement that only one reading is left.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from functools import cached_property

from . import lexicon
from .answers import AnswerIndex, Met
from .compiled import TREND_CONCEPTS, CompiledPhrase, CompiledPoint, Slot
from .matching import AVOID, keys_of, met_in_clauses, places_in_clause, weight_of
from .relations import (
    Formula,
    Numbered,
    Part,
    Symbols,
    Trend,
    differ_in_a_number,
    formulas_of,
    number_of,
    numbers_of,
    parts_of,
    trend_of,
)
from .terms import NEGATION_CUES, SUPPOSITION_CUES, Cues
from .text import base_weight, says_something

NEAR = 0.6  # of a statement's weight in one clause, from which the clause is about that statement
AS_NEAR = (
    0.1  # of the weight: a clause that much less near than the misstatement still says it right
)
FEWEST_UNITS = 3  # of a statement; with fewer a clause can be near by accident
DENIED_SHARE = 0.3  # of the matched words must stand behind the negation
REACH = 5  # units behind a negation, within which what it denies begins
SPREAD_NEAR = 0.8  # of a statement's weight in several clauses of one sentence
OPENING = 6  # units: a denial that ends within so many denies the whole sentence
OWN_WORDS = 0.9  # of the weight besides the subject's name, for a statement made of another subject
OTHERS_WORDS = 0.8  # of that, for a clause to be what the rubric says of that other subject
NAME_AT_MOST = 0.6  # of a statement's weight may be its subject's name
OPPOSITE_NEAR = 0.95  # of a statement's weight besides the word whose opposite is said
FEWEST_DENIED = 4  # units of a contradiction, for its denial to say the key point
OWN_DENIED = 0.5  # of the words that only it has ...
FEW_OF_ITS_OWN = 0.25  # ... unless those are less than this share of its weight
CONVERSE_NEAR = 0.75  # of a statement's weight besides its words for up and down, for a trend to be the statement's
TREND_NEAR = 0.65  # of a statement's weight besides its words for up and down
PART_NEAR = 0.6  # of what one part of a statement has and the other has not
PARTS_NEAR = 0.75  # of a statement's weight, in two parts that have changed places
PARTS_APART = 2  # parts between two that have changed places
FORMULAS_ALIKE = 3  # that are looked at
ROOTS = frozenset(["sqrt", "0.5"])
REFUSALS = frozenset([AVOID, "#remove", "#lose", "#stop"])

_DENIAL_CUES = Cues(lexicon.DENIALS)
_COMPARED_CUES = Cues(lexicon.COMPARISONS)


@dataclass(frozen=True, slots=True)
class Misstatement:
    """The author's statement, the clause of the answer that turns it round, and by what."""

    phrase: CompiledPhrase
    clause: int
    rule: str


# How near, as a share of the statement's weight, and what was found.
_Found = tuple[float, Misstatement]


class TruthReader:
    """Holds one answer against statements; what it has worked out for a clause it keeps."""

    def __init__(self, answer: AnswerIndex) -> None:
        self._answer = answer
        self._units = answer.reading.units
        self._starts = answer.reading.clause_starts
        self._sentences = answer.reading.sentence_of_clause
        self._numbers = frozenset(number_of(unit) for unit in self._units) - {None}
        self._negated: dict[int, list[int]] = {}
        self._trends: dict[int, Trend] = {}
        self._numbered: dict[int, frozenset[tuple[tuple[str, ...], str]]] = {}

    def misstated(self, point: CompiledPoint) -> Misstatement | None:
        """The nearest misstatement of a key point; None if there is none, or if some clause as near says it right."""
        worst: _Found | None = None
        right = 0.0
        for phrase in point.says:
            if len(phrase.units) < FEWEST_UNITS:
                continue
            clauses = met_in_clauses(phrase, self._answer)
            turned = [
                *self._over_clauses(phrase, clauses),
                *self._in_clauses(point, phrase, clauses),
            ]
            wrong = {found.clause for _, found in turned}
            right = max(
                [
                    right,
                    *(
                        met.weight
                        for clause, met in clauses.items()
                        if met.weight >= NEAR and clause not in wrong
                    ),
                ]
            )
            worst = max(
                [*([worst] if worst else []), *turned], key=lambda found: found[0], default=None
            )
        return worst[1] if worst and right < worst[0] - AS_NEAR else None

    def denies(self, phrase: CompiledPhrase, *, with_its_own: bool = False) -> bool:
        """Whether a clause near to the phrase, a contradiction say, denies it; and with the words that no statement has, if it has such."""
        own = OWN_DENIED if with_its_own and phrase.distinct_share >= FEW_OF_ITS_OWN else 0.0
        return any(
            met.weight >= NEAR
            and met.distinct >= own
            and (
                self._sentences[clause] in self._denied_sentences
                or self._denied(phrase, clause, met)
            )
            for clause, met in met_in_clauses(phrase, self._answer).items()
        )

    def holds(self, point: CompiledPoint) -> bool:
        """Whether the answer says a key point by denying what contradicts it, or the other way round: smaller, more for larger, less."""
        denied = (
            phrase
            for phrase in point.against
            if len(phrase.units) >= FEWEST_DENIED and not phrase.negations
        )
        return any(self.denies(phrase, with_its_own=True) for phrase in denied) or any(
            near >= CONVERSE_NEAR
            for phrase in point.says
            for near, _ in self._trends_of(phrase, same=True)
        )

    def _over_clauses(self, phrase: CompiledPhrase, clauses: Mapping[int, Met]) -> Iterator[_Found]:
        """What is wrong of a statement as it is spread over several clauses."""
        yield from self._denied_at_length(phrase, clauses)
        yield from self._rearranged(phrase, clauses)
        yield from self._misformulated(phrase, clauses)
        yield from (
            (near, Misstatement(phrase, clause, "trend"))
            for near, clause in self._trends_of(phrase, same=False)
            if near >= TREND_NEAR
        )

    def _in_clauses(
        self, point: CompiledPoint, phrase: CompiledPhrase, clauses: Mapping[int, Met]
    ) -> Iterator[_Found]:
        """What is wrong of a statement within single clauses."""
        names = point.subjects & self._answer.compiled.rivals
        rest = (
            sum(slot.weight for slot in phrase.slots if names.isdisjoint(_names(slot)))
            if names
            else 0.0
        )
        one_claim = len(phrase.parts) == 1 and not phrase.negations and phrase.trend.count < 2
        turnable = [
            (1 << number, slot)
            for number, slot in enumerate(phrase.slots)
            if slot.opposites and one_claim
        ]
        for clause, met in clauses.items():
            near, rule = met.weight, ""
            if near >= NEAR:
                if not phrase.negations and self._sentences[clause] in self._denied_sentences:
                    rule = "sentence denied"
                elif self._denied(phrase, clause, met):
                    rule = "denied"
                elif self._compared_otherwise(phrase, clause, met):
                    rule = "compared"
                elif turnable and self._opposite(phrase, clause, met, turnable):
                    rule = "opposite"
            if (
                not rule
                and rest >= 1 - NAME_AT_MOST
                and near >= OWN_WORDS * rest
                and self._of_another(point, phrase, clause, met, rest)
            ):
                rule = "of another"
            if (
                not rule and phrase.numbers
            ):  # a formula's number often stands in a clause of its own
                near = min(
                    1.0, near + (clauses[clause - 1].weight if clause - 1 in clauses else 0.0)
                )
                rule = "number" if near >= NEAR and self._misnumbered(phrase, clause) else ""
            if rule:
                yield near, Misstatement(phrase, clause, rule)

    @cached_property
    def _denied_sentences(self) -> frozenset[int]:
        """Sentences that open with a denial and do not deny again: "it is not that K is not stored" denies nothing."""
        denied = []
        for clause, sentence in enumerate(self._sentences):
            if clause == 0 or self._sentences[clause - 1] != sentence:
                ends = [
                    end
                    for end in self._cues(_DENIAL_CUES, clause)
                    if end <= self._starts[clause] + OPENING
                ]
                if ends and not any(end > ends[0] for end in self._negations(clause)):
                    denied.append(sentence)
        return frozenset(denied)

    def _place(self, key: str, clause: int) -> int | None:
        """The first place in the clause where a unit or concept stands."""
        places = self._answer.places.get(key, [])
        at = bisect_left(places, self._starts[clause])
        return places[at] if at < len(places) and places[at] < self._starts[clause + 1] else None

    def _cues(self, cues: Cues, clause: int) -> list[int]:
        """The places right behind the cues in the clause."""
        first = self._starts[clause]
        return [first + end for _, end in cues.find(self._units[first : self._starts[clause + 1]])]

    def _negations(self, clause: int) -> list[int]:
        found = self._negated.get(clause)
        if found is None:
            found = self._negated[clause] = self._cues(NEGATION_CUES, clause)
        return found

    def _flipped(
        self, phrase: CompiledPhrase, clause: int, met: Met, *, but: Set[str] = frozenset()
    ) -> bool:
        """Whether the opposite of one of the phrase's unmet words stands in the clause, the names in `but` aside."""
        unmet = (
            slot for slot in _unmet(phrase, met) if not any(name in but for name in _names(slot))
        )
        return any(
            self._place(other, clause) is not None for slot in unmet for other in slot.opposites
        )

    def _opposite(
        self, phrase: CompiledPhrase, clause: int, met: Met, turnable: Sequence[tuple[int, Slot]]
    ) -> bool:
        """Nearly the whole of a statement of one claim, with the opposite of one of its words in that word's stead."""
        turned = [
            slot
            for bit, slot in turnable
            if not met.slots & bit
            and any(self._place(other, clause) is not None for other in slot.opposites)
        ]
        if (
            not turned
            or len({slot.concepts for slot in turned}) > 1
            or self._negations(clause)
            or self._trend(clause).count > 1
        ):
            return False
        if not set(turned[0].opposites).isdisjoint(
            name for slot in phrase.slots for name in _names(slot)
        ):
            return False  # the statement speaks of both
        rest = 1.0 - sum(slot.weight for slot in turned)
        return rest >= NEAR and met.weight >= OPPOSITE_NEAR * rest

    def _denied(self, phrase: CompiledPhrase, clause: int, met: Met) -> bool:
        """An odd number of negations before the matched words of a statement that has none, and nothing else that turns it back."""
        ends = self._negations(clause)
        if (
            not ends
            or phrase.negations
            or self._cues(SUPPOSITION_CUES, clause)
            or self._flipped(phrase, clause, met)
        ):
            return False
        if any(not REFUSALS.isdisjoint(slot.concepts) for slot in _unmet(phrase, met)):
            return False  # "does not saturate" is "avoids saturation", "has no such task" is "drops it"
        if self._speaks_of_another(phrase, clause, met):
            return False
        if self._said_by(phrase, clause, ends[0]) >= NEAR and not self._predicate(
            ends[0], clause, phrase
        ):
            return False  # what is denied comes after the statement: "two over n instead of one over n"
        places = places_in_clause(phrase, clause, self._answer)
        behind = [[place for place in places if place >= end] for end in ends]
        scoped = sum(
            bool(denied)
            and (
                self._predicate(end, clause, phrase)
                or len(denied) >= max(2, DENIED_SHARE * len(places))
            )
            and denied[0] < end + REACH
            for denied, end in zip(behind, ends, strict=True)
        )
        return scoped % 2 == 1 and scoped == sum(map(bool, behind))

    def _said_by(self, phrase: CompiledPhrase, clause: int, end: int) -> float:
        """The weight of the phrase that stands in the clause before a place."""
        found = 0.0
        for slot in phrase.slots:
            places = (self._place(key, clause) for key, _ in keys_of(slot, self._answer))
            found += slot.weight * any(place is not None and place < end for place in places)
        return found

    def _predicate(self, end: int, clause: int, phrase: CompiledPhrase) -> bool:
        """Whether all that stands behind a negation is the word that the statement ends with: 外推能力不差."""
        said = [
            unit for unit in self._units[end : self._starts[clause + 1]] if base_weight(unit) > 0
        ]
        before = self._units[self._starts[clause] : end]
        return said == [phrase.units[-1]] and said[0] not in before and number_of(said[0]) is None

    def _speaks_of_another(self, phrase: CompiledPhrase, clause: int, met: Met) -> bool:
        """Whether the clause lacks a name of the statement's and has one that the rubric's other statements speak of."""
        subjects = self._answer.compiled.subjects
        if all(subjects.isdisjoint(_names(slot)) for slot in _unmet(phrase, met)):
            return False
        own = {name for slot in phrase.slots for name in _names(slot)}
        return any(self._place(name, clause) is not None for name in subjects - own)

    def _denied_at_length(
        self, phrase: CompiledPhrase, clauses: Mapping[int, Met]
    ) -> Iterator[_Found]:
        """A statement of several clauses, said within one sentence that begins by denying it: "It is not true that ..."."""
        spread: dict[int, list[int]] = {}
        for clause in sorted(clauses) if self._denied_sentences else ():
            if self._sentences[clause] in self._denied_sentences:
                spread.setdefault(self._sentences[clause], []).append(clause)
        for places in spread.values():
            near = weight_of(phrase, _together(clauses, places))
            if near >= SPREAD_NEAR:
                yield near, Misstatement(phrase, places[0], "sentence denied")

    def _compared_otherwise(self, phrase: CompiledPhrase, clause: int, met: Met) -> bool:
        """A comparison of the same two things the other way round."""
        rivals = self._answer.compiled.rivals
        names = list(
            dict.fromkeys(
                next((name for name in _names(slot) if name in rivals), "") for slot in phrase.slots
            )
        )
        names = [name for name in names if name]
        if (
            len(names) != 2
            or not _COMPARED_CUES.find(phrase.units)
            or not self._cues(_COMPARED_CUES, clause)
        ):
            return False
        first, second = (self._place(name, clause) for name in names)
        if (
            first is None
            or second is None
            or self._negations(clause)
            or self._flipped(phrase, clause, met)
        ):
            return False
        return second < first

    def _of_another(
        self, point: CompiledPoint, phrase: CompiledPhrase, clause: int, met: Met, rest: float
    ) -> bool:
        """Nearly all of the statement's other words, `rest` by weight, but the clause speaks of another of the question's subjects and not of the point's.

        A clause that is as near to what the rubric says of that other subject is no such swap.
        """
        rivals = self._answer.compiled.rivals
        names = point.subjects & rivals
        spoken = {name for slot in phrase.slots for name in _names(slot)}
        if any(self._place(name, clause) is not None for name in names):
            return False
        if all(self._place(name, clause) is None for name in rivals - names - spoken):
            return False
        if self._negations(clause) or self._flipped(phrase, clause, met, but=names):
            return False
        others = (
            met_in_clauses(text, self._answer).get(clause)
            for other in self._answer.compiled.points
            if other is not point
            for text in other.says
        )
        return all(other.weight < OTHERS_WORDS * met.weight / rest for other in others if other)

    def _trends_of(self, phrase: CompiledPhrase, *, same: bool) -> Iterator[tuple[float, int]]:
        """Where two quantities rise and fall together as in the statement, or against it: in a clause, or in it and the next.

        Gives the share of the statement's weight besides its words for up and down, and the clause.
        """
        if phrase.trend.count != 2:
            return
        clauses = met_in_clauses(phrase, self._answer)
        others = _bits(slot.unit not in phrase.trend.units for slot in phrase.slots)
        whole = weight_of(phrase, others) or 1.0
        for clause in clauses:
            region, trend = [clause], self._trend(clause)
            if trend.count == 1 and self._side_by_side(phrase, clause):
                region, next_trend = [clause, clause + 1], self._trend(clause + 1)
                trend = Trend(
                    trend.count + next_trend.count, trend.sign * next_trend.sign, frozenset()
                )
            if trend.count == 2 and (trend.sign == phrase.trend.sign) is same:
                near = weight_of(phrase, _together(clauses, region) & others) / whole
                yield from ((near, place) for place in region)

    def _trend(self, clause: int) -> Trend:
        found = self._trends.get(clause)
        if found is None:
            found = self._trends[clause] = trend_of(
                self._answer.reading, self._starts[clause], self._starts[clause + 1]
            )
        return found

    def _side_by_side(self, phrase: CompiledPhrase, clause: int) -> bool:
        """Whether the clause speaks of one part of the statement and the next clause of the other."""
        if len(phrase.parts) != 2 or self._change_of_subject(clause):
            return False
        parts = [
            {key for part in self._parts_of_clause.get(place, ()) for key in part}
            for place in (clause, clause + 1)
        ]
        said = [
            {key for key in part if key not in phrase.trend.units and key not in TREND_CONCEPTS}
            for part in phrase.parts
        ]
        return all(said) and any(
            all(_mostly(half, part) for half, part in zip(said, order, strict=True))
            for order in (parts, parts[::-1])
        )

    def _change_of_subject(self, clause: int) -> bool:
        """Whether the next clause speaks of other subjects than this one."""
        subjects = self._answer.subjects
        return (
            clause + 1 < len(subjects)
            and bool(subjects[clause])
            and subjects[clause].isdisjoint(subjects[clause + 1])
        )

    @cached_property
    def _parts(self) -> list[tuple[Part, int]]:
        """The parts of the answer that it stands by, each with its clause."""
        return parts_of(self._answer.canonical, self._answer.reading)

    @cached_property
    def _parts_of_clause(self) -> dict[int, list[Part]]:
        found: dict[int, list[Part]] = {}
        for part, clause in self._parts:
            found.setdefault(clause, []).append(part)
        return found

    def _rearranged(self, phrase: CompiledPhrase, clauses: Mapping[int, Met]) -> Iterator[_Found]:
        """A statement in two parts whose subjects, or whose predicates, have changed places: "A is y and B is x" for "A is x and B is y"."""
        for first, second in phrase.halves:
            last: list[tuple[int, int, Set[str], Set[str]]] = []
            found: list[_Found] = []
            for number, (part, clause) in enumerate(self._parts):
                if clause not in clauses:
                    continue
                ones, twos = first.keys() & part.keys(), second.keys() & part.keys()
                if len(ones) >= NEAR * len(first) and not twos:
                    break  # said as the author does
                if not ones or not twos:
                    continue
                last = [crossing for crossing in last if number - crossing[0] <= PARTS_APART]
                for _, before, their_ones, their_twos in last:
                    if ones & their_ones or twos & their_twos:
                        continue
                    if len(ones | their_ones) < PART_NEAR * len(first) or len(
                        twos | their_twos
                    ) < PART_NEAR * len(second):
                        continue
                    moved = (_rank(ones, first) - _rank(their_ones, first)) * (
                        _rank(twos, second) - _rank(their_twos, second)
                    ) < 0
                    if (
                        moved
                        and weight_of(phrase, _together(clauses, (before, clause))) >= PARTS_NEAR
                    ):
                        found += (
                            (1.0, Misstatement(phrase, place, "rearranged"))
                            for place in (before, clause)
                        )
                last.append((number, clause, ones, twos))
            else:
                yield from found

    @cached_property
    def _formulas(self) -> dict[tuple[str, ...], list[Formula]]:
        """The answer's formulas by their letters; of the same ones after the same word the first few."""
        found: dict[tuple[str, ...], list[Formula]] = {}
        times: Counter[tuple[Symbols, str]] = Counter()
        for formula in formulas_of(self._answer.reading):
            times[formula.symbols, formula.before] += 1
            if (
                formula.clause not in self._answer.withdrawn
                and times[formula.symbols, formula.before] <= FORMULAS_ALIKE
            ):
                found.setdefault(formula.letters, []).append(formula)
        return found

    def _misformulated(
        self, phrase: CompiledPhrase, clauses: Mapping[int, Met]
    ) -> Iterator[_Found]:
        """A formula with the same letters as the statement's and other numbers, one that no statement has, where the statement's own never stands."""
        for formula in phrase.formulas:
            like = self._formulas.get(formula.letters, [])
            if any(said.numbers == formula.numbers for said in like):
                continue
            if "sqrt" in formula.numbers and any(
                not ROOTS.isdisjoint(said.numbers) for said in like
            ):
                continue
            others = _bits(slot.unit not in formula.units for slot in phrase.slots)
            whole = weight_of(phrase, others) or 1.0
            for said in like:
                if said.name in self._answer.compiled.formulas or not differ_in_a_number(
                    formula, said
                ):
                    continue
                if said.before != formula.before and not (said.telling and formula.telling):
                    continue
                near = (
                    weight_of(phrase, _together(clauses, (said.clause - 1, said.clause)) & others)
                    / whole
                )
                if near >= NEAR:
                    yield near, Misstatement(phrase, said.clause, "formula")

    def _misnumbered(self, phrase: CompiledPhrase, clause: int) -> bool:
        """A number beside the same words as in the statement, where the answer never gives the statement's own number."""
        lacking = [
            (before, after) for before, number, after in phrase.numbers if self._lacks(number)
        ]
        if not lacking or not self._numbers:
            return False
        said = self._numbered.get(clause)
        if said is None:
            units = self._units[self._starts[clause] : self._starts[clause + 1]]
            numbered: list[Numbered] = numbers_of(list(filter(says_something, units)))
            said = self._numbered[clause] = frozenset(
                (before, after) for before, _, after in numbered
            )
        return not said.isdisjoint(lacking)

    def _lacks(self, number: float) -> bool:
        """Whether the answer has a number nowhere, not even as a percentage or a share."""
        return self._numbers.isdisjoint((number, number * 100, number / 100))


def _rank(keys: Set[str], part: Part) -> float:
    """The mean rank of some of a part's content in it."""
    return sum(part[key] for key in keys) / len(keys)


def _mostly(half: Set[str], part: Set[str]) -> bool:
    """Whether a clause has most of half a statement, and not much else."""
    met = len(half & part)
    return met >= NEAR * len(half) and 2 * met >= len(part - TREND_CONCEPTS)


def _names(slot: Slot) -> tuple[str, ...]:
    return (*slot.concepts, slot.unit)


def _unmet(phrase: CompiledPhrase, met: Met) -> list[Slot]:
    return [slot for number, slot in enumerate(phrase.slots) if not met.slots >> number & 1]


def _bits(chosen: Iterable[bool]) -> int:
    return sum(1 << number for number, choice in enumerate(chosen) if choice)


def _together(clauses: Mapping[int, Met], places: Iterable[int]) -> int:
    """The slots met in any of some clauses, as bits."""
    slots = 0
    for place in places:
        if place in clauses:
            slots |= clauses[place].slots
    return slots
