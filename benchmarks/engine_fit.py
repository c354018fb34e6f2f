"""Fit the engine's model anew: python benchmarks/engine_fit.py CASES_DIR [--write].

It needs scikit-learn (`make fit`). Without --write it only prints cross-validated figures, from
nine folds of whole questions. A question of the cases and the question of the bank at the same
place in the source document are always in the same fold.

The model is fitted on

- the marked cases,
- the marked samples of the shipped bank, by the bank's own rubrics: whole ones for "rich", thinned
  ones such as a hurried author writes for "plain",
- answers made of these and of the rubrics' texts (`made_up`, `slipped`, `buried`, `vacuous`),
- the bank's model answers, and
- with a small weight, answers held against other questions, where they earn nothing.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import django
import numpy as np
from scipy.optimize import minimize
from sklearn.ensemble import HistGradientBoostingClassifier

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()  # the bank's files are read by the application's readers

from grading import engine
from grading.engine import guards
from grading.engine.answer import index_answer
from grading.engine.concepts import index_concepts
from grading.engine.features import PointFeatures, compute_features
from grading.engine.grader import bound_probability, contradiction_rule
from grading.engine.model import MAX_STANDARD_DEVIATIONS
from grading.engine.text import is_han, tokenize
from grading.evaluation.bank import bank_model_answers, bank_samples, shipped_glossary
from grading.evaluation.files import read_answers, read_rubrics
from grading.evaluation.metrics import Judged, measure
from grading.evaluation.types import AnswerLine

HERE = Path(__file__).resolve().parent
CONTRADICTS = engine.PhraseKind.CONTRADICTS
TARGET = HERE.parent / "grading" / "engine" / "fitted.json"
# The features of each model, by name (grading/engine/features.py).
FEATURES = {
    "plain": (
        "coverage_own_text",
        "coverage_discounted_max",
        "coverage_top3_mean",
        "coverage_max",
        "f1_max",
        "bigram_coverage_max",
        "opposite_share_max",
        "word_order_share",
        "polarity_mismatch",
        "coverage_own_subject",
        "coverage_other_subject",
        "answer_mean_coverage_own_text",
        "answer_mean_coverage_discounted_max",
        "answer_mean_coverage_top3_mean",
        "answer_mean_coverage_max",
        "answer_mean_f1_max",
        "answer_mean_bigram_coverage_max",
        "answer_mean_bigram_coverage_own_text",
        "answer_mean_opposite_share_max",
        "answer_mean_word_order_share",
        "answer_mean_polarity_mismatch",
        "answer_mean_coverage_own_subject",
        "answer_mean_coverage_other_subject",
        "answer_prompt_share",
        "answer_known_share",
        "answer_on_topic_share",
        "answer_window_coverage",
        "answer_max_coverage_max",
        "answer_max_coverage_discounted_max",
        "answer_known_terms",
        "answer_prompt_terms",
        "answer_foreign_terms",
        "similarity_statement",
        "similarity_statement_leading",
    ),
}
FEATURES["rich"] = (
    *FEATURES["plain"],
    "contradiction_coverage_max",
    "coverage_diff",
    "f1_diff",
    "contradiction_excess",
    "term_group_coverage",
    "log_ratio_weighted",
    "log_ratio_max",
    "log_ratio_min",
    "answer_mean_contradiction_coverage_max",
    "answer_mean_coverage_diff",
    "answer_mean_f1_diff",
    "answer_mean_contradiction_excess",
    "answer_mean_term_group_coverage",
    "answer_mean_log_ratio_weighted",
    "answer_mean_log_ratio_max",
    "answer_mean_log_ratio_min",
    "distinctive_diff",
    "distinctive_bigram_diff",
    "distinctive_statement",
    "distinctive_contradiction",
    "distinctive_bigram_contradiction",
    "clause_statement",
    "clause_contradiction",
    "clause_diff",
    "clause_log_ratio_max",
    "clause_log_ratio_min",
    "answer_mean_clause_statement",
    "answer_mean_clause_contradiction",
    "answer_mean_clause_diff",
    "answer_mean_clause_log_ratio_max",
    "answer_mean_clause_log_ratio_min",
    "answer_mean_distinctive_diff",
    "answer_mean_distinctive_bigram_diff",
    "answer_mean_distinctive_statement",
    "answer_mean_distinctive_contradiction",
    "answer_mean_distinctive_bigram_contradiction",
    "similarity_contradiction",
    "similarity_diff",
    "similarity_clause_diff",
    "similarity_contradiction_lead",
    "similarity_contradiction_leading",
)
# The features that may only raise a probability, and those that may only lower it. So no accident
# of the marked answers can let more of a key point's words cost credit.
RAISING = frozenset(
    [
        "coverage_own_text",
        "coverage_discounted_max",
        "coverage_top3_mean",
        "coverage_max",
        "f1_max",
        "bigram_coverage_max",
        "word_order_share",
        "coverage_own_subject",
        "coverage_diff",
        "f1_diff",
        "term_group_coverage",
        "log_ratio_weighted",
        "log_ratio_max",
        "log_ratio_min",
        "distinctive_diff",
        "distinctive_bigram_diff",
        "distinctive_statement",
        "answer_mean_coverage_diff",
        "answer_mean_f1_diff",
        "answer_mean_log_ratio_weighted",
        "answer_mean_log_ratio_max",
        "answer_mean_log_ratio_min",
        "answer_mean_distinctive_diff",
        "answer_mean_distinctive_bigram_diff",
        "clause_statement",
        "clause_diff",
        "clause_log_ratio_max",
        "clause_log_ratio_min",
        "answer_mean_clause_diff",
        "answer_mean_clause_log_ratio_max",
        "answer_mean_clause_log_ratio_min",
        "similarity_statement",
        "similarity_diff",
        "similarity_clause_diff",
        "similarity_statement_leading",
    ]
)
LOWERING = frozenset(
    [
        "clause_contradiction",
        "answer_mean_clause_contradiction",
        "opposite_share_max",
        "polarity_mismatch",
        "coverage_other_subject",
        "contradiction_coverage_max",
        "contradiction_excess",
        "distinctive_contradiction",
        "distinctive_bigram_contradiction",
        "answer_mean_opposite_share_max",
        "answer_mean_polarity_mismatch",
        "answer_mean_coverage_other_subject",
        "answer_mean_contradiction_coverage_max",
        "answer_mean_contradiction_excess",
        "answer_mean_distinctive_contradiction",
        "answer_mean_distinctive_bigram_contradiction",
        "similarity_contradiction",
        "similarity_contradiction_lead",
        "similarity_contradiction_leading",
    ]
)
# How much a row counts in the fit, by where it comes from.
WEIGHT = {
    "cases": 1.0,
    "bank": 0.8,
    "elsewhere": 0.005,
    "made up": 0.3,
    "slipped": 0.3,
    "buried": 0.08,
    "vacuous": 0.03,
    "model answer": 0.6,
}
# Factor on the weight of answers of the kind "wrong": crediting a wrong statement is the worst
# mistake. A plain rubric says too little about wrong statements for the model to be strict.
WRONG_WEIGHT = {"plain": 3.0, "rich": 9.5}
SHRINKAGE = 20.0  # L2 penalty on the slopes of the logistic regression
FOLDS = 9


@dataclass(frozen=True, slots=True)
class Row:
    """One key point in one answer."""

    fold_key: str  # rows with the same one are in the same fold
    source: str  # a key of WEIGHT
    chinese: bool  # whether the answer is read as Chinese
    answer: AnswerLine
    key: str  # the key point's
    label: float  # the mark, 0-1
    factor: float  # what the guards multiply the probability by
    features: PointFeatures


def rows_of(
    rubrics: dict[str, engine.Rubric],
    answers: Iterable[AnswerLine],
    source: str,
    fold_keys: dict[str, str],
) -> list[Row]:
    """A row for each key point of each answer's own question.

    A marked answer of an ordinary kind is also held against two other questions, where it earns
    nothing.
    """
    rng = random.Random(1)
    compiled = {
        qid: engine.compile_rubric(rubric, glossary=shipped_glossary())
        for qid, rubric in rubrics.items()
    }
    rows = []
    for answer in answers:
        graded_on = [(answer.qid, source)]
        if answer.kind not in (
            "stuffing",
            "echo",
            "offtopic",
            "made up",
            "slipped",
            "buried",
            "vacuous",
            "model answer",
        ):
            graded_on += [
                (qid, "elsewhere") for qid in rng.sample(sorted(set(rubrics) - {answer.qid}), 2)
            ]
        for qid, origin in graded_on:
            index = index_answer(answer.text, compiled[qid])
            features = compute_features(index)
            factor, _ = guards.check(index, features, is_reference=False)
            for point, point_features in zip(index.view.points, features, strict=True):
                key = point.point.key
                label = answer.labels[key] if origin != "elsewhere" else 0.0
                rows.append(
                    Row(
                        fold_keys[answer.qid],
                        origin,
                        index.is_chinese,
                        answer,
                        key,
                        label,
                        factor,
                        point_features,
                    )
                )
    return rows


def made_up(rubrics: dict[str, engine.Rubric]) -> list[AnswerLine]:
    """Answers made of the author's own texts.

    They have of each key point nothing, one of its statements or one of its contradictions. They
    teach the model, where marked answers are silent, to credit what an author wrote down as right
    and not what is written down as wrong.
    """
    answers = []
    for qid, rubric in rubrics.items():
        rng = random.Random(qid)
        for number, chinese in enumerate((True, False) * 3):
            said, labels = [], {}
            untrue = (0.0, 0.5, 1.0)[number // 2]
            for point in rubric.key_points:
                labels[point.key] = 0.0
                wrong = [phrase.text for phrase in point.phrases if phrase.kind == CONTRADICTS]
                right = [
                    *point.texts,
                    *(
                        phrase.text
                        for phrase in point.phrases
                        if phrase.kind == engine.PhraseKind.SAYS_IT
                    ),
                ]
                false = bool(wrong) and rng.random() < untrue
                options = [
                    text
                    for text in (wrong if false else right)
                    if any(map(is_han, text)) == chinese
                ]
                if options and rng.random() < 0.75:
                    said.append(rng.choice(options))
                    labels[point.key] = float(not false)
            if said:
                answers.append(
                    AnswerLine(
                        f"{qid}-made-up-{number}",
                        qid,
                        "。".join(said) if chinese else ". ".join(said),
                        labels,
                        kind="made up",
                    )
                )
    return answers


def slipped(rubrics: dict[str, engine.Rubric], answers: Iterable[AnswerLine]) -> list[AnswerLine]:
    """Marked answers with one of the author's contradictions added.

    They teach the model not to take one slip for an answer that is all wrong.
    """
    slips = []
    for answer in answers:
        rng = random.Random(answer.aid)
        points = [
            point
            for point in rubrics[answer.qid].key_points
            if any(p.kind == CONTRADICTS for p in point.phrases)
        ]
        if answer.kind in ("wrong", "stuffing", "echo", "offtopic") or not points:
            continue
        point = rng.choice(points)
        chinese = sum(map(is_han, answer.text)) > len(answer.text) / 4
        said = [
            phrase.text
            for phrase in point.phrases
            if phrase.kind == CONTRADICTS and any(map(is_han, phrase.text)) == chinese
        ]
        if said:
            text, labels = f"{answer.text}\n{rng.choice(said)}", {**answer.labels, point.key: 0.0}
            slips.append(
                AnswerLine(f"{answer.aid}-slipped", answer.qid, text, labels, kind="slipped")
            )
    return slips


def buried(answers: Sequence[AnswerLine]) -> list[AnswerLine]:
    """Marked answers between sentences from answers to other questions. Their marks stay.

    They teach the model to let what an answer says besides cost little.
    """
    found = []
    for answer in answers:
        if answer.kind in ("wrong", "stuffing", "echo", "offtopic", "rambling", "long"):
            continue
        rng = random.Random(answer.aid + "buried")
        others = [
            other
            for other in answers
            if other.qid != answer.qid
            and other.kind in ("full", "strong", "concise", "partial", "english")
        ]
        chinese = sum(map(is_han, answer.text)) > len(answer.text) / 4
        others = [
            other
            for other in others
            if (sum(map(is_han, other.text)) > len(other.text) / 4) == chinese
        ]
        if others and rng.random() < 0.4:
            before, after = (_sentences(rng.choice(others).text, rng) for _ in range(2))
            found.append(
                replace(
                    answer,
                    aid=f"{answer.aid}-buried",
                    text=f"{before}\n{answer.text}\n{after}",
                    kind="buried",
                )
            )
    return found


def _sentences(text: str, rng: random.Random) -> str:
    """Two or three sentences of a text in a row."""
    sentences = re.findall(r"[^。！？.!?\n]+[。！？.!?\n]*", text)
    first = rng.randrange(max(1, len(sentences) - 2))
    return "".join(sentences[first : first + rng.choice((2, 3))])


def vacuous(rubrics: dict[str, engine.Rubric]) -> list[AnswerLine]:
    """Answers that name the terms of a rubric and say nothing about them. They earn nothing."""
    frames = (
        "和{}有关",
        "可能和{}有关吧",
        "主要是{}的问题",
        "跟{}和{}都有关系",
        "It has to do with {}",
        "Something about {} and {}",
        "It depends on {}",
    )
    answers = []
    for qid, rubric in rubrics.items():
        rng = random.Random(qid)
        terms = [
            term
            for text in (text for point in rubric.key_points for text in point.texts)
            for term in _terms_in(text)
        ]
        for number, frame in enumerate(rng.sample(frames, 3) if terms else ()):
            text = frame.format(*(rng.choice(terms) for _ in range(2)))
            answers.append(
                AnswerLine(
                    f"{qid}-vacuous-{number}",
                    qid,
                    text,
                    {p.key: 0.0 for p in rubric.key_points},
                    kind="vacuous",
                )
            )
    return answers


def _terms_in(text: str) -> list[str]:
    """The terms of the glossary in a text, as they are written there."""
    tokenized = tokenize(text)
    found = index_concepts(shipped_glossary()).find(tokenized.tokens)
    return [
        text[tokenized.starts[term.start] : tokenized.ends[term.end - 1]]
        for term in found
        if any(c[0] == "@" for c in term.concepts)
    ]


def thinned(rubric: engine.Rubric) -> engine.Rubric:
    """The rubric as a hurried author leaves it.

    Each key point keeps its own texts and at most six of its wordings, often none.
    """
    rng = random.Random(rubric.prompts[0])
    points = []
    for point in rubric.key_points:
        wordings = [phrase for phrase in point.phrases if phrase.kind == engine.PhraseKind.SAYS_IT]
        points.append(
            replace(
                point,
                phrases=tuple(
                    rng.sample(wordings, min(len(wordings), rng.choice((0, 0, 1, 2, 4, 6))))
                ),
            )
        )
    return replace(rubric, key_points=tuple(points))


def all_rows(cases: Path, style: str) -> list[Row]:
    """The rows to fit a model on, from the marked cases in a folder and from the bank."""
    rows = []
    for folder in (cases, HERE / "cases"):
        for language in ("zh", "en"):
            path = folder / f"{language}.{'rubrics' if style == 'plain' else 'rich'}.jsonl"
            if path.exists():
                rubrics = read_rubrics(path)
                answers = read_answers(folder / f"{language}.answers.jsonl", rubrics)
                places = {qid: _place(qid) for qid in rubrics}
                rows += rows_of(rubrics, answers, "cases" if folder == cases else "bank", places)
                rows += rows_of(rubrics, made_up(rubrics), "made up", places)
                rows += rows_of(rubrics, slipped(rubrics, answers), "slipped", places)
                rows += rows_of(rubrics, buried(answers), "buried", places)
                rows += rows_of(rubrics, vacuous(rubrics), "vacuous", places)
    rubrics, seeds, answers = bank_samples()
    rubrics = {
        qid: rubric if style == "rich" else thinned(rubric) for qid, rubric in rubrics.items()
    }
    rows += rows_of(rubrics, answers, "bank", seeds)
    rows += rows_of(rubrics, made_up(rubrics), "made up", seeds)
    rows += rows_of(rubrics, slipped(rubrics, answers), "slipped", seeds)
    rows += rows_of(rubrics, buried(answers), "buried", seeds)
    rows += rows_of(rubrics, vacuous(rubrics), "vacuous", seeds)
    rows += rows_of(rubrics, bank_model_answers(), "model answer", seeds)
    return rows


def _place(qid: str) -> str:
    """Where the question of a case is in the source document, like 3.2.

    The Chinese cases number the questions throughout; the document has groups of five. Other cases
    have no place there and keep their own name.
    """
    language, _, number = qid.partition("-")
    return (
        f"{(int(number) - 1) // 5 + 1}.{(int(number) - 1) % 5 + 1}"
        if language == "zh" and number.isdecimal()
        else qid
    )


class Fit:
    """The two parts of a model, fitted: a logistic regression and boosted trees.

    Both are held to the directions in RAISING and LOWERING. Features whose names match `without`
    are left out. Where it matches "bounds", the author's very words bound no probability.
    """

    def __init__(self, rows: Sequence[Row], style: str, without: str = "") -> None:
        # Keyword lists and echoes are for the guards to see.
        rows = [row for row in rows if row.answer.kind not in ("stuffing", "echo")]
        self.names = tuple(name for name in FEATURES[style] if not re.fullmatch(without, name))
        self.bounds, wrong_weight = not re.fullmatch(without, "bounds"), WRONG_WEIGHT[style]
        table = self._table(rows)
        language = np.array([row.chinese for row in rows])
        is_marked = np.array([row.source in ("cases", "bank") for row in rows])
        # By whether the answer is Chinese: the mean and the standard deviation of each feature.
        self.scale = {
            chinese: (
                table[(language == chinese) & is_marked].mean(0),
                table[(language == chinese) & is_marked].std(0) + 1e-6,
            )
            for chinese in (True, False)
        }
        # A half mark counts half for and half against.
        label = np.array([row.label for row in rows])
        weight = np.array(
            [
                WEIGHT[row.source] * (wrong_weight if row.answer.kind == "wrong" else 1.0)
                for row in rows
            ]
        )
        marks = np.concatenate([np.ones(len(rows)), np.zeros(len(rows))])
        weights = np.concatenate([weight * label, weight * (1 - label)])
        keep = weights > 0
        directions = [
            1 if name in RAISING else -1 if name in LOWERING else 0 for name in self.names
        ]
        standard = np.concatenate([self._standard(table, language)] * 2)
        self.linear = _bounded_logistic(standard[keep], marks[keep], weights[keep], directions)
        self.trees = HistGradientBoostingClassifier(
            max_iter=120,
            max_depth=3,
            learning_rate=0.07,
            min_samples_leaf=20,
            max_features=0.3,
            l2_regularization=1.0,
            monotonic_cst=directions,
            early_stopping=False,
            random_state=0,
        ).fit(np.concatenate([table, table])[keep], marks[keep], sample_weight=weights[keep])

    def _table(self, rows: Sequence[Row]) -> Any:
        """The features as an array, a line per row and a column per feature."""
        return np.array([[row.features.values[name] for name in self.names] for row in rows])

    def _standard(self, table: Any, chinese: Any) -> Any:
        """The same in standard deviations from the mean of the answers in the row's language."""
        result = np.empty_like(table)
        for side, (mean, spread) in self.scale.items():
            result[chinese == side] = np.clip(
                (table[chinese == side] - mean) / spread,
                -MAX_STANDARD_DEVIATIONS,
                MAX_STANDARD_DEVIATIONS,
            )
        return result

    def probabilities(self, rows: Sequence[Row]) -> list[float]:
        """The probability of each row's key point, guards and bounds included."""
        table = self._table(rows)
        standard = self._standard(table, np.array([row.chinese for row in rows]))
        logits = (
            self.linear[0] + standard @ self.linear[1:] + self.trees.decision_function(table)
        ) / 2
        alone = [
            float(p) * row.factor for p, row in zip(1 / (1 + np.exp(-logits)), rows, strict=True)
        ]
        return [
            bound_probability(p, row.features, row.factor) if self.bounds else p
            for p, row in zip(alone, rows, strict=True)
        ]

    def record(self) -> dict[str, Any]:
        """The fitted numbers as they are written to fitted.json (grading/engine/model.py)."""
        (mean_zh, spread_zh), (mean, spread) = self.scale[True], self.scale[False]
        return {
            "features": list(self.names),
            "intercept": round(float(self.linear[0]), 5),
            "linear": [
                [round(float(value), 5) for value in row]
                for row in zip(mean_zh, spread_zh, mean, spread, self.linear[1:], strict=True)
            ],
            "baseline": round(float(self.trees._baseline_prediction[0, 0]), 5),
            "trees": [self._tree(predictor.nodes, 0) for (predictor,) in self.trees._predictors],
        }

    def _tree(self, nodes: Any, at: int) -> Any:
        node = nodes[at]
        if node["is_leaf"]:
            return round(float(node["value"]), 5)
        below, above = self._tree(nodes, node["left"]), self._tree(nodes, node["right"])
        return [int(node["feature_idx"]), round(float(node["num_threshold"]), 5), below, above]


