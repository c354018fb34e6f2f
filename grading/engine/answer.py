"""An answer as it was read, and where the words of a rubric are in it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

from rapidfuzz import process
from rapidfuzz.distance import Indel

from . import cues
from .cache import Cache
from .concepts import NEGATION_CUES, TermMatch
from .content import bigrams_of, normalize
from .retractions import Retraction, resolve_contrastive_negation, retractions_in
from .rubric import MIN_MISSPELLED_CHARACTERS, CompiledPhrase, CompiledRubric, CompiledView
from .text import TokenizedText, is_content, is_han, token_weight, tokenize

MIN_SPELLING_SIMILARITY = 0.72  # of two stems (Indel, 0-1), for one to be the other misspelled
CHINESE_TOKENS_PER_WORD = 1.5  # Chinese characters that weigh as much as one Latin word
_MAX_REPEATS = 3  # of a clause; word for word once more, it adds nothing but work
_MAX_COVERED_PHRASES = 20_000  # whose coverage is kept per answer


@dataclass(slots=True)
class ClauseCoverage:
    """What one clause has of a phrase."""

    weight: float = 0.0  # the share of the phrase's weight, 0-1
    distinctive: float = 0.0  # the share of the weight of its distinctive tokens, 0-1
    token_bits: int = 0  # which of its tokens, the first one being the lowest bit


@dataclass(frozen=True, slots=True)
class AnswerIndex:
    """An answer, and where the keys that its rubric knows are in it.

    A key is a token, a concept ("#up", "@12"), a bigram of two of these ("@12 #up"), or a word of
    the rubric that the answer misspells ("~softmax"). A window is two clauses in a row and has the
    number of the first; the last window is the last clause alone. All lists are in order, and
    leave out skipped clauses where nothing else is said.
    """

    text: str  # as typed
    view: CompiledView  # the rubric for the answer's language
    is_chinese: bool  # whether it is read as Chinese
    tokenized: TokenizedText
    window_count: int  # as many as clauses, but at least 1
    windows_of: dict[str, list[int]]  # key -> windows
    clauses_of: dict[str, list[int]]  # key -> clauses
    positions_of: dict[str, list[int]]  # key -> positions of tokens; bigrams have none
    normalized: tuple[tuple[str, int], ...]  # keys of the content, with positions
    normalized_by_clause: tuple[tuple[str, ...], ...]  # the same keys, clause by clause
    misspelled: dict[str, float]  # word of the rubric -> credit for its misspelling, 0-1
    negations_by_clause: tuple[int, ...]  # how many each clause has
    retractions: dict[int, Retraction]  # clauses that the speaker does not stand by, and why
    skipped: frozenset[int]  # these and needless repeats
    retracted_clauses_of: dict[str, list[int]]  # like clauses_of, for retracted clauses
    # What follows counts the content of clauses that are not retracted, repeats included.
    content_text: str  # its tokens with a blank before, between and after them
    content_weight: float  # its weight
    content_by_window: tuple[float, ...]  # its weight in each window; 1 where there is none
    known_weight: float  # the weight of its tokens that the rubric has
    prompt_weight: float  # ... that the question has
    on_topic_weight: float  # ... that either has, misspelled words by their credit
    # The names and terms that each clause speaks of, or else those last spoken of before.
    subjects_by_clause: tuple[frozenset[str], ...]
    # Terms of the glossary, each counted once:
    known_term_count: int  # those that the rubric knows
    prompt_term_count: int  # of the rest, those of the question
    foreign_term_count: int  # those that neither knows
    # What each phrase's coverage was found to be (coverage.coverage_by_clause).
    coverages: Cache[CompiledPhrase, dict[int, ClauseCoverage]] = field(
        default_factory=lambda: Cache(_MAX_COVERED_PHRASES), compare=False, repr=False
    )


@dataclass(slots=True)
class _Places:
    """Where each key is, as it is collected from the answer's start to its end."""

    windows_of: dict[str, list[int]] = field(default_factory=dict)
    clauses_of: dict[str, list[int]] = field(default_factory=dict)
    positions_of: dict[str, list[int]] = field(default_factory=dict)

    def add(self, key: str, clause: int, position: int | None = None) -> None:
        """Note a key in a clause, at the position of a token unless the key is a bigram."""
        windows = self.windows_of.get(key)
        if windows is None:
            self.windows_of[key] = [clause - 1, clause] if clause else [0]
            self.clauses_of[key] = [clause]
            self.positions_of[key] = [] if position is None else [position]
            return
        if position is not None:
            self.positions_of[key].append(position)
        if windows[-1] < clause:
            if windows[-1] < clause - 1:
                windows.append(clause - 1)
            windows.append(clause)
            self.clauses_of[key].append(clause)


