"""grade(): the steps from text to GradeResult, in order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from . import guards, learning, readers, reasons
from .answers import AnswerIndex, index_answer
from .compiled import CompiledRubric, CompiledView
from .compiled import compile_rubric as _compile
from .model import models, reference_chance, sharpen
from .scoring import COVERED_FROM, MISSED_BELOW, score_points
from .signals import SAYS_WRONG, PointReading, evidence, read_points
from .types import Glossary, GradeResult, KeyPoint, KeyPointResult, Rubric, Sample, Span, Verdict

ENGINE_VERSION = "3.0"
MAX_ANSWER_LENGTH = 20_000  # characters
MAX_STATEMENT_LENGTH = (
    5_000  # characters of one text of a rubric; the work on it grows with its square
)
MAX_RUBRIC_LENGTH = 100_000  # characters of all its texts together
QUOTED_CHANCE = 0.05  # of a key point when one of the author's contradictions of it stands in the answer word for word
NEARLY_QUOTED_CHANCE = 0.2  # ... when it does but for a word
RECITED_CHANCE = (
    0.9  # of a key point when one of its longer statements does and nothing speaks against it
)
NEARLY_RECITED_CHANCE = 0.75  # ... when it does but for a word
SAID_FROM = 0.2  # by how much a single clause must say the wrong more than any says the right
NO_GLOSSARY = Glossary()


class EngineError(ValueError):
    """Input that can't be graded."""


