"""Trends: whether what a text speaks of rises and falls together.

"The larger the factor, the slower the search" has two words for a direction. One points up and
one down, so that the quantities go against each other.
"""

from __future__ import annotations

from dataclasses import dataclass

from . import cues
from .concepts import NEGATION_CUES, CueMatcher
from .text import TokenizedText

RISING_CUES = CueMatcher(
    cues.RISING_WORDS,
    except_for=f"{cues.CONCEPT_EXCEPTIONS}\n{cues.FALLING_WORDS}\n{cues.DIRECTION_EXCEPTIONS}",
)
FALLING_CUES = CueMatcher(
    cues.FALLING_WORDS,
    except_for=f"{cues.CONCEPT_EXCEPTIONS}\n{cues.RISING_WORDS}\n{cues.DIRECTION_EXCEPTIONS}",
)


@dataclass(frozen=True, slots=True)
class Trend:
    """The words for up and down in a stretch of text."""

    count: int  # how many there are
    sign: int  # +1 where an even number of them point down or are negated, else -1
    tokens: frozenset[str]  # the words themselves


def trend_of(tokenized: TokenizedText, first: int, last: int) -> Trend:
    """The trend of tokens [first, last).

    At the end of a clause a single character such as 大 or 少 counts as well.
    """
    tokens = tokenized.tokens[first:last]
    rises, falls = RISING_CUES.find(tokens), FALLING_CUES.find(tokens)
    taken = {position for start, end in (*rises, *falls) for position in range(start, end)}
    for position, token in enumerate(tokens):
        if position not in taken and (
            position + 1 == len(tokens)
            or tokenized.clause_of_token[first + position + 1]
            != tokenized.clause_of_token[first + position]
        ):
            if token in cues.UP_CHARACTERS:
                rises.append((position, position + 1))
            elif token in cues.DOWN_CHARACTERS:
                falls.append((position, position + 1))
    down = len(falls) + len(NEGATION_CUES.find(tokens))
    words = frozenset(token for start, end in (*rises, *falls) for token in tokens[start:end])
    return Trend(len(rises) + len(falls), -1 if down % 2 else 1, words)