@dataclass(slots=True)
class _Content:
    """The content of the clauses that are not retracted. The fields are those of AnswerIndex."""

    by_clause: list[float]  # the weight of each clause; 0 for two more, so that windows may end
    tokens: list[str] = field(default_factory=list)
    weight: float = 0.0
    known_weight: float = 0.0
    prompt_weight: float = 0.0
    on_topic_weight: float = 0.0
    misspelled: dict[str, float] = field(default_factory=dict)


def index_answer(text: str, rubric: CompiledRubric) -> AnswerIndex:
    """Read an answer and note where the rubric's keys are in it.

    The answer's language decides by which view of the rubric.
    """
    tokenized = resolve_contrastive_negation(tokenize(text))
    is_chinese = _is_mostly_chinese(tokenized)
    view = rubric.chinese if is_chinese else rubric.other
    clause_of_token, window_count = tokenized.clause_of_token, max(1, tokenized.clause_count)
    retractions = retractions_in(tokenized)
    skipped = frozenset(retractions) | _repeated_clauses(tokenized)
    places = _Places()
    content = _collect_tokens(tokenized, view, retractions.keys(), skipped, places)
    all_matches = view.concept_index.find(tokenized.tokens)
    matches = [match for match in all_matches if clause_of_token[match.start] not in skipped]
    for match in matches:
        for concept in match.concepts:
            if concept in view.concepts:
                for position in range(match.start, match.end):
                    places.add(concept, clause_of_token[match.start], position)
    normalized = tuple(
        (key, position)
        for key, position in normalize(tokenized, matches)
        if clause_of_token[position] not in skipped
    )
    for bigram, clause in bigrams_of(normalized, tokenized):
        if bigram in view.bigrams:
            places.add(bigram, clause)
    known_terms, prompt_terms, foreign_terms = _count_terms(matches, view)
    return AnswerIndex(
        text=text,
        view=view,
        is_chinese=is_chinese,
        tokenized=tokenized,
        window_count=window_count,
        windows_of=places.windows_of,
        clauses_of=places.clauses_of,
        positions_of=places.positions_of,
        normalized=normalized,
        normalized_by_clause=_normalized_by_clause(normalized, tokenized),
        misspelled=content.misspelled,
        negations_by_clause=_negations_by_clause(tokenized, skipped),
        retractions=retractions,
        skipped=skipped,
        retracted_clauses_of=_find_in_clauses(retractions, tokenized, all_matches, view),
        content_text=f" {' '.join(content.tokens)} ",
        content_weight=content.weight,
        content_by_window=tuple(
            content.by_clause[window] + content.by_clause[window + 1] or 1.0
            for window in range(window_count)
        ),
        known_weight=content.known_weight,
        prompt_weight=content.prompt_weight,
        on_topic_weight=content.on_topic_weight,
        subjects_by_clause=_subjects_by_clause(view, tokenized, places, window_count),
        known_term_count=known_terms,
        prompt_term_count=prompt_terms,
        foreign_term_count=foreign_terms,
    )


def _is_mostly_chinese(tokenized: TokenizedText) -> bool:
    """Whether a text is graded by the Chinese texts of a rubric.

    Names of things are Latin words in Chinese, too. So a text without an English function word is
    Chinese if it has any Chinese character. With one it is Chinese if the characters outweigh the
    other tokens.
    """
    han = sum(map(is_han, tokenized.tokens))
    has_english = any(
        len(token) > 1 and token in cues.ENGLISH_FUNCTION_WORDS for token in tokenized.tokens
    )
    others = len(tokenized.tokens) - han
    return han > (CHINESE_TOKENS_PER_WORD * others if has_english else 0)


