"""Whether what a text speaks of rises and falls together."""

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
    """Words for up and down in a stretch of text: how many, their tokens, and +1 if even many of them point down or are denied, else -1."""

    count: int
    sign: int
    tokens: frozenset[str]


def trend_of(tokenized: TokenizedText, first: int, last: int) -> Trend:
    """The trend of tokens [first, last). A single 大 or 少 counts at the end of a clause, too."""
    tokens = tokenized.tokens[first:last]
    rises, falls = RISING_CUES.find(tokens), FALLING_CUES.find(tokens)
    taken = {position for start, end in (*rises, *falls) for position in range(start, end)}
    for position, token in enumerate(tokens):
        if position not in taken and (
            position + 1 == len(tokens)
            or tokenized.clause_of_token[first + position + 1]
            != tokenized.clause_of_token[first + position]
        ):
            (
                rises
                if token in cues.UP_CHARACTERS
                else falls
                if token in cues.DOWN_CHARACTERS
                else []
            ).append((position, position + 1))
    down = len(falls) + len(NEGATION_CUES.find(tokens))
    words = frozenset(token for start, end in (*rises, *falls) for token in tokens[start:end])
    return Trend(len(rises) + len(falls), -1 if down % 2 else 1, words)
