"""Other subject: the answer says it of another of the question's subjects."""

from __future__ import annotations

from ..answer import ClauseCoverage
from ..coverage import coverage_by_clause
from ..rubric import CompiledKeyPoint, CompiledPhrase
from .clauses import ClauseReader, names_of

MIN_OTHER_WORDS_COVERAGE = 0.9  # of the statement's weight besides its subject's name
MIN_RIVAL_COVERAGE = 0.8  # of that, for a clause to be what the rubric says of the other subject
MAX_NAME_SHARE = 0.6  # of a statement's weight that may be its subject's name


def weight_besides_subject(
    reader: ClauseReader, point: CompiledKeyPoint, phrase: CompiledPhrase
) -> float:
    """The weight of a statement's words besides the names of its subject; 0 where it has none."""
    names = point.subjects & reader.view.compared_subjects
    if not names:
        return 0.0
    return sum(token.weight for token in phrase.tokens if names.isdisjoint(names_of(token)))


def is_said_of_another(
    reader: ClauseReader,
    point: CompiledKeyPoint,
    phrase: CompiledPhrase,
    clause: int,
    covered: ClauseCoverage,
    *,
    rest: float,
) -> bool:
    """Whether the clause says the statement of another subject.

    It has nearly all the statement's words besides its subject, `rest` by weight, and names another
    of the question's subjects in place of the point's.

    - Fires: "SGD 为每个参数自适应地调整学习率" for "Adam 为每个参数自适应地调整学习率".
    - Does not: "Adam 和 SGD 为每个参数自适应地调整学习率", which names both, nor a clause that is
      as near to what the rubric says of the other subject.
    """
    if rest < 1 - MAX_NAME_SHARE or covered.weight < MIN_OTHER_WORDS_COVERAGE * rest:
        return False
    compared = reader.view.compared_subjects
    names = point.subjects & compared
    own = {name for token in phrase.tokens for name in names_of(token)}
    if any(reader.position(name, clause) is not None for name in names):
        return False
    if all(reader.position(name, clause) is None for name in compared - names - own):
        return False
    if reader.negation_ends(clause) or reader.says_opposite(phrase, clause, covered, ignored=names):
        return False
    others = (
        coverage_by_clause(statement, reader.answer).get(clause)
        for other in reader.view.points
        if other is not point
        for statement in other.statements
    )
    limit = MIN_RIVAL_COVERAGE * covered.weight / rest
    return all(other.weight < limit for other in others if other)
