"""A rubric compiled: the work on the author's side, done once for any number of answers.

Each text of the author's becomes a phrase, which is a list of tokens with weights. A rubric is
compiled twice where it has texts in both languages: once for Chinese answers, once for others.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache

from . import cues
from .cache import Cache
from .concepts import NEGATION_CUES, TREND_CONCEPTS, ConceptIndex, TermMatch, index_concepts
from .content import Part, bigrams_of, normalize, parts_of
from .formulas import Formula, NumberInContext, Symbols, formulas_of, numbers_of
from .retractions import resolve_contrastive_negation
from .samples import SampleCache
from .text import TokenizedText, is_content, is_han, token_weight, tokenize
from .trends import Trend, trend_of
from .types import Glossary, KeyPoint, PhraseKind, Rubric

PROMPT_DISCOUNT = 0.15  # factor on a token's weight if the question has it too
# A token that n other key points have too is divided by (1 + n) to this power.
SHARED_TOKEN_DISCOUNT_POWER = 1.2
TERM_WEIGHT = 0.5  # of a function word within a term of the glossary, as each character of 前向
SMOOTHING = 0.5  # texts added to each count, so that log ratios stay finite
NGRAM_TOKENS = 5  # content tokens in a row; so many in common are seldom chance
_MAX_PARTS = 8  # of a statement whose parts are paired; with more it is a paragraph
MIN_MISSPELLED_CHARACTERS = 4  # of a word that a misspelling is looked for
_MAX_SPELLING_CORRECTIONS = 20_000  # kept per view


@dataclass(frozen=True, slots=True)
class PhraseToken:
    """One token of a phrase. A weight is the token's share of the phrase, 0-1."""

    text: str
    concepts: tuple[str, ...]  # of the term that it belongs to; each may stand for it
    opposites: tuple[str, ...]  # concepts that exclude one of those
    weight: float
    # The share where words of the question and of other key points count little.
    discounted_weight: float
    # Its share among the tokens that tell a statement from the contradictions of its key point, or
    # a contradiction from the statements; 0 if it is none of them.
    distinctive_weight: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class CompiledPhrase:
    """One of the author's texts. Two phrases are equal only if they are the same object."""

    text: str
    kind: PhraseKind | None  # None for the key point's own text
    tokens: tuple[PhraseToken, ...]  # those with a weight, each once, in order
    bigrams: tuple[str, ...]  # neighbouring keys of `normalized` within a clause, each once
    negation_count: int
    content_tokens: tuple[str, ...]  # what a quotation of it must have, in order
    total_weight: float  # the weights of `tokens` summed before they were made shares
    normalized: tuple[str, ...]  # tokens with a weight, or the concept of their term, in order
    formulas: tuple[Formula, ...]
    numbers: tuple[NumberInContext, ...]
    trend: Trend
    parts: tuple[Part, ...]  # its clauses, cut at "and"
    # Each two parts that could change places, without what both have.
    part_pairs: tuple[tuple[Part, Part], ...]
    distinctive_share: float = 0.0  # the share of the weight in distinctive tokens, 0-1
    distinctive_bigrams: tuple[str, ...] = ()  # those that no phrase of the other side has


@dataclass(frozen=True, slots=True)
class CompiledKeyPoint:
    """A key point's phrases."""

    point: KeyPoint
    own_texts: tuple[CompiledPhrase, ...]
    statements: tuple[CompiledPhrase, ...]  # what says it: the own texts, then the wordings
    contradictions: tuple[CompiledPhrase, ...]
    term_groups: tuple[tuple[CompiledPhrase, ...], ...]  # one phrase per term
    # For each key and bigram the log of how much oftener statements have it than contradictions.
    log_ratios: tuple[tuple[str, float], ...]
    subjects: frozenset[str]  # names and terms that its own texts speak of


