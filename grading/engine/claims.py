"""What a speaker does not stand by: what a claim is only set against ("not X but Y"), claims taken back later ("no wait, the other way round"), called wrong, or told as others' mistakes."""

from __future__ import annotations

from . import lexicon
from .terms import Cues
from .text import Reading, is_han, keep_units

_OPENING = 3  # units, at most, before a cue that opens its clause, as in 但是这种说法不对
_THOUGHT = 6  # ... that ends it, as in 想了一下应该反过来
_ASIDE = 6  # units, at most, beside a correction that fills its clause, as in 我刚才说错了
_SHORT = 3  # units; a clause no longer makes no claim, as in 嗯 or "let me see"
_SAID_AGAIN = 0.5  # of a clause's units stand in what is said instead, from which it is taken back too
_FARTHEST = 3  # clauses that one cue takes back, at most, and as many short ones before it
_SHORT_VERDICT = 10  # units of a clause that is no more than a verdict, as in 我认为这个说法不对
_FOIL_REACH = 3  # units of a clause, within which it turns from what is not so to what is
_PEOPLE_REACH = 6  # units from 很多人 to its 以为

_CORRECTIONS = Cues(f"{lexicon.CORRECTIONS}\n{lexicon.REVERSALS}", except_for=lexicon.NOT_CORRECTIONS)
_REVERSALS = Cues(lexicon.REVERSALS, except_for=lexicon.NOT_CORRECTIONS)
_DISCLAIMERS = Cues(lexicon.DISCLAIMERS)
_DISMISSALS = Cues(lexicon.DISMISSALS)
_CONDEMNATIONS = Cues(lexicon.CONDEMNATIONS)
_OUTRIGHT = Cues(lexicon.OUTRIGHT)
_OPINIONS = Cues(lexicon.OPINIONS)
_PEOPLE = Cues(lexicon.PEOPLE)
_BELIEFS = Cues(lexicon.BELIEFS, except_for=lexicon.NOT_BELIEFS)
_MISCONCEPTIONS = Cues(lexicon.MISCONCEPTIONS)
_TURNS = Cues(lexicon.TURNS)
_FOILS = Cues(lexicon.FOILS, except_for=lexicon.NOT_FOILS)
_FOIL_TURNS = Cues(lexicon.FOIL_TURNS)


def without_foils(reading: Reading) -> Reading:
    """The text with "not X, but Y" read as "Y": what is only set against the claim goes, and both clauses are one."""
    drop: set[int] = set()
    joined: set[int] = set()
    for start, end in _FOILS.find(reading.units):
        clause = reading.clauses[start]
        last = _bounds(reading, clause)[1]
        turn = _FOIL_TURNS.find(_units(reading, clause + 1)[:_FOIL_REACH]) if clause + 1 < reading.clause_count else []
        if end < last and turn and turn[0][0] == 0:
            drop.update(range(start, last + turn[0][1]))
            joined.add(clause + 1)
    return keep_units(reading, [place for place in range(len(reading.units)) if place not in drop], joined) if drop else reading


def withdrawn_clauses(reading: Reading) -> frozenset[int]:
    """The clauses of an answer that its speaker does not stand by."""
    gone: set[int] = set()
    _take_back(reading, gone)
    _disclaim(reading, gone)
    _condemn(reading, gone)
    _tell_as_mistaken(reading, gone)
    return frozenset(gone)


def _take_back(reading: Reading, gone: set[int]) -> None:
    """A correction takes back itself and the claim right before it, and of that sentence what is then said again otherwise; a reversal all of it."""
    reversed_at = {start for start, _ in _REVERSALS.find(reading.units)}
    for start, end in sorted([*_CORRECTIONS.find(reading.units), *_dismissals(reading)]):
        clause = reading.clauses[start]
        first, last = _bounds(reading, clause)
        if start - first > (_THOUGHT if end == last else _OPENING) and end - start < last - first:
            continue  # an ordinary word inside a claim
        fills = last - first <= end - start + _ASIDE
        if fills:
            gone.add(clause)
        previous = clause - 1
        while previous >= max(0, clause - _FARTHEST) and len(_units(reading, previous)) <= _SHORT:
            gone.add(previous)
            previous -= 1
        if start not in reversed_at and previous in gone:
            continue  # that claim is taken back already
        instead = _instead(reading, clause + 1 if fills else clause)
        said = _said_before(reading, previous)
        for earlier in said:
            if earlier == previous or start in reversed_at or _told(reading, said) or _said_again(_units(reading, earlier), instead):
                gone.add(earlier)