class RubricError(EngineError):
    """A rubric that can't grade. `code` says why, for the interface to word; `keys` are the key points to blame."""

    def __init__(self, message: str, *, code: str, keys: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.code, self.keys = code, tuple(keys)


def compile_rubric(rubric: Rubric, *, glossary: Glossary = NO_GLOSSARY) -> CompiledRubric:
    """Do the author-side work once. Raises RubricError for a rubric that can't grade."""
    if not rubric.key_points:
        raise RubricError("the rubric has no key points", code="empty")
    keys = [point.key for point in rubric.key_points]
    if len(set(keys)) != len(keys):
        raise RubricError("two key points of the rubric have the same key", code="same_key")
    length = sum(map(len, rubric.prompts))
    for point in rubric.key_points:
        texts = [*point.texts, *(phrase.text for phrase in point.phrases)]
        if not any(text.strip() for text in point.texts):
            raise RubricError(
                f"key point {point.key!r} has no text", code="no_text", keys=[point.key]
            )
        if not point.weight.is_finite() or point.weight < 0:
            raise RubricError(
                f"key point {point.key!r} has a weight that is not a number from 0 up",
                code="weight",
                keys=[point.key],
            )
        if (longest := max(map(len, texts))) > MAX_STATEMENT_LENGTH:
            message = f"key point {point.key!r} has a text of {longest} characters; {MAX_STATEMENT_LENGTH} is the most that is read"
            raise RubricError(message, code="long_text", keys=[point.key])
        length += sum(map(len, texts))
    if length > MAX_RUBRIC_LENGTH:
        message = f"the rubric's texts have {length} characters together; {MAX_RUBRIC_LENGTH} is the most that is read"
        raise RubricError(message, code="long_rubric")
    if not any(point.weight for point in rubric.key_points):
        raise RubricError("no key point of the rubric weighs anything", code="weightless")
    compiled = _compile(rubric, glossary=glossary)
    for view in (compiled.chinese, compiled.other):
        if wordless := [point.point.key for point in view.points if not point.own]:
            message = f"the text of key point {wordless[0]!r} has no word that an answer could say; write it as a statement"
            raise RubricError(message, code="wordless", keys=wordless)
    return compiled


def grade(
    text: str,
    rubric: Rubric | CompiledRubric,
    *,
    glossary: Glossary = NO_GLOSSARY,
    samples: Sequence[Sample] = (),
    second: readers.SecondReader | None = None,
) -> GradeResult:
    """Grade one answer. The same arguments give the same result, in any process.

    A CompiledRubric brings its glossary along. A second reader's view counts half. Raises EngineError for a text over MAX_ANSWER_LENGTH
    or a rubric that can't grade.
    """
    if len(text) > MAX_ANSWER_LENGTH:
        raise EngineError(
            f"the answer has {len(text)} characters; {MAX_ANSWER_LENGTH} is the most that is graded"
        )
    whole = (
        rubric if isinstance(rubric, CompiledRubric) else compile_rubric(rubric, glossary=glossary)
    )
    answer = index_answer(text, whole)
    compiled = answer.compiled
    if not answer.reading.units:
        return _result(
            [_missed(point.point) for point in compiled.points], compiled, [reasons.BLANK], second
        )
    readings = read_points(answer)
    codes = guards.look(answer, readings, reference=compiled.reference)[1]
    chances_of = partial(
        _chances, ask=partial(readers.ask, second, whole.rubric) if second else None
    )
    chances = chances_of(answer, readings)
    lessons = (
        learning.learn(
            answer, readings, whole, chances, samples, chances_of, second.name if second else ""
        )
        if samples
        else {}
    )
    credit_of = float if compiled.reference else sharpen
    results = []
    for point, reading, chance in zip(compiled.points, readings, chances, strict=True):
        lesson = lessons.get(point.point.key)
        chance = lesson.chance if lesson else chance
        results.append(
            _decide(
                reading,
                point.point,
                chance,
                round(credit_of(chance), 4),
                lesson.sample if lesson else None,
                answer,
            )
        )
    if any(result.verdict is Verdict.CONTRADICTED for result in results):
        codes.append(reasons.CONTRADICTION)
    if sum(1 - result.confidence for result in results) > min(
        reasons.DOUBT_FROM, reasons.DOUBTFUL_SHARE * len(results)
    ):
        codes.append(reasons.LOW_CONFIDENCE)
    return _result(results, compiled, codes, second)


def _chances(
    answer: AnswerIndex,
    readings: Sequence[PointReading],
    ask: Callable[[str], Sequence[float]] | None = None,
) -> list[float]:
    """The chance, 0-1, of each key point, guards included. `ask` gives those of a second reader for a text."""
    factor, codes = guards.look(answer, readings, reference=answer.compiled.reference)
    if answer.compiled.reference:
        chances = [factor * reference_chance(reading.values) for reading in readings]
    else:
        model = models()["rich" if answer.compiled.rich else "plain"]
        chances = [
            factor * model.chance(reading.values, chinese=answer.chinese) for reading in readings
        ]
    if ask:
        # An answer in none of the rubric's words is what a second reader is there for; what is contradicted it can't make right.
        theirs = 1.0 if codes == [reasons.OFF_TOPIC] else factor
        wrong = [not answer.compiled.reference and _contradicts(reading) for reading in readings]
        chances = [
            own if own < MISSED_BELOW and contradicted else readers.mix(own, theirs * other)
            for own, contradicted, other in zip(chances, wrong, ask(answer.text), strict=True)
        ]
    if answer.compiled.reference:
        return chances
    return [
        bounded(chance, reading, factor) for chance, reading in zip(chances, readings, strict=True)
    ]


def bounded(chance: float, reading: PointReading, factor: float) -> float:
    """The model's chance within what the very words of the author leave open."""
    if reading.quoted or reading.misstated:
        return min(chance, QUOTED_CHANCE)
    if reading.nearly_quoted and not reading.recited:
        return min(chance, NEARLY_QUOTED_CHANCE)
    least = (
        RECITED_CHANCE
        if reading.recited
        else NEARLY_RECITED_CHANCE
        if reading.nearly_recited
        else 0.0
    )
    return max(chance, factor * least)


def _contradicts(reading: PointReading) -> bool:
    """Whether what the answer says of a point it does not earn is nearer to the wrong than to the right.

    That is: one of the author's contradictions fits better than every statement, or a word's opposite stands where the word should.
    """
    values = reading.values
    if reading.quoted or reading.nearly_quoted or reading.misstated:
        return True
    nearer = (
        values["margin"] < -0.05
        and values["fit_margin"] < 0
        and values["contrast"] < 0
        and values["like_wrong_gap"] > 0
    )
    if values["wrong_clause"] > SAYS_WRONG and nearer and values["said"] < -SAID_FROM:
        return True
    return values["flip"] > 0.12


def _decide(
    reading: PointReading,
    point: KeyPoint,
    chance: float,
    credit: float,
    sample: str | None,
    answer: AnswerIndex,
) -> KeyPointResult:
    phrase, window = reading.right_phrase, reading.right_window
    if credit >= COVERED_FROM:
        verdict = Verdict.COVERED
    elif credit >= MISSED_BELOW:
        verdict = Verdict.PARTIAL
    elif not answer.compiled.reference and _contradicts(reading):
        verdict, credit = Verdict.CONTRADICTED, 0.0
        if reading.misstated:
            phrase, window = reading.misstated.phrase, reading.misstated.clause
        elif reading.wrong_phrase is not None:
            phrase, window = reading.wrong_phrase, reading.wrong_window
    else:
        verdict = Verdict.MISSED
    spans: tuple[Span, ...] = ()
    if verdict is not Verdict.MISSED and phrase is not None:
        spans = evidence(phrase, window, answer)
    shown = phrase if spans else None
    return KeyPointResult(
        key=point.key,
        verdict=verdict,
        credit=credit,
        confidence=round(chance if credit >= MISSED_BELOW else 1 - chance, 4),
        evidence=spans,
        matched=shown.text if shown else None,
        matched_kind=shown.kind if shown else None,
        sample=sample,
    )


def _missed(point: KeyPoint) -> KeyPointResult:
    return KeyPointResult(key=point.key, verdict=Verdict.MISSED, credit=0.0, confidence=1.0)


def _result(
    results: Sequence[KeyPointResult],
    compiled: CompiledView,
    codes: Sequence[str],
    second: readers.SecondReader | None,
) -> GradeResult:
    points = compiled.rubric.key_points
    return GradeResult(
        score=score_points(
            (point.weight, result.credit, point.required)
            for point, result in zip(points, results, strict=True)
        ),
        key_points=tuple(results),
        needs_review=any(code in reasons.FOR_REVIEW for code in codes),
        reasons=tuple(codes),
        engine_version=f"{ENGINE_VERSION}+{second.name}" if second else ENGINE_VERSION,
    )