@dataclass(frozen=True, slots=True)
class CompiledView:
    """A rubric as answers in one language are graded by it. Threads may share it."""

    rubric: Rubric  # with the texts for this language
    concept_index: ConceptIndex
    points: tuple[CompiledKeyPoint, ...]
    prompt_contents: tuple[tuple[str, ...], ...]  # each prompt's tokens with a weight, in order
    prompt_tokens: frozenset[str]  # the same of all prompts
    prompt_concepts: frozenset[str]
    vocabulary: frozenset[str]  # the tokens of all phrases
    long_words: tuple[str, ...]  # those that are not Chinese and long enough to be misspelled
    concepts: frozenset[str]  # of all phrases, with their opposites
    bigrams: frozenset[str]  # of all phrases
    subjects: frozenset[str]  # those that some key points speak of and others don't
    compared_subjects: frozenset[str]  # those that the question sets against each other
    formula_names: frozenset[tuple[str, Symbols]]  # of the formulas in any statement
    model_answer_ngrams: frozenset[tuple[str, ...]]  # runs of NGRAM_TOKENS in the model answers
    is_reference: bool  # one key point with statements alone: a model answer as a whole
    is_rich: bool  # whether more than half of the key points come with contradictions
    # By word: the word of the vocabulary that it is a misspelling of, and its credit, 0-1.
    spelling_corrections: Cache[str, tuple[str, float] | None] = field(
        default_factory=lambda: Cache(_MAX_SPELLING_CORRECTIONS), compare=False, repr=False
    )

    @property
    def style(self) -> str:
        """Which model and thresholds apply: "reference", "rich" or "plain"."""
        if self.is_reference:
            return "reference"
        return "rich" if self.is_rich else "plain"


@dataclass(frozen=True, slots=True)
class _ParsedText:
    """One of the author's texts as it was read, before the rest of the rubric weighs its tokens."""

    text: str
    kind: PhraseKind | None  # None for the key point's own text
    tokenized: TokenizedText
    term_matches: tuple[TermMatch, ...]
    normalized: tuple[tuple[str, int], ...]  # keys with their positions (content.normalize)


def _parse(text: str, kind: PhraseKind | None, concept_index: ConceptIndex) -> _ParsedText:
    tokenized = resolve_contrastive_negation(tokenize(text))
    term_matches = tuple(concept_index.find(tokenized.tokens))
    return _ParsedText(
        text, kind, tokenized, term_matches, tuple(normalize(tokenized, term_matches))
    )


@dataclass(frozen=True, slots=True)
class _Context:
    """What makes a token of a key point count less."""

    prompt: frozenset[str]  # tokens of the question
    prompt_concepts: frozenset[str]
    other_point_counts: Counter[str]  # how many other key points have a token


def _compile_phrase(
    parsed: _ParsedText, concept_index: ConceptIndex, context: _Context
) -> CompiledPhrase:
    concepts_at: dict[int, tuple[str, ...]] = {}
    for match in parsed.term_matches:
        for position in range(match.start, match.end):
            concepts_at[position] = match.concepts
    # By token: its concepts, their opposites, its weight and its discounted weight.
    raw: dict[str, tuple[tuple[str, ...], tuple[str, ...], float, float]] = {}
    for position, token in enumerate(parsed.tokenized.tokens):
        concepts = concepts_at.get(position, ())
        weight = token_weight(token) or (
            TERM_WEIGHT if any(concept[0] in "@=" for concept in concepts) else 0.0
        )
        if weight <= 0 or token in raw:
            continue
        in_prompt = token in context.prompt or any(
            concept in context.prompt_concepts for concept in concepts
        )
        discounted = (
            weight
            * (PROMPT_DISCOUNT if in_prompt else 1.0)
            / (1 + context.other_point_counts[token]) ** SHARED_TOKEN_DISCOUNT_POWER
        )
        opposites = tuple(
            sorted(
                {
                    other
                    for concept in concepts
                    for other in concept_index.opposites.get(concept, ())
                }
            )
        )
        raw[token] = (concepts, opposites, weight, discounted)
    total = sum(weight for _, _, weight, _ in raw.values()) or 1.0
    total_discounted = sum(discounted for _, _, _, discounted in raw.values()) or 1.0
    phrase_tokens = tuple(
        PhraseToken(token, concepts, opposites, weight / total, discounted / total_discounted)
        for token, (concepts, opposites, weight, discounted) in raw.items()
    )
    bigrams = tuple(
        dict.fromkeys(pair for pair, _ in bigrams_of(parsed.normalized, parsed.tokenized))
    )
    tokenized = parsed.tokenized
    content_tokens = tuple(filter(is_content, tokenized.tokens))
    parts = tuple(part for part, _ in parts_of(parsed.normalized, tokenized))
    return CompiledPhrase(
        text=parsed.text,
        kind=parsed.kind,
        tokens=phrase_tokens,
        bigrams=bigrams,
        negation_count=len(NEGATION_CUES.find(tokenized.tokens)),
        content_tokens=content_tokens,
        total_weight=total,
        normalized=tuple(key for key, _ in parsed.normalized),
        formulas=tuple(formulas_of(tokenized)),
        numbers=tuple(numbers_of(content_tokens)),
        trend=trend_of(tokenized, 0, len(tokenized.tokens)),
        parts=parts,
        part_pairs=_part_pairs(parts),
    )


