"""Concepts: terms of the glossary and of general language that can stand for one another, and which exclude each other."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from . import lexicon
from .text import read
from .types import Glossary


@dataclass(frozen=True, slots=True)
class Found:
    """A term met in a text: units [start, end) and the concepts it names."""

    start: int
    end: int
    concepts: tuple[str, ...]


class TermIndex:
    """Finds the longest known term at each place of a text."""

    def __init__(self, glossary: Glossary) -> None:
        terms: dict[tuple[str, ...], list[str]] = {}

        def learn(text: str, concept: str) -> None:
            units = read(text).units
            if units:
                known = terms.setdefault(units, [])
                if concept not in known:
                    known.append(concept)

        for concept, words in _lines_of(lexicon.CONCEPTS):
            for word in words:
                learn(word, f"#{concept}")
        for word in _words_of(lexicon.NEUTRAL):
            terms.setdefault(read(word).units, [])
        for number, group in enumerate(glossary.groups):
            for word in group:
                learn(word, f"@{number}")
        opposites: dict[str, set[str]] = {}
        pairs = [
            tuple(f"#{name.strip()}" for name in line.split("/"))
            for line in lexicon.OPPOSITES.split("\n")
            if line.strip()
        ]
        for one, other in glossary.opposites:
            sides = []
            for word in (one, other):
                units = read(word).units
                own = [name for name in terms.get(units, ()) if name.startswith("@")]
                if not own:
                    own = [f"={word}"]
                    terms.setdefault(units, []).append(own[0])
                sides.append(own)
            pairs.extend((a, b) for a in sides[0] for b in sides[1])
        for a, b in pairs:
            opposites.setdefault(a, set()).add(b)
            opposites.setdefault(b, set()).add(a)
        self.opposites = {concept: frozenset(others) for concept, others in opposites.items()}
        self._terms = _by_first_unit((units, tuple(concepts)) for units, concepts in terms.items())

    def find(self, units: Sequence[str]) -> list[Found]:
        """Terms in `units` from left to right, longest first, none overlapping."""
        return [
            Found(start, end, concepts)
            for start, end, concepts in _scan(units, self._terms)
            if concepts
        ]


_Terms = dict[str, list[tuple[tuple[str, ...], tuple[str, ...]]]]


def _by_first_unit(terms: Iterable[tuple[tuple[str, ...], tuple[str, ...]]]) -> _Terms:
    by_first: _Terms = {}
    for units, concepts in terms:
        if units:
            by_first.setdefault(units[0], []).append((units, concepts))
    for candidates in by_first.values():
        candidates.sort(key=lambda item: (-len(item[0]), item[0]))
    return by_first


def _scan(units: Sequence[str], terms: _Terms) -> list[tuple[int, int, tuple[str, ...]]]:
    found: list[tuple[int, int, tuple[str, ...]]] = []
    if terms.keys().isdisjoint(units):  # nearly always so for cues, and much cheaper than to look
        return found
    place, length = 0, len(units)
    units = tuple(units)
    while place < length:
        for term, concepts in terms.get(units[place], ()):
            end = place + len(term)
            if len(term) == 1 or units[place:end] == term:
                found.append((place, end, concepts))
                place = end
                break
        else:
            place += 1
    return found


def _words_of(block: str) -> list[str]:
    return [
        word
        for line in block.split("\n")
        for word in (part.strip() for part in line.split("|"))
        if word
    ]


def _lines_of(block: str) -> list[tuple[str, list[str]]]:
    return [
        (name.strip(), _words_of(words))
        for name, _, words in (line.partition(":") for line in block.split("\n"))
        if words
    ]


@lru_cache(maxsize=8)
def term_index(glossary: Glossary) -> TermIndex:
    """The index for a glossary, built once."""
    return TermIndex(glossary)


class Cues:
    """Short word lists (negations, corrections, ...) found the same way."""

    def __init__(self, block: str, *, except_for: str = "") -> None:
        terms: dict[tuple[str, ...], tuple[str, ...]] = {
            read(word).units: ("cue",) for word in _words_of(block)
        }
        terms |= {read(word).units: () for word in _words_of(except_for)}
        self._terms = _by_first_unit(terms.items())

    def find(self, units: Sequence[str]) -> list[tuple[int, int]]:
        """Unit ranges of the cues in `units`."""
        return [(start, end) for start, end, concepts in _scan(units, self._terms) if concepts]


NEGATION_CUES = Cues(lexicon.NEGATIONS, except_for=lexicon.NOT_NEGATIONS)
SUPPOSITION_CUES = Cues(lexicon.SUPPOSITIONS)
NO_ANSWER_CUES = Cues(lexicon.NO_ANSWERS)
