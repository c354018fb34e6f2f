"""A rubric made ready once, for answers in Chinese and for others.

A phrase is a row of *tokens* (its tokens), each with a weight.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

from . import cues
from .concepts import NEGATION_CUES, TREND_CONCEPTS, ConceptIndex, TermMatch, index_concepts
from .content import Part, bigrams_of, normalize, parts_of
from .formulas import Formula, NumberInContext, Symbols, formulas_of, numbers_of
from .retractions import resolve_contrastive_negation
from .text import TokenizedText, is_content, is_han, token_weight, tokenize
from .trends import Trend, trend_of
from .types import Glossary, KeyPoint, PhraseKind, Rubric

PROMPT_DISCOUNT = 0.15  # what stands in the question earns little
SHARED_TOKEN_DISCOUNT_POWER = 1.2  # what stands in several key points tells them apart badly
_MAX_PARTS = 8  # of a statement; one of more is a paragraph
NGRAM_TOKENS = 5  # tokens of a text's content in a row that another text has by chance only where both quote a formula or a term


@dataclass(frozen=True, slots=True)
class PhraseToken:
    """One token of a phrase with what may stand for it; the weights are shares of the phrase's whole weight.

    `distinct` is the share among the tokens that tell a statement from a contradiction of the same key point, or the other way round.
    """

    text: str
    concepts: tuple[str, ...]
    opposites: tuple[str, ...]
    weight: float
    discounted_weight: float
    distinctive_weight: float = 0.0


@dataclass(frozen=True, slots=True)
class CompiledPhrase:
    """An author's text as tokens. `kind` is None for the key point's own text; `pairs` are its neighbouring tokens.

    `tokens` are those that say something, in order; `content` is their weight. `keys` are they
    with a concept for each known term. `pairs` are pairs of its parts, without what both have.
    """

    text: str
    kind: PhraseKind | None
    tokens: tuple[PhraseToken, ...]
    bigrams: tuple[str, ...]
    negation_count: int
    content_tokens: tuple[str, ...]
    total_weight: float
    normalized: tuple[str, ...]
    formulas: tuple[Formula, ...]
    numbers: tuple[NumberInContext, ...]
    trend: Trend
    parts: tuple[Part, ...]
    part_pairs: tuple[tuple[Part, Part], ...]
    distinctive_share: float = 0.0
    distinctive_bigrams: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CompiledKeyPoint:
    """A key point's phrases: what says it (own texts first), what contradicts it, and the term groups.

    `contrast` holds, for each token and pair, the log of how much oftener it stands in statements than in contradictions.
    `subjects` are the names and terms its own text speaks of.
    """

    point: KeyPoint
    own_texts: tuple[CompiledPhrase, ...]
    statements: tuple[CompiledPhrase, ...]
    contradictions: tuple[CompiledPhrase, ...]
    term_groups: tuple[tuple[CompiledPhrase, ...], ...]
    log_ratios: tuple[tuple[str, float], ...]
    subjects: frozenset[str]


@dataclass(frozen=True, slots=True)
class CompiledView:
    """What of a rubric an answer in one language is held against. Safe to share between threads."""

    rubric: Rubric
    concept_index: ConceptIndex
    points: tuple[CompiledKeyPoint, ...]
    prompt_contents: tuple[tuple[str, ...], ...]  # each one's content, token by token
    prompt_tokens: frozenset[str]
    vocabulary: frozenset[str]
    latin_vocabulary: tuple[str, ...]
    concepts: frozenset[str]
    prompt_concepts: frozenset[str]
    subjects: frozenset[str]  # those that some key points speak of and others don't
    compared_subjects: frozenset[str]  # those that the question sets against each other
    bigrams: frozenset[str]
    formula_names: frozenset[tuple[str, Symbols]]  # the names of those in any statement
    model_answer_ngrams: frozenset[tuple[str, ...]]  # every run of the model answers' content
    is_reference: bool  # a single key point without truth checks: a model answer as a whole
    is_rich: bool  # whether most key points come with contradictions
    spelling_corrections: dict[str, tuple[str, float] | None] = field(
        default_factory=dict, compare=False, repr=False
    )

    @property
    def style(self) -> str:
        """Which model and thresholds apply: "reference", "rich" or "plain"."""
        if self.is_reference:
            return "reference"
        return "rich" if self.is_rich else "plain"


@dataclass(frozen=True, slots=True)
class _ParsedText:
    """A text of the author's with its terms and the key point kind it plays."""

    text: str
    kind: PhraseKind | None
    tokenized: TokenizedText
    term_matches: tuple[TermMatch, ...]
    normalized: tuple[tuple[str, int], ...]


def _parse(text: str, kind: PhraseKind | None, concept_index: ConceptIndex) -> _ParsedText:
    tokenized = resolve_contrastive_negation(tokenize(text))
    term_matches = tuple(concept_index.find(tokenized.tokens))
    return _ParsedText(
        text, kind, tokenized, term_matches, tuple(normalize(tokenized, term_matches))
    )


