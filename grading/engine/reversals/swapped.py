"""Swapped: the answer puts two things of a statement in each other's place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet

from ..answer import ClauseCoverage
from ..content import Part
from ..coverage import matched_weight
from ..rubric import CompiledPhrase
from ..types import Rule
from .clauses import MIN_STATEMENT_COVERAGE, ClauseReader, Reversal, bits_in

MIN_PART_COVERAGE = 0.6  # of what one part of a statement has and the other has not
MIN_PARTS_COVERAGE = 0.75  # of a statement's weight, in two parts that have changed places
MAX_PARTS_APART = 2  # from one of the two swapped parts to the other


def swapped_parts(
    reader: ClauseReader, phrase: CompiledPhrase, by_clause: Mapping[int, ClauseCoverage]
) -> Iterator[Reversal]:
    """Where the answer says "A is y and B is x" for "A is x and B is y".

    - Fires: "链表法在桶里找空位，开放寻址把冲突的键挂在链上" for "链表法把冲突的键挂在链上，
      开放寻址在桶里找空位".
    - Does not: the two parts in the other order, each with its own words.
    """
    for first, second in phrase.part_pairs:
        crossings: list[tuple[int, int, AbstractSet[str], AbstractSet[str]]] = []
        found: list[Reversal] = []
        for number, (part, clause) in enumerate(reader.parts):
            if clause not in by_clause:
                continue
            ones, twos = first.keys() & part.keys(), second.keys() & part.keys()
            if len(ones) >= MIN_STATEMENT_COVERAGE * len(first) and not twos:
                break  # said as the author does
            if not ones or not twos:
                continue
            crossings = [
                crossing for crossing in crossings if number - crossing[0] <= MAX_PARTS_APART
            ]
            for _, before, their_ones, their_twos in crossings:
                if ones & their_ones or twos & their_twos:
                    continue
                if len(ones | their_ones) < MIN_PART_COVERAGE * len(first) or len(
                    twos | their_twos
                ) < MIN_PART_COVERAGE * len(second):
                    continue
                moved = (_mean_rank(ones, first) - _mean_rank(their_ones, first)) * (
                    _mean_rank(twos, second) - _mean_rank(their_twos, second)
                ) < 0
                coverage = matched_weight(phrase, bits_in(by_clause, (before, clause)))
                if moved and coverage >= MIN_PARTS_COVERAGE:
                    found += (
                        Reversal(phrase, place, Rule.SWAPPED, 1.0) for place in (before, clause)
                    )
            crossings.append((number, clause, ones, twos))
        else:
            yield from found


def _mean_rank(keys: AbstractSet[str], part: Part) -> float:
    """The mean rank of some of a part's content in it."""
    return sum(part[key] for key in keys) / len(keys)
