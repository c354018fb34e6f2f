"""How much of a phrase stands where in an answer.

A *window* is two clauses of the answer in a row. A token is met in a window by its own token, by a term of the same concept, or by a
misspelling of it; coverage is the met share of the weight.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter

from .answer import AnswerIndex, ClauseCoverage
from .rubric import CompiledPhrase, PhraseToken

SYNONYM_CREDIT = 0.8  # a synonym is nearly as good as the word


def coverage_by_window(
    phrase: CompiledPhrase, answer: AnswerIndex
) -> tuple[list[float], list[float], list[float]]:
    """The phrase's coverage in every window: by plain weights, by weights demoted for the question's words, by distinct weights."""
    plain = [0.0] * answer.window_count
    discounted = [0.0] * answer.window_count
    distinctive = [0.0] * answer.window_count
    windows_of, misspelled = answer.windows_of, answer.misspelled
    for token in phrase.tokens:
        exact = windows_of.get(token.text)
        weight, discounted_weight, distinctive_weight = (
            token.weight,
            token.discounted_weight,
            token.distinctive_weight,
        )
        if exact:
            for window in exact:
                plain[window] += weight
                discounted[window] += discounted_weight
                distinctive[window] += distinctive_weight
        counted: set[int] | None = None
        for concept in token.concepts:
            windows = windows_of.get(concept)
            if windows:
                counted = set(exact or ()) if counted is None else counted
                for window in windows:
                    if window not in counted:
                        counted.add(window)
                        plain[window] += weight * SYNONYM_CREDIT
                        discounted[window] += discounted_weight * SYNONYM_CREDIT
                        distinctive[window] += distinctive_weight * SYNONYM_CREDIT
        if token.text in misspelled:
            counted = set(exact or ()) if counted is None else counted
            credit = misspelled[token.text]
            for window in windows_of[f"~{token.text}"]:
                if window not in counted:
                    plain[window] += weight * credit
                    discounted[window] += discounted_weight * credit
                    distinctive[window] += distinctive_weight * credit
    return plain, discounted, distinctive


def coverage_by_clause(phrase: CompiledPhrase, answer: AnswerIndex) -> dict[int, ClauseCoverage]:
    """The clauses that have anything of the phrase; worked out once per answer."""
    by_clause = answer.coverage_cache.get(id(phrase))
    if by_clause is None:
        by_clause = answer.coverage_cache[id(phrase)] = {}
        for index, token in enumerate(phrase.tokens):
            bit = 1 << index
            for key, credit in match_keys(token, answer):
                for clause in answer.clauses_of.get(key, ()):
                    covered = by_clause.get(clause)
                    if covered is None:
                        covered = by_clause[clause] = ClauseCoverage()
                    if not covered.token_bits & bit:
                        covered.token_bits |= bit
                        covered.weight += token.weight * credit
                        covered.distinctive += token.distinctive_weight * credit
    return by_clause


def match_keys(token: PhraseToken, answer: AnswerIndex) -> list[tuple[str, float]]:
    """What may stand for a token in an answer, the best first."""
    keys = [(token.text, 1.0), *((concept, SYNONYM_CREDIT) for concept in token.concepts)]
    if token.text in answer.misspelled:
        keys.append((f"~{token.text}", answer.misspelled[token.text]))
    return keys


def positions_in_clause(phrase: CompiledPhrase, clause: int, answer: AnswerIndex) -> list[int]:
    """All places in a clause where something of the phrase stands."""
    first, last = answer.tokenized.clause_starts[clause], answer.tokenized.clause_starts[clause + 1]
    found: set[int] = set()
    for key in {key for token in phrase.tokens for key, _ in match_keys(token, answer)}:
        positions = answer.positions_of.get(key, [])
        found.update(positions[bisect_left(positions, first) : bisect_left(positions, last)])
    return sorted(found)


def matched_weight(phrase: CompiledPhrase, token_bits: int) -> float:
    """The weight of some of a phrase's tokens, given as bits."""
    return sum(token.weight for index, token in enumerate(phrase.tokens) if token_bits >> index & 1)


def retracted_coverage(phrase: CompiledPhrase, answer: AnswerIndex) -> float:
    """The phrase's highest coverage by a clause that the speaker takes back."""
    coverage: dict[int, float] = {}
    for token in phrase.tokens if answer.retracted_clauses_of else ():
        counted: set[int] = set()
        for key, credit in match_keys(token, answer):
            for clause in answer.retracted_clauses_of.get(key, ()):
                if clause not in counted:
                    counted.add(clause)
                    coverage[clause] = coverage.get(clause, 0.0) + token.weight * credit
    return max(coverage.values(), default=0.0)


def answer_coverage(phrase: CompiledPhrase, answer: AnswerIndex) -> float:
    """The phrase's demoted coverage by the whole answer."""
    windows_of = answer.windows_of
    total = 0.0
    for token in phrase.tokens:
        if token.text in windows_of:
            total += token.discounted_weight
        elif token.text in answer.misspelled:
            total += token.discounted_weight * answer.misspelled[token.text]
        else:
            for concept in token.concepts:
                if concept in windows_of:
                    total += token.discounted_weight * SYNONYM_CREDIT
                    break
    return total


def bigram_coverage(phrase: CompiledPhrase, answer: AnswerIndex) -> tuple[float, float]:
    """The share of the phrase's neighbouring pairs met in the best window, and in the whole answer."""
    if not phrase.bigrams:
        return 0.0, 0.0
    counts: Counter[int] = Counter()
    anywhere = 0
    for bigram in phrase.bigrams:
        found = answer.windows_of.get(bigram)
        if found:
            anywhere += 1
            counts.update(found)
    return max(counts.values(), default=0) / len(phrase.bigrams), anywhere / len(phrase.bigrams)
