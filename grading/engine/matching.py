"""A rubric made ready once, and where what it knows stands in an answer.

A phrase is a row of *slots* (its units), each with a weight. A *window* is two clauses of the answer in a row. A slot is met in
a window by its own unit, by a term of the same concept, or by a misspelling of it; coverage is the met share of the weight.
"""

from __future__ import annotations

import math
import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable, Sequence, Set
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import pairwise
from typing import Any

from rapidfuzz import process
from rapidfuzz.distance import Indel

from . import lexicon
from .claims import withdrawn_clauses, without_foils
from .relations import Formula, Numbered, Part, Symbols, Trend, formulas_of, numbers_of, parts_of, trend_of
from .terms import NEGATION_CUES, Found, TermIndex, term_index
from .text import Reading, base_weight, is_han, read, says_something
from .types import Glossary, KeyPoint, PhraseKind, Rubric

TREND_CONCEPTS = frozenset(["#up", "#down", "#fast", "#slow"])  # both turned, a statement stays what it is
AVOID = "#avoid"  # the concept that is a negation in other words
CONCEPT_CREDIT = 0.8  # a synonym is nearly as good as the word
PROMPT_FACTOR = 0.15  # what stands in the question earns little
SIBLING_POWER = 1.2  # what stands in several key points tells them apart badly
_SAID_OFTEN = 3
FUZZY_FROM = 0.72  # Indel similarity of stems from which one is taken for a misspelling of the other
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
    respelt: dict[str, tuple[str, float] | None] = field(default_factory=dict, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class _Parsed:
    """A text of the author's with its terms and the key point kind it plays."""

    text: str
    kind: PhraseKind | None
    reading: Reading
    terms: tuple[Found, ...]
    canonical: tuple[tuple[str, int], ...]


def _canonical(reading: Reading, terms: Iterable[Found]) -> list[tuple[str, int]]:
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


def _pairs(canonical: Iterable[tuple[str, int]], reading: Reading) -> list[tuple[str, int]]:
    """Neighbours within a clause, as one key with their clause."""
    clauses = reading.clauses
    return [(f"{one} {other}", clauses[at]) for (one, at), (other, then) in pairwise(canonical) if clauses[at] == clauses[then]]


def _parse(text: str, kind: PhraseKind | None, terms: TermIndex) -> _Parsed:
    reading = without_foils(read(text))
    found = tuple(terms.find(reading.units))
    return _Parsed(text, kind, reading, found, tuple(_canonical(reading, found)))


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
        weight = base_weight(unit) or (0.5 if any(concept[0] in "@=" for concept in concepts) else 0.0)
        if weight <= 0 or unit in raw:
            continue
        asked = unit in around.prompt or any(concept in around.prompt_concepts for concept in concepts)
        demoted = weight * (PROMPT_FACTOR if asked else 1.0) / (1 + around.elsewhere[unit]) ** SIBLING_POWER
        opposites = tuple(sorted({other for concept in concepts for other in terms.opposites.get(concept, ())}))
        raw[unit] = (concepts, opposites, weight, demoted)
    total = sum(weight for _, _, weight, _ in raw.values()) or 1.0
    total_demoted = sum(demoted for _, _, _, demoted in raw.values()) or 1.0
    slots = tuple(
        Slot(unit, concepts, opposites, weight / total, demoted / total_demoted)
        for unit, (concepts, opposites, weight, demoted) in raw.items()
    )
    pairs = tuple(dict.fromkeys(pair for pair, _ in _pairs(parsed.canonical, parsed.reading)))
    reading = parsed.reading
    units = tuple(filter(says_something, reading.units))
    parts = tuple(part for part, _ in parts_of(parsed.canonical, reading))
    return CompiledPhrase(
        parsed.text, parsed.kind, slots, pairs, len(NEGATION_CUES.find(reading.units)), units, total,
        keys=tuple(key for key, _ in parsed.canonical), formulas=tuple(formulas_of(reading)), numbers=tuple(numbers_of(units)), trend=trend_of(reading, 0, len(reading.units)), parts=parts, halves=_halves(parts),
    )  # fmt: skip


def _halves(parts: Sequence[Part]) -> tuple[tuple[Part, Part], ...]:
    """Each two parts of a statement that each have at least two things the other has not."""
    halves = []
    for number, one in enumerate(parts):
        for other in parts[number + 1 :]:
            first = {key: rank for key, rank in one.items() if key not in other and key not in TREND_CONCEPTS}
            second = {key: rank for key, rank in other.items() if key not in one and key not in TREND_CONCEPTS}
            if len(first) > 1 and len(second) > 1:
                halves.append((first, second))
    return tuple(halves)


def _told_apart(phrases: Sequence[CompiledPhrase], others: Sequence[CompiledPhrase]) -> tuple[CompiledPhrase, ...]:
    """The phrases with the weights of what the others lack: the words they share with those tell nothing."""
    if not others:
        return tuple(phrases)
    units = {slot.unit for phrase in others for slot in phrase.slots}
    concepts = {concept for phrase in others for slot in phrase.slots for concept in slot.concepts}
    pairs = {pair for phrase in others for pair in phrase.pairs}
    result = []
    for phrase in phrases:
        own = {slot.unit for slot in phrase.slots if slot.unit not in units and concepts.isdisjoint(slot.concepts)}
        share = sum(slot.weight for slot in phrase.slots if slot.unit in own)
        slots = tuple(replace(slot, distinct=slot.weight / share if slot.unit in own else 0.0) for slot in phrase.slots)
        result.append(replace(phrase, slots=slots, distinct_share=share, distinct_pairs=tuple(p for p in phrase.pairs if p not in pairs)))
    return tuple(result)


def _subjects(phrase: CompiledPhrase) -> set[str]:
    """The Latin names and the terms of the glossary in a phrase: what a statement can be about."""
    names = {slot.unit for slot in phrase.slots if "a" <= slot.unit[0] <= "z" and base_weight(slot.unit) >= 1.0}
    return names | {concept for slot in phrase.slots for concept in slot.concepts if concept[0] in "@="}


def _rivals(prompts: Sequence[str], subjects: Iterable[str], terms: TermIndex) -> frozenset[str]:
    """Of the question's subjects those that are told apart by name: terms that exclude each other, and names written with a capital."""
    words = (word for prompt in prompts for word in re.findall(r"[A-Za-z]{2,}", prompt) if word != word.lower())
    named = {unit for word in words for unit in read(word).units}
    return frozenset(name for name in subjects if name in named or terms.opposites.get(name))


def _contrast(says: list[_Parsed], against: list[_Parsed]) -> tuple[tuple[str, float], ...]:
    """Log of the smoothed ratio of how often a unit or pair stands in statements and in contradictions."""
    if not says or not against:
        return ()

    def counts(texts: list[_Parsed]) -> Counter[str]:
        return Counter(key for parsed in texts for key in {k for k, _ in (*parsed.canonical, *_pairs(parsed.canonical, parsed.reading))})

    right, wrong = counts(says), counts(against)
    prior = math.log((len(against) + 1) / (len(says) + 1))
    keys = dict.fromkeys([*right, *wrong])
    return tuple((key, math.log((right[key] + 0.5) / (wrong[key] + 0.5)) + prior) for key in sorted(keys))


@lru_cache(maxsize=64)
def _runs(texts: tuple[str, ...]) -> frozenset[tuple[str, ...]]:
    contents = [list(filter(says_something, without_foils(read(text)).units)) for text in texts]
    return frozenset(run for content in contents for run in zip(*(content[start:] for start in range(RUN)), strict=False))


def _is_chinese(text: str) -> bool:
    return any(map(is_han, text))


def _is_english(text: str) -> bool:
    """Whether a text is English prose. A formula or a bare term is of no language and serves both."""
    return not _is_chinese(text) and any(unit in lexicon.LATIN_FUNCTION for unit in read(text).units)


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
                if phrase.kind == PhraseKind.TERM_GROUP or not other(phrase.text) or all(map(other, point.texts))
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
    studied: dict[Any, Any] = field(default_factory=dict, compare=False, repr=False)  # learning's samples, once made ready


def compile_rubric(rubric: Rubric, *, glossary: Glossary) -> CompiledRubric:
    """Do the author-side work once; the result may be used for any number of answers."""
    chinese, other = _view(rubric, _is_english), _view(rubric, _is_chinese)
    view = _compile_view(chinese, glossary=glossary)
    return CompiledRubric(rubric, view, view if other == chinese else _compile_view(other, glossary=glossary))


def _compile_view(rubric: Rubric, *, glossary: Glossary) -> CompiledView:
    terms = term_index(glossary)
    prompts = [_parse(prompt, None, terms) for prompt in rubric.prompts]
    prompt = frozenset(unit for parsed in prompts for unit in parsed.reading.units if base_weight(unit) > 0)
    prompt_concepts = frozenset(concept for parsed in prompts for found in parsed.terms for concept in found.concepts)
    texts_of = [
        [_parse(text, None, terms) for text in point.texts if text.strip()]
        + [_parse(phrase.text, phrase.kind, terms) for phrase in point.phrases if phrase.kind != PhraseKind.TERM_GROUP]
        for point in rubric.key_points
    ]
    units_of = [{unit for parsed in texts if parsed.kind != PhraseKind.CONTRADICTS for unit in parsed.reading.units} for texts in texts_of]
    everywhere = Counter(unit for units in units_of for unit in units)
    points = []
    for point, texts, units in zip(rubric.key_points, texts_of, units_of, strict=True):
        around = _Surroundings(prompt, prompt_concepts, everywhere - Counter(units))
        compiled = [phrase for phrase in (_compile_phrase(parsed, terms, around) for parsed in texts) if phrase.slots]
        says = [phrase for phrase in compiled if phrase.kind != PhraseKind.CONTRADICTS]
        against = [phrase for phrase in compiled if phrase.kind == PhraseKind.CONTRADICTS]
        groups = tuple(
            tuple(_compile_phrase(_parse(word, phrase.kind, terms), terms, around) for word in phrase.alternatives)
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
                subjects=frozenset(name for phrase in compiled if phrase.kind is None for name in _subjects(phrase)),
                contrast=_contrast(
                    [parsed for parsed in texts if parsed.kind != PhraseKind.CONTRADICTS],
                    [parsed for parsed in texts if parsed.kind == PhraseKind.CONTRADICTS],
                ),
            )
        )
    every = [phrase for p in points for phrase in (*p.says, *p.against, *(word for group in p.groups for word in group))]
    vocabulary = frozenset(slot.unit for phrase in every for slot in phrase.slots)
    return CompiledView(
        rubric=rubric,
        terms=terms,
        points=tuple(points),
        prompts=tuple(tuple(unit for unit in parsed.reading.units if base_weight(unit) > 0) for parsed in prompts),
        prompt_units=prompt,
        vocabulary=vocabulary,
        latin_vocabulary=tuple(sorted(unit for unit in vocabulary if len(unit) >= 4 and not is_han(unit))),
        concepts=frozenset(name for phrase in every for slot in phrase.slots for name in (*slot.concepts, *slot.opposites)),
        prompt_concepts=prompt_concepts,
        subjects=frozenset(name for p in points for name in p.subjects if not all(name in other.subjects for other in points)),
        rivals=_rivals(rubric.prompts, {name for p in points for name in p.subjects} & (prompt | prompt_concepts), terms),
        pairs=frozenset(pair for phrase in every for pair in phrase.pairs),
        formulas=frozenset(formula.name for p in points for phrase in p.says for formula in phrase.formulas),
        model_runs=_runs(rubric.model_answers),
        reference=len(points) == 1 and not points[0].against and not points[0].groups,
        rich=2 * sum(bool(p.against) for p in points) > len(points),
    )


