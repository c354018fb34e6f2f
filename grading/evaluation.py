"""Grading and judging files of answers without a database: what the commands `grade` and `evaluate` do.

Line formats: a rubric is {"qid", "prompt", "keypoints": [{"kid", "text", "aliases", "terms", "contradicts", "weight"}]}, an
answer {"aid", "qid", "answer", "labels": {kid: credit}, "score", "kind"}; labels, score and kind only where they are known. A line may
have fields of its own that nobody reads here, a key point may not.
"""

from __future__ import annotations

import json
import math
import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from difflib import get_close_matches
from functools import lru_cache
from pathlib import Path
from typing import Any

from rapidfuzz import fuzz
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from grading import engine
from grading.engine.second_reader import SecondReader
from grading.reading import read_text
from questions.importing.documents import MAX_KEY_POINTS, MAX_TEXT
from questions.importing.fields import MAX_ITEMS, MAX_KEY

BANK_DIR = Path(__file__).resolve().parent.parent / "questions" / "bank"
HEAVIEST = 1_000_000  # weight of a key point
RUBRIC_FIELDS = ("qid", "lang", "prompt", "keypoints", "reference", "other_references")
POINT_FIELDS = ("kid", "text", "aliases", "terms", "contradicts", "weight", "required")
ANSWER_FIELDS = ("aid", "qid", "kind", "answer", "labels", "score", "readers")
ALIKE = 0.8  # similarity from which an unknown field is a misspelt one


class InputError(ValueError):
    """A file that can't be used; the message names file, line and field."""


class _RepeatedField(Exception):
    """An object of a file has one field twice; which one counts would be a guess."""


@dataclass(frozen=True, slots=True)
class AnswerLine:
    """One answer of a file, with its marks where it has any."""

    aid: str
    qid: str
    text: str
    labels: Mapping[str, float] = field(default_factory=dict)
    score: float | None = None
    kind: str = ""


