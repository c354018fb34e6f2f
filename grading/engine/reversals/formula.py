"""Formula: the answer gives the statement's formula with other numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cached_property

from ..answer import ClauseCoverage
from ..coverage import matched_weight
from ..formulas import Formula, Symbols, differ_in_number, formulas_of
from ..rubric import CompiledPhrase
from ..types import Rule
from .clauses import MIN_STATEMENT_COVERAGE, ClauseReader, Reversal, as_bits, bits_in

MAX_SAME_FORMULAS = 3  # of the same symbols after the same word; more are not looked at
ROOTS = frozenset(["sqrt", "0.5"])


class FormulaRule:
    """Compares one answer's formulas with statements. They are read once."""

    def __init__(self, reader: ClauseReader) -> None:
        self._reader = reader

    def reversals(
        self, phrase: CompiledPhrase, by_clause: Mapping[int, ClauseCoverage]
    ) -> Iterator[Reversal]:
        """Where the answer has the statement's formula got wrong.

        - Fires: "除以 d 的平方" for "除以 √d", "3n 次搬移" for "2n 次搬移".
        - Does not: where the answer has the statement's own formula as well, nor for a formula
          that another of the rubric's statements has.
        """
        for formula in phrase.formulas:
            similar = self._by_letters.get(formula.letters, [])
            if any(said.numbers == formula.numbers for said in similar):
                continue
            if "sqrt" in formula.numbers and any(
                not ROOTS.isdisjoint(said.numbers) for said in similar
            ):
                continue
            others = as_bits(token.text not in formula.tokens for token in phrase.tokens)
            whole = matched_weight(phrase, others) or 1.0
            for said in similar:
                if said.name in self._reader.view.formula_names or not differ_in_number(
                    formula, said
                ):
                    continue
                if said.word_before != formula.word_before and not (
                    said.is_compound and formula.is_compound
                ):
                    continue
                bits = bits_in(by_clause, (said.clause - 1, said.clause)) & others
                coverage = matched_weight(phrase, bits) / whole
                if coverage >= MIN_STATEMENT_COVERAGE:
                    yield Reversal(phrase, said.clause, Rule.FORMULA, coverage)

    @cached_property
    def _by_letters(self) -> dict[tuple[str, ...], list[Formula]]:
        """The answer's formulas by their letters, of equal ones the first few."""
        found: dict[tuple[str, ...], list[Formula]] = {}
        counts: Counter[tuple[Symbols, str]] = Counter()
        for formula in formulas_of(self._reader.answer.tokenized):
            counts[formula.symbols, formula.word_before] += 1
            if (
                formula.clause not in self._reader.answer.skipped
                and counts[formula.symbols, formula.word_before] <= MAX_SAME_FORMULAS
            ):
                found.setdefault(formula.letters, []).append(formula)
        return found
