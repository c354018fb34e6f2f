"""Compared: the answer compares the same two things the other way round."""

from __future__ import annotations

from .. import cues
from ..answer import ClauseCoverage
from ..concepts import CueMatcher
from ..rubric import CompiledPhrase
from .clauses import ClauseReader, names_of

_COMPARISON_CUES = CueMatcher(cues.COMPARISONS)


def is_compared_otherwise(
    reader: ClauseReader, phrase: CompiledPhrase, clause: int, covered: ClauseCoverage
) -> bool:
    """Whether the clause compares the statement's two subjects in the other order.

    - Fires: "Adam 的内存开销比 SGD 更小" for "SGD 的内存开销比 Adam 更小".
    - Does not: "Adam 的内存开销不比 SGD 更小", which is negated and so agrees.
    """
    subjects = reader.view.compared_subjects
    names = list(
        dict.fromkeys(
            next((name for name in names_of(token) if name in subjects), "")
            for token in phrase.tokens
        )
    )
    names = [name for name in names if name]
    if (
        len(names) != 2
        or not _COMPARISON_CUES.find(phrase.content_tokens)
        or not reader.cue_ends(_COMPARISON_CUES, clause)
    ):
        return False
    first, second = (reader.position(name, clause) for name in names)
    if (
        first is None
        or second is None
        or reader.negation_ends(clause)
        or reader.says_opposite(phrase, clause, covered)
    ):
        return False
    return second < first