def _lines(path: Path) -> Iterable[tuple[str, dict[str, Any]]]:
    try:
        raw = path.read_bytes()
        content = raw.decode("utf-8-sig")
    except OSError as error:
        raise InputError(f"{path}: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        number = raw.count(b"\n", 0, error.start) + 1
        raise InputError(
            f"{path}, line {number}: not UTF-8 text (byte {error.start}); save the file as UTF-8"
        ) from error
    for number, line in enumerate(content.split("\n"), start=1):
        if not line.strip():
            continue
        where = f"{path}, line {number}"
        try:
            record = json.loads(line, object_pairs_hook=_object)
        except _RepeatedField as error:
            raise InputError(f"{where}: field {error.args[0]!r} stands there twice") from error
        except (
            ValueError,
            RecursionError,
        ) as error:  # ValueError alone: a number of thousands of digits
            raise InputError(f"{where}: not JSON ({error})") from error
        if not isinstance(record, dict):
            raise InputError(f"{where}: expected an object, found {type(record).__name__}")
        yield where, record


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    record = dict(pairs)
    if len(record) < len(pairs):
        names = [name for name, _ in pairs]
        raise _RepeatedField(next(name for name in names if names.count(name) > 1))
    return record


def _refuse_misspelt(
    record: Mapping[str, Any], known: Sequence[str], where: str, *, strict: bool = False
) -> None:
    """Refuse a field that looks like one which is missing, so that none is overlooked; if `strict`, any unknown one."""
    missing = [name for name in known if name not in record]
    for name in record:
        if name not in known and (strict or get_close_matches(name, missing, n=1, cutoff=ALIKE)):
            raise InputError(
                f"{where}: there is no field {name[:60]!r}; known are {', '.join(known)}"
            )


def _text(
    record: Mapping[str, Any], name: str, where: str, *, blank: bool = False, most: int = MAX_TEXT
) -> str:
    value = record.get(name)
    if not isinstance(value, str) or not (blank or value.strip()):
        raise InputError(f"{where}: field {name!r} must be text" + ("" if blank else ", not empty"))
    return _not_too_long(value, name, where, most=most)


def _not_too_long(text: str, name: str, where: str, *, most: int) -> str:
    if len(text) > most:
        raise InputError(
            f"{where}: field {name!r} has {len(text)} characters; {most} is the most that is read"
        )
    return text


def _texts(record: Mapping[str, Any], name: str, where: str) -> list[str]:
    return _statements(record.get(name), name, where, "a list of texts")


def _statements(value: object, name: str, where: str, form: str) -> list[str]:
    """The texts of a list; none where there is no list."""
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise InputError(f"{where}: field {name!r} must be {form}")
    if len(value) > MAX_ITEMS:
        raise InputError(
            f"{where}: field {name!r} has {len(value)} items; {MAX_ITEMS} is the most that is read"
        )
    return [
        _not_too_long(item, name, where, most=engine.MAX_STATEMENT_LENGTH)
        for item in value
        if item.strip()
    ]


def _term_groups(value: object, where: str) -> list[str]:
    form = "a list of lists of texts"
    lists = [] if value is None else value
    if not isinstance(lists, list) or not all(isinstance(group, list) for group in lists):
        raise InputError(f"{where}: field 'terms' must be {form}")
    groups = ["\n".join(_statements(group, "terms", where, form)) for group in lists]
    return _statements([group for group in groups if group], "terms", where, form)


def _number(value: object, name: str, where: str, *, most: float) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= most:
        raise InputError(f"{where}: field {name!r} must be a number from 0 to {most:g}")
    return float(value)


def _key_point(record: object, where: str) -> engine.KeyPoint:
    if not isinstance(record, dict):
        raise InputError(f"{where}: a key point must be an object")
    key = _text(record, "kid", where, most=MAX_KEY)
    where = f"{where}, key point {key!r}"
    _refuse_misspelt(record, POINT_FIELDS, where, strict=True)
    phrases = [engine.Phrase(text) for text in _texts(record, "aliases", where)]
    phrases += [
        engine.Phrase(group, engine.PhraseKind.TERM_GROUP)
        for group in _term_groups(record.get("terms"), where)
    ]
    phrases += [
        engine.Phrase(text, engine.PhraseKind.CONTRADICTS)
        for text in _texts(record, "contradicts", where)
    ]
    weight = Decimal(str(_number(record.get("weight", 1), "weight", where, most=HEAVIEST)))
    required = record.get("required", False)
    if not isinstance(required, bool):
        raise InputError(f"{where}: field 'required' must be true or false")
    text = _text(record, "text", where, most=engine.MAX_STATEMENT_LENGTH)
    return engine.KeyPoint(key, (text,), weight, required, tuple(phrases))


def read_rubrics(path: Path) -> dict[str, engine.Rubric]:
    """The rubrics of a file by question id. Raises InputError naming file, line and field."""
    rubrics: dict[str, engine.Rubric] = {}
    for where, record in _lines(path):
        qid = _text(record, "qid", where)
        if qid in rubrics:
            raise InputError(f"{where}: question {qid!r} stands in this file twice")
        _refuse_misspelt(record, RUBRIC_FIELDS, where)
        points = record.get("keypoints")
        if points is not None and not isinstance(points, list):
            raise InputError(f"{where}: field 'keypoints' must be a list of key points")
        points = points or _points_of_reference(record, where)
        if len(points) > MAX_KEY_POINTS:
            raise InputError(
                f"{where}: field 'keypoints' has {len(points)} key points; {MAX_KEY_POINTS} is the most that is read"
            )
        prompt = _text(record, "prompt", where, blank=True)
        key_points = tuple(_key_point(point, where) for point in points)
        keys = [point.key for point in key_points]
        if len(set(keys)) < len(keys):
            raise InputError(
                f"{where}: field 'kid': key point {next(key for key in keys if keys.count(key) > 1)!r} stands there twice"
            )
        if not any(point.weight for point in key_points):
            raise InputError(
                f"{where}: field 'weight': no key point weighs anything, so that nothing could be earned"
            )
        rubrics[qid] = engine.Rubric((prompt,), key_points)
        _refuse_ungradable(rubrics[qid], where)
    if not rubrics:
        raise InputError(f"{path}: no rubrics in this file")
    return rubrics


def _refuse_ungradable(rubric: engine.Rubric, where: str) -> None:
    try:
        engine.compile_rubric(rubric, glossary=shipped_glossary())
    except engine.RubricError as error:
        if error.code == "wordless":
            message = f"{where}, key point {error.keys[0]!r}: field 'text' has no word that an answer could say; write it as a statement"
            raise InputError(message) from error
        raise InputError(f"{where}: {error}") from error


def _points_of_reference(record: Mapping[str, Any], where: str) -> list[dict[str, Any]]:
    """Key points drawn from a model answer: the answer as a whole, the other references as wordings of it."""
    if "reference" not in record:
        raise InputError(f"{where}: needs 'keypoints' or a 'reference'")
    text = _text(record, "reference", where, most=engine.MAX_STATEMENT_LENGTH)
    return [{"kid": "k1", "text": text, "aliases": _texts(record, "other_references", where)}]


def read_answers(
    path: Path, rubrics: Mapping[str, engine.Rubric], *, question: str = ""
) -> list[AnswerLine]:
    """The answers of a file, one at least; every question and label must be known in `rubrics`. Raises InputError.

    With `question`, all answers are to that one, whatever the file calls it.
    """
    answers: list[AnswerLine] = []
    seen: set[str] = set()
    for where, record in _lines(path):
        _refuse_misspelt(record, ANSWER_FIELDS, where)
        aid = _text(record, "aid", where)
        if aid in seen:
            raise InputError(f"{where}: answer {aid!r} stands in this file twice")
        seen.add(aid)
        qid = question or _text(record, "qid", where)
        if qid not in rubrics:
            raise InputError(f"{where}: field 'qid': no rubric for question {qid!r}")
        labels = {} if record.get("labels") is None else record["labels"]
        if not isinstance(labels, dict):
            raise InputError(f"{where}: field 'labels' must be an object")
        known = {point.key for point in rubrics[qid].key_points}
        for key in labels:
            if key not in known:
                raise InputError(
                    f"{where}: field 'labels': question {qid!r} has no key point {key!r}"
                )
        marks = {
            key: _number(value, f"labels.{key}", where, most=1) for key, value in labels.items()
        }
        score = (
            None
            if record.get("score") is None
            else _number(record["score"], "score", where, most=100)
        )
        text = _text(record, "answer", where, blank=True, most=engine.MAX_ANSWER_LENGTH)
        kind = "" if record.get("kind") is None else record["kind"]
        if not isinstance(kind, str):
            raise InputError(f"{where}: field 'kind' must be text")
        answers.append(AnswerLine(aid, qid, text, marks, score, kind))
    if not answers:
        raise InputError(f"{path}: no answers in this file")
    return answers


def read_marked_answers(path: Path, rubrics: Mapping[str, engine.Rubric]) -> list[AnswerLine]:
    """The answers of a file that has something to measure against. Raises InputError."""
    answers = read_answers(path, rubrics)
    if not any(map(_is_marked, answers)):
        raise InputError(f"{path}: no answer has 'labels' or a 'score' to be held against")
    return answers


def read_samples(
    path: Path, rubrics: Mapping[str, engine.Rubric], *, question: str = ""
) -> dict[str, list[engine.Sample]]:
    """The marked answers of a file as samples, by question. Raises InputError."""
    samples = samples_by_question(
        _with_labels(answer, rubrics) for answer in read_answers(path, rubrics, question=question)
    )
    if not samples:
        raise InputError(f"{path}: no answer has 'labels' to learn from")
    return samples


def read_glossary(path: Path) -> engine.Glossary:
    """The shared glossary from its YAML file: `groups` of terms, and `opposites` in pairs."""
    try:
        record = YAML(typ="safe").load(path.read_text(encoding="utf-8"))
        groups = tuple(tuple(str(word) for word in group) for group in record["groups"])
        opposites = tuple((str(one), str(other)) for one, other in record["opposites"])
    except (OSError, YAMLError, KeyError, TypeError, ValueError) as error:
        raise InputError(f"{path}: not a glossary ({error})") from error
    return engine.Glossary(groups, opposites)


@lru_cache(maxsize=1)
def shipped_glossary() -> engine.Glossary:
    """The glossary shipped with the bank; an empty one where the file is missing."""
    path = BANK_DIR / "glossary.yaml"
    return read_glossary(path) if path.exists() else engine.Glossary()


def samples_by_question(answers: Iterable[AnswerLine]) -> dict[str, list[engine.Sample]]:
    """The marked answers as samples, by question."""
    samples: dict[str, list[engine.Sample]] = {}
    for answer in answers:
        if answer.labels:
            sample = engine.Sample(answer.text, tuple(sorted(answer.labels.items())), answer.aid)
            samples.setdefault(answer.qid, []).append(sample)
    return samples


def grade_answers(
    rubrics: Mapping[str, engine.Rubric],
    answers: Sequence[AnswerLine],
    *,
    glossary: engine.Glossary,
    samples: Mapping[str, Sequence[engine.Sample]] | None = None,
    reader: SecondReader | None = None,
) -> list[engine.GradeResult]:
    """Grade in order. An answer never learns from itself: from a sample of its name, or of its text where a sample has no name."""
    compiled: dict[str, engine.CompiledRubric] = {}
    results = []
    for answer in answers:
        if answer.qid not in compiled:
            compiled[answer.qid] = engine.compile_rubric(rubrics[answer.qid], glossary=glossary)
        others = samples_for(answer, samples or {})
        results.append(read_text(answer.text, compiled[answer.qid], samples=others, reader=reader))
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
    """One line of JSON, readable in any script unless `in_ascii`; what no encoding can write or some readers take for a line's end stays
    escaped.
    """
    if in_ascii:
        return json.dumps(record)
    line = json.dumps(record, ensure_ascii=False).encode("utf-8", "backslashreplace").decode()
    return line.replace("\u2028", r"\u2028").replace("\u2029", r"\u2029").replace("\x85", r"\u0085")


@dataclass(frozen=True, slots=True)
class Judged:
    """What a grader says of one answer: a credit and a yes or no per key point, and points."""

    credits: Mapping[str, float]
    credited: frozenset[str]
    score: float
    confidences: Mapping[str, float] = field(default_factory=dict)
    needs_review: bool = False


def judge(result: engine.GradeResult) -> Judged:
    """The engine's grade in the form that is measured."""
    return Judged(
        {point.key: point.credit for point in result.key_points},
        frozenset(
            point.key
            for point in result.key_points
            if point.verdict in (engine.Verdict.COVERED, engine.Verdict.PARTIAL)
        ),
        float(result.score),
        {point.key: point.confidence for point in result.key_points},
        result.needs_review,
    )


def baselines(
    rubrics: Mapping[str, engine.Rubric], answers: Sequence[AnswerLine]
) -> dict[str, list[Judged]]:
    """What graders without any reading would say: the answer's length, two RapidFuzz scorers, always yes."""

    def length(text: str, _: str) -> float:
        return min(1.0, math.log1p(len(text)) / math.log(1000))

    def partial(text: str, statement: str) -> float:
        return fuzz.partial_ratio(text.lower(), statement.lower()) / 100

    def token_set(text: str, statement: str) -> float:
        return fuzz.token_set_ratio(_spaced(text), _spaced(statement)) / 100

    def always(_: str, __: str) -> float:
        return 1.0

    graders: dict[str, Callable[[str, str], float]] = {
        "length": length, "partial_ratio": partial, "token_set_ratio": token_set, "always_yes": always,
    }  # fmt: skip
    judged: dict[str, list[Judged]] = {}
    for name, grader in graders.items():
        rows = []
        for answer in answers:
            credits = {
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
                    credits,
                    frozenset(k for k, v in credits.items() if v >= 0.5),
                    100 * sum(credits.values()) / len(credits),
                )
            )
        judged[name] = rows
    return judged


