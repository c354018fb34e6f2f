"""How like an author's text a single clause is, word by word and in order, and which text explains it best."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rapidfuzz.distance import LCSseq

from .answers import AnswerIndex
from .compiled import CompiledPhrase, CompiledPoint
from .matching import AVOID, met_in_clauses

_LOOKED_AT_FROM = 0.34  # coverage of a phrase in a clause from which the two are compared
_NEARLY = 0.85  # likeness from which a clause says a text, give or take a word
_NEARER = 0.05  # by how much it must then be likelier than what the other side says
REMOVE = "#remove"
_DENIED = 0.5  # how much a likeness counts where one side has a negation, or an avoiding, that the other lacks
_FEWEST_WORDS = 4  # of such a text
_SAYS_ANOTHER = 0.7  # likeness to another point's statement, from which a clause is about that one
_EXPLAINS = (
    0.85  # of the best likeness any statement has to a clause, for another to explain it as well
)


@dataclass(slots=True)
class Side:
    """Of a key point's statements, or its contradictions, by clause: the best likeness, and the best of a text nearly said."""

    best: list[float]
    said: list[float]


@dataclass(slots=True)
class Likeness:
    """What the clauses say of one key point. `right` and `wrong` tell whether they nearly say a statement, or a contradiction, of it.

    `elsewhere` are the clauses that say another point's statement, and nothing nearer of this one's.
    """

    values: dict[str, float]
    right: bool
    wrong: bool
    elsewhere: frozenset[int]


def compare(points: Sequence[CompiledPoint], answer: AnswerIndex) -> list[Likeness]:
    """Likeness per key point. A clause that another point's statement explains better says little of this one."""
    sides = [(_side(point.says, answer), _side(point.against, answer)) for point in points]
    clauses = range(answer.windows)
    stated = [max(right.best[clause] for right, _ in sides) for clause in clauses]
    either = [
        max(stated[clause], *(wrong.best[clause] for _, wrong in sides)) for clause in clauses
    ]
    results = []
    for right, wrong in sides:
        most_right, most_wrong = max(right.best), max(wrong.best)
        values = {
            "like_right": most_right,
            "like_wrong": most_wrong,
            "like": most_right - most_wrong,
            "like_gap": max(map(float.__sub__, right.best, wrong.best)),
            "like_wrong_gap": max(map(float.__sub__, wrong.best, stated)),
            "like_right_best": max(
                (right.best[c] for c in clauses if right.best[c] >= _EXPLAINS * either[c]),
                default=0.0,
            ),
            "like_wrong_best": max(
                (wrong.best[c] for c in clauses if wrong.best[c] >= stated[c]), default=0.0
            ),
        }
        says_right = any(right.said[c] >= max(_NEARLY, wrong.best[c] + _NEARER) for c in clauses)
        says_wrong = any(wrong.said[c] >= max(_NEARLY, stated[c] + _NEARER) for c in clauses)
        elsewhere = frozenset(
            c
            for c in clauses
            if stated[c] >= _SAYS_ANOTHER
            and stated[c] >= max(right.best[c], wrong.best[c]) + _NEARER
        )
        results.append(Likeness(values, says_right, says_wrong and not says_right, elsewhere))
    return results


def _side(phrases: Sequence[CompiledPhrase], answer: AnswerIndex) -> Side:
    """The likeness of a clause, or of it and a neighbour for a text of several: twice the common words in order by all words of both."""
    keys = answer.keys
    side = Side([0.0] * answer.windows, [0.0] * answer.windows)
    for phrase in phrases:
        words = phrase.keys
        if len(words) < 2:
            continue
        for clause, met in met_in_clauses(phrase, answer).items():
            if met.weight < _LOOKED_AT_FROM:
                continue
            regions = [(clause, clause + 1)]
            if len(phrase.parts) > 1:
                regions += ((max(0, clause - 1), clause + 1), (clause, min(clause + 2, len(keys))))
            for first, last in regions:
                said = keys[first] if last == first + 1 else keys[first] + keys[last - 1]
                like = 2 * LCSseq.similarity(words, said) / (len(words) + len(said))
                avoids = (AVOID in words and AVOID not in said) or (
                    REMOVE in words and REMOVE not in said
                )
                turned = (sum(answer.negations[first:last]) - phrase.negations - avoids) % 2
                if turned:
                    like *= _DENIED
                if like > side.best[clause]:
                    side.best[clause] = like
                if (
                    like > side.said[clause]
                    and len(words) >= _FEWEST_WORDS
                    and (sum(answer.negations[first:last]) - phrase.negations) % 2 == 0
                ):
                    side.said[clause] = like
    return side