@dataclass(frozen=True, slots=True)
class AnswerIndex:
    """Where the rubric's units, concepts and pairs stand in an answer: key -> windows, and key -> unit places.

    `known`, `asked` and `content` are weights: of units the rubric has, of units the question has, of all; `window_content` is that
    of each window. `subjects` are, clause by clause, the names and terms it speaks of, or else those spoken of before. `terms_...` count the
    glossary's terms by who knows them: the rubric, only the question, neither. `said` is the content in one line, unit by unit, `canonical` the content with a concept for each known term and its place.
    """

    text: str
    compiled: CompiledView
    chinese: bool
    reading: Reading
    windows: int
    in_windows: dict[str, list[int]]
    in_clauses: dict[str, list[int]]
    places: dict[str, list[int]]
    canonical: tuple[tuple[str, int], ...]
    keys: tuple[tuple[str, ...], ...]  # that, clause by clause, of what the speaker stands by
    misspelt: dict[str, float]
    negations: tuple[int, ...]  # per window
    withdrawn: frozenset[int]
    known: float
    asked: float
    on_topic: float
    content: float
    window_content: tuple[float, ...]
    subjects: tuple[frozenset[str], ...]
    terms_known: int
    terms_asked: int
    terms_foreign: int
    said: str
    met: dict[int, dict[int, Met]] = field(default_factory=dict, compare=False, repr=False)  # by the id of a phrase


