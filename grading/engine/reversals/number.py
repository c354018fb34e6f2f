"""Number: the answer gives another number beside the same words."""

from __future__ import annotations

from ..formulas import NumberInContext, number_of, numbers_of
from ..rubric import CompiledPhrase
from ..text import is_content
from .clauses import ClauseReader


class NumberRule:
    """Compares one answer's numbers with statements. Those of a clause are worked out once."""

    def __init__(self, reader: ClauseReader) -> None:
        self._reader = reader
        self._numbers = frozenset(number_of(token) for token in reader.tokens) - {None}
        self._contexts: dict[int, frozenset[tuple[tuple[str, ...], str]]] = {}

    def applies(self, phrase: CompiledPhrase, clause: int) -> bool:
        """Whether the clause has another number in the place of the statement's.

        - Fires: "桶的数量变成三倍" for "桶的数量变成两倍".
        - Does not: where the answer gives the statement's number anywhere, be it as a percentage.
        """
        missing = [
            (before, after) for before, number, after in phrase.numbers if self._lacks(number)
        ]
        if not missing or not self._numbers:
            return False
        return not self._contexts_in(clause).isdisjoint(missing)

    def _contexts_in(self, clause: int) -> frozenset[tuple[tuple[str, ...], str]]:
        """The words around each number of the clause."""
        found = self._contexts.get(clause)
        if found is None:
            content = list(filter(is_content, self._reader.tokens_of(clause)))
            numbers: list[NumberInContext] = numbers_of(content)
            found = self._contexts[clause] = frozenset(
                (before, after) for before, _, after in numbers
            )
        return found

    def _lacks(self, number: float) -> bool:
        """Whether the answer has a number nowhere, not even as a percentage or a share."""
        return self._numbers.isdisjoint((number, number * 100, number / 100))
