"""Opposite: the answer states it with the opposite of one of its words."""

from __future__ import annotations

from collections.abc import Sequence

from ..answer import ClauseCoverage
from ..rubric import CompiledPhrase, PhraseToken
from .clauses import MIN_STATEMENT_COVERAGE, ClauseReader, names_of

# Share of the statement's weight besides that word.
MIN_REMAINING_COVERAGE = 0.95


def tokens_with_opposite(phrase: CompiledPhrase) -> list[tuple[int, PhraseToken]]:
    """The words of a statement that have an opposite, each with its bit.

    None for a statement that makes two claims, is negated or has a trend: there one opposite more
    may leave the meaning as it is.
    """
    one_claim = len(phrase.parts) == 1 and not phrase.negation_count and phrase.trend.count < 2
    return [
        (1 << index, token)
        for index, token in enumerate(phrase.tokens)
        if token.opposites and one_claim
    ]


def has_opposite_word(
    reader: ClauseReader,
    phrase: CompiledPhrase,
    clause: int,
    covered: ClauseCoverage,
    with_opposite: Sequence[tuple[int, PhraseToken]],
) -> bool:
    """Whether the clause is nearly the whole statement with one word's opposite for that word.

    - Fires: "wide nodes increase disk reads" for "wide nodes reduce disk reads".
    - Does not: "wide nodes do not increase disk reads", which is negated, or "with wide nodes,
      height increases", which lacks the statement's other words.
    """
    turned = [
        token
        for bit, token in with_opposite
        if not covered.token_bits & bit
        and any(reader.position(other, clause) is not None for other in token.opposites)
    ]
    if (
        not turned
        or len({token.concepts for token in turned}) > 1
        or reader.negation_ends(clause)
        or reader.trend(clause).count > 1
    ):
        return False
    if not set(turned[0].opposites).isdisjoint(
        name for token in phrase.tokens for name in names_of(token)
    ):
        return False  # the statement speaks of both
    rest = 1.0 - sum(token.weight for token in turned)
    return rest >= MIN_STATEMENT_COVERAGE and covered.weight >= MIN_REMAINING_COVERAGE * rest
