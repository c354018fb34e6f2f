"""How similar single clauses are to the author's texts, word by word and in order.

Coverage counts words in any order over two clauses. Similarity looks at one clause, or at two for
a text of several, and tells which of the author's texts explains it best.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rapidfuzz.distance import LCSseq

from .answer import AnswerIndex
from .concepts import AVOID_CONCEPT, REMOVE_CONCEPT
from .coverage import coverage_by_clause
from .rubric import CompiledKeyPoint, CompiledPhrase

_MIN_CLAUSE_COVERAGE = 0.34  # of a phrase's weight in a clause, for the two to be compared
_MIN_NEAR_SIMILARITY = 0.85  # from which a clause states a text, give or take a word
_MIN_LEAD = 0.05  # of that similarity over what the other side reaches there
_MIN_OTHER_POINT_SIMILARITY = 0.7  # from which a clause is about another point's statement
_MIN_SHARE_OF_BEST = 0.85  # of a clause's best similarity, to explain the clause as well
_MIN_PHRASE_TOKENS = 4  # for a text to be nearly stated; shorter ones are met by chance
_NEGATION_DISCOUNT = 0.5  # factor where one side has a negation that the other lacks


@dataclass(slots=True)
class ClauseSimilarity:
    """How similar each clause is to one side of a key point: its statements or contradictions."""

    highest: list[float]  # per clause, to any text
    same_polarity: list[float]  # per clause, to any longer text that is negated alike


@dataclass(slots=True)
class PointSimilarity:
    """What the clauses say of one key point."""

    features: dict[str, float]
    near_statement: bool  # whether a clause nearly states one of its statements
    near_contradiction: bool  # whether one nearly states one of its contradictions
    other_point_clauses: frozenset[int]  # clauses that state another point and this one less


def similarity_of_points(
    points: Sequence[CompiledKeyPoint], answer: AnswerIndex
) -> list[PointSimilarity]:
    """The similarity of the answer's clauses to each key point.

    A clause that another point's statement explains better says little of this one.
    """
    sides = [
        (
            _clause_similarity(point.statements, answer),
            _clause_similarity(point.contradictions, answer),
        )
        for point in points
    ]
    clauses = range(answer.window_count)
    highest_statement = [max(right.highest[clause] for right, _ in sides) for clause in clauses]
    highest = [
        max(highest_statement[clause], *(wrong.highest[clause] for _, wrong in sides))
        for clause in clauses
    ]
    results = []
    for right, wrong in sides:
        statement, contradiction = max(right.highest), max(wrong.highest)
        features = {
            "similarity_statement": statement,
            "similarity_contradiction": contradiction,
            "similarity_diff": statement - contradiction,
            "similarity_clause_diff": max(map(float.__sub__, right.highest, wrong.highest)),
            "similarity_contradiction_lead": max(
                map(float.__sub__, wrong.highest, highest_statement)
            ),
            "similarity_statement_leading": max(
                (
                    right.highest[c]
                    for c in clauses
                    if right.highest[c] >= _MIN_SHARE_OF_BEST * highest[c]
                ),
                default=0.0,
            ),
            "similarity_contradiction_leading": max(
                (wrong.highest[c] for c in clauses if wrong.highest[c] >= highest_statement[c]),
                default=0.0,
            ),
        }
        near_statement = any(
            right.same_polarity[c] >= max(_MIN_NEAR_SIMILARITY, wrong.highest[c] + _MIN_LEAD)
            for c in clauses
        )
        near_contradiction = any(
            wrong.same_polarity[c] >= max(_MIN_NEAR_SIMILARITY, highest_statement[c] + _MIN_LEAD)
            for c in clauses
        )
        other_point_clauses = frozenset(
            c
            for c in clauses
            if highest_statement[c] >= _MIN_OTHER_POINT_SIMILARITY
            and highest_statement[c] >= max(right.highest[c], wrong.highest[c]) + _MIN_LEAD
        )
        results.append(
            PointSimilarity(
                features,
                near_statement,
                near_contradiction and not near_statement,
                other_point_clauses,
            )
        )
    return results


def _clause_similarity(phrases: Sequence[CompiledPhrase], answer: AnswerIndex) -> ClauseSimilarity:
    """The similarity of each clause to the nearest of some texts.

    It is twice the length of the longest common subsequence over the length of both. A text of
    several parts is compared with the clause and a neighbour as well.
    """
    by_clause = answer.normalized_by_clause
    side = ClauseSimilarity([0.0] * answer.window_count, [0.0] * answer.window_count)
    for phrase in phrases:
        wanted = phrase.normalized
        if len(wanted) < 2:
            continue
        for clause, met in coverage_by_clause(phrase, answer).items():
            if met.weight < _MIN_CLAUSE_COVERAGE:
                continue
            regions = [(clause, clause + 1)]
            if len(phrase.parts) > 1:
                regions += (
                    (max(0, clause - 1), clause + 1),
                    (clause, min(clause + 2, len(by_clause))),
                )
            for first, last in regions:
                found = (
                    by_clause[first]
                    if last == first + 1
                    else by_clause[first] + by_clause[last - 1]
                )
                similarity = 2 * LCSseq.similarity(wanted, found) / (len(wanted) + len(found))
                avoids = (AVOID_CONCEPT in wanted and AVOID_CONCEPT not in found) or (
                    REMOVE_CONCEPT in wanted and REMOVE_CONCEPT not in found
                )
                differs = (
                    sum(answer.negations_by_clause[first:last]) - phrase.negation_count - avoids
                ) % 2
                if differs:
                    similarity *= _NEGATION_DISCOUNT
                if similarity > side.highest[clause]:
                    side.highest[clause] = similarity
                if (
                    similarity > side.same_polarity[clause]
                    and len(wanted) >= _MIN_PHRASE_TOKENS
                    and (sum(answer.negations_by_clause[first:last]) - phrase.negation_count) % 2
                    == 0
                ):
                    side.same_polarity[clause] = similarity
    return side
