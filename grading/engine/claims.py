"""What a speaker does not stand by: what a claim is only set against ("not X but Y"), claims taken back later ("no wait, the other way round"), called wrong, or told as others' mistakes."""

from __future__ import annotations

from bisect import bisect_right

from . import lexicon
from .terms import SUPPOSITION_CUES, Cues
from .text import Reading, is_han, keep_units

_OPENING = 3  # units, at most, before a cue that opens its clause, as in 但是这种说法不对
_ASIDE = 6  # units, at most, beside a correction that fills its clause, as in 我刚才说错了
_SHORT = 3  # units; a clause no longer makes no claim, as in 嗯 or "let me see"
_MERELY_AGAIN = 0.25  # of its units, for a mere "no" to be of it
_SAID_AGAIN = (
    0.5  # of a clause's units stand in what is said instead, from which it is taken back too
)
_FARTHEST = 3  # clauses that one cue takes back, at most, and as many short ones before it
_FOIL_REACH = 3  # units of a clause, within which it turns from what is not so to what is
_PEOPLE_REACH = 6  # units from 很多人 to its 以为

_THEN_RIGHT = frozenset("是应要而")  # what follows 不对 where it is a correction
_MERE_NOES = Cues(lexicon.MERE_NOES)
_CORRECTIONS = Cues(
    f"{lexicon.CORRECTIONS}\n{lexicon.REVERSALS}", except_for=lexicon.NOT_CORRECTIONS
)
_REVERSALS = Cues(lexicon.REVERSALS, except_for=lexicon.NOT_CORRECTIONS)
_DISCLAIMERS = Cues(lexicon.DISCLAIMERS)
_DISMISSALS = Cues(lexicon.DISMISSALS)
_CONDEMNATIONS = Cues(lexicon.CONDEMNATIONS)
_OUTRIGHT = Cues(lexicon.OUTRIGHT)
_OPINIONS = Cues(lexicon.OPINIONS, except_for=lexicon.NOT_OPINIONS)
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
        turn = (
            _FOIL_TURNS.find(_units(reading, clause + 1)[:_FOIL_REACH])
            if clause + 1 < reading.clause_count
            else []
        )
        if (
            end < last
            and turn
            and turn[0][0] == 0
            and not (
                SUPPOSITION_CUES.find(_units(reading, clause))
                or _goes_on_otherwise(reading, clause + 1)
            )
        ):
            drop.update(range(start, last + turn[0][1]))
            joined.add(clause + 1)
    return (
        keep_units(
            reading, [place for place in range(len(reading.units)) if place not in drop], joined
        )
        if drop
        else reading
    )


def _goes_on_otherwise(reading: Reading, clause: int) -> bool:
    """Whether a clause that opens with 是 says no more of what is: 是不能用的, 是因为."""
    units = _units(reading, clause)
    return units[0] == "是" and len(units) > 1 and units[1] in "不没否因可能会"


def withdrawn_clauses(reading: Reading) -> frozenset[int]:
    """The clauses of an answer that its speaker does not stand by."""
    gone: set[int] = set()
    _take_back(reading, gone)
    _disclaim(reading, gone)
    _condemn(reading, gone)
    _tell_as_mistaken(reading, gone)
    return frozenset(gone)


def _take_back(reading: Reading, gone: set[int]) -> None:
    """A correction takes back itself and the claim right before it, and of that sentence what is then said again otherwise; a reversal all of it.

    A mere "no" does so only where the claim is said again otherwise: it may as well go on.
    """
    reversed_at = {start for start, _ in _REVERSALS.find(reading.units)}
    mere = set(_MERE_NOES.find(reading.units))
    for start, end in sorted([*_corrections(reading, reversed_at), *_dismissals(reading)]):
        clause = reading.clauses[start]
        fills = _fillers_only(reading.units[end : _bounds(reading, clause)[1]])
        previous = clause - 1
        passed = [clause] if fills else []
        while previous >= max(0, clause - _FARTHEST) and len(_units(reading, previous)) <= _SHORT:
            passed.append(previous)
            previous -= 1
        if start not in reversed_at and previous in gone:
            gone.update(passed)
            continue  # that claim is taken back already
        said = _back_to_start(reading, previous)
        whole = start in reversed_at or _told(reading, said)
        instead = (
            frozenset() if whole or not said else _instead(reading, clause + 1 if fills else clause)
        )
        if (
            (start, end) in mere
            and not whole
            and not (said and _said_again(_units(reading, previous), instead, _MERELY_AGAIN))
        ):
            continue
        gone.update(passed)
        gone.update(
            place
            for place in said
            if whole or place == previous or _said_again(_units(reading, place), instead)
        )