def _bounded_logistic(table: Any, marks: Any, weights: Any, directions: Sequence[int]) -> Any:
    """The intercept and the slopes of a ridge logistic regression.

    A slope has the sign of its direction, where that is 1 or -1.
    """

    def loss(coefficients: Any) -> tuple[float, Any]:
        logits = coefficients[0] + table @ coefficients[1:]
        errors = weights * (1 / (1 + np.exp(-logits)) - marks)
        total = (
            weights * np.logaddexp(0, np.where(marks > 0, -logits, logits))
        ).sum() + SHRINKAGE / 2 * (coefficients[1:] ** 2).sum()
        return float(total), np.concatenate(
            [[errors.sum()], table.T @ errors + SHRINKAGE * coefficients[1:]]
        )

    bounds = [
        (None, None),
        *((0 if way > 0 else None, 0 if way < 0 else None) for way in directions),
    ]
    return minimize(
        loss, np.zeros(len(directions) + 1), jac=True, bounds=bounds, method="L-BFGS-B"
    ).x


def cross_validate(rows: list[Row], style: str, without: str = "") -> list[tuple[Row, float]]:
    """The rows with their probabilities, each by a model that never saw the row's question.

    It prints the figures of each source.
    """
    questions = sorted({row.fold_key for row in rows})
    random.Random(7).shuffle(questions)
    predicted: list[tuple[Row, float]] = []
    for fold in range(FOLDS):
        held = set(questions[fold::FOLDS])
        model = Fit([row for row in rows if row.fold_key not in held], style, without)
        test = [row for row in rows if row.fold_key in held and row.source != "elsewhere"]
        predicted += zip(test, model.probabilities(test), strict=True)
    for name, chosen in (
        (
            "cases zh",
            [
                pair
                for pair in predicted
                if pair[0].source == "cases" and pair[0].answer.qid.startswith("zh")
            ],
        ),
        (
            "cases en",
            [
                pair
                for pair in predicted
                if pair[0].source == "cases" and not pair[0].answer.qid.startswith("zh")
            ],
        ),
        ("bank", [pair for pair in predicted if pair[0].source == "bank"]),
        ("made up", [pair for pair in predicted if pair[0].source == "made up"]),
        ("slipped", [pair for pair in predicted if pair[0].source == "slipped"]),
        ("buried", [pair for pair in predicted if pair[0].source == "buried"]),
        ("vacuous", [pair for pair in predicted if pair[0].source == "vacuous"]),
        ("model", [pair for pair in predicted if pair[0].source == "model answer"]),
    ):
        if chosen:
            print(f"{style:6} {name:9}", _figures(chosen, engine.THRESHOLDS[style]), flush=True)
    if not without:
        print(
            f"{style:6} reliability",
            _reliability([pair for pair in predicted if pair[0].source == "cases"]),
            flush=True,
        )
    return predicted