def _said_before(reading: Reading) -> frozenset[int]:
    """Clauses that the answer has said word for word _SAID_OFTEN times before: they add nothing but work."""
    times: Counter[tuple[str, ...]] = Counter()
    again = set()
    for clause in range(reading.clause_count):
        units = reading.units[reading.clause_starts[clause] : reading.clause_starts[clause + 1]]
        times[units] += 1
        if times[units] > _SAID_OFTEN:
            again.add(clause)
    return frozenset(again)


def _respell(word: str, compiled: CompiledView) -> tuple[str, float] | None:
    """The rubric's word that `word` is probably a misspelling of, and how sure that is."""
    known = compiled.respelt
    try:
        return known[word]
    except KeyError:  # or another thread has just cleared it
        pass
    if len(known) > 20_000:
        known.clear()
    best = process.extractOne(word, compiled.latin_vocabulary, scorer=Indel.normalized_similarity, score_cutoff=FUZZY_FROM)
    respelt = (best[0], float(best[1]) ** 2) if best else None
    known[word] = respelt
    return respelt


def _mostly_chinese(reading: Reading) -> bool:
    """Whether a text is to be held against Chinese phrases.

    Names of things are Latin in Chinese too, so that without an English function word any Chinese will do; with one, a Latin word weighs as
    much as one and a half characters.
    """
    han = sum(map(is_han, reading.units))
    english = any(len(unit) > 1 and unit in lexicon.LATIN_FUNCTION for unit in reading.units)
    return han > (1.5 * (len(reading.units) - han) if english else 0)