def _part_pairs(parts: Sequence[Part]) -> tuple[tuple[Part, Part], ...]:
    """The pairs of parts that could change places.

    Each part of a pair has at least two keys that the other lacks; what both have is left out.
    Words for a direction are left out as well: with both of them turned, as in "faster, larger"
    for "slower, smaller", a statement stays what it is.
    """
    pairs: list[tuple[Part, Part]] = []
    for number, one in enumerate(parts if len(parts) <= _MAX_PARTS else ()):
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
                pairs.append((first, second))
    return tuple(pairs)


def _with_distinctive_weights(
    phrases: Sequence[CompiledPhrase], others: Sequence[CompiledPhrase]
) -> tuple[CompiledPhrase, ...]:
    """The phrases with the distinctive weights of their tokens.

    A token is distinctive if no phrase of the other side has it, or a concept that it has.
    """
    if not others:
        return tuple(phrases)
    other_tokens = {token.text for phrase in others for token in phrase.tokens}
    other_concepts = {
        concept for phrase in others for token in phrase.tokens for concept in token.concepts
    }
    other_bigrams = {bigram for phrase in others for bigram in phrase.bigrams}
    result = []
    for phrase in phrases:
        distinctive = {
            token.text
            for token in phrase.tokens
            if token.text not in other_tokens and other_concepts.isdisjoint(token.concepts)
        }
        share = sum(token.weight for token in phrase.tokens if token.text in distinctive)
        tokens = tuple(
            replace(
                token, distinctive_weight=token.weight / share if token.text in distinctive else 0.0
            )
            for token in phrase.tokens
        )
        result.append(
            replace(
                phrase,
                tokens=tokens,
                distinctive_share=share,
                distinctive_bigrams=tuple(
                    bigram for bigram in phrase.bigrams if bigram not in other_bigrams
                ),
            )
        )
    return tuple(result)


def _subjects_of(phrase: CompiledPhrase) -> set[str]:
    """What a phrase can be about: its Latin words, common ones aside, and its glossary terms."""
    names = {
        token.text
        for token in phrase.tokens
        if "a" <= token.text[0] <= "z" and token_weight(token.text) >= 1.0
    }
    return names | {
        concept for token in phrase.tokens for concept in token.concepts if concept[0] in "@="
    }


def _compared_subjects(
    prompts: Sequence[str], subjects: Iterable[str], concept_index: ConceptIndex
) -> frozenset[str]:
    """The subjects that the question tells apart by name.

    They are names written with a capital there, and terms that exclude other terms.
    """
    words = (
        word
        for prompt in prompts
        for word in re.findall(r"[A-Za-z]{2,}", prompt)
        if word != word.lower()
    )
    named = {token for word in words for token in tokenize(word).tokens}
    return frozenset(
        name for name in subjects if name in named or concept_index.opposites.get(name)
    )


