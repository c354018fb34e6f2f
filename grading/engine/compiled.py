"""A rubric made ready once, for answers in Chinese and for others.

A phrase is a row of *slots* (its units), each with a weight.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import pairwise
from typing import Any

from . import lexicon
from .claims import without_foils
from .relations import (
    Formula,
    Numbered,
    Part,
    Symbols,
    Trend,
    formulas_of,
    numbers_of,
    parts_of,
    trend_of,
)
from .terms import NEGATION_CUES, Found, TermIndex, term_index
from .text import Reading, base_weight, is_han, read, says_something
from .types import Glossary, KeyPoint, PhraseKind, Rubric

PROMPT_FACTOR = 0.15  # what stands in the question earns little
SIBLING_POWER = 1.2  # what stands in several key points tells them apart badly
TREND_CONCEPTS = frozenset(
    ["#up", "#down", "#fast", "#slow"]
)  # both turned, a statement stays what it is
_MOST_PARTS = 8  # of a statement; one of more is a paragraph
RUN = 5  # units of a text's content in a row that another text has by chance only where both quote a formula or a term


@dataclass(frozen=True, slots=True)
class Slot:
    """One unit of a phrase with what may stand for it; the weights are shares of the phrase's whole weight.

    `distinct` is the share among the units that tell a statement from a contradiction of the same key point, or the other way round.
    """

    unit: str
    concepts: tuple[str, ...]
    opposites: tuple[str, ...]
    weight: float
    demoted: float
    distinct: float = 0.0


@dataclass(frozen=True, slots=True)
class CompiledPhrase:
    """An author's text as slots. `kind` is None for the key point's own text; `pairs` are its neighbouring units.

    `units` are those that say something, in order; `content` is their weight. `keys` are they
    with a concept for each known term. `halves` are pairs of its parts, without what both have.
    """

    text: str
    kind: PhraseKind | None
    slots: tuple[Slot, ...]
    pairs: tuple[str, ...]
    negations: int
    units: tuple[str, ...]
    content: float
    keys: tuple[str, ...]
    formulas: tuple[Formula, ...]
    numbers: tuple[Numbered, ...]
    trend: Trend
    parts: tuple[Part, ...]
    halves: tuple[tuple[Part, Part], ...]
    distinct_share: float = 0.0
    distinct_pairs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CompiledPoint:
    """A key point's phrases: what says it (own texts first), what contradicts it, and the term groups.

    `contrast` holds, for each unit and pair, the log of how much oftener it stands in statements than in contradictions.
    `subjects` are the names and terms its own text speaks of.
    """

    point: KeyPoint
    own: tuple[CompiledPhrase, ...]
    says: tuple[CompiledPhrase, ...]
    against: tuple[CompiledPhrase, ...]
    groups: tuple[tuple[CompiledPhrase, ...], ...]
    contrast: tuple[tuple[str, float], ...]
    subjects: frozenset[str]


@dataclass(frozen=True, slots=True)
class CompiledView:
    """What of a rubric an answer in one language is held against. Safe to share between threads."""

    rubric: Rubric
    terms: TermIndex
    points: tuple[CompiledPoint, ...]
    prompts: tuple[tuple[str, ...], ...]  # each one's content, unit by unit
    prompt_units: frozenset[str]
    vocabulary: frozenset[str]
    latin_vocabulary: tuple[str, ...]
    concepts: frozenset[str]
    prompt_concepts: frozenset[str]
    subjects: frozenset[str]  # those that some key points speak of and others don't
    rivals: frozenset[str]  # those that the question sets against each other
    pairs: frozenset[str]
    formulas: frozenset[tuple[str, Symbols]]  # the names of those in any statement
    model_runs: frozenset[tuple[str, ...]]  # every run of the model answers' content
    reference: bool  # a single key point without truth checks: a model answer as a whole
    rich: bool  # whether most key points come with contradictions
    respelt: dict[str, tuple[str, float] | None] = field(
        default_factory=dict, compare=False, repr=False
    )


@dataclass(frozen=True, slots=True)
class _Parsed:
    """A text of the author's with its terms and the key point kind it plays."""

    text: str
    kind: PhraseKind | None
    reading: Reading
    terms: tuple[Found, ...]
    canonical: tuple[tuple[str, int], ...]


