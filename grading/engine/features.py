"""What can be seen of the key points in an answer: named numbers, each explainable, nothing decided yet.

Features of one key point carry plain names; `all_...` is the mean of a feature over the answer's key points: whether an answer as
a whole speaks the language of right or of wrong statements says more than any single point.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass
from operator import mul

from rapidfuzz.distance import LCSseq

from .answer import AnswerIndex
from .concepts import AVOID_CONCEPT
from .coverage import (
    answer_coverage,
    bigram_coverage,
    coverage_by_clause,
    coverage_by_window,
    retracted_coverage,
)
from .reversals import Reversal, ReversalDetector
from .rubric import CompiledKeyPoint, CompiledPhrase
from .similarity import PointSimilarity, similarity_of_points
from .text import token_weight

_MIN_REVERSAL_COVERAGE = 0.4  # coverage from which an answer can be said to misstate a key point
_MIN_RECITED_TOKENS = (
    6  # tokens of a statement; fewer may stand in an answer that means something else
)
_MIN_RETRACTED_COVERAGE = (
    0.6  # of a statement in a clause taken back, from which the point was said
)
MIN_CONTRADICTION_COVERAGE = 0.6  # coverage of a contradiction in one clause, from which that clause can be said to contradict
_MIN_CONTRADICTION_DISTINCTIVE = 0.3  # of the words that tell a contradiction from the statements, for a clause to be taken for it
MIN_CLAIM_F1 = 0.6  # fit from which a window makes a claim of the author's, right or wrong
_MIN_PROMPT_OVERLAP = 0.85  # of a window's content in the question's own order, from which the question is only said again
_MIN_WINDOW_COVERAGE = 0.15  # coverage of a phrase from which a window is looked at more closely


@dataclass(frozen=True, slots=True)
class PointFeatures:
    """The features of one key point, and where the best statement and the best contradiction stand.

    `recited` tells whether a statement's very words stand in the answer, one after the other, `nearly_recited` allows a word of difference or what comes to the same; `quoted`
    is a contradiction of which the first is so, `nearly_quoted` tells whether the second is so of any, `misstated` a statement turned round. `claimed` tells
    whether some window says little besides a statement or a contradiction, and not just the question again.
    """

    values: dict[str, float]
    best_statement: CompiledPhrase | None
    statement_window: int
    best_contradiction: CompiledPhrase | None
    contradiction_window: int
    is_recited: bool
    is_nearly_recited: bool
    is_affirmed: bool
    is_retracted: bool
    quoted_contradiction: CompiledPhrase | None
    is_nearly_contradicted: bool
    reversal: Reversal | None
    makes_claim: bool


def _opposite_share(phrase: CompiledPhrase, window: int, answer: AnswerIndex) -> float:
    """Weight share of words whose opposite stands in the window while they themselves do not."""
    windows_of = answer.windows_of
    share = 0.0
    for token in phrase.tokens:
        if not token.opposites or window in windows_of.get(token.text, ()):
            continue
        if any(window in windows_of.get(concept, ()) for concept in token.concepts):
            continue
        if any(window in windows_of.get(concept, ()) for concept in token.opposites):
            share += token.weight
    return share


@dataclass(slots=True)
class _PhraseCoverage:
    """How a key point's statements, or its contradictions, are covered, best first."""

    discounted: list[float]  # the best window's coverage, per phrase, highest first
    highest: float  # the highest plain coverage
    f1: float  # the highest harmonic mean of coverage and of the window's share that the phrase accounts for
    f1_window: int
    by_window: list[float]  # per window, the highest plain coverage
    best_phrase: CompiledPhrase | None
    best_window: int
    distinctive: float = (
        0.0  # the highest product of plain coverage and coverage by what the other side lacks
    )
    distinctive_bigrams: float = 0.0  # the highest share of the pairs that the other side lacks


