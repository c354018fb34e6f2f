"""Where what a rubric knows stands in an answer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from rapidfuzz import process
from rapidfuzz.distance import Indel

from . import lexicon
from .claims import withdrawn_clauses, without_foils
from .compiled import CompiledRubric, CompiledView, canonical, pairs_of
from .terms import NEGATION_CUES
from .text import Reading, base_weight, is_han, read, says_something

_SAID_OFTEN = 3
FUZZY_FROM = (
    0.72  # Indel similarity of stems from which one is taken for a misspelling of the other
)


@dataclass(slots=True)
class Met:
    """What of a phrase stands in one clause: by plain weights, by distinct weights, and the slots as bits."""

    weight: float = 0.0
    distinct: float = 0.0
    slots: int = 0


@dataclass(frozen=True, slots=True)
class AnswerIndex:
    """Where the rubric's units, concepts and pairs stand in an answer: key -> windows, and key -> unit places.

    `known`, `asked` and `content` are weights: of units the rubric has, of units the question has, of all; `window_content` is that
    of each window. `subjects` are, clause by clause, the names and terms it speaks of, or else those spoken of before. `terms_...` count the
    glossary's terms by who knows them: the rubric, only the question, neither. `said` is the content in one line, unit by unit, `canonical` what the speaker stands by of it, with a concept for each known term and its place, `keys` the same clause by clause.
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
    keys: tuple[tuple[str, ...], ...]
    misspelt: dict[str, float]
    negations: tuple[int, ...]  # per clause
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
    met: dict[int, dict[int, Met]] = field(
        default_factory=dict, compare=False, repr=False
    )  # by the id of a phrase


def _repeated_clauses(reading: Reading) -> frozenset[int]:
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
    best = process.extractOne(
        word, compiled.latin_vocabulary, scorer=Indel.normalized_similarity, score_cutoff=FUZZY_FROM
    )
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
    repeated = _repeated_clauses(reading) - withdrawn
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
    found_terms = [
        found for found in compiled.terms.find(units) if clauses[found.start] not in withdrawn
    ]
    for found in found_terms:
        for concept in found.concepts:
            if concept in compiled.concepts:
                for place in range(found.start, found.end):
                    note(concept, clauses[found.start], place)
    stood_by = tuple(
        (key, place)
        for key, place in canonical(reading, found_terms)
        if clauses[place] not in withdrawn
    )
    for pair, clause in pairs_of(stood_by, reading):
        if pair in compiled.pairs:
            note(pair, clause, 0)
    windows = max(1, reading.clause_count)
    negations = [0] * windows
    for start, _ in NEGATION_CUES.find(units):
        if clauses[start] not in withdrawn:
            negations[clauses[start]] += 1
    terms = {
        found.concepts
        for found in found_terms
        if any(concept[0] == "@" for concept in found.concepts)
    }
    terms_known = sum(not compiled.concepts.isdisjoint(concepts) for concepts in terms)
    terms_asked = sum(
        compiled.concepts.isdisjoint(concepts) and not compiled.prompt_concepts.isdisjoint(concepts)
        for concepts in terms
    )
    return AnswerIndex(
        text=text, compiled=compiled, chinese=chinese, reading=reading, windows=windows, in_windows=in_windows, in_clauses=in_clauses, places=places, canonical=stood_by,
        keys=_keys_of_clauses(stood_by, reading),
        misspelt=misspelt, negations=tuple(negations), withdrawn=withdrawn, known=known, asked=asked, on_topic=on_topic, content=content,
        window_content=tuple(contents[window] + contents[window + 1] or 1.0 for window in range(windows)),
        subjects=_subjects_of_clauses(compiled, reading, places, windows),
        said=f" {' '.join(content_units)} ", terms_known=terms_known, terms_asked=terms_asked, terms_foreign=len(terms) - terms_known - terms_asked,
    )  # fmt: skip


def _keys_of_clauses(
    stood_by: Iterable[tuple[str, int]], reading: Reading
) -> tuple[tuple[str, ...], ...]:
    keys: list[list[str]] = [[] for _ in range(max(1, reading.clause_count))]
    for key, place in stood_by:
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