def _repeated_clauses(tokenized: TokenizedText) -> frozenset[int]:
    """The clauses that the answer has said word for word _MAX_REPEATS times before."""
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


def _collect_tokens(
    tokenized: TokenizedText,
    view: CompiledView,
    retracted: AbstractSet[int],
    skipped: AbstractSet[int],
    places: _Places,
) -> _Content:
    """Weigh the content, and note where the rubric's words and their misspellings are."""
    content = _Content([0.0] * (tokenized.clause_count + 2))
    vocabulary, prompt_tokens = view.vocabulary, view.prompt_tokens
    for position, token in enumerate(tokenized.tokens):
        clause = tokenized.clause_of_token[position]
        if clause in retracted or not is_content(token):
            continue
        content.tokens.append(token)
        weight = token_weight(token)
        if not weight:
            continue
        content.weight += weight
        content.by_clause[clause] += weight
        in_prompt = token in prompt_tokens
        if in_prompt:
            content.prompt_weight += weight
        if token in vocabulary:
            content.known_weight += weight
            content.on_topic_weight += weight
            if clause not in skipped:
                places.add(token, clause, position)
        elif in_prompt:
            content.on_topic_weight += weight
        elif len(token) >= MIN_MISSPELLED_CHARACTERS and (
            correction := _correct_spelling(token, view)
        ):
            word, credit = correction
            content.on_topic_weight += weight * credit
            content.misspelled[word] = max(credit, content.misspelled.get(word, 0.0))
            if clause not in skipped:
                places.add(f"~{word}", clause, position)
    return content


def _correct_spelling(word: str, view: CompiledView) -> tuple[str, float] | None:
    """The word of the rubric that `word` is probably a misspelling of, and its credit, 0-1.

    The credit is the square of their similarity.
    """

    def correct(word: str) -> tuple[str, float] | None:
        best = process.extractOne(
            word,
            view.long_words,
            scorer=Indel.normalized_similarity,
            score_cutoff=MIN_SPELLING_SIMILARITY,
        )
        return (best[0], float(best[1]) ** 2) if best else None

    return view.spelling_corrections.get(word, correct)


def _count_terms(matches: Iterable[TermMatch], view: CompiledView) -> tuple[int, int, int]:
    """How many terms of the glossary the rubric knows, only the question knows, neither knows."""
    terms = {
        match.concepts for match in matches if any(concept[0] == "@" for concept in match.concepts)
    }
    known = sum(not view.concepts.isdisjoint(concepts) for concepts in terms)
    in_prompt = sum(
        view.concepts.isdisjoint(concepts) and not view.prompt_concepts.isdisjoint(concepts)
        for concepts in terms
    )
    return known, in_prompt, len(terms) - known - in_prompt


def _negations_by_clause(tokenized: TokenizedText, skipped: AbstractSet[int]) -> tuple[int, ...]:
    negations = [0] * max(1, tokenized.clause_count)
    for start, _ in NEGATION_CUES.find(tokenized.tokens):
        if tokenized.clause_of_token[start] not in skipped:
            negations[tokenized.clause_of_token[start]] += 1
    return tuple(negations)


def _find_in_clauses(
    clauses: Iterable[int],
    tokenized: TokenizedText,
    term_matches: Sequence[TermMatch],
    view: CompiledView,
) -> dict[str, list[int]]:
    """The clauses, of some given ones, that have each token and concept of the rubric.

    Of clauses with the same words only the first is looked at.
    """
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
    places: _Places,
    window_count: int,
) -> tuple[frozenset[str], ...]:
    """The subjects that each clause speaks of.

    A clause that names none goes on about those of the clause before it.
    """
    own: list[set[str]] = [set() for _ in range(window_count)]
    for name in view.subjects:
        for position in places.positions_of.get(name, ()):
            own[tokenized.clause_of_token[position]].add(name)
    spoken: list[frozenset[str]] = []
    for names in own:
        spoken.append(frozenset(names) if names or not spoken else spoken[-1])
    return tuple(spoken)
