"""Coverage: how much of a phrase's weight an answer has, and where.

A token of a phrase is met by the same token, by a term of one of its concepts, or by a misspelling
of it. The one that earns most counts. Coverage is the met share of the phrase's weight, 0-1. It is
measured in a window of two clauses, in one clause, or in the whole answer.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from operator import itemgetter

from .answer import AnswerIndex, ClauseCoverage
from .rubric import CompiledPhrase, PhraseToken

SYNONYM_CREDIT = 0.8  # share of a token's weight that a term of the same concept earns


def coverage_by_window(
    phrase: CompiledPhrase, answer: AnswerIndex
) -> tuple[list[float], list[float], list[float]]:
    """The phrase's coverage in each window, three times.

    It is measured by the plain weights of its tokens, by their discounted weights and by their
    distinctive weights.
    """
    plain = [0.0] * answer.window_count
    discounted = [0.0] * answer.window_count
    distinctive = [0.0] * answer.window_count
    windows_of = answer.windows_of
    for token in phrase.tokens:
        counted: set[int] = set()
        for key, credit in match_keys(token, answer):
            for window in windows_of.get(key, ()):
                if window not in counted:
                    counted.add(window)
                    plain[window] += token.weight * credit
                    discounted[window] += token.discounted_weight * credit
                    distinctive[window] += token.distinctive_weight * credit
    return plain, discounted, distinctive


def coverage_by_clause(phrase: CompiledPhrase, answer: AnswerIndex) -> dict[int, ClauseCoverage]:
    """The clauses that have anything of the phrase. It is worked out once per answer."""
    return answer.coverages.get(phrase, lambda phrase: _coverage_by_clause(phrase, answer))


def _coverage_by_clause(phrase: CompiledPhrase, answer: AnswerIndex) -> dict[int, ClauseCoverage]:
    by_clause: dict[int, ClauseCoverage] = {}
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
    """The keys of an answer that meet a token, with the share of its weight each earns, best first.

    Best first, so that a typo beside a synonym never lowers what the synonym earns alone.
    """
    keys = [(token.text, 1.0), *((concept, SYNONYM_CREDIT) for concept in token.concepts)]
    if token.text in answer.misspelled:
        keys.append((f"~{token.text}", answer.misspelled[token.text]))
        keys.sort(key=itemgetter(1), reverse=True)
    return keys


def positions_in_clause(phrase: CompiledPhrase, clause: int, answer: AnswerIndex) -> list[int]:
    """The positions of a clause's tokens that meet a token of the phrase, in order."""
    first, last = answer.tokenized.clause_starts[clause], answer.tokenized.clause_starts[clause + 1]
    found: set[int] = set()
    for key in {key for token in phrase.tokens for key, _ in match_keys(token, answer)}:
        positions = answer.positions_of.get(key, [])
        found.update(positions[bisect_left(positions, first) : bisect_left(positions, last)])
    return sorted(found)


def matched_weight(phrase: CompiledPhrase, token_bits: int) -> float:
    """The weight, 0-1, of some of a phrase's tokens. They are given as bits, the first lowest."""
    return sum(token.weight for index, token in enumerate(phrase.tokens) if token_bits >> index & 1)


def retracted_coverage(phrase: CompiledPhrase, answer: AnswerIndex) -> float:
    """The phrase's coverage in the retracted clause that has most of it; 0 if none has any."""
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
    """The phrase's coverage by the whole answer, by the discounted weights."""
    total = 0.0
    for token in phrase.tokens:
        met = (credit for key, credit in match_keys(token, answer) if key in answer.windows_of)
        total += token.discounted_weight * next(met, 0.0)
    return total


def bigram_coverage(phrase: CompiledPhrase, answer: AnswerIndex) -> tuple[float, float]:
    """The share, 0-1, of the phrase's bigrams in the best window, and in the whole answer."""
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
