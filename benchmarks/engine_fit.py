"""Refit the engine's model from marked answers: python benchmarks/engine_fit.py CASES_DIR [--write]. Needs scikit-learn (`make fit`).

It learns from the marked cases, from the shipped bank's marked samples, against its own rubrics whole and thinned to a plain author's, and,
with a small weight, from answers held against other questions. Without --write it only prints cross-validated figures: nine folds of whole questions,
where a question of the cases and the question of the bank with the same place in the source document always stand in the same fold.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from scipy.optimize import minimize
from sklearn.ensemble import HistGradientBoostingClassifier

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from grading import engine
from grading.engine import guards
from grading.engine.answer import index_answer
from grading.engine.concepts import index_concepts
from grading.engine.features import PointFeatures, compute_features
from grading.engine.grader import bound_probability
from grading.engine.model import MAX_STANDARD_DEVIATIONS
from grading.engine.text import is_han, tokenize
from grading.evaluation.bank import bank_model_answers, bank_samples, shipped_glossary
from grading.evaluation.files import read_answers, read_rubrics
from grading.evaluation.metrics import Judged, measure
from grading.evaluation.types import AnswerLine

HERE = Path(__file__).resolve().parent
TARGET = HERE.parent / "grading" / "engine" / "fitted.json"
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
# What may only raise or only lower a chance, so that no chance pattern of the marked answers makes more of a key point's words cost credit.
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
# Crediting a wrong statement is the worst mistake; a plain rubric says too little about wrong ones to be strict.
WRONG_WEIGHT = {"plain": 3.0, "rich": 9.5}
SHRINKAGE = 20.0  # of the logistic model's slopes, L2
FOLDS = 9


@dataclass(frozen=True, slots=True)
class Row:
    """One key point in one answer."""

    fold_key: str
    source: str
    chinese: bool
    answer: AnswerLine
    key: str
    label: float
    factor: float  # the guards'
    features: PointFeatures


def rows_of(
    rubrics: dict[str, engine.Rubric],
    answers: Iterable[AnswerLine],
    source: str,
    fold_keys: dict[str, str],
) -> list[Row]:
    """Features and marks of every answer against its own question, and of two in three against some other question."""
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
    """Answers in an author's own words: of each key point in turn nothing, one of its wordings, or one of its contradictions.

    They keep the model sane where marked answers are silent: what an author wrote down as wrong must not be credited, as right must.
    """
    answers = []
    for qid, rubric in rubrics.items():
        rng = random.Random(qid)
        for number, chinese in enumerate((True, False) * 3):
            said, labels = [], {}
            untrue = (0.0, 0.5, 1.0)[number // 2]
            for point in rubric.key_points:
                labels[point.key] = 0.0
                wrong = [
                    phrase.text
                    for phrase in point.phrases
                    if phrase.kind == engine.PhraseKind.CONTRADICTS
                ]
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
    """Marked answers with one of the author's contradictions said as well, so that one slip is not taken for an answer all wrong."""
    slips = []
    for answer in answers:
        rng = random.Random(answer.aid)
        points = [
            point
            for point in rubrics[answer.qid].key_points
            if any(p.kind == engine.PhraseKind.CONTRADICTS for p in point.phrases)
        ]
        if answer.kind in ("wrong", "stuffing", "echo", "offtopic") or not points:
            continue
        point = rng.choice(points)
        chinese = sum(map(is_han, answer.text)) > len(answer.text) / 4
        said = [
            phrase.text
            for phrase in point.phrases
            if phrase.kind == engine.PhraseKind.CONTRADICTS
            and any(map(is_han, phrase.text)) == chinese
        ]
        if said:
            text, labels = f"{answer.text}\n{rng.choice(said)}", {**answer.labels, point.key: 0.0}
            slips.append(
                AnswerLine(f"{answer.aid}-slipped", answer.qid, text, labels, kind="slipped")
            )
    return slips


def buried(answers: Sequence[AnswerLine]) -> list[AnswerLine]:
    """Marked answers amid sentences from answers to other questions, which change no mark: what an answer says besides must cost little."""
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
    """Two or three sentences in a row."""
    sentences = re.findall(r"[^。！？.!?\n]+[。！？.!?\n]*", text)
    first = rng.randrange(max(1, len(sentences) - 2))
    return "".join(sentences[first : first + rng.choice((2, 3))])


def vacuous(rubrics: dict[str, engine.Rubric]) -> list[AnswerLine]:
    """Answers that name what the rubric speaks of and say nothing of it."""
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
    """The names and terms of the glossary in a text, as they stand there."""
    tokenized = tokenize(text)
    found = index_concepts(shipped_glossary()).find(tokenized.tokens)
    return [
        text[tokenized.starts[term.start] : tokenized.ends[term.end - 1]]
        for term in found
        if any(c[0] == "@" for c in term.concepts)
    ]