def _reliability(predicted: list[tuple[Row, float]]) -> str:
    """How often the likelier of credited and not is right, by how likely the engine finds it.

    Half marks are left out: neither would be right.
    """
    rows = [
        (max(c, 1 - c), (c >= 0.5) == (row.label > 0.5)) for row, c in predicted if row.label != 0.5
    ]
    edges = (0.0, 0.6, 0.7, 0.8, 0.9, 1.01)
    found = [[right for sure, right in rows if low <= sure < high] for low, high in pairwise(edges)]
    return "  ".join(
        f"{low:.1f}+ {sum(part)}/{len(part)}"
        for low, part in zip(edges, found, strict=False)
        if part
    )


def _judged(predicted: list[tuple[Row, float]], thresholds: engine.Thresholds) -> Judged:
    """An answer's grade from the chances of its key points, all of which weigh the same."""
    chances = {row.key: chance for row, chance in predicted}
    verdicts = {
        row.key: engine.verdict_of(
            chance, thresholds, speaks_against=contradiction_rule(row.features) is not None
        )
        for row, chance in predicted
    }
    credit = {key: engine.CREDIT_OF[verdict] for key, verdict in verdicts.items()}
    return Judged(
        chances,
        frozenset(key for key, value in credit.items() if value),
        100 * sum(credit.values()) / len(credit),
        {key: engine.confidence_of(verdict, chances[key]) for key, verdict in verdicts.items()},
    )


