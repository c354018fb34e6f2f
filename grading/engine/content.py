"""A text's content in order, with concepts for its known terms; its bigrams and its parts.

A key is a concept ("#up", "@12") or, for a word that is no known term, the token itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

from .concepts import TermMatch
from .text import TokenizedText, token_weight

# The keys of a clause, or of what stands before or after its "and", each with its rank there.
Part = dict[str, int]


def normalize(tokenized: TokenizedText, term_matches: Iterable[TermMatch]) -> list[tuple[str, int]]:
    """The keys of a text's content words in order, each with its position."""
    match_at = {match.start: match for match in term_matches}
    content: list[tuple[str, int]] = []
    position, length = 0, len(tokenized.tokens)
    while position < length:
        match = match_at.get(position)
        if match:
            content.append((match.concepts[0], position))
            position = match.end
            continue
        if token_weight(tokenized.tokens[position]) > 0:
            content.append((tokenized.tokens[position], position))
        position += 1
    return content


def bigrams_of(
    normalized: Iterable[tuple[str, int]], tokenized: TokenizedText
) -> list[tuple[str, int]]:
    """Neighbouring keys within a clause, joined to one key, each with its clause."""
    clauses = tokenized.clause_of_token
    return [
        (f"{one} {other}", clauses[at])
        for (one, at), (other, other_at) in pairwise(normalized)
        if clauses[at] == clauses[other_at]
    ]


def parts_of(
    normalized: Sequence[tuple[str, int]], tokenized: TokenizedText
) -> list[tuple[Part, int]]:
    """The parts of a text: its clauses, cut at "and", each with the number of its clause."""
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
