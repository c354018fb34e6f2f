"""A rubric made ready once, and how much of each of its phrases stands in each part of an answer.

A phrase is a row of *slots* (its units), each with a weight. A *window* is two clauses of the answer in a row. A slot is met in
a window by its own unit, by a term of the same concept, or by a misspelling of it; coverage is the met share of the weight.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from rapidfuzz import process
from rapidfuzz.distance import Indel

from . import lexicon
from .terms import CORRECTION_CUES, NEGATION_CUES, Found, TermIndex, term_index
from .text import Reading, is_han, read
from .types import Glossary, KeyPoint, PhraseKind, Rubric

CONCEPT_CREDIT = 0.85  # a synonym is nearly as good as the word
PROMPT_FACTOR = 0.15  # what stands in the question earns little
SIBLING_POWER = 0.5
FUZZY_FROM = 0.72
_NEGATION_UNITS = frozenset("不没无未非") | {"not", "no", "never", "without"}


def base_weight(unit: str) -> float:
    """How much a unit says by itself, before the rubric is looked at."""
    if is_han(unit):
        return 0.0 if unit in lexicon.HAN_FUNCTION else 0.3 if unit in _NEGATION_UNITS else 0.5 if unit in lexicon.LIGHT else 1.0
    if unit in lexicon.LATIN_FUNCTION:
        return 0.0
    if unit in _NEGATION_UNITS:
        return 0.3
    if unit[0].isalpha():
        return 0.8 if unit in lexicon.LIGHT_WORDS else 1.0 if len(unit) == 1 else 2.0
    return 1.0 if unit[0].isdigit() else 0.3


@dataclass(frozen=True, slots=True)
class Slot:
    """One unit of a phrase with what may stand for it."""

    unit: str
    concepts: tuple[str, ...]
    opposites: tuple[str, ...]
    weight: float
    demoted: float


@dataclass(frozen=True, slots=True)
class CompiledPhrase:
    """An author's text as slots. `kind` is None for the key point's own text."""

    text: str
    kind: PhraseKind | None
    slots: tuple[Slot, ...]
    total: float
    total_demoted: float
    negations: int


@dataclass(frozen=True, slots=True)
class CompiledPoint:
    """A key point's phrases: what says it, what contradicts it, and the term groups."""

    point: KeyPoint
    own: tuple[CompiledPhrase, ...]
    says: tuple[CompiledPhrase, ...]  # own texts first
    against: tuple[CompiledPhrase, ...]
    groups: tuple[tuple[CompiledPhrase, ...], ...]