def canonical(reading: Reading, terms: Iterable[Found]) -> list[tuple[str, int]]:
    """The text's content in order: a concept for each known term, the unit for anything else, each with its place."""
    start_of = {found.start: found for found in terms}
    content: list[tuple[str, int]] = []
    place, length = 0, len(reading.units)
    while place < length:
        found = start_of.get(place)
        if found:
            content.append((found.concepts[0], place))
            place = found.end
            continue
        if base_weight(reading.units[place]) > 0:
            content.append((reading.units[place], place))
        place += 1
    return content


def pairs_of(canonical: Iterable[tuple[str, int]], reading: Reading) -> list[tuple[str, int]]:
    """Neighbours within a clause, as one key with their clause."""
    clauses = reading.clauses
    return [
        (f"{one} {other}", clauses[at])
        for (one, at), (other, then) in pairwise(canonical)
        if clauses[at] == clauses[then]
    ]


def _parse(text: str, kind: PhraseKind | None, terms: TermIndex) -> _Parsed:
    reading = without_foils(read(text))
    found = tuple(terms.find(reading.units))
    return _Parsed(text, kind, reading, found, tuple(canonical(reading, found)))


@dataclass(frozen=True, slots=True)
class _Surroundings:
    """What demotes a unit: the question's words, and how many other key points have it."""

    prompt: frozenset[str]
    prompt_concepts: frozenset[str]
    elsewhere: Counter[str]


def _compile_phrase(parsed: _Parsed, terms: TermIndex, around: _Surroundings) -> CompiledPhrase:
    concepts_at: dict[int, tuple[str, ...]] = {}
    for found in parsed.terms:
        for place in range(found.start, found.end):
            concepts_at[place] = found.concepts
    raw: dict[str, tuple[tuple[str, ...], tuple[str, ...], float, float]] = {}
    for place, unit in enumerate(parsed.reading.units):
        concepts = concepts_at.get(place, ())
        # A term of the field says something even where its characters are common words, as in 前向.
        weight = base_weight(unit) or (
            0.5 if any(concept[0] in "@=" for concept in concepts) else 0.0
        )
        if weight <= 0 or unit in raw:
            continue
        asked = unit in around.prompt or any(
            concept in around.prompt_concepts for concept in concepts
        )
        demoted = (
            weight
            * (PROMPT_FACTOR if asked else 1.0)
            / (1 + around.elsewhere[unit]) ** SIBLING_POWER
        )
        opposites = tuple(
            sorted({other for concept in concepts for other in terms.opposites.get(concept, ())})
        )
        raw[unit] = (concepts, opposites, weight, demoted)
    total = sum(weight for _, _, weight, _ in raw.values()) or 1.0
    total_demoted = sum(demoted for _, _, _, demoted in raw.values()) or 1.0
    slots = tuple(
        Slot(unit, concepts, opposites, weight / total, demoted / total_demoted)
        for unit, (concepts, opposites, weight, demoted) in raw.items()
    )
    pairs = tuple(dict.fromkeys(pair for pair, _ in pairs_of(parsed.canonical, parsed.reading)))
    reading = parsed.reading
    units = tuple(filter(says_something, reading.units))
    parts = tuple(part for part, _ in parts_of(parsed.canonical, reading))
    return CompiledPhrase(
        parsed.text, parsed.kind, slots, pairs, len(NEGATION_CUES.find(reading.units)), units, total,
        keys=tuple(key for key, _ in parsed.canonical), formulas=tuple(formulas_of(reading)), numbers=tuple(numbers_of(units)), trend=trend_of(reading, 0, len(reading.units)), parts=parts, halves=_halves(parts),
    )  # fmt: skip


def _halves(parts: Sequence[Part]) -> tuple[tuple[Part, Part], ...]:
    """Each two parts of a statement that each have at least two things the other has not."""
    halves: list[tuple[Part, Part]] = []
    for number, one in enumerate(parts if len(parts) <= _MOST_PARTS else ()):
        for other in parts[number + 1 :]:
            first = {
                key: rank
                for key, rank in one.items()
                if key not in other and key not in TREND_CONCEPTS
            }
            second = {
                key: rank
                for key, rank in other.items()
                if key not in one and key not in TREND_CONCEPTS
            }
            if len(first) > 1 and len(second) > 1:
                halves.append((first, second))
    return tuple(halves)