def _cover_phrases(
    phrases: Sequence[CompiledPhrase], answer: AnswerIndex, highest_discounted: list[float] | None
) -> _PhraseCoverage:
    """Cover every phrase; raises `dense`, if given, to the demoted coverage where that is higher."""
    texts = _PhraseCoverage([], 0.0, 0.0, 0, [0.0] * answer.window_count, None, 0)
    by_window, content_by_window, top = texts.by_window, answer.content_by_window, 0.0
    for phrase in phrases:
        plain, discounted, distinctive = coverage_by_window(phrase, answer)
        best_discounted = 0.0
        if phrase.distinctive_share > 0.1:
            texts.distinctive = max(texts.distinctive, max(map(mul, plain, distinctive)))
        if phrase.distinctive_bigrams:
            counts = Counter(
                window
                for bigram in phrase.distinctive_bigrams
                for window in answer.windows_of.get(bigram, ())
            )
            texts.distinctive_bigrams = max(
                texts.distinctive_bigrams,
                max(counts.values(), default=0) / len(phrase.distinctive_bigrams),
            )
        for window, covered in enumerate(plain):
            if covered <= 0.0:
                continue
            discounted_here = discounted[window]
            if discounted_here > best_discounted:
                best_discounted = discounted_here
            if covered > by_window[window]:
                by_window[window] = covered
            if highest_discounted is not None and discounted_here > highest_discounted[window]:
                highest_discounted[window] = discounted_here
            rank = covered + discounted_here if highest_discounted is not None else covered
            if rank > top:
                top, texts.best_phrase, texts.best_window = rank, phrase, window
            if covered > _MIN_WINDOW_COVERAGE:
                precision = min(1.0, covered * phrase.total_weight / content_by_window[window])
                f1 = 2 * precision * covered / (precision + covered)
                if f1 > texts.f1:
                    texts.f1, texts.f1_window = f1, window
        texts.discounted.append(best_discounted)
    texts.highest = max(by_window)
    texts.discounted.sort(reverse=True)
    return texts


def _point_features(
    point: CompiledKeyPoint,
    answer: AnswerIndex,
    highest_discounted: list[float],
    reversals: ReversalDetector,
    similarity: PointSimilarity,
) -> PointFeatures:
    """All features of one key point; raises `dense` to the point's coverage where that is higher."""
    right = _cover_phrases(point.statements, answer, highest_discounted)
    wrong = _cover_phrases(point.contradictions, answer, None)
    discounted, by_window = right.discounted, right.by_window
    bigrams = [bigram_coverage(phrase, answer) for phrase in point.statements]
    opposite_shares = [
        coverage * _opposite_share(phrase, window, answer)
        for phrase in point.own_texts
        for window, coverage in enumerate(by_window)
        if coverage > 0.3
    ]
    log_ratios = _log_ratio_by_window(point, answer, similarity.other_point_clauses)
    weighted_log_ratios = [
        log_ratio * coverage for log_ratio, coverage in zip(log_ratios, by_window, strict=True)
    ]
    word_order, mismatch = _order_and_polarity(right, answer)
    own_subject, other_subject = _coverage_by_subject(point, by_window, answer)
    values = {
        "coverage_own_text": max(
            (answer_coverage(phrase, answer) for phrase in point.own_texts), default=0.0
        ),
        "coverage_discounted_max": discounted[0] if discounted else 0.0,
        "coverage_top3_mean": sum(discounted[:3]) / 3,
        "coverage_max": right.highest,
        "f1_max": right.f1,
        "contradiction_coverage_max": wrong.highest,
        "coverage_diff": right.highest - wrong.highest if point.contradictions else 0.0,
        "f1_diff": right.f1 - wrong.f1 if point.contradictions else 0.0,
        "distinctive_diff": right.distinctive - wrong.distinctive if point.contradictions else 0.0,
        "distinctive_bigram_diff": right.distinctive_bigrams - wrong.distinctive_bigrams
        if point.contradictions
        else 0.0,
        "distinctive_statement": right.distinctive if point.contradictions else 0.0,
        "distinctive_contradiction": wrong.distinctive,
        "distinctive_bigram_contradiction": wrong.distinctive_bigrams,
        **_clause_features(point, answer, similarity.other_point_clauses),
        "contradiction_excess": max(0.0, wrong.highest - right.highest),
        "term_group_coverage": _term_group_coverage(point, answer)
        if point.term_groups
        else right.highest,
        "bigram_coverage_max": max((best for best, _ in bigrams), default=0.0),
        "bigram_coverage_own_text": max(
            (whole for _, whole in bigrams[: len(point.own_texts)]), default=0.0
        ),
        "opposite_share_max": max(opposite_shares, default=0.0),
        "word_order_share": word_order,
        "polarity_mismatch": mismatch,
        "coverage_own_subject": own_subject,
        "coverage_other_subject": other_subject,
        "log_ratio_max": max(log_ratios),
        "log_ratio_min": min(log_ratios),
        "log_ratio_weighted": max(weighted_log_ratios) + min(weighted_log_ratios),
    }
    quoted_contradiction = next(
        (
            phrase
            for phrase in point.contradictions
            if _is_verbatim(phrase, answer)
            and not _is_inside_recited_statement(phrase, point.statements, answer)
            and not reversals.denies(phrase)
        ),
        None,
    )
    is_recited = any(
        len(phrase.content_tokens) >= _MIN_RECITED_TOKENS and _is_verbatim(phrase, answer)
        for phrase in point.statements
    )
    reversal = reversals.reversal(point) if right.highest >= _MIN_REVERSAL_COVERAGE else None
    is_retracted = any(
        retracted_coverage(phrase, answer) >= _MIN_RETRACTED_COVERAGE for phrase in point.statements
    )
    is_affirmed = reversal is None and reversals.affirms(point)
    makes_claim = any(
        side.f1 >= MIN_CLAIM_F1 and not _window_repeats_prompt(side.f1_window, answer)
        for side in (right, wrong)
    )
    return PointFeatures(
        values | similarity.features,
        right.best_phrase,
        right.best_window,
        wrong.best_phrase,
        wrong.best_window,
        is_recited,
        similarity.near_statement,
        is_affirmed,
        is_retracted,
        quoted_contradiction,
        similarity.near_contradiction and not is_affirmed,
        reversal,
        makes_claim,
    )


