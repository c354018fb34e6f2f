"""Refit the engine's coefficient table from marked answers: python benchmarks/engine_fit.py CASES_DIR [--write].

A ridge logistic regression by Newton's method, without libraries. Beside the marked answers it learns, with small weights, from three kinds of
made-up ones, so that the model stays sane where the marked answers are silent: answers to other questions (nothing is right), a
rubric's own words recited (all of it is right), a rubric's contradictions recited (nothing is right).
Without --write it only prints cross-validated figures (nine folds of whole questions).
"""

from __future__ import annotations

import argparse
import math
import random
import sys
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from grading import engine
from grading.engine.matching import index_answer
from grading.engine.model import SIGNALS, is_chinese
from grading.engine.signals import read_points
from grading.engine.text import is_han
from grading.evaluation import auc, pearson, read_answers, read_rubrics, shipped_glossary
from questions.bank_files import read_bank

RIDGE = 10.0  # strength of the pull towards 0, on standardised signals
BANK_WEIGHT = 0.4
BANK_WEIGHT = 0.4
WEIGHT = {"real": 1.0, "elsewhere": 0.03, "recited": 0.15, "untrue": 0.15, "bank": BANK_WEIGHT}
FOLDS = 9


@dataclass(frozen=True, slots=True)
class Row:
    """One key point in one answer."""

    chinese: bool
    qid: str
    aid: str
    source: str
    label: float
    score: float
    signals: list[float]