@dataclass(frozen=True, slots=True)
class CompiledRubric:
    """A rubric with the author-side work done. Safe to share between threads."""

    rubric: Rubric
    terms: TermIndex
    points: tuple[CompiledPoint, ...]
    prompt_units: frozenset[str]
    vocabulary: frozenset[str]
    latin_vocabulary: tuple[str, ...]
    concepts: frozenset[str]
    corrections: dict[str, tuple[str, float] | None] = field(default_factory=dict, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Parsed:
    """A text of the author's with its terms."""

    text: str
    reading: Reading
    terms: tuple[Found, ...]


def _parse(text: str, terms: TermIndex) -> Parsed:
    reading = read(text)
    return Parsed(text, reading, tuple(terms.find(reading.units)))


def _compile_phrase(
    parsed: Parsed, kind: PhraseKind | None, terms: TermIndex, prompt: frozenset[str], prompt_concepts: frozenset[str], siblings: dict[str, int]
) -> CompiledPhrase:
    units = parsed.reading.units
    concepts_at: dict[int, tuple[str, ...]] = {}
    for found in parsed.terms:
        for place in range(found.start, found.end):
            concepts_at[place] = found.concepts
    slots: list[Slot] = []
    seen: set[str] = set()
    for place, unit in enumerate(units):
        weight = base_weight(unit)
        concepts = concepts_at.get(place, ())
        if weight <= 0 or unit in seen:
            continue
        seen.add(unit)
        asked = unit in prompt or any(concept in prompt_concepts for concept in concepts)
        demoted = weight * (PROMPT_FACTOR if asked else 1.0) / (1 + siblings.get(unit, 0)) ** SIBLING_POWER
        against = tuple(sorted({other for concept in concepts for other in terms.opposites.get(concept, ())}))
        slots.append(Slot(unit, concepts, against, weight, demoted))
    negations = len(NEGATION_CUES.find(units))
    return CompiledPhrase(
        parsed.text, kind, tuple(slots), sum(s.weight for s in slots) or 1.0, sum(s.demoted for s in slots) or 1.0, negations
    )


def compile_rubric(rubric: Rubric, *, glossary: Glossary = Glossary()) -> CompiledRubric:
    """Do the author-side work once; the result may be used for any number of answers."""
    terms = term_index(glossary)
    prompts = [_parse(prompt, terms) for prompt in rubric.prompts]
    prompt = frozenset(unit for parsed in prompts for unit in parsed.reading.units if base_weight(unit) > 0)
    prompt_concepts = frozenset(concept for parsed in prompts for found in parsed.terms for concept in found.concepts)
    parsed_points: list[tuple[KeyPoint, list[tuple[Parsed, PhraseKind | None]]]] = []
    units_of: list[set[str]] = []
    for point in rubric.key_points:
        texts: list[tuple[Parsed, PhraseKind | None]] = [(_parse(text, terms), None) for text in point.texts]
        own_units = {unit for parsed, _ in texts for unit in parsed.reading.units}
        texts += [(_parse(phrase.text, terms), phrase.kind) for phrase in point.phrases if phrase.kind != PhraseKind.TERM_GROUP]
        parsed_points.append((point, texts))
        units_of.append(own_units)
    points = []
    for number, (point, texts) in enumerate(parsed_points):
        siblings: dict[str, int] = {}
        for other, units in enumerate(units_of):
            if other != number:
                for unit in units:
                    siblings[unit] = siblings.get(unit, 0) + 1
        compiled = [_compile_phrase(parsed, kind, terms, prompt, prompt_concepts, siblings) for parsed, kind in texts]
        compiled = [phrase for phrase in compiled if phrase.slots]
        groups = tuple(
            tuple(
                _compile_phrase(_parse(word, terms), PhraseKind.TERM_GROUP, terms, prompt, prompt_concepts, siblings)
                for word in phrase.alternatives
            )
            for phrase in point.phrases
            if phrase.kind == PhraseKind.TERM_GROUP
        )
        own = tuple(phrase for phrase in compiled if phrase.kind is None)
        says = own + tuple(phrase for phrase in compiled if phrase.kind == PhraseKind.SAYS_IT)
        against = tuple(phrase for phrase in compiled if phrase.kind == PhraseKind.CONTRADICTS)
        points.append(CompiledPoint(point, own, says, against, groups))
    every = [phrase for p in points for phrase in (*p.says, *p.against, *(alt for group in p.groups for alt in group))]
    vocabulary = frozenset(slot.unit for phrase in every for slot in phrase.slots)
    concepts = frozenset(c for phrase in every for slot in phrase.slots for c in (*slot.concepts, *slot.opposites))
    latin = tuple(sorted(unit for unit in vocabulary if len(unit) >= 4 and not is_han(unit)))
    return CompiledRubric(rubric, terms, tuple(points), prompt, vocabulary, latin, concepts)


@dataclass(frozen=True, slots=True)
class AnswerIndex:
    """Where the rubric's units and concepts stand in an answer: unit or concept -> windows, and -> unit places."""

    text: str
    reading: Reading
    windows: int
    in_windows: dict[str, list[int]]
    places: dict[str, list[int]]
    misspelt: dict[str, float]
    negations: tuple[int, ...]  # per window
    retracted: frozenset[int]
    content_units: int
    known_units: int


def _retracted_clauses(reading: Reading) -> frozenset[int]:
    """Clauses a later "no wait, the opposite" takes back: the claim right before the correction."""
    gone: set[int] = set()
    for start, end in CORRECTION_CUES.find(reading.units):
        clause = reading.clauses[start]
        first, last = reading.clause_starts[clause], reading.clause_starts[clause + 1]
        if start - first > 3 and end - start < last - first:
            continue  # an ordinary word inside a claim
        if last - first <= end - start + 4:
            gone.add(clause)
        previous = clause - 1
        while previous >= 0 and reading.clause_starts[previous + 1] - reading.clause_starts[previous] <= 3:
            gone.add(previous)
            previous -= 1
        if previous >= 0:
            gone.add(previous)
    return frozenset(gone)


def _respell(word: str, compiled: CompiledRubric) -> tuple[str, float] | None:
    """The rubric's word that `word` is probably a misspelling of."""
    cache = compiled.corrections
    if word not in cache:
        if len(cache) > 20_000:
            cache.clear()
        best = process.extractOne(word, compiled.latin_vocabulary, scorer=Indel.normalized_similarity, score_cutoff=FUZZY_FROM)
        cache[word] = (best[0], float(best[1]) ** 2) if best else None
    return cache[word]


def index_answer(text: str, compiled: CompiledRubric) -> AnswerIndex:
    """Read an answer and note where what the rubric knows stands in it."""
    reading = read(text)
    retracted = _retracted_clauses(reading)
    count = max(1, reading.clause_count)
    in_windows: dict[str, list[int]] = {}
    places: dict[str, list[int]] = {}
    misspelt: dict[str, float] = {}
    content = known = 0

    def note(key: str, clause: int, place: int) -> None:
        where = in_windows.get(key)
        if where is None:
            in_windows[key] = [clause - 1, clause] if clause else [0]
            places[key] = [place]
            return
        places[key].append(place)
        last = where[-1]
        if last < clause:
            if last < clause - 1:
                where.append(clause - 1)
            where.append(clause)

    for place, unit in enumerate(reading.units):
        clause = reading.clauses[place]
        if clause in retracted:
            continue
        if unit in compiled.vocabulary:
            content += 1
            known += 1
            note(unit, clause, place)
        elif base_weight(unit) > 0:
            content += 1
            if len(unit) >= 4 and not is_han(unit):
                respelt = _respell(unit, compiled)
                if respelt:
                    misspelt[respelt[0]] = max(respelt[1], misspelt.get(respelt[0], 0.0))
                    note(f"~{respelt[0]}", clause, place)
    for found in compiled.terms.find(reading.units):
        clause = reading.clauses[found.start]
        if clause in retracted:
            continue
        for concept in found.concepts:
            if concept in compiled.concepts:
                for place in range(found.start, found.end):
                    note(concept, clause, place)
    negations = [0] * count
    for start, _ in NEGATION_CUES.find(reading.units):
        clause = reading.clauses[start]
        if clause not in retracted:
            negations[clause] += 1
    return AnswerIndex(text, reading, count, in_windows, places, misspelt, tuple(negations), retracted, content, known)


def cover(phrase: CompiledPhrase, answer: AnswerIndex) -> tuple[list[float], list[float]]:
    """The phrase's coverage in every window: by plain weights, and by weights demoted for the question's words."""
    plain = [0.0] * answer.windows
    demoted = [0.0] * answer.windows
    found = answer.in_windows
    for slot in phrase.slots:
        exact = found.get(slot.unit)
        weight, low = slot.weight / phrase.total, slot.demoted / phrase.total_demoted
        if exact:
            for window in exact:
                plain[window] += weight
                demoted[window] += low
        others: Iterable[tuple[str, float]] = [(concept, CONCEPT_CREDIT) for concept in slot.concepts if concept in found]
        typo = f"~{slot.unit}"
        if typo in found:
            others = [*others, (typo, answer.misspelt[slot.unit])]
        if others:
            met = set(exact or ())
            for key, credit in others:
                for window in found[key]:
                    if window not in met:
                        met.add(window)
                        plain[window] += weight * credit
                        demoted[window] += low * credit
    return plain, demoted


def cover_whole(phrase: CompiledPhrase, answer: AnswerIndex) -> float:
    """The phrase's demoted coverage by the whole answer."""
    found = answer.in_windows
    total = 0.0
    for slot in phrase.slots:
        if slot.unit in found:
            total += slot.demoted
        elif any(concept in found for concept in slot.concepts):
            total += slot.demoted * CONCEPT_CREDIT
        elif f"~{slot.unit}" in found:
            total += slot.demoted * answer.misspelt[slot.unit]
    return total / phrase.total_demoted