def _corrections(reading: Reading, reversed_at: set[int]) -> list[tuple[int, int]]:
    """Corrections that open their clause, but for an 嗯, 我刚才 or "oh"; a reversal must be all that its clause says, or else it tells of something."""
    found = []
    for start, end in _CORRECTIONS.find(reading.units):
        first, last = _bounds(reading, reading.clauses[start])
        after = reading.units[end:last]
        if not _fillers_only(reading.units[first:start]) or (
            start in reversed_at and not _fillers_only(after)
        ):
            continue
        if reading.units[start:end] == ("不", "对") and after and after[0] not in _THEN_RIGHT:
            continue  # 不对 batch 求统计量
        found.append((start, end))
    return found


def _fillers_only(units: tuple[str, ...]) -> bool:
    return len(units) <= _ASIDE and all(unit in lexicon.FILLERS for unit in units)


def _dismissals(reading: Reading) -> list[tuple[int, int]]:
    """Where a clause is no more than "no", with an 嗯 before it at most, and something is said instead."""
    found = []
    for start, end in _DISMISSALS.find(reading.units):
        first, last = _bounds(reading, reading.clauses[start])
        if last == end < len(reading.units) and start <= first + is_han(reading.units[first]):
            found.append((start, end))
    return found


def _disclaim(reading: Reading, gone: set[int]) -> None:
    """A clause that opens with "that is wrong": what its sentence says before, or else the sentence before."""
    for start, _ in _DISCLAIMERS.find(reading.units):
        clause = reading.clauses[start]
        if clause and start - reading.clause_starts[clause] <= _OPENING:
            gone.add(clause)
            gone.update(_back_to_start(reading, clause - 1))


def _condemn(reading: Reading, gone: set[int]) -> None:
    """ "Saying that ... is wrong": from the opinion on; "simply wrong" needs no one of that opinion."""
    for cues, outright in ((_CONDEMNATIONS, False), (_OUTRIGHT, True)):
        for start, end in cues.find(reading.units):
            clause = reading.clauses[start]
            if end < _bounds(reading, clause)[1]:
                continue  # "is wrong about ..."
            said = _back_to_start(reading, clause)
            if _told(reading, said):
                gone.update(said)
            elif outright:
                gone.add(clause)


def _tell_as_mistaken(reading: Reading, gone: set[int]) -> None:
    """What "a common misconception is", or "many people believe" in words that say they are wrong, up to the turn or the sentence's end."""
    people = [end for _, end in _PEOPLE.find(reading.units)]
    told = {reading.clauses[start] for start, _ in _MISCONCEPTIONS.find(reading.units)}
    for start, _ in _BELIEFS.find(reading.units):
        nearest = bisect_right(people, start) - 1
        if (
            nearest >= 0
            and start - people[nearest] <= _PEOPLE_REACH
            and reading.clauses[people[nearest] - 1] == reading.clauses[start]
        ):
            told.add(reading.clauses[start])
    telling = -1  # the sentence that goes on telling
    for clause, sentence in enumerate(reading.sentence_of_clause):
        if clause in told:
            telling = sentence
        elif sentence != telling or any(at <= 1 for at, _ in _TURNS.find(_units(reading, clause))):
            telling = -1
        if telling == sentence:
            gone.add(clause)


def _bounds(reading: Reading, clause: int) -> tuple[int, int]:
    return reading.clause_starts[clause], reading.clause_starts[clause + 1]


def _units(reading: Reading, clause: int) -> tuple[str, ...]:
    first, last = _bounds(reading, clause)
    return reading.units[first:last]


def _back_to_start(reading: Reading, clause: int) -> list[int]:
    """From `clause` back to the sentence's beginning or to where an opinion is brought up; speech in one long sentence is cut off."""
    said: list[int] = []
    while (
        clause >= 0
        and reading.sentence_of_clause[clause]
        == reading.sentence_of_clause[said[0] if said else clause]
    ):
        said.append(clause)
        if len(said) == _FARTHEST or _OPINIONS.find(_units(reading, clause)):
            break
        clause -= 1
    return said


def _told(reading: Reading, said: list[int]) -> bool:
    """Whether what is said begins as an opinion told."""
    return bool(said) and bool(_OPINIONS.find(_units(reading, said[-1])))


def _instead(reading: Reading, clause: int) -> frozenset[str]:
    """The units of a sentence from `clause` on, of its next few clauses."""
    if clause >= reading.clause_count:
        return frozenset()
    sentence, last = reading.sentence_of_clause[clause], clause
    while (
        last < min(clause + _FARTHEST, reading.clause_count)
        and reading.sentence_of_clause[last] == sentence
    ):
        last += 1
    return frozenset(reading.units[reading.clause_starts[clause] : reading.clause_starts[last]])


def _said_again(
    units: tuple[str, ...], instead: frozenset[str], share: float = _SAID_AGAIN
) -> bool:
    return sum(unit in instead for unit in units) >= share * len(units)