def _clause_features(
    point: CompiledKeyPoint, answer: AnswerIndex, other_point_clauses: Set[int]
) -> dict[str, float]:
    """What single clauses say: two clauses in a row mix up what is said of one thing and what of the next.

    A clause speaks for a statement, or a contradiction, when it has words of it that the other side lacks and as many negations, odd or even.
    """
    if not point.contradictions:
        return dict.fromkeys(
            (
                "clause_statement",
                "clause_contradiction",
                "clause_diff",
                "clause_contradiction_coverage",
                "clause_log_ratio_max",
                "clause_log_ratio_min",
            ),
            0.0,
        )
    coverages = [
        [(phrase, coverage_by_clause(phrase, answer)) for phrase in side]
        for side in (point.statements, point.contradictions)
    ]
    right, wrong = (
        max(
            (
                covered.weight * covered.distinctive
                for phrase, clauses in side
                if phrase.distinctive_share > 0.1
                for clause, covered in clauses.items()
                if (answer.negations_by_clause[clause] - phrase.negation_count) % 2 == 0
            ),
            default=0.0,
        )
        for side in coverages
    )
    nearest = max(
        (
            covered.weight
            for _, clauses in coverages[1]
            for covered in clauses.values()
            if covered.distinctive > _MIN_CONTRADICTION_DISTINCTIVE
        ),
        default=0.0,
    )
    sums: dict[int, float] = {}
    for key, log_ratio in point.log_ratios:
        for clause in answer.clauses_of.get(key, ()):
            if clause not in other_point_clauses:
                sums[clause] = sums.get(clause, 0.0) + log_ratio
    return {
        "clause_statement": right, "clause_contradiction": wrong, "clause_diff": right - wrong, "clause_contradiction_coverage": nearest,
        "clause_log_ratio_max": max(sums.values(), default=0.0), "clause_log_ratio_min": min(sums.values(), default=0.0),
    }  # fmt: skip


def _is_verbatim(phrase: CompiledPhrase, answer: AnswerIndex) -> bool:
    return f" {' '.join(phrase.content_tokens)} " in answer.content_text


def _window_repeats_prompt(window: int, answer: AnswerIndex) -> bool:
    """Whether nearly all that a window says stands in the question, in the same order."""
    content_tokens = [token for token in _window_tokens(window, answer) if token_weight(token) > 0]
    return any(
        LCSseq.similarity(content_tokens, prompt) >= _MIN_PROMPT_OVERLAP * len(content_tokens)
        for prompt in answer.view.prompt_contents
    )


def _window_tokens(window: int, answer: AnswerIndex) -> tuple[str, ...]:
    starts = answer.tokenized.clause_starts
    return answer.tokenized.tokens[starts[window] : starts[min(window + 2, len(starts) - 1)]]


def _is_inside_recited_statement(
    contradiction: CompiledPhrase, statements: Sequence[CompiledPhrase], answer: AnswerIndex
) -> bool:
    """Whether a statement that the answer recites has the contradiction's words in it: they differ in function words alone."""
    words = f" {' '.join(contradiction.content_tokens)} "
    return any(
        words in f" {' '.join(phrase.content_tokens)} " and _is_verbatim(phrase, answer)
        for phrase in statements
    )


