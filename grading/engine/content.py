"""A text's content in order, with a concept in place of each known term: its bigrams and its parts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

from .concepts import TermMatch
from .text import TokenizedText, token_weight

Part = dict[
    str, int
]  # a clause's content, or what of it stands before or after "and", with its rank


def normalize(tokenized: TokenizedText, term_matches: Iterable[TermMatch]) -> list[tuple[str, int]]:
    """The text's content in order: a concept for each known term, the token for anything else, each with its place."""
    start_of = {found.start: found for found in term_matches}
    content: list[tuple[str, int]] = []
    position, length = 0, len(tokenized.tokens)
    while position < length:
        found = start_of.get(position)
        if found:
            content.append((found.concepts[0], position))
            position = found.end
            continue
        if token_weight(tokenized.tokens[position]) > 0:
            content.append((tokenized.tokens[position], position))
        position += 1
    return content


def bigrams_of(
    normalized: Iterable[tuple[str, int]], tokenized: TokenizedText
) -> list[tuple[str, int]]:
    """Neighbours within a clause, as one key with their clause."""
    clauses = tokenized.clause_of_token
    return [
        (f"{one} {other}", clauses[at])
        for (one, at), (other, then) in pairwise(normalized)
        if clauses[at] == clauses[then]
    ]


def parts_of(
    normalized: Sequence[tuple[str, int]], tokenized: TokenizedText
) -> list[tuple[Part, int]]:
    """A text's content, clause by clause and cut at "and", each part with its clause."""
    parts: list[tuple[Part, int]] = []
    last = -1
    for key, position in normalized:
        if (
            last < 0
            or tokenized.clause_of_token[position] != tokenized.clause_of_token[last]
            or "and" in tokenized.tokens[last:position]
        ):
            parts.append(({}, tokenized.clause_of_token[position]))
        parts[-1][0].setdefault(key, len(parts[-1][0]))
        last = position
    return parts
