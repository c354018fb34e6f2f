"""Asks the rules in order and chooses what they found."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property

from ..answer import AnswerIndex, ClauseCoverage
from ..coverage import coverage_by_clause
from ..rubric import CompiledKeyPoint, CompiledPhrase
from ..types import Rule
from .clauses import MIN_STATEMENT_COVERAGE, ClauseReader, Reversal
from .comparison import is_compared_otherwise
from .denial import denied_at_length, denied_sentences, is_denied
from .formula import FormulaRule
from .number import NumberRule
from .opposite import has_opposite_word, tokens_with_opposite
from .subject import is_said_of_another, weight_besides_subject
from .swapped import swapped_parts
from .trend import MIN_CONVERSE_COVERAGE, MIN_REVERSED_COVERAGE, trends_of

# A clause that covers a statement by no more than this less than the reversal states it right.
MAX_RIGHT_CLAUSE_DEFICIT = 0.1
MIN_STATEMENT_TOKENS = 3  # with fewer a clause can be near by accident
MIN_DENIED_CONTRADICTION_TOKENS = 4  # for a contradiction's denial to say the key point
MIN_DENIED_DISTINCTIVE = 0.5  # of a contradiction's distinctive words, in the denying clause ...
MIN_DENIED_DISTINCTIVE_SHARE = 0.25  # ... unless those are less than this share of its weight


class ReversalDetector:
    """Holds one answer against statements. What was worked out for a clause is kept."""

    def __init__(self, answer: AnswerIndex) -> None:
        self._answer = answer
        self._reader = ClauseReader(answer)
        self._numbers = NumberRule(self._reader)
        self._formulas = FormulaRule(self._reader)

    @cached_property
    def _denied_sentences(self) -> frozenset[int]:
        return denied_sentences(self._reader)

    def reversal(self, point: CompiledKeyPoint) -> Reversal | None:
        """The reversal of a key point that covers most of its statement.

        None if there is none, or if some clause as near says the statement right.
        """
        worst: Reversal | None = None
        right = 0.0
        for phrase in point.statements:
            if len(phrase.content_tokens) < MIN_STATEMENT_TOKENS:
                continue
            by_clause = coverage_by_clause(phrase, self._answer)
            found = [
                *self._over_clauses(phrase, by_clause),
                *self._in_clauses(point, phrase, by_clause),
            ]
            wrong = {reversal.clause for reversal in found}
            right = max(
                [
                    right,
                    *(
                        covered.weight
                        for clause, covered in by_clause.items()
                        if covered.weight >= MIN_STATEMENT_COVERAGE and clause not in wrong
                    ),
                ]
            )
            worst = max(
                [*([worst] if worst else []), *found],
                key=lambda reversal: reversal.coverage,
                default=None,
            )
        return worst if worst and right < worst.coverage - MAX_RIGHT_CLAUSE_DEFICIT else None

    def denies(self, phrase: CompiledPhrase, *, with_distinctive_words: bool = False) -> bool:
        """Whether a clause near to the phrase, such as a contradiction, denies it.

        With `with_distinctive_words` the clause must also have the words that no statement has,
        where the phrase has enough of them.
        """
        distinctive = (
            MIN_DENIED_DISTINCTIVE
            if with_distinctive_words and phrase.distinctive_share >= MIN_DENIED_DISTINCTIVE_SHARE
            else 0.0
        )
        return any(
            covered.weight >= MIN_STATEMENT_COVERAGE
            and covered.distinctive >= distinctive
            and (
                self._reader.sentences[clause] in self._denied_sentences
                or is_denied(self._reader, phrase, clause, covered)
            )
            for clause, covered in coverage_by_clause(phrase, self._answer).items()
        )

    def affirms(self, point: CompiledKeyPoint) -> bool:
        """Whether the answer says a key point in a roundabout way.

        Either it denies what contradicts the point, or it says the converse of one of its trends:
        "smaller, more" for "larger, less".
        """
        denied = (
            phrase
            for phrase in point.contradictions
            if len(phrase.content_tokens) >= MIN_DENIED_CONTRADICTION_TOKENS
            and not phrase.negation_count
        )
        return any(self.denies(phrase, with_distinctive_words=True) for phrase in denied) or any(
            coverage >= MIN_CONVERSE_COVERAGE
            for phrase in point.statements
            for coverage, _ in trends_of(self._reader, phrase, same=True)
        )

    def _over_clauses(
        self, phrase: CompiledPhrase, by_clause: Mapping[int, ClauseCoverage]
    ) -> Iterator[Reversal]:
        """Reversals of a statement that is spread over several clauses."""
        yield from denied_at_length(self._reader, phrase, by_clause, self._denied_sentences)
        yield from swapped_parts(self._reader, phrase, by_clause)
        yield from self._formulas.reversals(phrase, by_clause)
        yield from (
            Reversal(phrase, clause, Rule.TREND, coverage)
            for coverage, clause in trends_of(self._reader, phrase, same=False)
            if coverage >= MIN_REVERSED_COVERAGE
        )

    def _in_clauses(
        self,
        point: CompiledKeyPoint,
        phrase: CompiledPhrase,
        by_clause: Mapping[int, ClauseCoverage],
    ) -> Iterator[Reversal]:
        """Reversals of a statement within single clauses."""
        reader = self._reader
        rest = weight_besides_subject(reader, point, phrase)
        with_opposite = tokens_with_opposite(phrase)
        for clause, covered in by_clause.items():
            coverage = covered.weight
            rule: Rule | None = None
            if coverage >= MIN_STATEMENT_COVERAGE:
                if not phrase.negation_count and reader.sentences[clause] in self._denied_sentences:
                    rule = Rule.SENTENCE_DENIED
                elif is_denied(reader, phrase, clause, covered):
                    rule = Rule.DENIED
                elif is_compared_otherwise(reader, phrase, clause, covered):
                    rule = Rule.COMPARED
                elif with_opposite and has_opposite_word(
                    reader, phrase, clause, covered, with_opposite
                ):
                    rule = Rule.OPPOSITE
            if not rule and is_said_of_another(reader, point, phrase, clause, covered, rest=rest):
                rule = Rule.OTHER_SUBJECT
            if not rule and phrase.numbers:
                # A formula's number often stands in a clause of its own.
                before = by_clause[clause - 1].weight if clause - 1 in by_clause else 0.0
                coverage = min(1.0, coverage + before)
                if coverage >= MIN_STATEMENT_COVERAGE and self._numbers.applies(phrase, clause):
                    rule = Rule.NUMBER
            if rule:
                yield Reversal(phrase, clause, rule, coverage)