def _order_and_polarity(right: _PhraseCoverage, answer: AnswerIndex) -> tuple[float, float]:
    """How far the best statement's words come in its own order, and its coverage where the negation of the clause nearest to it differs from its own."""
    phrase, window = right.best_phrase, right.best_window
    if phrase is None:
        return 0.0, 0.0
    window_tokens = _window_tokens(window, answer)
    order = LCSseq.similarity(phrase.content_tokens, window_tokens) / max(
        1, len(phrase.content_tokens)
    )
    clauses = coverage_by_clause(phrase, answer)
    clause = max(clauses, key=lambda position: (clauses[position].weight, -position), default=0)
    avoids = any(
        AVOID_CONCEPT in token.concepts
        and not any(name in answer.clauses_of for name in (token.text, AVOID_CONCEPT))
        for token in phrase.tokens
    )
    differs = (answer.negations_by_clause[clause] - phrase.negation_count - avoids) % 2
    return float(order), clauses[clause].weight if differs and clauses else 0.0


def _coverage_by_subject(
    point: CompiledKeyPoint, by_window: Sequence[float], answer: AnswerIndex
) -> tuple[float, float]:
    """The highest coverage in a clause that speaks of one of the point's own subjects, and in one that speaks only of others' subjects."""
    own = other = 0.0
    for coverage, subjects in zip(by_window, answer.subjects_by_clause, strict=True):
        if subjects and coverage > _MIN_WINDOW_COVERAGE:
            if point.subjects.isdisjoint(subjects):
                other = max(other, coverage)
            else:
                own = max(own, coverage)
    return own, other


def _log_ratio_by_window(
    point: CompiledKeyPoint, answer: AnswerIndex, other_point_clauses: Set[int]
) -> list[float]:
    """Per window, the summed log ratio of its words between the author's statements and contradictions; clauses about other points aside."""
    sums = [0.0] * answer.window_count
    for key, log_ratio in point.log_ratios:
        if other_point_clauses:
            clauses = [
                clause
                for clause in answer.clauses_of.get(key, ())
                if clause not in other_point_clauses
            ]
            windows: Iterable[int] = {
                window for clause in clauses for window in (clause - 1, clause) if window >= 0
            }
        else:
            windows = answer.windows_of.get(key, ())
        for window in windows:
            sums[window] += log_ratio
    return sums


def _term_group_coverage(point: CompiledKeyPoint, answer: AnswerIndex) -> float:
    """The largest share of term groups met within one window."""
    covered = [0.0] * answer.window_count
    for group in point.term_groups:
        best = [0.0] * answer.window_count
        for alternative in group:
            plain, _, _ = coverage_by_window(alternative, answer)
            best = list(map(max, best, plain))
        covered = [a + b for a, b in zip(covered, best, strict=True)]
    return max(covered) / len(point.term_groups)


def compute_features(answer: AnswerIndex) -> list[PointFeatures]:
    """The readings of all key points, each with its own features and those of the answer as a whole."""
    highest_discounted = [0.0] * answer.window_count
    reversals = ReversalDetector(answer)
    points = answer.view.points
    features = [
        _point_features(point, answer, highest_discounted, reversals, similarity)
        for point, similarity in zip(points, similarity_of_points(points, answer), strict=True)
    ]
    count = len(features)
    answer_values = {
        f"answer_mean_{name}": sum(point_features.values[name] for point_features in features)
        / count
        for name in features[0].values
    }
    content = answer.content_weight or 1.0
    length = math.sqrt(len(answer.tokenized.tokens))
    answer_values |= {
        "answer_prompt_share": answer.prompt_weight / content,
        "answer_known_share": answer.known_weight / content,
        "answer_on_topic_share": answer.on_topic_weight / content,
        "answer_window_coverage": sum(highest_discounted) / answer.window_count,
        "answer_max_coverage_max": max(
            point_features.values["coverage_max"] for point_features in features
        ),
        "answer_max_coverage_discounted_max": max(
            point_features.values["coverage_discounted_max"] for point_features in features
        ),
        "answer_known_terms": answer.known_term_count / length,
        "answer_prompt_terms": answer.prompt_term_count / length,
        "answer_foreign_terms": answer.foreign_term_count / length,
    }
    for point_features in features:
        point_features.values.update(answer_values)
    return features
