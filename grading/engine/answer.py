"""Where what a rubric knows stands in an answer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from rapidfuzz import process
from rapidfuzz.distance import Indel

from . import cues
from .concepts import NEGATION_CUES, TermMatch
from .content import bigrams_of, normalize
from .retractions import Retraction, resolve_contrastive_negation, retractions_in
from .rubric import CompiledRubric, CompiledView
from .text import TokenizedText, is_content, is_han, token_weight, tokenize

_MAX_REPEATS = 3
MIN_SPELLING_SIMILARITY = (
    0.72  # Indel similarity of stems from which one is taken for a misspelling of the other
)


@dataclass(slots=True)
class ClauseCoverage:
    """What of a phrase stands in one clause: by plain weights, by distinct weights, and the tokens as bits."""

    weight: float = 0.0
    distinctive: float = 0.0
    token_bits: int = 0


@dataclass(frozen=True, slots=True)
class AnswerIndex:
    """Where the rubric's tokens, concepts and pairs stand in an answer: key -> windows, and key -> token places.

    `known`, `asked` and `content` are weights: of tokens the rubric has, of tokens the question has, of all; `window_content` is that
    of each window. `subjects` are, clause by clause, the names and terms it speaks of, or else those spoken of before. `terms_...` count the
    glossary's terms by who knows them: the rubric, only the question, neither. `said` is the content in one line, token by token, `canonical` what the speaker stands by of it, with a concept for each known term and its place, `keys` the same clause by clause.
    """

    text: str
    view: CompiledView
    is_chinese: bool
    tokenized: TokenizedText
    window_count: int
    windows_of: dict[str, list[int]]
    clauses_of: dict[str, list[int]]
    positions_of: dict[str, list[int]]
    normalized: tuple[tuple[str, int], ...]
    normalized_by_clause: tuple[tuple[str, ...], ...]
    misspelled: dict[str, float]
    negations_by_clause: tuple[int, ...]  # per clause
    retractions: dict[int, Retraction]  # clauses that the speaker does not stand by, and why
    skipped: frozenset[int]  # these and needless repeats
    retracted_clauses_of: dict[str, list[int]]  # like clauses_of, for retracted clauses
    known_weight: float
    prompt_weight: float
    on_topic_weight: float
    content_weight: float
    content_by_window: tuple[float, ...]
    subjects_by_clause: tuple[frozenset[str], ...]
    known_term_count: int
    prompt_term_count: int
    foreign_term_count: int
    content_text: str
    coverage_cache: dict[int, dict[int, ClauseCoverage]] = field(
        default_factory=dict, compare=False, repr=False
    )  # by the id of a phrase


def _repeated_clauses(tokenized: TokenizedText) -> frozenset[int]:
    """Clauses that the answer has said word for word _SAID_OFTEN times before: they add nothing but work."""
    counts: Counter[tuple[str, ...]] = Counter()
    repeated = set()
    for clause in range(tokenized.clause_count):
        tokens = tokenized.tokens[
            tokenized.clause_starts[clause] : tokenized.clause_starts[clause + 1]
        ]
        counts[tokens] += 1
        if counts[tokens] > _MAX_REPEATS:
            repeated.add(clause)
    return frozenset(repeated)


def _correct_spelling(word: str, view: CompiledView) -> tuple[str, float] | None:
    """The rubric's word that `word` is probably a misspelling of, and how sure that is."""
    known = view.spelling_corrections
    try:
        return known[word]
    except KeyError:  # or another thread has just cleared it
        pass
    if len(known) > 20_000:
        known.clear()
    best = process.extractOne(
        word,
        view.latin_vocabulary,
        scorer=Indel.normalized_similarity,
        score_cutoff=MIN_SPELLING_SIMILARITY,
    )
    correction = (best[0], float(best[1]) ** 2) if best else None
    known[word] = correction
    return correction


def _is_mostly_chinese(tokenized: TokenizedText) -> bool:
    """Whether a text is to be held against Chinese phrases.

    Names of things are Latin in Chinese too, so that without an English function word any Chinese will do; with one, a Latin word weighs as
    much as one and a half characters.
    """
    han = sum(map(is_han, tokenized.tokens))
    english = any(
        len(token) > 1 and token in cues.ENGLISH_FUNCTION_WORDS for token in tokenized.tokens
    )
    return han > (1.5 * (len(tokenized.tokens) - han) if english else 0)


