"""The benchmarks of docs/benchmarks.md: `make bench`, or python benchmarks/bench.py.

Speeds are ratios against the bare RapidFuzz `partial_ratio` calls on the same texts in the same
run, since machines differ and are shared.
"""

from __future__ import annotations

import itertools
import os
import pickle
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import django
from rapidfuzz import fuzz

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()  # the bank's files are read by the application's readers

from grading import engine
from grading.evaluation.bank import bank_samples, shipped_glossary
from grading.evaluation.files import samples_by_question
from grading.evaluation.metrics import judge, measure
from grading.evaluation.report import evaluate, grade_answers
from grading.evaluation.types import AnswerLine

ROUNDS = 7  # of each measurement of time


def seconds(work: Callable[[], object]) -> float:
    """The least processor time of ROUNDS rounds, in seconds."""
    best = float("inf")
    for _ in range(ROUNDS):
        start = time.process_time()
        work()
        best = min(best, time.process_time() - start)
    return best


def in_new_process(program: str, given: object = None) -> str:
    """What the program prints; it finds `given` on its standard input, pickled."""
    return (
        subprocess.run(  # noqa: S603  # our own text
            [sys.executable, "-c", program],
            cwd=ROOT,
            input=pickle.dumps(given),
            capture_output=True,
            check=True,
        )
        .stdout.decode()
        .strip()
    )


def main() -> None:
    glossary = shipped_glossary()
    rubrics, seeds, answers = bank_samples()

    print(
        "Marked answers of the built-in bank (the model has learned from them; docs/grading.md "
        "has the cross-validated figures)"
    )
    report = evaluate(rubrics, answers, glossary=glossary)
    print(
        f"  key-point AUC {report['auc']:.3f}, score r {report['score']['pearson']:.3f},"
        f" {report['n_answers']} answers, {report['n_labels']} marks"
    )
    print(
        "  baselines, AUC: "
        + ", ".join(f"{name} {figures['auc']:.3f}" for name, figures in report["baselines"].items())
    )
    print("  AUC of each question:")
    per_question = [
        (
            seeds[slug],
            auc_of(
                {slug: rubrics[slug]},
                [answer for answer in answers if answer.qid == slug],
                glossary,
            ),
        )
        for slug in rubrics
    ]
    per_question.sort(key=lambda row: [int(number) for number in row[0].split(".")])
    for start in range(0, len(per_question), 9):
        print(
            "    "
            + "  ".join(
                f"{seed:>5} {'-' if auc is None else format(auc, '.2f')}"
                for seed, auc in per_question[start : start + 9]
            )
        )

    print("Cost of a grade, as a multiple of the bare partial_ratio calls on the same pairs")
    five = {slug: rubric for slug, rubric in rubrics.items() if len(rubric.key_points) == 5}
    chosen = [
        answer
        for answer in answers
        if answer.qid in five and 200 <= len(answer.text) <= 300 and is_chinese(answer.text)
    ]
    for name, made in (
        (
            f"plain rubric, five points, {len(chosen)} Chinese answers of 200 to 300 characters",
            {slug: plain(rubric) for slug, rubric in five.items()},
        ),
        ("the same with the bank's whole rubric", five),
    ):
        compiled = {
            slug: engine.compile_rubric(rubric, glossary=glossary) for slug, rubric in made.items()
        }
        pairs = [
            (a.text, text)
            for a in chosen
            for p in made[a.qid].key_points
            for text in (*p.texts, *(phrase.text for phrase in p.phrases))
        ]
        ours = seconds(
            lambda compiled=compiled: [engine.grade(a.text, compiled[a.qid]) for a in chosen]
        )
        theirs = seconds(
            lambda pairs=pairs: [fuzz.partial_ratio(text, statement) for text, statement in pairs]
        )
        print(
            f"  {name}: x {ours / theirs:.1f}"
            f" ({len(chosen) / ours:.0f} answers/s beside {len(chosen) / theirs:.0f})"
        )
    samples = samples_by_question(answers)
    calibrated = seconds(
        lambda compiled=compiled: [
            engine.grade(a.text, compiled[a.qid], samples=samples[a.qid]) for a in chosen
        ]
    )
    print(
        f"  with eight marked answers to learn from: x {calibrated / ours:.2f} of the grade without"
    )

    slug = next(iter(five))
    text = "".join(answer.text for answer in answers if answer.qid == slug)
    compiled = engine.compile_rubric(five[slug], glossary=glossary)
    print("Growth with the answer's length, cost per character against 1,250 characters")
    base = 0.0
    for length in (1_250, 2_500, 5_000, 10_000, 20_000):
        long = (text * (length // len(text) + 1))[:length]
        cost = seconds(lambda long=long: engine.grade(long, compiled)) / length
        base = base or cost
        print(f"  {length:>6} characters: x {cost / base:.2f}")
    print(
        "Growth with phrases per key point, all different,"
        " cost per character of them against the first"
    )
    base = 0.0
    for count in (10, 20, 40, 80, 160):
        many = tuple(replace(p, phrases=different(p.phrases, count)) for p in five[slug].key_points)
        characters = sum(len(phrase.text) for point in many for phrase in point.phrases)
        wide = engine.compile_rubric(replace(five[slug], key_points=many), glossary=glossary)
        cost = seconds(lambda wide=wide: engine.grade(text[:1_000], wide)) / characters
        base = base or cost
        print(f"  {count:>6} phrases, {characters:>6} characters in all: x {cost / base:.2f}")

    print("Loading, in a process of its own")
    print(
        "  import of the engine: "
        + in_new_process(
            "import time; start = time.perf_counter(); import grading.engine\n"
            "print(f'{time.perf_counter() - start:.2f} s')"
        )
    )
    print(
        "  memory with the engine, the glossary and a rubric loaded: "
        + in_new_process(
            "import pickle, resource, sys; from grading import engine\n"
            "glossary, rubric = pickle.load(sys.stdin.buffer)\n"
            "engine.grade('注意力', rubric, glossary=glossary)\n"
            "print(f'{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB')",
            (glossary, rubrics["scaled-dot-product"]),
        )
    )


def auc_of(
    rubrics: dict[str, engine.Rubric], answers: list[AnswerLine], glossary: engine.Glossary
) -> float | None:
    """The area under the ROC curve of the key points; None if it can't be told."""
    figure: float | None = measure(
        answers, [judge(result) for result in grade_answers(rubrics, answers, glossary=glossary)]
    )["auc"]
    return figure


def is_chinese(text: str) -> bool:
    """Whether more than half of a text are Chinese characters."""
    return sum("\u4e00" <= character <= "\u9fff" for character in text) > len(text) / 2


def different(phrases: tuple[engine.Phrase, ...], count: int) -> tuple[engine.Phrase, ...]:
    """`count` different statements: the given ones over and over, with a number added."""
    statements = [phrase for phrase in phrases if phrase.kind != engine.PhraseKind.TERM_GROUP]
    return tuple(
        replace(phrase, text=f"{phrase.text} {number}")
        for number, phrase in zip(range(count), itertools.cycle(statements), strict=False)
    )


def plain(rubric: engine.Rubric) -> engine.Rubric:
    """The rubric with its first prompt, and of each key point the first text and phrase."""
    return engine.Rubric(
        rubric.prompts[:1],
        tuple(
            replace(point, texts=point.texts[:1], phrases=point.phrases[:1])
            for point in rubric.key_points
        ),
    )


if __name__ == "__main__":
    main()