def index_answer(text: str, rubric: CompiledRubric) -> AnswerIndex:
    """Read an answer and note where what the rubric knows stands in it, by the view of the rubric for the answer's language."""
    reading = without_foils(read(text))
    chinese = _mostly_chinese(reading)
    compiled = rubric.chinese if chinese else rubric.other
    units, clauses = reading.units, reading.clauses
    withdrawn = withdrawn_clauses(reading)
    repeated = _said_before(reading) - withdrawn
    in_windows: dict[str, list[int]] = {}
    in_clauses: dict[str, list[int]] = {}
    places: dict[str, list[int]] = {}
    misspelt: dict[str, float] = {}
    known = asked = on_topic = content = 0.0
    content_units: list[str] = []
    contents = [0.0] * (reading.clause_count + 2)

    def note(key: str, clause: int, place: int) -> None:
        where = in_windows.get(key)
        if where is None:
            in_windows[key] = [clause - 1, clause] if clause else [0]
            in_clauses[key] = [clause]
            places[key] = [place]
            return
        places[key].append(place)
        last = where[-1]
        if last < clause:
            if last < clause - 1:
                where.append(clause - 1)
            where.append(clause)
            in_clauses[key].append(clause)

    vocabulary, prompt = compiled.vocabulary, compiled.prompt_units
    for place, unit in enumerate(units):
        if clauses[place] in withdrawn or not says_something(unit):
            continue
        content_units.append(unit)
        weight = base_weight(unit)
        if not weight:
            continue
        content += weight
        contents[clauses[place]] += weight
        in_prompt = unit in prompt
        if in_prompt:
            asked += weight
        if unit in vocabulary:
            known += weight
            on_topic += weight
            if clauses[place] not in repeated:
                note(unit, clauses[place], place)
        elif in_prompt:
            on_topic += weight
        elif len(unit) >= 4:
            respelt = _respell(unit, compiled)
            if respelt:
                on_topic += weight * respelt[1]
                misspelt[respelt[0]] = max(respelt[1], misspelt.get(respelt[0], 0.0))
                if clauses[place] not in repeated:
                    note(f"~{respelt[0]}", clauses[place], place)
    withdrawn |= repeated
    found_terms = [found for found in compiled.terms.find(units) if clauses[found.start] not in withdrawn]
    for found in found_terms:
        for concept in found.concepts:
            if concept in compiled.concepts:
                for place in range(found.start, found.end):
                    note(concept, clauses[found.start], place)
    canonical = _canonical(reading, found_terms)
    for pair, clause in _pairs(canonical, reading):
        if pair in compiled.pairs and clause not in withdrawn:
            note(pair, clause, 0)
    windows = max(1, reading.clause_count)
    negations = [0] * windows
    for start, _ in NEGATION_CUES.find(units):
        if clauses[start] not in withdrawn:
            negations[clauses[start]] += 1
    terms = {found.concepts for found in found_terms if any(concept[0] == "@" for concept in found.concepts)}
    terms_known = sum(not compiled.concepts.isdisjoint(concepts) for concepts in terms)
    terms_asked = sum(compiled.concepts.isdisjoint(concepts) and not compiled.prompt_concepts.isdisjoint(concepts) for concepts in terms)
    return AnswerIndex(
        text=text, compiled=compiled, chinese=chinese, reading=reading, windows=windows, in_windows=in_windows, in_clauses=in_clauses, places=places, canonical=tuple(canonical),
        keys=_keys_of_clauses(canonical, reading, withdrawn),
        misspelt=misspelt, negations=tuple(negations), withdrawn=withdrawn, known=known, asked=asked, on_topic=on_topic, content=content,
        window_content=tuple(contents[window] + contents[window + 1] or 1.0 for window in range(windows)),
        subjects=_subjects_of_clauses(compiled, reading, places, windows),
        said=f" {' '.join(content_units)} ", terms_known=terms_known, terms_asked=terms_asked, terms_foreign=len(terms) - terms_known - terms_asked,
    )  # fmt: skip