def _told_apart(
    phrases: Sequence[CompiledPhrase], others: Sequence[CompiledPhrase]
) -> tuple[CompiledPhrase, ...]:
    """The phrases with the weights of what the others lack: the words they share with those tell nothing."""
    if not others:
        return tuple(phrases)
    units = {slot.unit for phrase in others for slot in phrase.slots}
    concepts = {concept for phrase in others for slot in phrase.slots for concept in slot.concepts}
    pairs = {pair for phrase in others for pair in phrase.pairs}
    result = []
    for phrase in phrases:
        own = {
            slot.unit
            for slot in phrase.slots
            if slot.unit not in units and concepts.isdisjoint(slot.concepts)
        }
        share = sum(slot.weight for slot in phrase.slots if slot.unit in own)
        slots = tuple(
            replace(slot, distinct=slot.weight / share if slot.unit in own else 0.0)
            for slot in phrase.slots
        )
        result.append(
            replace(
                phrase,
                slots=slots,
                distinct_share=share,
                distinct_pairs=tuple(p for p in phrase.pairs if p not in pairs),
            )
        )
    return tuple(result)


def _subjects(phrase: CompiledPhrase) -> set[str]:
    """The Latin names and the terms of the glossary in a phrase: what a statement can be about."""
    names = {
        slot.unit
        for slot in phrase.slots
        if "a" <= slot.unit[0] <= "z" and base_weight(slot.unit) >= 1.0
    }
    return names | {
        concept for slot in phrase.slots for concept in slot.concepts if concept[0] in "@="
    }


def _rivals(prompts: Sequence[str], subjects: Iterable[str], terms: TermIndex) -> frozenset[str]:
    """Of the question's subjects those that are told apart by name: terms that exclude each other, and names written with a capital."""
    words = (
        word
        for prompt in prompts
        for word in re.findall(r"[A-Za-z]{2,}", prompt)
        if word != word.lower()
    )
    named = {unit for word in words for unit in read(word).units}
    return frozenset(name for name in subjects if name in named or terms.opposites.get(name))


def _contrast(says: list[_Parsed], against: list[_Parsed]) -> tuple[tuple[str, float], ...]:
    """Log of the smoothed ratio of how often a unit or pair stands in statements and in contradictions."""
    if not says or not against:
        return ()

    def counts(texts: list[_Parsed]) -> Counter[str]:
        return Counter(
            key
            for parsed in texts
            for key in {
                k for k, _ in (*parsed.canonical, *pairs_of(parsed.canonical, parsed.reading))
            }
        )

    right, wrong = counts(says), counts(against)
    prior = math.log((len(against) + 1) / (len(says) + 1))
    keys = dict.fromkeys([*right, *wrong])
    return tuple(
        (key, math.log((right[key] + 0.5) / (wrong[key] + 0.5)) + prior) for key in sorted(keys)
    )


@lru_cache(maxsize=64)
def _runs(texts: tuple[str, ...]) -> frozenset[tuple[str, ...]]:
    contents = [list(filter(says_something, without_foils(read(text)).units)) for text in texts]
    return frozenset(
        run
        for content in contents
        for run in zip(*(content[start:] for start in range(RUN)), strict=False)
    )


def _is_chinese(text: str) -> bool:
    return any(map(is_han, text))


def _is_english(text: str) -> bool:
    """Whether a text is English prose. A formula or a bare term is of no language and serves both."""
    return not _is_chinese(text) and any(
        unit in lexicon.LATIN_FUNCTION for unit in read(text).units
    )


