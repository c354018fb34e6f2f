"""The features: named numbers about each key point in an answer. They decide nothing yet.

The names of the features tell how they are measured:

- `coverage` is the share of a phrase's weight that a window has (coverage.py). `f1` is its harmonic
  mean with the share of the window's content that the phrase accounts for.
- `discounted` coverage counts little for words of the question and of other key points.
- `distinctive` is what only one side has, the statements or the contradictions.
- `log_ratio` sums, over the words of a passage, how much more typical of statements they are than
  of contradictions. It is above 0 where they sound right.
- `similarity` compares single clauses, word by word and in order (similarity.py).
- `max` is the highest value over all windows or clauses, `diff` the statements'
  value minus the contradictions'.
- `answer_mean_...` is the mean of a feature over all key points, and any other `answer_...` is a
  number about the answer as a whole. Whether an answer as a whole sounds right or wrong says more
  than any single key point.

All are shares or similarities, 0-1, or differences of two, -1 to 1, but for the log ratios and the
counts of terms.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
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

# Shares of a phrase's weight.
_MIN_WINDOW_COVERAGE = 0.15  # in a window, for the window to be looked at more closely
_MIN_OPPOSITE_COVERAGE = 0.3  # of a statement in a window where opposites are looked for
_MIN_REVERSAL_COVERAGE = 0.4  # of a statement in a window, for reversals to be looked for
_MIN_RETRACTED_COVERAGE = 0.6  # of a statement in a retracted clause, for the point to be retracted
MIN_CONTRADICTION_COVERAGE = 0.6  # of a contradiction in a clause, for the clause to contradict
# The same of the contradiction's distinctive words, for the clause to be taken for it.
_MIN_CONTRADICTION_DISTINCTIVE = 0.3
_MIN_DISTINCTIVE_SHARE = 0.1  # in distinctive tokens, for these to be looked at

MIN_CLAIM_F1 = 0.6  # of a window and one of the author's texts, for it to make a claim
_MIN_PROMPT_OVERLAP = 0.85  # share of a window's tokens in the question's order, to only repeat it
_MIN_RECITED_TOKENS = 6  # of a statement; a shorter one may occur in a text that means otherwise


@dataclass(frozen=True, slots=True)
class PointFeatures:
    """The features of one key point, and what was found of the author's very words."""

    values: dict[str, float]  # by name, those of the answer as a whole among them
    best_statement: CompiledPhrase | None  # the statement that a window covers most
    statement_window: int  # that window
    best_contradiction: CompiledPhrase | None  # the same for the contradictions
    contradiction_window: int
    is_recited: bool  # whether the answer has a longer statement word for word
    is_nearly_recited: bool  # whether a clause has a statement but for a word
    is_affirmed: bool  # whether it denies a contradiction, or says the converse of a trend
    is_retracted: bool  # whether it says a statement and takes it back
    quoted_contradiction: CompiledPhrase | None  # one that it has word for word and does not deny
    is_nearly_contradicted: bool  # whether a clause has a contradiction but for a word
    reversal: Reversal | None  # a statement that it turns into its opposite
    # Whether a window says little but a statement or contradiction, and does not just repeat the
    # question.
    makes_claim: bool


def _opposite_share(phrase: CompiledPhrase, window: int, answer: AnswerIndex) -> float:
    """The share, 0-1, of the phrase's weight in words that the window has the opposite of instead.

    A word that the window has itself, or by a term of the same concept, does not count.
    """
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
    """How an answer covers one side of a key point: its statements or its contradictions."""

    discounted: list[float]  # per phrase, in its best window; highest first
    highest: float  # plain coverage in the best window of the best phrase
    f1: float  # the highest
    f1_window: int  # where that is
    by_window: list[float]  # per window, the plain coverage of the best phrase there
    best_phrase: CompiledPhrase | None
    best_window: int
    distinctive: float = 0.0  # the highest product of plain and distinctive coverage
    distinctive_bigrams: float = 0.0  # the highest share of a phrase's distinctive bigrams


def _cover_phrases(
    phrases: Sequence[CompiledPhrase], answer: AnswerIndex, highest_discounted: list[float] | None
) -> _PhraseCoverage:
    """Look for all phrases of one side in the answer.

    `highest_discounted` is given for the statements alone. It holds the highest discounted coverage
    that was seen in each window so far, and is raised where one of these phrases has more. The
    best statement is then the one whose plain and discounted coverage have the highest sum.
    """
    texts = _PhraseCoverage([], 0.0, 0.0, 0, [0.0] * answer.window_count, None, 0)
    by_window, content_by_window, top = texts.by_window, answer.content_by_window, 0.0
    for phrase in phrases:
        plain, discounted, distinctive = coverage_by_window(phrase, answer)
        best_discounted = 0.0
        if phrase.distinctive_share > _MIN_DISTINCTIVE_SHARE:
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
    """The features of one key point, without those of the answer as a whole.

    It raises `highest_discounted` as `_cover_phrases` does.
    """
    right = _cover_phrases(point.statements, answer, highest_discounted)
    wrong = _cover_phrases(point.contradictions, answer, None)
    discounted, by_window = right.discounted, right.by_window
    bigrams = [bigram_coverage(phrase, answer) for phrase in point.statements]
    opposite_shares = [
        coverage * _opposite_share(phrase, window, answer)
        for phrase in point.own_texts
        for window, coverage in enumerate(by_window)
        if coverage > _MIN_OPPOSITE_COVERAGE
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
        values=values | similarity.features,
        best_statement=right.best_phrase,
        statement_window=right.best_window,
        best_contradiction=wrong.best_phrase,
        contradiction_window=wrong.best_window,
        is_recited=is_recited,
        is_nearly_recited=similarity.near_statement,
        is_affirmed=is_affirmed,
        is_retracted=is_retracted,
        quoted_contradiction=quoted_contradiction,
        is_nearly_contradicted=similarity.near_contradiction and not is_affirmed,
        reversal=reversal,
        makes_claim=makes_claim,
    )