def _keys_of_clauses(canonical: Iterable[tuple[str, int]], reading: Reading, withdrawn: Set[int]) -> tuple[tuple[str, ...], ...]:
    keys: list[list[str]] = [[] for _ in range(max(1, reading.clause_count))]
    for key, place in canonical:
        if reading.clauses[place] not in withdrawn:
            keys[reading.clauses[place]].append(key)
    return tuple(map(tuple, keys))


def _subjects_of_clauses(
    compiled: CompiledView, reading: Reading, places: dict[str, list[int]], windows: int
) -> tuple[frozenset[str], ...]:
    own: list[set[str]] = [set() for _ in range(windows)]
    for name in compiled.subjects:
        for place in places.get(name, ()):
            own[reading.clauses[place]].add(name)
    spoken: list[frozenset[str]] = []
    for names in own:
        spoken.append(frozenset(names) if names or not spoken else spoken[-1])
    return tuple(spoken)


def cover(phrase: CompiledPhrase, answer: AnswerIndex) -> tuple[list[float], list[float], list[float]]:
    """The phrase's coverage in every window: by plain weights, by weights demoted for the question's words, by distinct weights."""
    plain = [0.0] * answer.windows
    demoted = [0.0] * answer.windows
    distinct = [0.0] * answer.windows
    found, misspelt = answer.in_windows, answer.misspelt
    for slot in phrase.slots:
        exact = found.get(slot.unit)
        weight, low, own = slot.weight, slot.demoted, slot.distinct
        if exact:
            for window in exact:
                plain[window] += weight
                demoted[window] += low
                distinct[window] += own
        met: set[int] | None = None
        for concept in slot.concepts:
            where = found.get(concept)
            if where:
                met = set(exact or ()) if met is None else met
                for window in where:
                    if window not in met:
                        met.add(window)
                        plain[window] += weight * CONCEPT_CREDIT
                        demoted[window] += low * CONCEPT_CREDIT
                        distinct[window] += own * CONCEPT_CREDIT
        if slot.unit in misspelt:
            met = set(exact or ()) if met is None else met
            credit = misspelt[slot.unit]
            for window in found[f"~{slot.unit}"]:
                if window not in met:
                    plain[window] += weight * credit
                    demoted[window] += low * credit
                    distinct[window] += own * credit
    return plain, demoted, distinct