def _view(rubric: Rubric, other: Callable[[str], bool]) -> Rubric:
    """The rubric without the texts that are in the `other` language; a key point or prompt that has no other text keeps it."""

    def kept(texts: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(text for text in texts if not other(text)) or texts

    points = tuple(
        replace(
            point,
            texts=kept(point.texts),
            phrases=tuple(
                phrase
                for phrase in point.phrases
                if phrase.kind == PhraseKind.TERM_GROUP
                or not other(phrase.text)
                or all(map(other, point.texts))
            ),
        )
        for point in rubric.key_points
    )
    return Rubric(kept(rubric.prompts), points, rubric.model_answers)


@dataclass(frozen=True, slots=True)
class CompiledRubric:
    """A rubric with the author-side work done: once for Chinese answers, once for others, where it has texts in both languages.

    More wordings in a language nobody used say nothing about an answer, and would make every signal depend on them.
    """

    rubric: Rubric
    chinese: CompiledView
    other: CompiledView
    studied: dict[Any, Any] = field(
        default_factory=dict, compare=False, repr=False
    )  # learning's samples, once made ready


def compile_rubric(rubric: Rubric, *, glossary: Glossary) -> CompiledRubric:
    """Do the author-side work once; the result may be used for any number of answers."""
    chinese, other = _view(rubric, _is_english), _view(rubric, _is_chinese)
    view = _compile_view(chinese, glossary=glossary)
    return CompiledRubric(
        rubric, view, view if other == chinese else _compile_view(other, glossary=glossary)
    )


def _compile_view(rubric: Rubric, *, glossary: Glossary) -> CompiledView:
    terms = term_index(glossary)
    prompts = [_parse(prompt, None, terms) for prompt in rubric.prompts]
    prompt = frozenset(
        unit for parsed in prompts for unit in parsed.reading.units if base_weight(unit) > 0
    )
    prompt_concepts = frozenset(
        concept for parsed in prompts for found in parsed.terms for concept in found.concepts
    )
    texts_of = [
        [_parse(text, None, terms) for text in point.texts if text.strip()]
        + [
            _parse(phrase.text, phrase.kind, terms)
            for phrase in point.phrases
            if phrase.kind != PhraseKind.TERM_GROUP
        ]
        for point in rubric.key_points
    ]
    units_of = [
        {
            unit
            for parsed in texts
            if parsed.kind != PhraseKind.CONTRADICTS
            for unit in parsed.reading.units
        }
        for texts in texts_of
    ]
    everywhere = Counter(unit for units in units_of for unit in units)
    points = []
    for point, texts, units in zip(rubric.key_points, texts_of, units_of, strict=True):
        around = _Surroundings(prompt, prompt_concepts, everywhere - Counter(units))
        compiled = [
            phrase
            for phrase in (_compile_phrase(parsed, terms, around) for parsed in texts)
            if phrase.slots
        ]
        says = [phrase for phrase in compiled if phrase.kind != PhraseKind.CONTRADICTS]
        against = [phrase for phrase in compiled if phrase.kind == PhraseKind.CONTRADICTS]
        groups = tuple(
            tuple(
                _compile_phrase(_parse(word, phrase.kind, terms), terms, around)
                for word in phrase.alternatives
            )
            for phrase in point.phrases
            if phrase.kind == PhraseKind.TERM_GROUP
        )
        points.append(
            CompiledPoint(
                point=point,
                own=tuple(phrase for phrase in compiled if phrase.kind is None),
                says=_told_apart(says, against),
                against=_told_apart(against, says),
                groups=groups,
                subjects=frozenset(
                    name for phrase in compiled if phrase.kind is None for name in _subjects(phrase)
                ),
                contrast=_contrast(
                    [parsed for parsed in texts if parsed.kind != PhraseKind.CONTRADICTS],
                    [parsed for parsed in texts if parsed.kind == PhraseKind.CONTRADICTS],
                ),
            )
        )
    every = [
        phrase
        for p in points
        for phrase in (*p.says, *p.against, *(word for group in p.groups for word in group))
    ]
    vocabulary = frozenset(slot.unit for phrase in every for slot in phrase.slots)
    return CompiledView(
        rubric=rubric,
        terms=terms,
        points=tuple(points),
        prompts=tuple(
            tuple(unit for unit in parsed.reading.units if base_weight(unit) > 0)
            for parsed in prompts
        ),
        prompt_units=prompt,
        vocabulary=vocabulary,
        latin_vocabulary=tuple(
            sorted(unit for unit in vocabulary if len(unit) >= 4 and not is_han(unit))
        ),
        concepts=frozenset(
            name
            for phrase in every
            for slot in phrase.slots
            for name in (*slot.concepts, *slot.opposites)
        ),
        prompt_concepts=prompt_concepts,
        subjects=frozenset(
            name
            for p in points
            for name in p.subjects
            if not all(name in other.subjects for other in points)
        ),
        rivals=_rivals(
            rubric.prompts,
            {name for p in points for name in p.subjects} & (prompt | prompt_concepts),
            terms,
        ),
        pairs=frozenset(pair for phrase in every for pair in phrase.pairs),
        formulas=frozenset(
            formula.name for p in points for phrase in p.says for formula in phrase.formulas
        ),
        model_runs=_runs(rubric.model_answers),
        reference=len(points) == 1 and not points[0].against and not points[0].groups,
        rich=2 * sum(bool(p.against) for p in points) > len(points),
    )