def _log_ratios(
    statements: list[_ParsedText], contradictions: list[_ParsedText]
) -> tuple[tuple[str, float], ...]:
    """For each key and bigram the log of how much oftener statements have it than contradictions.

    It is above 0 for what is typical of statements. A text counts once however often it has the
    key. Counts are smoothed, and set off against the number of texts on either side.
    """
    if not statements or not contradictions:
        return ()

    def counts(texts: list[_ParsedText]) -> Counter[str]:
        return Counter(
            key
            for parsed in texts
            for key in {
                k for k, _ in (*parsed.normalized, *bigrams_of(parsed.normalized, parsed.tokenized))
            }
        )

    right, wrong = counts(statements), counts(contradictions)
    prior = math.log((len(contradictions) + 1) / (len(statements) + 1))
    keys = dict.fromkeys([*right, *wrong])
    return tuple(
        (key, math.log((right[key] + SMOOTHING) / (wrong[key] + SMOOTHING)) + prior)
        for key in sorted(keys)
    )


@lru_cache(maxsize=64)
def _ngrams(texts: tuple[str, ...]) -> frozenset[tuple[str, ...]]:
    """The runs of NGRAM_TOKENS content tokens in some texts."""
    contents = [
        list(filter(is_content, resolve_contrastive_negation(tokenize(text)).tokens))
        for text in texts
    ]
    return frozenset(
        ngram
        for content in contents
        for ngram in zip(*(content[start:] for start in range(NGRAM_TOKENS)), strict=False)
    )


def _is_chinese(text: str) -> bool:
    return any(map(is_han, text))


def _is_english(text: str) -> bool:
    """Whether a text is English prose.

    A formula or a bare term is in no language and serves answers in both.
    """
    return not _is_chinese(text) and any(
        token in cues.ENGLISH_FUNCTION_WORDS for token in tokenize(text).tokens
    )


