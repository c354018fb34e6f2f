"""Files of rubrics and answers, read without a database for the commands `grade` and `evaluate`."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from api.strict_json import DuplicateKeyError, unique_keys
from grading import engine
from grading.evaluation.bank import shipped_glossary
from grading.evaluation.types import AnswerLine, InputError
from questions.files.limits import MAX_ITEMS, MAX_KEY, MAX_KEY_POINTS, MAX_TEXT

HEAVIEST = 1_000_000  # weight of a key point
RUBRIC_FIELDS = ("qid", "lang", "prompt", "keypoints", "reference", "other_references")
POINT_FIELDS = ("kid", "text", "aliases", "terms", "contradicts", "weight", "required")
ANSWER_FIELDS = ("aid", "qid", "kind", "answer", "labels", "score", "readers")
ALIKE = 0.8  # similarity from which an unknown field is a misspelt one


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
            record = json.loads(line, object_pairs_hook=unique_keys)
        except DuplicateKeyError as error:
            raise InputError(f"{where}: field {error.key!r} appears twice") from error
        except (
            ValueError,
            RecursionError,
        ) as error:  # ValueError alone: a number of thousands of digits
            raise InputError(f"{where}: not JSON ({error})") from error
        if not isinstance(record, dict):
            raise InputError(f"{where}: expected an object, found {type(record).__name__}")
        yield where, record


def _refuse_misspelt(
    record: Mapping[str, Any], known: Sequence[str], where: str, *, strict: bool = False
) -> None:
    """Refuse a field that looks like one which is missing, so that none is overlooked.

    If `strict`, any unknown one.
    """
    missing = [name for name in known if name not in record]
    for name in record:
        if name not in known and (strict or get_close_matches(name, missing, n=1, cutoff=ALIKE)):
            raise InputError(
                f"{where}: there is no field {name[:60]!r}; use one of {', '.join(known)}"
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
        raise InputError(f"{where}: field {name!r} has {len(text)} characters; the limit is {most}")
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
            f"{where}: field {name!r} has {len(value)} items; the limit is {MAX_ITEMS}"
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
            raise InputError(f"{where}: question {qid!r} appears twice in this file")
        _refuse_misspelt(record, RUBRIC_FIELDS, where)
        points = record.get("keypoints")
        if points is not None and not isinstance(points, list):
            raise InputError(f"{where}: field 'keypoints' must be a list of key points")
        points = points or _points_of_reference(record, where)
        if len(points) > MAX_KEY_POINTS:
            raise InputError(
                f"{where}: field 'keypoints' has {len(points)} key points; the limit is "
                f"{MAX_KEY_POINTS}"
            )
        prompt = _text(record, "prompt", where, blank=True)
        key_points = tuple(_key_point(point, where) for point in points)
        keys = [point.key for point in key_points]
        if len(set(keys)) < len(keys):
            raise InputError(
                f"{where}: field 'kid': key point "
                f"{next(key for key in keys if keys.count(key) > 1)!r} appears twice"
            )
        if not any(point.weight for point in key_points):
            raise InputError(
                f"{where}: field 'weight': no key point has a weight above 0, so nothing could "
                "be earned"
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
            message = (
                f"{where}, key point {error.keys[0]!r}: field 'text' has no word that an answer "
                "could contain; write it as a statement"
            )
            raise InputError(message) from error
        raise InputError(f"{where}: {error}") from error


def _points_of_reference(record: Mapping[str, Any], where: str) -> list[dict[str, Any]]:
    """The key point drawn from a model answer: the answer as a whole.

    The other references are its wordings.
    """
    if "reference" not in record:
        raise InputError(f"{where}: needs 'keypoints' or a 'reference'")
    text = _text(record, "reference", where, most=engine.MAX_STATEMENT_LENGTH)
    return [{"kid": "k1", "text": text, "aliases": _texts(record, "other_references", where)}]


def read_answers(
    path: Path, rubrics: Mapping[str, engine.Rubric], *, question: str = ""
) -> list[AnswerLine]:
    """The answers of a file, one at least; every question and label must be known in `rubrics`.

    Raises InputError.

    With `question`, all answers are to that one, whatever the file calls it.
    """
    answers: list[AnswerLine] = []
    seen: set[str] = set()
    for where, record in _lines(path):
        _refuse_misspelt(record, ANSWER_FIELDS, where)
        aid = _text(record, "aid", where)
        if aid in seen:
            raise InputError(f"{where}: answer {aid!r} appears twice in this file")
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
    if not any(map(is_marked, answers)):
        raise InputError(f"{path}: no answer has 'labels' or a 'score' to compare with")
    return answers


def read_samples(
    path: Path, rubrics: Mapping[str, engine.Rubric], *, question: str = ""
) -> dict[str, list[engine.Sample]]:
    """The marked answers of a file as samples, by question. Raises InputError."""
    samples = samples_by_question(
        with_labels(answer, rubrics) for answer in read_answers(path, rubrics, question=question)
    )
    if not samples:
        raise InputError(f"{path}: no answer has 'labels' to learn from")
    return samples


def samples_by_question(answers: Iterable[AnswerLine]) -> dict[str, list[engine.Sample]]:
    """The marked answers as samples, by question."""
    samples: dict[str, list[engine.Sample]] = {}
    for answer in answers:
        if answer.labels:
            sample = engine.Sample(answer.text, tuple(sorted(answer.labels.items())), answer.aid)
            samples.setdefault(answer.qid, []).append(sample)
    return samples


def is_marked(answer: AnswerLine) -> bool:
    return bool(answer.labels) or answer.score is not None


def with_labels(answer: AnswerLine, rubrics: Mapping[str, engine.Rubric]) -> AnswerLine:
    """An answer with only a score, as a sample.

    Its score is the credit of the single key point that was drawn from a reference.
    """
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
