"""How well grades agree with people's marks."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from grading import engine
from grading.agreement import machine_says_yes, person_says_yes
from grading.evaluation.types import AnswerLine


@dataclass(frozen=True, slots=True)
class Judged:
    """What a grader says of one answer: a chance and a yes or no per key point, and points.

    The AUC ranks by the chances. All else goes by what is credited, and by the points.
    """

    chances: Mapping[str, float]
    credited: frozenset[str]
    score: float
    confidences: Mapping[str, float] = field(default_factory=dict)
    needs_review: bool = False


def judge(result: engine.GradeResult) -> Judged:
    """The engine's grade in the form that is measured."""
    return Judged(
        {point.key: point.chance for point in result.key_points},
        frozenset(point.key for point in result.key_points if machine_says_yes(point.verdict)),
        float(result.score),
        {point.key: point.confidence for point in result.key_points},
        result.needs_review,
    )


def measure(answers: Sequence[AnswerLine], judged: Sequence[Judged]) -> dict[str, Any]:
    """The figures of `evaluate --json` for one grader."""
    pairs = [
        (label, row.chances.get(key, 0.0), key in row.credited)
        for answer, row in zip(answers, judged, strict=True)
        for key, label in answer.labels.items()
    ]
    hits = sum(1 for label, _, yes in pairs if person_says_yes(label) and yes)
    said = sum(1 for _, _, yes in pairs if yes)
    true = sum(1 for label, _, _ in pairs if person_says_yes(label))
    wrong = [
        key not in row.credited
        for answer, row in zip(answers, judged, strict=True)
        if answer.kind == "wrong"
        for key, label in answer.labels.items()
        if label == 0
    ]
    scored = [
        (answer.score, row.score)
        for answer, row in zip(answers, judged, strict=True)
        if answer.score is not None
    ]
    gold, ours = [g for g, _ in scored], [s for _, s in scored]
    by_kind: dict[str, dict[str, float]] = {}
    for kind in sorted({answer.kind for answer in answers if answer.kind}):
        rows = [
            (answer.score, row.score)
            for answer, row in zip(answers, judged, strict=True)
            if answer.kind == kind
        ]
        marked = [g for g, _ in rows if g is not None]
        by_kind[kind] = {"n": len(rows), "given": _mean([s for _, s in rows])} | (
            {"marked": _mean(marked)} if marked else {}
        )
    return {
        "n_answers": len(answers),
        "n_labels": len(pairs),
        "auc": _round(auc([(chance, person_says_yes(label)) for label, chance, _ in pairs])),
        "f1": _round(2 * hits / (said + true) if said + true else None),
        "precision": _round(hits / said if said else None),
        "recall": _round(hits / true if true else None),
        "contradiction_catch": _round(
            _mean([float(caught) for caught in wrong]) if wrong else None
        ),
        "score": {
            "pearson": _round(pearson(gold, ours)),
            "spearman": _round(pearson(_ranks(gold), _ranks(ours))),
            "qwk": _round(quadratic_kappa(gold, ours)),
            "mae": _round(_mean([abs(g - s) for g, s in scored]) if scored else None),
        },
        "by_kind": by_kind,
        "review": _review(answers, judged),
    }


def _review(answers: Sequence[AnswerLine], judged: Sequence[Judged]) -> dict[str, Any]:
    """How many answers ask for a person.

    Also the share of the wrong verdicts that the least sure fifth of answers holds.
    """
    rows = []
    for answer, row in zip(answers, judged, strict=True):
        if not answer.labels or not row.confidences:
            continue
        errors = sum(
            person_says_yes(label) != (key in row.credited) for key, label in answer.labels.items()
        )
        rows.append((sum(row.confidences[key] - 1 for key in answer.labels), errors))
    total = sum(errors for _, errors in rows)
    if not rows:
        return {}
    rows.sort(key=lambda pair: pair[0])
    fifth = rows[: math.ceil(len(rows) / 5)]
    return {
        "needs_review": _round(_mean([float(row.needs_review) for row in judged])),
        "wrong_verdicts": total,
        "caught_in_least_sure_fifth": _round(
            sum(errors for _, errors in fifth) / total if total else None
        ),
    }


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0


def _round(value: float | None) -> float | None:
    return None if value is None else round(value, 4)


def auc(rows: Sequence[tuple[float, bool]]) -> float | None:
    """How often a right pair has more chance than a wrong one, ties half.

    None without both sorts.
    """
    positives = sum(1 for _, good in rows if good)
    negatives = len(rows) - positives
    if not positives or not negatives:
        return None
    ranks = _ranks([chance for chance, _ in rows])
    return (
        sum(rank for rank, (_, good) in zip(ranks, rows, strict=True) if good)
        - positives * (positives + 1) / 2
    ) / (positives * negatives)


def _ranks(values: Sequence[float]) -> list[float]:
    order = sorted(range(len(values)), key=values.__getitem__)
    ranks = [0.0] * len(values)
    start = 0
    while start < len(order):
        end = start
        while end < len(order) and values[order[end]] == values[order[start]]:
            end += 1
        for place in order[start:end]:
            ranks[place] = (start + end + 1) / 2
        start = end
    return ranks


def pearson(one: Sequence[float], other: Sequence[float]) -> float | None:
    """Product-moment correlation; None where either side is constant."""
    if len(one) < 2:
        return None
    a, b = _mean(one), _mean(other)
    top = sum((x - a) * (y - b) for x, y in zip(one, other, strict=True))
    below = math.sqrt(sum((x - a) ** 2 for x in one) * sum((y - b) ** 2 for y in other))
    return top / below if below > 1e-12 else None


def quadratic_kappa(one: Sequence[float], other: Sequence[float], bins: int = 5) -> float | None:
    """Quadratically weighted kappa of points 0-100 in equal bins."""
    if not one:
        return None
    a = [min(bins - 1, int(value * bins / 100)) for value in one]
    b = [min(bins - 1, int(value * bins / 100)) for value in other]
    observed = sum((x - y) ** 2 for x, y in zip(a, b, strict=True))
    expected = sum((x - y) ** 2 for x in a for y in b) / len(a)
    return 1 - observed / expected if expected else None