def _clause_features(
    point: CompiledKeyPoint, answer: AnswerIndex, other_point_clauses: AbstractSet[int]
) -> dict[str, float]:
    """The features of single clauses.

    Two clauses in a row mix up what is said of one thing and of the next. A clause speaks for a
    phrase if it has distinctive words of it and is negated as often, both an odd number of times
    or both an even one. Clauses that state another key point don't count for the log ratios.
    """
    names = (
        "clause_statement",
        "clause_contradiction",
        "clause_diff",
        "clause_contradiction_coverage",
        "clause_log_ratio_max",
        "clause_log_ratio_min",
    )
    if not point.contradictions:
        return dict.fromkeys(names, 0.0)
    coverages = [
        [(phrase, coverage_by_clause(phrase, answer)) for phrase in side]
        for side in (point.statements, point.contradictions)
    ]
    right, wrong = (
        max(
            (
                covered.weight * covered.distinctive
                for phrase, clauses in side
                if phrase.distinctive_share > _MIN_DISTINCTIVE_SHARE
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
        "clause_statement": right,
        "clause_contradiction": wrong,
        "clause_diff": right - wrong,
        "clause_contradiction_coverage": nearest,
        "clause_log_ratio_max": max(sums.values(), default=0.0),
        "clause_log_ratio_min": min(sums.values(), default=0.0),
    }


def _is_verbatim(phrase: CompiledPhrase, answer: AnswerIndex) -> bool:
    """Whether the answer has all content tokens of the phrase in a row."""
    return f" {' '.join(phrase.content_tokens)} " in answer.content_text


def _window_repeats_prompt(window: int, answer: AnswerIndex) -> bool:
    """Whether nearly all that a window says is in the question, in the same order."""
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
    """Whether the answer has the contradiction's words only within a statement that it recites.

    The two then differ in function words alone.
    """
    words = f" {' '.join(contradiction.content_tokens)} "
    return any(
        words in f" {' '.join(phrase.content_tokens)} " and _is_verbatim(phrase, answer)
        for phrase in statements
    )


def _order_and_polarity(right: _PhraseCoverage, answer: AnswerIndex) -> tuple[float, float]:
    """Two features of the best statement: word_order_share and polarity_mismatch.

    The first is the share of its content tokens that its window has in the statement's order. The
    second is its coverage in the clause that has most of it, if that clause is negated otherwise.
    A word like "avoids", which the answer lacks, counts as a negation of the statement. The second
    is 0 where the two are negated alike.
    """
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
    """The features coverage_own_subject and coverage_other_subject.

    They are the highest coverage in a window that speaks of one of the point's own subjects, and in
    one that speaks of other subjects alone. A window's subjects are those of its first clause.
    """
    own = other = 0.0
    for coverage, subjects in zip(by_window, answer.subjects_by_clause, strict=True):
        if subjects and coverage > _MIN_WINDOW_COVERAGE:
            if point.subjects.isdisjoint(subjects):
                other = max(other, coverage)
            else:
                own = max(own, coverage)
    return own, other


def _log_ratio_by_window(
    point: CompiledKeyPoint, answer: AnswerIndex, other_point_clauses: AbstractSet[int]
) -> list[float]:
    """Per window, the sum of the log ratios of its keys.

    Clauses that state another key point are left out.
    """
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
    """The share, 0-1, of the point's term groups in the window that has most of them.

    Of each group the best covered term counts, by its coverage.
    """
    covered = [0.0] * answer.window_count
    for group in point.term_groups:
        best = [0.0] * answer.window_count
        for alternative in group:
            plain, _, _ = coverage_by_window(alternative, answer)
            best = list(map(max, best, plain))
        covered = [a + b for a, b in zip(covered, best, strict=True)]
    return max(covered) / len(point.term_groups)


def compute_features(answer: AnswerIndex) -> list[PointFeatures]:
    """The features of each key point, those of the answer as a whole among them."""
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
    length = math.sqrt(len(answer.tokenized.tokens))  # a longer answer names more terms
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
