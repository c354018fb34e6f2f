"""Trend: the answer lets something rise that should fall."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Set as AbstractSet

from ..concepts import TREND_CONCEPTS
from ..coverage import coverage_by_clause, matched_weight
from ..rubric import CompiledPhrase
from ..trends import Trend
from .clauses import MIN_STATEMENT_COVERAGE, ClauseReader, as_bits, bits_in

# Shares of a statement's weight besides its words for up and down.
MIN_CONVERSE_COVERAGE = 0.75  # for a trend to be the statement's
MIN_REVERSED_COVERAGE = 0.65  # for a trend to be the statement's turned round


def trends_of(
    reader: ClauseReader, phrase: CompiledPhrase, *, same: bool
) -> Iterator[tuple[float, int]]:
    """Where two quantities go together as in the statement or, unless `same`, the other way round.

    They stand in one clause, or in a clause and the next. Each find is the share of the
    statement's weight besides its words for up and down, and the clause.

    - Fires as a reversal: "负载因子越大，查找越快" for "负载因子越大，查找越慢".
    - Does not: "负载因子越小，查找越快", the converse, which says the same.
    """
    if phrase.trend.count != 2:
        return
    by_clause = coverage_by_clause(phrase, reader.answer)
    others = as_bits(token.text not in phrase.trend.tokens for token in phrase.tokens)
    whole = matched_weight(phrase, others) or 1.0
    for clause in by_clause:
        region, trend = [clause], reader.trend(clause)
        if trend.count == 1 and _is_side_by_side(reader, phrase, clause):
            region, next_trend = [clause, clause + 1], reader.trend(clause + 1)
            trend = Trend(trend.count + next_trend.count, trend.sign * next_trend.sign, frozenset())
        if trend.count == 2 and (trend.sign == phrase.trend.sign) is same:
            coverage = matched_weight(phrase, bits_in(by_clause, region) & others) / whole
            yield from ((coverage, place) for place in region)


def _is_side_by_side(reader: ClauseReader, phrase: CompiledPhrase, clause: int) -> bool:
    """Whether the clause speaks of one part of the statement and the next clause of the other."""
    if len(phrase.parts) != 2 or _changes_subject(reader, clause):
        return False
    said = [
        {key for part in reader.parts_by_clause.get(place, ()) for key in part}
        for place in (clause, clause + 1)
    ]
    wanted = [
        {key for key in part if key not in phrase.trend.tokens and key not in TREND_CONCEPTS}
        for part in phrase.parts
    ]
    return all(wanted) and any(
        all(_is_mostly(half, part) for half, part in zip(wanted, order, strict=True))
        for order in (said, said[::-1])
    )


def _changes_subject(reader: ClauseReader, clause: int) -> bool:
    """Whether the next clause speaks of other subjects than this one."""
    subjects = reader.answer.subjects_by_clause
    return (
        clause + 1 < len(subjects)
        and bool(subjects[clause])
        and subjects[clause].isdisjoint(subjects[clause + 1])
    )


def _is_mostly(half: AbstractSet[str], said: AbstractSet[str]) -> bool:
    """Whether a clause has most of half a statement, and not much else."""
    met = len(half & said)
    return met >= MIN_STATEMENT_COVERAGE * len(half) and 2 * met >= len(said - TREND_CONCEPTS)