def thinned(rubric: engine.Rubric) -> engine.Rubric:
    """The rubric as a hurried author leaves it: each key point's text in one language or two, none to three wordings, nothing else."""
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
    """A Chinese case's question in the source document: they are numbered through, five a group."""
    language, _, number = qid.partition("-")
    return (
        f"{(int(number) - 1) // 5 + 1}.{(int(number) - 1) % 5 + 1}"
        if language == "zh" and number.isdecimal()
        else qid
    )


class Fit:
    """A logistic model and boosted trees over the same features, both bound to the directions in RAISING and LOWERING."""

    def __init__(self, rows: Sequence[Row], style: str, without: str = "") -> None:
        rows = [
            row for row in rows if row.answer.kind not in ("stuffing", "echo")
        ]  # the guards' business
        self.names = tuple(name for name in FEATURES[style] if not re.fullmatch(without, name))
        self.bounds, wrong_weight = not re.fullmatch(without, "bounds"), WRONG_WEIGHT[style]
        table = self._table(rows)
        language = np.array([row.chinese for row in rows])
        own = np.array([row.source in ("cases", "bank") for row in rows])
        self.scale = {
            chinese: (
                table[(language == chinese) & own].mean(0),
                table[(language == chinese) & own].std(0) + 1e-6,
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
            max_iter=120, max_depth=3, learning_rate=0.07, min_samples_leaf=20, max_features=0.3, l2_regularization=1.0,
            monotonic_cst=directions, early_stopping=False, random_state=0,
        ).fit(np.concatenate([table, table])[keep], marks[keep], sample_weight=weights[keep])  # fmt: skip

    def _table(self, rows: Sequence[Row]) -> Any:
        return np.array([[row.features.values[name] for name in self.names] for row in rows])

    def _standard(self, table: Any, chinese: Any) -> Any:
        result = np.empty_like(table)
        for side, (mean, spread) in self.scale.items():
            result[chinese == side] = np.clip(
                (table[chinese == side] - mean) / spread,
                -MAX_STANDARD_DEVIATIONS,
                MAX_STANDARD_DEVIATIONS,
            )
        return result

    def probabilities(self, rows: Sequence[Row]) -> list[float]:
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
    """Intercept and slopes of a ridge logistic regression whose slopes keep the sign of their direction, where it is not 0."""

    def loss(line: Any) -> tuple[float, Any]:
        logits = line[0] + table @ line[1:]
        off = weights * (1 / (1 + np.exp(-logits)) - marks)
        total = (
            weights * np.logaddexp(0, np.where(marks > 0, -logits, logits))
        ).sum() + SHRINKAGE / 2 * (line[1:] ** 2).sum()
        return float(total), np.concatenate([[off.sum()], table.T @ off + SHRINKAGE * line[1:]])

    bounds = [
        (None, None),
        *((0 if way > 0 else None, 0 if way < 0 else None) for way in directions),
    ]
    return minimize(
        loss, np.zeros(len(directions) + 1), jac=True, bounds=bounds, method="L-BFGS-B"
    ).x


def cross_validate(rows: list[Row], style: str, without: str = "") -> list[tuple[Row, float]]:
    """Every question predicted by a model that never saw it; prints the figures of the cases and of the bank."""
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
    """How often the likelier of credited and not is right, by its chance; half marks left out."""
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


def _figures(predicted: list[tuple[Row, float]], thresholds: engine.Thresholds) -> str:
    answers = {row.answer.aid: row.answer for row, _ in predicted}
    found: dict[str, dict[str, float]] = {}
    for row, probability in predicted:
        found.setdefault(row.answer.aid, {})[row.key] = probability
    judged = []
    for chances in (found[aid] for aid in answers):
        verdicts = {
            key: engine.verdict_of(chance, thresholds, speaks_against=False)
            for key, chance in chances.items()
        }
        credits_by_key = {key: engine.CREDIT_OF[verdict] for key, verdict in verdicts.items()}
        judged.append(
            Judged(
                chances,
                frozenset(key for key, credit in credits_by_key.items() if credit),
                100 * sum(credits_by_key.values()) / len(credits_by_key),
                {
                    key: engine.confidence_of(verdict, chances[key])
                    for key, verdict in verdicts.items()
                },
            )
        )
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
        f"AUC {report['auc'] or float('nan'):.3f}  r {report['score']['pearson'] or float('nan'):.3f}  mae {report['score']['mae'] or float('nan'):.1f}  f1 {report['f1']:.3f}  "
        f"catch {report['contradiction_catch'] or 0:.2f}  guards {guard:.1f}  concise-rambling {gap:.0f}  "
        f"review {report['review']['caught_in_least_sure_fifth']}"
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