def rows_of(cases: Path, style: str) -> list[Row]:
    """Signals and labels of all marked answers and the made-up ones."""
    rng = random.Random(1)
    names = SIGNALS[style]
    rows: list[Row] = []
    for language in ("zh", "en"):
        rubrics = read_rubrics(cases / f"{language}.{style}.jsonl")
        compiled = {qid: engine.compile_rubric(rubric, glossary=shipped_glossary()) for qid, rubric in rubrics.items()}
        texts: list[tuple[str, str, str, str, str, dict[str, float], float]] = []
        for answer in read_answers(cases / f"{language}.answers.jsonl", rubrics):
            if answer.kind in ("stuffing", "echo"):
                continue  # the guards' business
            texts.append((answer.text, answer.qid, answer.qid, answer.aid, "real", dict(answer.labels), answer.score or 0.0))
            if answer.kind != "offtopic":
                for other in rng.sample(sorted(set(rubrics) - {answer.qid}), 2):
                    texts.append((answer.text, other, answer.qid, answer.aid, "elsewhere", {}, 0.0))
        for qid, rubric in rubrics.items():
            for count in (1, 2, max(1, len(rubric.key_points) // 2), len(rubric.key_points), len(rubric.key_points)):
                chosen = rng.sample(rubric.key_points, count)
                said = "\n".join(
                    rng.choice([*p.texts, *(q.text for q in p.phrases if q.kind == engine.PhraseKind.SAYS_IT)]) for p in chosen
                )
                texts.append((said, qid, qid, "", "recited", {p.key: 1.0 for p in chosen}, 0.0))
                wrong = [[p.text for p in point.phrases if p.kind == engine.PhraseKind.CONTRADICTS] for point in chosen]
                untrue = "\n".join(rng.choice(options) for options in wrong if options)
                if untrue:
                    texts.append((untrue, qid, qid, "", "untrue", {}, 0.0))
        for text, graded_on, qid, aid, source, labels, score in texts:
            rubric_c = compiled[graded_on]
            index = index_answer(text, rubric_c)
            chinese = is_chinese(index)
            for point, reading in zip(rubric_c.points, read_points(rubric_c, index), strict=True):
                values = [reading.values[name] for name in names]
                rows.append(Row(chinese, f"{language}/{qid}", aid, source, labels.get(point.point.key, 0.0), score, values))
    return rows


def bank_rows(style: str) -> list[Row]:
    """The same of made-up answers to the shipped bank's questions, whose rubrics other authors wrote in both languages.

    An answer is a question's model answer, or wordings and contradictions taken out of the rubric before it is graded by the rest.
    """
    rng = random.Random(2)
    rows: list[Row] = []
    for record in (record for document in read_bank()[1] for record in document.questions):
        whole = [
            engine.KeyPoint(
                point["key"],
                tuple(point["text"].values()),
                Decimal(point["weight"]),
                phrases=tuple(engine.Phrase(text, engine.PhraseKind(kind)) for kind, text in point["phrases"]),
            )
            for point in record.key_points
        ]
        for language in ("zh", "en"):
            kept, right, wrong = [], {}, {}
            for point in whole:
                mine = [phrase for phrase in point.phrases if any(map(is_han, phrase.text)) == (language == "zh")]
                right[point.key] = rng.choice([phrase for phrase in mine if phrase.kind == engine.PhraseKind.SAYS_IT])
                wrong[point.key] = rng.choice([phrase for phrase in mine if phrase.kind == engine.PhraseKind.CONTRADICTS])
                left = tuple(phrase for phrase in point.phrases if phrase not in (right[point.key], wrong[point.key]))
                kept.append(replace(point, phrases=left))
            prompts = tuple(record.prompt.values())
            full = engine.compile_rubric(engine.Rubric(prompts, tuple(whole)), glossary=shipped_glossary())
            rest = engine.compile_rubric(engine.Rubric(prompts, tuple(kept)), glossary=shipped_glossary())
            keys = list(right)
            some, others = set(rng.sample(keys, max(1, len(keys) // 2))), set(rng.sample(keys, max(1, len(keys) // 2)))
            made = [
                (record.model_answer[language], full, set(keys)),
                ("\n".join(phrase.text for phrase in right.values()), rest, set(keys)),
                ("\n".join(right[key].text for key in keys if key in some), rest, some),
                ("\n".join((right if key in others else wrong)[key].text for key in keys), rest, others),
                ("\n".join(phrase.text for phrase in wrong.values()), rest, set()),
            ]
            for text, rubric, covered in made:
                index = index_answer(text, rubric)
                for compiled, reading in zip(rubric.points, read_points(rubric, index), strict=True):
                    values = [reading.values[name] for name in SIGNALS[style]]
                    label = float(compiled.point.key in covered)
                    rows.append(Row(is_chinese(index), f"bank/{record.slug}", "", "bank", label, 0.0, values))
    return rows


def scales(rows: list[Row]) -> dict[bool, list[tuple[float, float]]]:
    """Mean and standard deviation of every signal, per language, over the real answers."""
    found = {}
    for chinese in (True, False):
        columns = list(zip(*(row.signals for row in rows if row.chinese == chinese and row.source == "real"), strict=True))
        found[chinese] = []
        for column in columns:
            mean = sum(column) / len(column)
            spread = math.sqrt(sum((value - mean) ** 2 for value in column) / len(column))
            found[chinese].append((mean, spread or 1.0))
    return found


def fit(rows: list[Row], scale: dict[bool, list[tuple[float, float]]]) -> list[float]:
    """Coefficients of the standardised signals, and the intercept last."""
    table = [
        ([*((v - m) / s for v, (m, s) in zip(row.signals, scale[row.chinese], strict=True)), 1.0], row.label, WEIGHT[row.source])
        for row in rows
    ]
    size = len(table[0][0])
    beta = [0.0] * size
    for _ in range(7):
        gradient = [-RIDGE * b for b in beta[:-1]] + [0.0]
        hessian = [[RIDGE if i == j and i < size - 1 else 0.0 for j in range(size)] for i in range(size)]
        for values, label, weight in table:
            p = 1 / (1 + math.exp(-sum(map(float.__mul__, beta, values))))
            residual, curve = weight * (label - p), weight * p * (1 - p)
            for i, value in enumerate(values):
                gradient[i] += residual * value
                line, scaled = hessian[i], curve * value
                for j in range(i + 1):
                    line[j] += scaled * values[j]
        for i in range(size):
            for j in range(i):
                hessian[j][i] = hessian[i][j]
        beta = [b + d for b, d in zip(beta, _solve(hessian, gradient), strict=True)]
    return beta


def _solve(matrix: list[list[float]], right: list[float]) -> list[float]:
    """Gaussian elimination with partial pivoting."""
    rows = [[*line, value] for line, value in zip(matrix, right, strict=True)]
    size = len(rows)
    for column in range(size):
        pivot = max(range(column, size), key=lambda r: abs(rows[r][column]))
        rows[column], rows[pivot] = rows[pivot], rows[column]
        for r in range(column + 1, size):
            factor = rows[r][column] / rows[column][column]
            if factor:
                rows[r] = [a - factor * b for a, b in zip(rows[r], rows[column], strict=True)]
    solution = [0.0] * size
    for r in range(size - 1, -1, -1):
        solution[r] = (rows[r][size] - sum(rows[r][c] * solution[c] for c in range(r + 1, size))) / rows[r][r]
    return solution


def chance(row: Row, beta: list[float], scale: dict[bool, list[tuple[float, float]]]) -> float:
    """The model's chance that the key point is covered."""
    z = beta[-1] + sum(b * (v - m) / s for b, v, (m, s) in zip(beta, row.signals, scale[row.chinese], strict=False))
    return 1 / (1 + math.exp(-z))


def cross_validate(rows: list[Row], style: str) -> None:
    """Print AUC and score correlation per language, every question predicted by a model that never saw it."""
    questions = sorted({row.qid for row in rows})
    random.Random(7).shuffle(questions)
    predicted: list[tuple[Row, float]] = []
    for fold in range(FOLDS):
        held = set(questions[fold::FOLDS])
        train = [row for row in rows if row.qid not in held]
        scale = scales(train)
        beta = fit(train, scale)
        predicted += [(row, chance(row, beta, scale)) for row in rows if row.qid in held and row.source == "real"]
    for language in ("zh", "en"):
        part = [(row, p) for row, p in predicted if row.qid.startswith(language)]
        means: dict[str, list[float]] = {}
        gold: dict[str, float] = {}
        for row, p in part:
            means.setdefault(row.aid, []).append(p)
            gold[row.aid] = row.score
        r = pearson([gold[a] for a in means], [sum(v) / len(v) for v in means.values()])
        print(f"{style:8} {language}: AUC {auc([(p, row.label >= 0.5) for row, p in part]):.3f}, score r {r:.3f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("cases", type=Path)
    parser.add_argument("--write", action="store_true", help="write grading/engine/coefficients.py")
    arguments = parser.parse_args()
    lines = [
        '"""The fitted numbers of the model, written by benchmarks/engine_fit.py: do not edit by hand.',
        "",
        "Per signal: mean and standard deviation in Chinese answers, the same in others, and what one standard deviation adds to the logit.",
        '"""',
        "",
        "Row = tuple[str, float, float, float, float, float]",
        "",
    ]
    for style in ("rubrics", "rich"):
        rows = rows_of(arguments.cases, style) + (bank_rows(style) if style == "rich" else [])
        cross_validate(rows, style)
        scale = scales(rows)
        beta = fit(rows, scale)
        lines += [f"{style.upper()}_INTERCEPT = {beta[-1]:.4f}", f"{style.upper()}: tuple[Row, ...] = ("]
        for name, (m, s), (n, t), b in zip(SIGNALS[style], scale[True], scale[False], beta, strict=False):
            lines.append(f'    ("{name}", {m:.4f}, {s:.4f}, {n:.4f}, {t:.4f}, {b:.4f}),')
            print(f"    {name:18} {b:+.2f}")
        lines += [")", ""]
    if arguments.write:
        target = Path(__file__).resolve().parent.parent / "grading" / "engine" / "coefficients.py"
        target.write_text("\n".join(lines[:-1]) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