@dataclass(frozen=True, slots=True)
class _Context:
    """What demotes a token: the question's words, and how many other key points have it."""

    prompt: frozenset[str]
    prompt_concepts: frozenset[str]
    elsewhere: Counter[str]


def _compile_phrase(
    parsed: _ParsedText, concept_index: ConceptIndex, context: _Context
) -> CompiledPhrase:
    concepts_at: dict[int, tuple[str, ...]] = {}
    for found in parsed.term_matches:
        for position in range(found.start, found.end):
            concepts_at[position] = found.concepts
    raw: dict[str, tuple[tuple[str, ...], tuple[str, ...], float, float]] = {}
    for position, token in enumerate(parsed.tokenized.tokens):
        concepts = concepts_at.get(position, ())
        # A term of the field says something even where its characters are common words, as in 前向.
        weight = token_weight(token) or (
            0.5 if any(concept[0] in "@=" for concept in concepts) else 0.0
        )
        if weight <= 0 or token in raw:
            continue
        asked = token in context.prompt or any(
            concept in context.prompt_concepts for concept in concepts
        )
        discounted = (
            weight
            * (PROMPT_DISCOUNT if asked else 1.0)
            / (1 + context.elsewhere[token]) ** SHARED_TOKEN_DISCOUNT_POWER
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
        parsed.text, parsed.kind, phrase_tokens, bigrams, len(NEGATION_CUES.find(tokenized.tokens)), content_tokens, total,
        normalized=tuple(key for key, _ in parsed.normalized), formulas=tuple(formulas_of(tokenized)), numbers=tuple(numbers_of(content_tokens)), trend=trend_of(tokenized, 0, len(tokenized.tokens)), parts=parts, part_pairs=_part_pairs(parts),
    )  # fmt: skip


def _part_pairs(parts: Sequence[Part]) -> tuple[tuple[Part, Part], ...]:
    """Each two parts of a statement that each have at least two things the other has not."""
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
    """The phrases with the weights of what the others lack: the words they share with those tell nothing."""
    if not others:
        return tuple(phrases)
    other_tokens = {token.text for phrase in others for token in phrase.tokens}
    other_concepts = {
        concept for phrase in others for token in phrase.tokens for concept in token.concepts
    }
    other_bigrams = {pair for phrase in others for pair in phrase.bigrams}
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
                distinctive_bigrams=tuple(p for p in phrase.bigrams if p not in other_bigrams),
            )
        )
    return tuple(result)


def _subjects_of(phrase: CompiledPhrase) -> set[str]:
    """The Latin names and the terms of the glossary in a phrase: what a statement can be about."""
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
    """Of the question's subjects those that are told apart by name: terms that exclude each other, and names written with a capital."""
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
    """Log of the smoothed ratio of how often a token or pair stands in statements and in contradictions."""
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
        (key, math.log((right[key] + 0.5) / (wrong[key] + 0.5)) + prior) for key in sorted(keys)
    )


@lru_cache(maxsize=64)
def _ngrams(texts: tuple[str, ...]) -> frozenset[tuple[str, ...]]:
    contents = [
        list(filter(is_content, resolve_contrastive_negation(tokenize(text)).tokens))
        for text in texts
    ]
    return frozenset(
        run
        for content in contents
        for run in zip(*(content[start:] for start in range(NGRAM_TOKENS)), strict=False)
    )


def _is_chinese(text: str) -> bool:
    return any(map(is_han, text))


def _is_english(text: str) -> bool:
    """Whether a text is English prose. A formula or a bare term is of no language and serves both."""
    return not _is_chinese(text) and any(
        token in cues.ENGLISH_FUNCTION_WORDS for token in tokenize(text).tokens
    )


def _texts_for_language(rubric: Rubric, other: Callable[[str], bool]) -> Rubric:
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

    More wordings in a language nobody used say nothing about an answer, and would make every feature depend on them.
    """

    rubric: Rubric
    chinese: CompiledView
    other: CompiledView
    prepared_samples: dict[Any, Any] = field(
        default_factory=dict, compare=False, repr=False
    )  # calibration's samples, once made ready


def compile_views(rubric: Rubric, *, glossary: Glossary) -> CompiledRubric:
    """Do the author-side work once; the result may be used for any number of answers."""
    chinese, other = (
        _texts_for_language(rubric, _is_english),
        _texts_for_language(rubric, _is_chinese),
    )
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
        latin_vocabulary=tuple(
            sorted(token for token in vocabulary if len(token) >= 4 and not is_han(token))
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
        bigrams=frozenset(pair for phrase in every for pair in phrase.bigrams),
        formula_names=frozenset(
            formula.name for p in points for phrase in p.statements for formula in phrase.formulas
        ),
        model_answer_ngrams=_ngrams(rubric.model_answers),
        is_reference=len(points) == 1
        and not points[0].contradictions
        and not points[0].term_groups,
        is_rich=2 * sum(bool(p.contradictions) for p in points) > len(points),
    )
