"""What the rules of reversal share: a finding, and quick look-ups in an answer's clauses."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import cached_property

from ..answer import AnswerIndex, ClauseCoverage
from ..concepts import NEGATION_CUES, CueMatcher
from ..content import Part, parts_of
from ..rubric import CompiledPhrase, PhraseToken
from ..trends import Trend, trend_of
from ..types import Rule

# Share of a statement's weight in one clause from which the clause is about that statement.
MIN_STATEMENT_COVERAGE = 0.6


@dataclass(frozen=True, slots=True)
class Reversal:
    """An author's statement turned round by a clause of the answer."""

    phrase: CompiledPhrase  # the statement
    clause: int  # the clause that turns it round
    rule: Rule  # what turns it round
    coverage: float  # how much of the statement's weight stands there, 0-1


class ClauseReader:
    """One answer as the rules look at it. What was worked out for a clause is kept."""

    def __init__(self, answer: AnswerIndex) -> None:
        self.answer = answer
        self.view = answer.view
        self.tokens = answer.tokenized.tokens
        self.starts = answer.tokenized.clause_starts
        self.sentences = answer.tokenized.sentence_of_clause
        self._negation_ends: dict[int, list[int]] = {}
        self._trends: dict[int, Trend] = {}

    def tokens_of(self, clause: int) -> tuple[str, ...]:
        """The tokens of a clause."""
        return self.tokens[self.starts[clause] : self.starts[clause + 1]]

    def position(self, key: str, clause: int) -> int | None:
        """The first position in the clause of a token or concept; None where it is not there."""
        positions = self.answer.positions_of.get(key, [])
        at = bisect_left(positions, self.starts[clause])
        found = at < len(positions) and positions[at] < self.starts[clause + 1]
        return positions[at] if found else None

    def cue_ends(self, matcher: CueMatcher, clause: int) -> list[int]:
        """The positions right behind the cues in the clause."""
        first = self.starts[clause]
        return [first + end for _, end in matcher.find(self.tokens_of(clause))]

    def negation_ends(self, clause: int) -> list[int]:
        """The positions right behind the negations in the clause."""
        found = self._negation_ends.get(clause)
        if found is None:
            found = self._negation_ends[clause] = self.cue_ends(NEGATION_CUES, clause)
        return found

    def trend(self, clause: int) -> Trend:
        """The words for up and down in the clause."""
        found = self._trends.get(clause)
        if found is None:
            found = self._trends[clause] = trend_of(
                self.answer.tokenized, self.starts[clause], self.starts[clause + 1]
            )
        return found

    @cached_property
    def parts(self) -> list[tuple[Part, int]]:
        """The parts of the answer that its speaker stands by, each with its clause."""
        return parts_of(self.answer.normalized, self.answer.tokenized)

    @cached_property
    def parts_by_clause(self) -> dict[int, list[Part]]:
        """The same by clause."""
        found: dict[int, list[Part]] = {}
        for part, clause in self.parts:
            found.setdefault(clause, []).append(part)
        return found

    def says_opposite(
        self,
        phrase: CompiledPhrase,
        clause: int,
        covered: ClauseCoverage,
        *,
        ignored: AbstractSet[str] = frozenset(),
    ) -> bool:
        """Whether the opposite of one of the phrase's missing words stands in the clause.

        Words with a name in `ignored` are left out.
        """
        missing = (
            token
            for token in missing_tokens(phrase, covered)
            if ignored.isdisjoint(names_of(token))
        )
        return any(
            self.position(other, clause) is not None
            for token in missing
            for other in token.opposites
        )


def names_of(token: PhraseToken) -> tuple[str, ...]:
    """What a token of a phrase can be called: its concepts and itself."""
    return (*token.concepts, token.text)


def missing_tokens(phrase: CompiledPhrase, covered: ClauseCoverage) -> list[PhraseToken]:
    """The tokens of a phrase that a clause lacks."""
    return [
        token for index, token in enumerate(phrase.tokens) if not covered.token_bits >> index & 1
    ]


def as_bits(chosen: Iterable[bool]) -> int:
    """A choice of tokens as bits, the first token being the lowest bit."""
    return sum(1 << index for index, choice in enumerate(chosen) if choice)


def bits_in(by_clause: Mapping[int, ClauseCoverage], clauses: Iterable[int]) -> int:
    """The tokens of a phrase that stand in any of some clauses, as bits."""
    bits = 0
    for clause in clauses:
        if clause in by_clause:
            bits |= by_clause[clause].token_bits
    return bits