@dataclass(slots=True)
class Met:
    """What of a phrase stands in one clause: by plain weights, by distinct weights, and the slots as bits."""

    weight: float = 0.0
    distinct: float = 0.0
    slots: int = 0


def met_in_clauses(phrase: CompiledPhrase, answer: AnswerIndex) -> dict[int, Met]:
    """The clauses that have anything of the phrase; worked out once per answer."""
    found = answer.met.get(id(phrase))
    if found is None:
        found = answer.met[id(phrase)] = {}
        for number, slot in enumerate(phrase.slots):
            bit = 1 << number
            for key, credit in keys_of(slot, answer):
                for clause in answer.in_clauses.get(key, ()):
                    met = found.get(clause)
                    if met is None:
                        met = found[clause] = Met()
                    if not met.slots & bit:
                        met.slots |= bit
                        met.weight += slot.weight * credit
                        met.distinct += slot.distinct * credit
    return found


def keys_of(slot: Slot, answer: AnswerIndex) -> list[tuple[str, float]]:
    """What may stand for a slot in an answer, the best first."""
    keys = [(slot.unit, 1.0), *((concept, CONCEPT_CREDIT) for concept in slot.concepts)]
    if slot.unit in answer.misspelt:
        keys.append((f"~{slot.unit}", answer.misspelt[slot.unit]))
    return keys


def places_in_clause(phrase: CompiledPhrase, clause: int, answer: AnswerIndex) -> list[int]:
    """All places in a clause where something of the phrase stands."""
    first, last = answer.reading.clause_starts[clause], answer.reading.clause_starts[clause + 1]
    found: set[int] = set()
    for key in {key for slot in phrase.slots for key, _ in keys_of(slot, answer)}:
        places = answer.places.get(key, [])
        found.update(places[bisect_left(places, first) : bisect_left(places, last)])
    return sorted(found)


def weight_of(phrase: CompiledPhrase, slots: int) -> float:
    """The weight of some of a phrase's slots, given as bits."""
    return sum(slot.weight for number, slot in enumerate(phrase.slots) if slots >> number & 1)


def cover_whole(phrase: CompiledPhrase, answer: AnswerIndex) -> float:
    """The phrase's demoted coverage by the whole answer."""
    found = answer.in_windows
    total = 0.0
    for slot in phrase.slots:
        if slot.unit in found:
            total += slot.demoted
        elif slot.unit in answer.misspelt:
            total += slot.demoted * answer.misspelt[slot.unit]
        else:
            for concept in slot.concepts:
                if concept in found:
                    total += slot.demoted * CONCEPT_CREDIT
                    break
    return total


def cover_pairs(phrase: CompiledPhrase, answer: AnswerIndex) -> tuple[float, float]:
    """The share of the phrase's neighbouring pairs met in the best window, and in the whole answer."""
    if not phrase.pairs:
        return 0.0, 0.0
    windows: Counter[int] = Counter()
    whole = 0
    for pair in phrase.pairs:
        where = answer.in_windows.get(pair)
        if where:
            whole += 1
            windows.update(where)
    return max(windows.values(), default=0) / len(phrase.pairs), whole / len(phrase.pairs)