def _without_language(rubric: Rubric, is_other: Callable[[str], bool]) -> Rubric:
    """The rubric without its texts in the other language.

    What would be left without a text keeps the texts it has: the prompts, or a key point with all
    its phrases. Term groups are kept always.
    """

    def kept(texts: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(text for text in texts if not is_other(text)) or texts

    points = tuple(
        replace(
            point,
            texts=kept(point.texts),
            phrases=tuple(
                phrase
                for phrase in point.phrases
                if phrase.kind == PhraseKind.TERM_GROUP
                or not is_other(phrase.text)
                or all(map(is_other, point.texts))
            ),
        )
        for point in rubric.key_points
    )
    return Rubric(kept(rubric.prompts), points, rubric.model_answers)


@dataclass(frozen=True, slots=True)
class CompiledRubric:
    """A rubric compiled for answers in either language. Threads may share it.

    Wordings in the other language say nothing about an answer, and would change its features.
    """

    rubric: Rubric
    chinese: CompiledView
    other: CompiledView  # the same object if the rubric has all its texts for both
    samples: SampleCache = field(default_factory=SampleCache, compare=False, repr=False)


def compile_views(rubric: Rubric, *, glossary: Glossary) -> CompiledRubric:
    """Compile a rubric that can grade (grader.compile_rubric makes sure)."""
    chinese, other = _without_language(rubric, _is_english), _without_language(rubric, _is_chinese)
    view = _compile_view(chinese, glossary=glossary)
    return CompiledRubric(
        rubric, view, view if other == chinese else _compile_view(other, glossary=glossary)
    )


def _compile_view(rubric: Rubric, *, glossary: Glossary) -> CompiledView:
    concept_index = index_concepts(glossary)
    prompts = [_parse(prompt, None, concept_index) for prompt in rubric.prompts]
    prompt_tokens = frozenset(
        token for parsed in prompts for token in parsed.tokenized.tokens if token_weight(token) > 0
    )
    prompt_concepts = frozenset(
        concept for parsed in prompts for found in parsed.term_matches for concept in found.concepts
    )
    texts_of = [
        [_parse(text, None, concept_index) for text in point.texts if text.strip()]
        + [
            _parse(phrase.text, phrase.kind, concept_index)
            for phrase in point.phrases
            if phrase.kind != PhraseKind.TERM_GROUP
        ]
        for point in rubric.key_points
    ]
    tokens_of = [
        {
            token
            for parsed in texts
            if parsed.kind != PhraseKind.CONTRADICTS
            for token in parsed.tokenized.tokens
        }
        for texts in texts_of
    ]
    point_counts = Counter(token for tokens in tokens_of for token in tokens)
    points = []
    for point, texts, tokens in zip(rubric.key_points, texts_of, tokens_of, strict=True):
        context = _Context(prompt_tokens, prompt_concepts, point_counts - Counter(tokens))
        compiled = [
            phrase
            for phrase in (_compile_phrase(parsed, concept_index, context) for parsed in texts)
            if phrase.tokens
        ]
        statements = [phrase for phrase in compiled if phrase.kind != PhraseKind.CONTRADICTS]
        contradictions = [phrase for phrase in compiled if phrase.kind == PhraseKind.CONTRADICTS]
        term_groups = tuple(
            tuple(
                _compile_phrase(_parse(word, phrase.kind, concept_index), concept_index, context)
                for word in phrase.alternatives
            )
            for phrase in point.phrases
            if phrase.kind == PhraseKind.TERM_GROUP
        )
        points.append(
            CompiledKeyPoint(
                point=point,
                own_texts=tuple(phrase for phrase in compiled if phrase.kind is None),
                statements=_with_distinctive_weights(statements, contradictions),
                contradictions=_with_distinctive_weights(contradictions, statements),
                term_groups=term_groups,
                subjects=frozenset(
                    name
                    for phrase in compiled
                    if phrase.kind is None
                    for name in _subjects_of(phrase)
                ),
                log_ratios=_log_ratios(
                    [parsed for parsed in texts if parsed.kind != PhraseKind.CONTRADICTS],
                    [parsed for parsed in texts if parsed.kind == PhraseKind.CONTRADICTS],
                ),
            )
        )
    every = [
        phrase
        for p in points
        for phrase in (
            *p.statements,
            *p.contradictions,
            *(word for group in p.term_groups for word in group),
        )
    ]
    vocabulary = frozenset(token.text for phrase in every for token in phrase.tokens)
    return CompiledView(
        rubric=rubric,
        concept_index=concept_index,
        points=tuple(points),
        prompt_contents=tuple(
            tuple(token for token in parsed.tokenized.tokens if token_weight(token) > 0)
            for parsed in prompts
        ),
        prompt_tokens=prompt_tokens,
        vocabulary=vocabulary,
        long_words=tuple(
            sorted(
                token
                for token in vocabulary
                if len(token) >= MIN_MISSPELLED_CHARACTERS and not is_han(token)
            )
        ),
        concepts=frozenset(
            name
            for phrase in every
            for token in phrase.tokens
            for name in (*token.concepts, *token.opposites)
        ),
        prompt_concepts=prompt_concepts,
        subjects=frozenset(
            name
            for p in points
            for name in p.subjects
            if not all(name in other.subjects for other in points)
        ),
        compared_subjects=_compared_subjects(
            rubric.prompts,
            {name for p in points for name in p.subjects} & (prompt_tokens | prompt_concepts),
            concept_index,
        ),
        bigrams=frozenset(bigram for phrase in every for bigram in phrase.bigrams),
        formula_names=frozenset(
            formula.name for p in points for phrase in p.statements for formula in phrase.formulas
        ),
        model_answer_ngrams=_ngrams(rubric.model_answers),
        is_reference=len(points) == 1
        and not points[0].contradictions
        and not points[0].term_groups,
        is_rich=2 * sum(bool(p.contradictions) for p in points) > len(points),
    )