def index_answer(text: str, rubric: CompiledRubric) -> AnswerIndex:
    """Read an answer and note where what the rubric knows stands in it, by the view of the rubric for the answer's language."""
    tokenized = resolve_contrastive_negation(tokenize(text))
    is_chinese = _is_mostly_chinese(tokenized)
    view = rubric.chinese if is_chinese else rubric.other
    tokens, clause_of_token = tokenized.tokens, tokenized.clause_of_token
    retractions = retractions_in(tokenized)
    retracted = frozenset(retractions)
    repeated = _repeated_clauses(tokenized) - retracted
    windows_of: dict[str, list[int]] = {}
    clauses_of: dict[str, list[int]] = {}
    positions_of: dict[str, list[int]] = {}
    misspelled: dict[str, float] = {}
    known_weight = prompt_weight = on_topic_weight = content_weight = 0.0
    content_tokens: list[str] = []
    content_by_clause = [0.0] * (tokenized.clause_count + 2)

    def record(key: str, clause: int, position: int) -> None:
        where = windows_of.get(key)
        if where is None:
            windows_of[key] = [clause - 1, clause] if clause else [0]
            clauses_of[key] = [clause]
            positions_of[key] = [position]
            return
        positions_of[key].append(position)
        last = where[-1]
        if last < clause:
            if last < clause - 1:
                where.append(clause - 1)
            where.append(clause)
            clauses_of[key].append(clause)

    vocabulary, prompt_tokens = view.vocabulary, view.prompt_tokens
    for position, token in enumerate(tokens):
        if clause_of_token[position] in retracted or not is_content(token):
            continue
        content_tokens.append(token)
        weight = token_weight(token)
        if not weight:
            continue
        content_weight += weight
        content_by_clause[clause_of_token[position]] += weight
        in_prompt = token in prompt_tokens
        if in_prompt:
            prompt_weight += weight
        if token in vocabulary:
            known_weight += weight
            on_topic_weight += weight
            if clause_of_token[position] not in repeated:
                record(token, clause_of_token[position], position)
        elif in_prompt:
            on_topic_weight += weight
        elif len(token) >= 4:
            correction = _correct_spelling(token, view)
            if correction:
                on_topic_weight += weight * correction[1]
                misspelled[correction[0]] = max(correction[1], misspelled.get(correction[0], 0.0))
                if clause_of_token[position] not in repeated:
                    record(f"~{correction[0]}", clause_of_token[position], position)
    skipped = retracted | repeated
    all_matches = view.concept_index.find(tokens)
    term_matches = [found for found in all_matches if clause_of_token[found.start] not in skipped]
    for found in term_matches:
        for concept in found.concepts:
            if concept in view.concepts:
                for position in range(found.start, found.end):
                    record(concept, clause_of_token[found.start], position)
    normalized = tuple(
        (key, position)
        for key, position in normalize(tokenized, term_matches)
        if clause_of_token[position] not in skipped
    )
    for pair, clause in bigrams_of(normalized, tokenized):
        if pair in view.bigrams:
            record(pair, clause, 0)
    window_count = max(1, tokenized.clause_count)
    negations_by_clause = [0] * window_count
    for start, _ in NEGATION_CUES.find(tokens):
        if clause_of_token[start] not in skipped:
            negations_by_clause[clause_of_token[start]] += 1
    concept_sets = {
        found.concepts
        for found in term_matches
        if any(concept[0] == "@" for concept in found.concepts)
    }
    known_term_count = sum(not view.concepts.isdisjoint(concepts) for concepts in concept_sets)
    prompt_term_count = sum(
        view.concepts.isdisjoint(concepts) and not view.prompt_concepts.isdisjoint(concepts)
        for concepts in concept_sets
    )
    return AnswerIndex(
        text=text, view=view, is_chinese=is_chinese, tokenized=tokenized, window_count=window_count, windows_of=windows_of, clauses_of=clauses_of, positions_of=positions_of, normalized=normalized,
        normalized_by_clause=_normalized_by_clause(normalized, tokenized),
        misspelled=misspelled, negations_by_clause=tuple(negations_by_clause), retractions=retractions, skipped=skipped, retracted_clauses_of=_find_in_clauses(retracted, tokenized, all_matches, view), known_weight=known_weight, prompt_weight=prompt_weight, on_topic_weight=on_topic_weight, content_weight=content_weight,
        content_by_window=tuple(content_by_clause[window] + content_by_clause[window + 1] or 1.0 for window in range(window_count)),
        subjects_by_clause=_subjects_by_clause(view, tokenized, positions_of, window_count),
        content_text=f" {' '.join(content_tokens)} ", known_term_count=known_term_count, prompt_term_count=prompt_term_count, foreign_term_count=len(concept_sets) - known_term_count - prompt_term_count,
    )  # fmt: skip


def _find_in_clauses(
    clauses: Iterable[int],
    tokenized: TokenizedText,
    term_matches: Sequence[TermMatch],
    view: CompiledView,
) -> dict[str, list[int]]:
    """Where the rubric's tokens and concepts are in some clauses, of equal clauses in the first."""
    texts: dict[tuple[str, ...], int] = {}
    for clause in sorted(clauses):
        first, last = tokenized.clause_starts[clause], tokenized.clause_starts[clause + 1]
        texts.setdefault(tokenized.tokens[first:last], clause)
    found: dict[str, list[int]] = {}
    for tokens, clause in texts.items():
        for token in view.vocabulary.intersection(tokens):
            found.setdefault(token, []).append(clause)
    chosen = set(texts.values())
    for match in term_matches if chosen else ():
        clause = tokenized.clause_of_token[match.start]
        if clause in chosen:
            for concept in view.concepts.intersection(match.concepts):
                found.setdefault(concept, []).append(clause)
    return found


def _normalized_by_clause(
    normalized: Iterable[tuple[str, int]], tokenized: TokenizedText
) -> tuple[tuple[str, ...], ...]:
    by_clause: list[list[str]] = [[] for _ in range(max(1, tokenized.clause_count))]
    for key, position in normalized:
        by_clause[tokenized.clause_of_token[position]].append(key)
    return tuple(map(tuple, by_clause))


def _subjects_by_clause(
    view: CompiledView,
    tokenized: TokenizedText,
    positions_of: dict[str, list[int]],
    window_count: int,
) -> tuple[frozenset[str], ...]:
    own: list[set[str]] = [set() for _ in range(window_count)]
    for name in view.subjects:
        for position in positions_of.get(name, ()):
            own[tokenized.clause_of_token[position]].add(name)
    spoken: list[frozenset[str]] = []
    for names in own:
        spoken.append(frozenset(names) if names or not spoken else spoken[-1])
    return tuple(spoken)