def _spaced(text: str) -> str:
    """Chinese characters as words of their own, which is what a token scorer needs."""
    return "".join(f" {c} " if "\u4e00" <= c <= "\u9fff" else c for c in text.lower())


def measure(answers: Sequence[AnswerLine], judged: Sequence[Judged]) -> dict[str, Any]:
    """The figures of `evaluate --json` for one grader."""
    pairs = [
        (label, row.credits.get(key, 0.0), key in row.credited)
        for answer, row in zip(answers, judged, strict=True)
        for key, label in answer.labels.items()
    ]
    hits = sum(1 for label, _, yes in pairs if label >= 0.5 and yes)
    said = sum(1 for _, _, yes in pairs if yes)
    true = sum(1 for label, _, _ in pairs if label >= 0.5)
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
        "auc": _round(auc([(credit, label >= 0.5) for label, credit, _ in pairs])),
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
    """How many answers ask for a person, and what share of the wrong verdicts the least sure fifth of answers holds."""
    rows = []
    for answer, row in zip(answers, judged, strict=True):
        if not answer.labels or not row.confidences:
            continue
        errors = sum(
            (label >= 0.5) != (key in row.credited) for key, label in answer.labels.items()
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

    With `learn`, that many marked answers of each question become samples and the rest is measured, pooled over `folds` seeded
    draws; "untaught" then holds the figures of the same answers without samples. With a second reader, "without_reader" holds those of
    the engine alone. Raises InputError where `learn` leaves no marked answer to measure.
    """
    draws = [_draw(answers, learn, fold) for fold in range(folds)] if learn else [set()]
    rests = [[answer for answer in answers if answer.aid not in drawn] for drawn in draws]
    known = (
        [
            samples_by_question(_with_labels(a, rubrics) for a in answers if a.aid in drawn)
            for drawn in draws
        ]
        if learn
        else [samples]
    )
    measured = [answer for rest in rests for answer in rest]
    if learn and not any(_is_marked(answer) for answer in measured):
        raise InputError(
            f"--learn {learn}: no question has more than {learn} marked answers, so none would be left to measure"
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


def _is_marked(answer: AnswerLine) -> bool:
    return bool(answer.labels) or answer.score is not None


def _draw(answers: Sequence[AnswerLine], count: int, seed: int) -> set[str]:
    """The names of `count` marked answers of each question, drawn by the seed."""
    rng = random.Random(seed)
    drawn: set[str] = set()
    for qid in sorted({answer.qid for answer in answers}):
        marked = sorted(
            answer.aid for answer in answers if answer.qid == qid and _is_marked(answer)
        )
        drawn.update(rng.sample(marked, min(count, len(marked))))
    return drawn


def _with_labels(answer: AnswerLine, rubrics: Mapping[str, engine.Rubric]) -> AnswerLine:
    """An answer with only a score, as a sample: its score is the credit of the single key point drawn from a reference."""
    points = rubrics[answer.qid].key_points
    if answer.labels or answer.score is None or len(points) != 1:
        return answer
    return AnswerLine(
        answer.aid,
        answer.qid,
        answer.text,
        {points[0].key: answer.score / 100},
        answer.score,
        answer.kind,
    )


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0


def _round(value: float | None) -> float | None:
    return None if value is None else round(value, 4)


def auc(rows: Sequence[tuple[float, bool]]) -> float | None:
    """Chance that a right pair gets more credit than a wrong one, ties half; None without both sorts."""
    positives = sum(1 for _, good in rows if good)
    negatives = len(rows) - positives
    if not positives or not negatives:
        return None
    ranks = _ranks([credit for credit, _ in rows])
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


def _bank_records() -> Iterable[Mapping[str, Any]]:
    for path in sorted(BANK_DIR.glob("*.yaml")):
        record = YAML(typ="safe").load(path.read_text(encoding="utf-8"))
        if isinstance(record, dict):
            yield from record.get("questions") or ()


def _bank_rubric(question: Mapping[str, Any]) -> engine.Rubric:
    points = tuple(_bank_point(point) for point in question["key_points"])
    return engine.Rubric(
        tuple(_languages(question["prompt"])), points, tuple(_languages(question["model_answer"]))
    )


def bank_rubric(name: str) -> engine.Rubric:
    """The rubric of a question of the shipped bank, by slug or `seed:1.1`, with the texts of both languages."""
    seed = name.removeprefix("seed:") if name.startswith("seed:") else None
    for question in _bank_records():
        if question.get("slug") == name or (seed is not None and str(question.get("seed")) == seed):
            return _bank_rubric(question)
    raise InputError(f"the shipped bank has no question {name!r}")


def bank_samples() -> tuple[dict[str, engine.Rubric], dict[str, str], list[AnswerLine]]:
    """The shipped bank's rubrics and places in the source document by slug, and its marked samples."""
    questions = list(_bank_records())
    rubrics = {str(question["slug"]): _bank_rubric(question) for question in questions}
    answers = []
    for path in sorted((BANK_DIR / "samples").glob("*.yaml")):
        for sample in YAML(typ="safe").load(path.read_text(encoding="utf-8"))["samples"]:
            marks = {str(key): float(mark) for key, mark in sample["marks"].items()}
            weights = {
                point.key: float(point.weight) for point in rubrics[sample["question"]].key_points
            }
            score = (
                100
                * sum(weights[key] * mark for key, mark in marks.items())
                / sum(weights.values())
            )
            answers.append(
                AnswerLine(
                    sample["name"], sample["question"], sample["text"], marks, score, sample["kind"]
                )
            )
    return (
        rubrics,
        {str(question["slug"]): str(question["seed"]) for question in questions},
        answers,
    )


def bank_model_answers() -> list[AnswerLine]:
    """The bank's model answers in both languages, each key point marked as covered."""
    return [
        AnswerLine(
            f"{question['slug']}-{language}",
            str(question["slug"]),
            str(text),
            {str(p["key"]): 1.0 for p in question["key_points"]},
            100.0,
            "model answer",
        )
        for question in _bank_records()
        for language, text in question["model_answer"].items()
    ]


def _languages(text: object) -> list[str]:
    values = text.values() if isinstance(text, dict) else [text]
    return [str(value) for value in values if value]


def _bank_point(record: Mapping[str, Any]) -> engine.KeyPoint:
    phrases = [engine.Phrase(str(text)) for text in record.get("says_it") or ()]
    phrases += [
        engine.Phrase("\n".join(map(str, g)), engine.PhraseKind.TERM_GROUP)
        for g in record.get("term_groups") or ()
    ]
    phrases += [
        engine.Phrase(str(text), engine.PhraseKind.CONTRADICTS)
        for text in record.get("contradicts") or ()
    ]
    return engine.KeyPoint(
        str(record["key"]),
        tuple(_languages(record["text"])),
        Decimal(str(record.get("weight", 1))),
        bool(record.get("required")),
        tuple(phrases),
    )
