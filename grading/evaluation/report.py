"""Grading and evaluation of whole files."""

from __future__ import annotations

import json
import math
import random
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from rapidfuzz import fuzz

from grading import engine
from grading.engine.second_reader import SecondReader
from grading.engine.text import is_han
from grading.evaluation.files import is_marked, samples_by_question, with_labels
from grading.evaluation.metrics import Judged, judge, measure
from grading.evaluation.types import AnswerLine, InputError

BASELINE_THRESHOLD = 0.5  # credit from which a grader without any reading says yes


def grade_answers(
    rubrics: Mapping[str, engine.Rubric],
    answers: Sequence[AnswerLine],
    *,
    glossary: engine.Glossary,
    samples: Mapping[str, Sequence[engine.Sample]] | None = None,
    reader: SecondReader | None = None,
) -> list[engine.GradeResult]:
    """Grade in order.

    An answer never learns from itself: from a sample of its name, or of its text where a sample has
    no name.
    """
    compiled: dict[str, engine.CompiledRubric] = {}
    results = []
    for answer in answers:
        if answer.qid not in compiled:
            compiled[answer.qid] = engine.compile_rubric(rubrics[answer.qid], glossary=glossary)
        others = samples_for(answer, samples or {})
        results.append(
            engine.grade(answer.text, compiled[answer.qid], samples=others, second=reader)
        )
    return results


def samples_for(
    answer: AnswerLine, samples: Mapping[str, Sequence[engine.Sample]]
) -> list[engine.Sample]:
    """The samples that an answer may learn from: those of its question but for itself."""
    return [
        sample
        for sample in samples.get(answer.qid, ())
        if (sample.name != answer.aid if sample.name else sample.text != answer.text)
    ]


def grade_record(answer: AnswerLine, result: engine.GradeResult) -> dict[str, Any]:
    """A grade as the JSON object that `grade` prints."""
    return {
        "aid": answer.aid,
        "score": float(result.score),
        "keypoints": {
            point.key: {
                "credit": point.credit,
                "verdict": point.verdict.value,
                "chance": point.chance,
                "confidence": point.confidence,
                "evidence": [[span.start, span.end] for span in point.evidence],
                "matched": point.matched,
                "matched_kind": point.matched_kind.value if point.matched_kind else None,
                "sample": point.sample,
                "rule": point.rule.value if point.rule else None,
            }
            for point in result.key_points
        },
        "needs_review": result.needs_review,
        "reasons": list(result.reasons),
        "engine_version": result.engine_version,
    }


def json_line(record: Mapping[str, Any], *, in_ascii: bool = False) -> str:
    """One line of JSON, readable in any script unless `in_ascii`.

    What no encoding can write, or some readers take for a line's end, stays escaped.
    """
    if in_ascii:
        return json.dumps(record)
    line = json.dumps(record, ensure_ascii=False).encode("utf-8", "backslashreplace").decode()
    return line.replace("\u2028", r"\u2028").replace("\u2029", r"\u2029").replace("\x85", r"\u0085")


def baselines(
    rubrics: Mapping[str, engine.Rubric], answers: Sequence[AnswerLine]
) -> dict[str, list[Judged]]:
    """What graders would say that read nothing.

    They are the answer's length, two RapidFuzz scorers, and always yes.
    """

    def length(text: str, _: str) -> float:
        return min(1.0, math.log1p(len(text)) / math.log(1000))

    def partial(text: str, statement: str) -> float:
        return fuzz.partial_ratio(text.lower(), statement.lower()) / 100

    def token_set(text: str, statement: str) -> float:
        return fuzz.token_set_ratio(_spaced(text), _spaced(statement)) / 100

    def always(_: str, __: str) -> float:
        return 1.0

    graders: dict[str, Callable[[str, str], float]] = {
        "length": length,
        "partial_ratio": partial,
        "token_set_ratio": token_set,
        "always_yes": always,
    }
    judged: dict[str, list[Judged]] = {}
    for name, grader in graders.items():
        rows = []
        for answer in answers:
            chances = {
                point.key: max(
                    grader(answer.text, text)
                    for text in (
                        *point.texts,
                        *(p.text for p in point.phrases if p.kind == engine.PhraseKind.SAYS_IT),
                    )
                )
                for point in rubrics[answer.qid].key_points
            }
            rows.append(
                Judged(
                    chances,
                    frozenset(k for k, v in chances.items() if v >= BASELINE_THRESHOLD),
                    100 * sum(chances.values()) / len(chances),
                )
            )
        judged[name] = rows
    return judged


def _spaced(text: str) -> str:
    """Chinese characters as words of their own, which is what a token scorer needs."""
    return "".join(f" {c} " if is_han(c) else c for c in text.lower())


def evaluate(
    rubrics: Mapping[str, engine.Rubric],
    answers: Sequence[AnswerLine],
    *,
    glossary: engine.Glossary,
    samples: Mapping[str, Sequence[engine.Sample]] | None = None,
    learn: int = 0,
    folds: int = 5,
    reader: SecondReader | None = None,
) -> dict[str, Any]:
    """Figures for the grades and, under "baselines", for graders without any reading.

    With `learn`, that many marked answers of each question become samples and the rest is measured,
    pooled over `folds` seeded draws; "untaught" then holds the figures of the same answers without
    samples. With a second reader, "without_reader" holds those of the engine alone. Raises
    InputError where `learn` leaves no marked answer to measure.
    """
    draws = [_draw(answers, learn, fold) for fold in range(folds)] if learn else [set()]
    rests = [[answer for answer in answers if answer.aid not in drawn] for drawn in draws]
    known = (
        [
            samples_by_question(with_labels(a, rubrics) for a in answers if a.aid in drawn)
            for drawn in draws
        ]
        if learn
        else [samples]
    )
    measured = [answer for rest in rests for answer in rest]
    if learn and not any(is_marked(answer) for answer in measured):
        raise InputError(
            f"--learn {learn}: no question has more than {learn} marked answers, so none would "
            "be left to measure"
        )

    def judged(
        taught: Sequence[Mapping[str, Sequence[engine.Sample]] | None], reader: SecondReader | None
    ) -> list[Judged]:
        return [
            judge(result)
            for rest, by_question in zip(rests, taught, strict=True)
            for result in grade_answers(
                rubrics, rest, glossary=glossary, samples=by_question, reader=reader
            )
        ]

    report = measure(measured, judged(known, reader))
    if reader is not None:
        report["reader"] = reader.name
        report["without_reader"] = measure(measured, judged(known, None))
    if learn:
        plain = {
            a.aid: judge(r)
            for a, r in zip(
                answers,
                grade_answers(rubrics, answers, glossary=glossary, reader=reader),
                strict=True,
            )
        }
        report["untaught"] = measure(measured, [plain[answer.aid] for answer in measured])
    report["baselines"] = {
        name: measure(measured, rows) for name, rows in baselines(rubrics, measured).items()
    }
    return report


def _draw(answers: Sequence[AnswerLine], count: int, seed: int) -> set[str]:
    """The names of `count` marked answers of each question, drawn by the seed."""
    rng = random.Random(seed)
    drawn: set[str] = set()
    for qid in sorted({answer.qid for answer in answers}):
        marked = sorted(answer.aid for answer in answers if answer.qid == qid and is_marked(answer))
        drawn.update(rng.sample(marked, min(count, len(marked))))
    return drawn
