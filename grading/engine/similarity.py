"""How like an author's text a single clause is, word by word and in order, and which text explains it best."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rapidfuzz.distance import LCSseq

from .answer import AnswerIndex
from .coverage import AVOID_CONCEPT, coverage_by_clause
from .rubric import CompiledKeyPoint, CompiledPhrase

_MIN_COVERAGE = 0.34  # coverage of a phrase in a clause from which the two are compared
_MIN_NEAR_SIMILARITY = 0.85  # similarity from which a clause says a text, give or take a word
_MIN_LEAD = 0.05  # by how much it must then be likelier than what the other side says
REMOVE_CONCEPT = "#remove"
_NEGATION_DISCOUNT = 0.5  # how much a similarity counts where one side has a negation, or an avoiding, that the other lacks
_MIN_PHRASE_TOKENS = 4  # of such a text
_MIN_OTHER_POINT_SIMILARITY = (
    0.7  # similarity to another point's statement, from which a clause is about that one
)
_MIN_SHARE_OF_BEST = (
    0.85  # of the best similarity any statement has to a clause, for another to explain it as well
)


@dataclass(slots=True)
class ClauseSimilarity:
    """Of a key point's statements, or its contradictions, by clause: the best similarity, and the best of a text nearly said."""

    highest: list[float]
    same_polarity: list[float]


@dataclass(slots=True)
class PointSimilarity:
    """What the clauses say of one key point. `right` and `wrong` tell whether they nearly say a statement, or a contradiction, of it.

    `elsewhere` are the clauses that say another point's statement, and nothing nearer of this one's.
    """

    features: dict[str, float]
    near_statement: bool
    near_contradiction: bool
    other_point_clauses: frozenset[int]


def similarity_of_points(
    points: Sequence[CompiledKeyPoint], answer: AnswerIndex
) -> list[PointSimilarity]:
    """Likeness per key point. A clause that another point's statement explains better says little of this one."""
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
    """The similarity of a clause, or of it and a neighbour for a text of several: twice the common words in order by all words of both."""
    by_clause = answer.normalized_by_clause
    side = ClauseSimilarity([0.0] * answer.window_count, [0.0] * answer.window_count)
    for phrase in phrases:
        wanted = phrase.normalized
        if len(wanted) < 2:
            continue
        for clause, met in coverage_by_clause(phrase, answer).items():
            if met.weight < _MIN_COVERAGE:
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