def _dismissals(reading: Reading) -> list[tuple[int, int]]:
    """Where a clause is no more than "no", with an 嗯 before it at most, and something is said instead."""
    found = []
    for start, end in _DISMISSALS.find(reading.units):
        first, last = _bounds(reading, reading.clauses[start])
        if last == end < len(reading.units) and start <= first + is_han(reading.units[first]):
            found.append((start, end))
    return found


def _disclaim(reading: Reading, gone: set[int]) -> None:
    """A clause that opens with "that is wrong", or says little else: what its sentence says before, or else the sentence before."""
    for start, end in _DISCLAIMERS.find(reading.units):
        clause = reading.clauses[start]
        first, last = _bounds(reading, clause)
        if clause and (start - first <= _OPENING or (end == last and last - first <= _SHORT_VERDICT)):
            gone.add(clause)
            gone.update(_said_before(reading, clause - 1))


def _condemn(reading: Reading, gone: set[int]) -> None:
    """ "Saying that ... is wrong": from the opinion on; "simply wrong" needs no one of that opinion."""
    for cues, outright in ((_CONDEMNATIONS, False), (_OUTRIGHT, True)):
        for start, end in cues.find(reading.units):
            clause = reading.clauses[start]
            if end < _bounds(reading, clause)[1]:
                continue  # "is wrong about ..."
            said = _said_before(reading, clause)
            if _told(reading, said):
                gone.update(said)
            elif outright:
                gone.add(clause)


def _tell_as_mistaken(reading: Reading, gone: set[int]) -> None:
    """What "a common misconception is", or "many people believe" in words that say they are wrong, up to the turn or the sentence's end."""
    people = [end for _, end in _PEOPLE.find(reading.units)]
    told = [start for start, _ in _BELIEFS.find(reading.units) if any(0 <= start - end <= _PEOPLE_REACH for end in people)]
    for start in [*told, *(start for start, _ in _MISCONCEPTIONS.find(reading.units))]:
        clause = reading.clauses[start]
        sentence = reading.sentence_of_clause[clause]
        gone.add(clause)
        for later in range(clause + 1, reading.clause_count):
            if reading.sentence_of_clause[later] != sentence or any(at <= 1 for at, _ in _TURNS.find(_units(reading, later))):
                break
            gone.add(later)


def _bounds(reading: Reading, clause: int) -> tuple[int, int]:
    return reading.clause_starts[clause], reading.clause_starts[clause + 1]


def _units(reading: Reading, clause: int) -> tuple[str, ...]:
    first, last = _bounds(reading, clause)
    return reading.units[first:last]


def _said_before(reading: Reading, clause: int) -> list[int]:
    """From `clause` back to the sentence's beginning or to where an opinion is brought up; speech in one long sentence is cut off."""
    said: list[int] = []
    while clause >= 0 and reading.sentence_of_clause[clause] == reading.sentence_of_clause[said[0] if said else clause]:
        said.append(clause)
        if len(said) == _FARTHEST or _OPINIONS.find(_units(reading, clause)):
            break
        clause -= 1
    return said


def _told(reading: Reading, said: list[int]) -> bool:
    """Whether what is said begins as an opinion told."""
    return bool(said) and bool(_OPINIONS.find(_units(reading, said[-1])))


def _instead(reading: Reading, clause: int) -> frozenset[str]:
    """The units of a sentence from `clause` on."""
    if clause >= reading.clause_count:
        return frozenset()
    sentence, last = reading.sentence_of_clause[clause], clause
    while last < reading.clause_count and reading.sentence_of_clause[last] == sentence:
        last += 1
    return frozenset(reading.units[reading.clause_starts[clause] : reading.clause_starts[last]])


def _said_again(units: tuple[str, ...], instead: frozenset[str]) -> bool:
    return sum(unit in instead for unit in units) >= _SAID_AGAIN * len(units)
