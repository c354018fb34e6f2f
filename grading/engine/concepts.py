"""Concepts: terms that can stand for one another, and concepts that exclude each other.

The name of a concept tells where it comes from: "#up" is one of general language (cues.py), "@12"
is a group of the glossary, and "=前向" a term that the glossary names only as an opposite.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from . import cues
from .text import tokenize
from .types import Glossary

# Concepts of general language that the code itself knows.
AVOID_CONCEPT = "#avoid"  # a negation in other words: "avoids saturation"
REMOVE_CONCEPT = "#remove"  # likewise: "drops the task"
NEGATING_CONCEPTS = frozenset([AVOID_CONCEPT, REMOVE_CONCEPT, "#lose", "#stop"])
TREND_CONCEPTS = frozenset(["#up", "#down", "#fast", "#slow"])  # with both turned it still holds


@dataclass(frozen=True, slots=True)
class TermMatch:
    """A known term in a text."""

    start: int  # its first token
    end: int  # the token after its last
    concepts: tuple[str, ...]  # those that it names


class ConceptIndex:
    """Finds the known terms in a text.

    `opposites` holds for a concept those that exclude it.
    """

    def __init__(self, glossary: Glossary) -> None:
        terms: dict[tuple[str, ...], list[str]] = {}

        def add_term(text: str, concept: str) -> None:
            tokens = tokenize(text).tokens
            if tokens:
                known = terms.setdefault(tokens, [])
                if concept not in known:
                    known.append(concept)

        for concept, words in _named_lines(cues.CONCEPTS):
            for word in words:
                add_term(word, f"#{concept}")
        for word in _words_in(cues.CONCEPT_EXCEPTIONS):
            terms.setdefault(tokenize(word).tokens, [])
        for number, group in enumerate(glossary.groups):
            for word in group:
                add_term(word, f"@{number}")
        opposites: dict[str, set[str]] = {}
        pairs = [
            tuple(f"#{name.strip()}" for name in line.split("/"))
            for line in cues.OPPOSITES.split("\n")
            if line.strip()
        ]
        for one, other in glossary.opposites:
            sides = []
            for word in (one, other):
                tokens = tokenize(word).tokens
                own = [name for name in terms.get(tokens, ()) if name.startswith("@")]
                if not own:
                    own = [f"={word}"]
                    terms.setdefault(tokens, []).append(own[0])
                sides.append(own)
            pairs.extend((a, b) for a in sides[0] for b in sides[1])
        for a, b in pairs:
            opposites.setdefault(a, set()).add(b)
            opposites.setdefault(b, set()).add(a)
        self.opposites = {concept: frozenset(others) for concept, others in opposites.items()}
        self._terms = _by_first_token(
            (tokens, tuple(concepts)) for tokens, concepts in terms.items()
        )

    def find(self, tokens: Sequence[str]) -> list[TermMatch]:
        """The terms from left to right, the longest at each position, none overlapping."""
        return [
            TermMatch(start, end, concepts)
            for start, end, concepts in _scan(tokens, self._terms)
            if concepts
        ]


# By first token: the terms that begin with it, longest first, each with its concepts.
_Terms = dict[str, list[tuple[tuple[str, ...], tuple[str, ...]]]]


def _by_first_token(terms: Iterable[tuple[tuple[str, ...], tuple[str, ...]]]) -> _Terms:
    by_first: _Terms = {}
    for tokens, concepts in terms:
        if tokens:
            by_first.setdefault(tokens[0], []).append((tokens, concepts))
    for candidates in by_first.values():
        candidates.sort(key=lambda item: (-len(item[0]), item[0]))
    return by_first


def _scan(tokens: Sequence[str], terms: _Terms) -> list[tuple[int, int, tuple[str, ...]]]:
    found: list[tuple[int, int, tuple[str, ...]]] = []
    if terms.keys().isdisjoint(tokens):  # nearly always so for cues, and much cheaper than to look
        return found
    position, length = 0, len(tokens)
    tokens = tuple(tokens)
    while position < length:
        for term, concepts in terms.get(tokens[position], ()):
            end = position + len(term)
            if len(term) == 1 or tokens[position:end] == term:
                found.append((position, end, concepts))
                position = end
                break
        else:
            position += 1
    return found


def _words_in(block: str) -> list[str]:
    return [
        word
        for line in block.split("\n")
        for word in (part.strip() for part in line.split("|"))
        if word
    ]


def _named_lines(block: str) -> list[tuple[str, list[str]]]:
    return [
        (name.strip(), _words_in(words))
        for name, _, words in (line.partition(":") for line in block.split("\n"))
        if words
    ]


@lru_cache(maxsize=8)
def index_concepts(glossary: Glossary) -> ConceptIndex:
    """The index for a glossary, built once."""
    return ConceptIndex(glossary)


class CueMatcher:
    """Finds the cues of a word list, such as negations or corrections.

    Words of `except_for` contain a cue without being one: 不同 is no negation.
    """

    def __init__(self, block: str, *, except_for: str = "") -> None:
        terms: dict[tuple[str, ...], tuple[str, ...]] = {
            tokenize(word).tokens: ("cue",) for word in _words_in(block)
        }
        terms |= {tokenize(word).tokens: () for word in _words_in(except_for)}
        self._terms = _by_first_token(terms.items())

    def find(self, tokens: Sequence[str]) -> list[tuple[int, int]]:
        """The cues from left to right, as half-open ranges of tokens."""
        return [(start, end) for start, end, concepts in _scan(tokens, self._terms) if concepts]


NEGATION_CUES = CueMatcher(cues.NEGATIONS, except_for=cues.NEGATION_EXCEPTIONS)
SUPPOSITION_CUES = CueMatcher(cues.SUPPOSITIONS)
NO_ANSWER_CUES = CueMatcher(cues.NO_ANSWERS)