def _figures(predicted: list[tuple[Row, float]], thresholds: engine.Thresholds) -> str:
    """The quality of some predictions, in a line."""
    answers = {row.answer.aid: row.answer for row, _ in predicted}
    found: dict[str, list[tuple[Row, float]]] = {}
    for row, probability in predicted:
        found.setdefault(row.answer.aid, []).append((row, probability))
    judged = [_judged(found[aid], thresholds) for aid in answers]
    report = measure(list(answers.values()), judged)
    guarded = [
        (row["n"], row["given"])
        for kind, row in report["by_kind"].items()
        if kind in ("stuffing", "echo", "offtopic")
    ]
    guard = (
        sum(n * given for n, given in guarded) / sum(n for n, _ in guarded)
        if guarded
        else float("nan")
    )
    kinds = report["by_kind"]
    gap = (
        kinds["concise"]["given"] - kinds["rambling"]["given"]
        if {"concise", "rambling"} <= kinds.keys()
        else float("nan")
    )
    return (
        f"AUC {report['auc'] or float('nan'):.3f}"
        f"  r {report['score']['pearson'] or float('nan'):.3f}"
        f"  mae {report['score']['mae'] or float('nan'):.1f}  f1 {report['f1']:.3f}"
        f"  catch {report['contradiction_catch'] or 0:.2f}"
        f"  guards {guard:.1f}  concise-rambling {gap:.0f}"
        f"  review {report['review']['caught_in_least_sure_fifth']}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "cases",
        type=Path,
        help="folder with zh.answers.jsonl, zh.rubrics.jsonl, zh.rich.jsonl and the same in en",
    )
    parser.add_argument("--write", action="store_true", help="write grading/engine/fitted.json")
    parser.add_argument(
        "--without",
        default="",
        metavar="PATTERN",
        help="leave out the features whose names match, or the author's words as `bounds`",
    )
    arguments = parser.parse_args()
    if arguments.write and arguments.without:
        parser.error("--write is for the whole model")
    fitted = {}
    for style in FEATURES:
        rows = all_rows(arguments.cases, style)
        cross_validate(rows, style, arguments.without)
        if arguments.write:
            fitted[style] = Fit(rows, style).record()
    if arguments.write:
        lines = ",\n".join(
            f" {json.dumps(name)}: {json.dumps(record, separators=(',', ':'))}"
            for name, record in fitted.items()
        )
        TARGET.write_text(f"{{\n{lines}\n}}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
