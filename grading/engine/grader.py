"""grade(): the steps from text to GradeResult, in order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from . import calibration, guards, second_reader
from .answer import AnswerIndex, index_answer
from .evidence import evidence_spans
from .features import MIN_CONTRADICTION_COVERAGE, PointFeatures, compute_features
from .model import Model, models, reference_probability
from .rubric import CompiledRubric, CompiledView, compile_views
from .scoring import (
    CONTRADICTION_THRESHOLD,
    CREDIT_OF,
    THRESHOLDS,
    confidence_of,
    score_points,
    verdict_of,
)
from .types import (
    NOT_LIFTED_REASONS,
    REVIEW_REASONS,
    Glossary,
    GradeResult,
    KeyPoint,
    KeyPointResult,
    Reason,
    Rubric,
    Rule,
    Sample,
    Span,
    Verdict,
)

ENGINE_VERSION = "3.1"
# Characters.
MAX_ANSWER_LENGTH = 20_000
MAX_STATEMENT_LENGTH = 5_000  # of one text of a rubric; the work on it grows with its square
MAX_RUBRIC_LENGTH = 100_000  # of all its texts together

# Bounds of a key point's probability where the answer has the author's very words.
MAX_CONTRADICTED_PROBABILITY = 0.05  # a contradiction word for word, or a statement turned round
MAX_NEARLY_CONTRADICTED_PROBABILITY = 0.2  # a contradiction but for a word
MIN_RECITED_PROBABILITY = 0.9  # a longer statement word for word, and neither of the two above
MIN_NEARLY_RECITED_PROBABILITY = 0.75  # a statement but for a word, or in a roundabout way

# By how much the contradictions must lead over the statements, for an answer that is nearer to
# them to contradict the key point.
MIN_CONTRADICTION_LEAD = 0.05  # of the coverage in a window
MIN_CLAUSE_CONTRADICTION_LEAD = 0.2  # of what single clauses say
MAX_OPPOSITE_SHARE = 0.12  # of a statement's weight in words whose opposite is said instead

UNSURE_THRESHOLD = 0.65  # the confidence below which a verdict is called unsure
# A grade has low confidence if more wrong verdicts are expected in it than this, or a larger share
# of its verdicts than that, and if this many of them are unsure (all, where there are fewer).
MAX_EXPECTED_ERRORS = 1.5
MAX_EXPECTED_ERROR_SHARE = 0.3
MIN_UNSURE_POINTS = 2
NO_GLOSSARY = Glossary()


class EngineError(ValueError):
    """Input that can't be graded."""


class RubricError(EngineError):
    """A rubric that can't grade.

    `code` says why, for the interface to put into words. `keys` names the key points at fault.
    """

    def __init__(self, message: str, *, code: str, keys: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.code, self.keys = code, tuple(keys)


def compile_rubric(rubric: Rubric, *, glossary: Glossary = NO_GLOSSARY) -> CompiledRubric:
    """Compile a rubric, once for any number of answers. Raises RubricError if it can't grade."""
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
            message = (
                f"key point {point.key!r} has a text of {longest} characters;"
                f" {MAX_STATEMENT_LENGTH} is the most that is read"
            )
            raise RubricError(message, code="long_text", keys=[point.key])
        length += sum(map(len, texts))
    if length > MAX_RUBRIC_LENGTH:
        message = (
            f"the rubric's texts have {length} characters together;"
            f" {MAX_RUBRIC_LENGTH} is the most that is read"
        )
        raise RubricError(message, code="long_rubric")
    if not any(point.weight for point in rubric.key_points):
        raise RubricError("no key point of the rubric weighs anything", code="weightless")
    compiled = compile_views(rubric, glossary=glossary)
    for view in (compiled.chinese, compiled.other):
        if wordless := [point.point.key for point in view.points if not point.own_texts]:
            message = (
                f"the text of key point {wordless[0]!r} has no word that an answer could say;"
                " write it as a statement"
            )
            raise RubricError(message, code="wordless", keys=wordless)
    return compiled


def grade(
    text: str,
    rubric: Rubric | CompiledRubric,
    *,
    glossary: Glossary = NO_GLOSSARY,
    samples: Sequence[Sample] = (),
    second: second_reader.SecondReader | None = None,
) -> GradeResult:
    """Grade one answer. The same arguments give the same result, in any process.

    A CompiledRubric brings its glossary along. A second reader's probabilities count half. Raises
    EngineError for a text over MAX_ANSWER_LENGTH or a rubric that can't grade.
    """
    compiled = (
        rubric if isinstance(rubric, CompiledRubric) else compile_rubric(rubric, glossary=glossary)
    )
    return grading_steps(text, compiled, samples=samples, second=second).result


@dataclass(frozen=True, slots=True)
class Probabilities:
    """How likely an answer covers each key point, step by step, in the rubric's order."""

    model: list[float]  # by the model alone
    read: list[float]  # after the guards and the second reader
    bounded: list[float]  # within what the author's very words leave open
    factor: float  # what the guards multiply by
    reasons: list[Reason]  # what the guards found


@dataclass(frozen=True, slots=True)
class GradingSteps:
    """Everything that is worked out on the way from a text to its grade."""

    answer: AnswerIndex
    features: list[PointFeatures]  # in the rubric's order; none for a blank answer
    probabilities: Probabilities
    corrections: dict[str, calibration.Correction]  # by key point, from marked answers
    result: GradeResult


def grading_steps(
    text: str,
    compiled: CompiledRubric,
    *,
    samples: Sequence[Sample] = (),
    second: second_reader.SecondReader | None = None,
) -> GradingSteps:
    """Grade one answer and keep what led to the grade. Raises EngineError as `grade` does."""
    if len(text) > MAX_ANSWER_LENGTH:
        raise EngineError(
            f"the answer has {len(text)} characters; {MAX_ANSWER_LENGTH} is the most that is graded"
        )
    answer = index_answer(text, compiled)
    view = answer.view
    if not answer.tokenized.tokens:
        missed = [_missed(point.point) for point in view.points]
        result = _result(missed, view, [Reason.BLANK], second)
        return GradingSteps(answer, [], Probabilities([], [], [], 1.0, [Reason.BLANK]), {}, result)
    features = compute_features(answer)
    ask = partial(second_reader.ask, second, compiled.rubric) if second else None
    probabilities = _probabilities(answer, features, ask)
    corrections = (
        calibration.calibrate(
            answer,
            features,
            compiled,
            probabilities.bounded,
            samples=samples,
            probabilities_of=lambda answer, features: _probabilities(answer, features, ask).bounded,
            reader=second.name if second else "",
        )
        if samples
        else {}
    )
    if not NOT_LIFTED_REASONS.isdisjoint(probabilities.reasons):
        # A marked answer may take from such a text, and never gives to it: whoever copies a refusal
        # that somebody marked as right earns what the refusal earns.
        corrections = {
            point.point.key: corrections[point.point.key]
            for point, probability in zip(view.points, probabilities.bounded, strict=True)
            if point.point.key in corrections
            and corrections[point.point.key].probability <= probability
        }
    results = []
    for point, point_features, uncorrected in zip(
        view.points, features, probabilities.bounded, strict=True
    ):
        correction = corrections.get(point.point.key)
        probability = correction.probability if correction else uncorrected
        results.append(
            _decide(
                point_features,
                point.point,
                probability,
                correction.sample if correction else None,
                answer,
            )
        )
    reasons = list(probabilities.reasons)
    if any(result.verdict is Verdict.CONTRADICTED for result in results):
        reasons.append(Reason.CONTRADICTION)
    if _is_doubtful(results):
        reasons.append(Reason.LOW_CONFIDENCE)
    result = _result(results, view, reasons, second)
    return GradingSteps(answer, features, probabilities, corrections, result)


def model_of(view: CompiledView) -> Model | None:
    """The fitted model for a rubric; None for a reference, which needs none."""
    if view.is_reference:
        return None
    return models()[view.style]


def _is_doubtful(results: Sequence[KeyPointResult]) -> bool:
    """Whether too many verdicts could as well be the other way, some of them called unsure."""
    unsure = sum(result.confidence < UNSURE_THRESHOLD for result in results)
    return unsure >= min(MIN_UNSURE_POINTS, len(results)) and sum(
        1 - result.confidence for result in results
    ) > min(MAX_EXPECTED_ERRORS, MAX_EXPECTED_ERROR_SHARE * len(results))


def _probabilities(
    answer: AnswerIndex,
    features: Sequence[PointFeatures],
    ask: Callable[[str], Sequence[float]] | None = None,
) -> Probabilities:
    """The probability of each key point, guards included.

    `ask` gives the probabilities of a second reader for a text.
    """
    is_reference, model = answer.view.is_reference, model_of(answer.view)
    factor, reasons = guards.check(answer, features, is_reference=is_reference)
    alone = [
        reference_probability(point_features.values)
        if model is None
        else model.probability(point_features.values, is_chinese=answer.is_chinese)
        for point_features in features
    ]
    read = [factor * probability for probability in alone]
    if ask:
        # An answer in none of the rubric's words is what a second reader is there for. It can't
        # make right what is contradicted.
        theirs = 1.0 if reasons == [Reason.OFF_TOPIC] else factor
        wrong = [
            not is_reference and bool(contradiction_rule(point_features))
            for point_features in features
        ]
        read = [
            own
            if own < CONTRADICTION_THRESHOLD and contradicted
            else second_reader.mix(own, theirs * other)
            for own, contradicted, other in zip(read, wrong, ask(answer.text), strict=True)
        ]
    bounded = (
        read
        if is_reference
        else [
            bound_probability(probability, point_features, factor)
            for probability, point_features in zip(read, features, strict=True)
        ]
    )
    return Probabilities(alone, read, bounded, factor, reasons)


def bound_probability(probability: float, point_features: PointFeatures, factor: float) -> float:
    """The model's probability within what the very words of the author leave open."""
    if point_features.quoted_contradiction or point_features.reversal:
        return min(probability, MAX_CONTRADICTED_PROBABILITY)
    if point_features.is_nearly_contradicted and not point_features.is_recited:
        return min(probability, MAX_NEARLY_CONTRADICTED_PROBABILITY)
    least = (
        MIN_RECITED_PROBABILITY
        if point_features.is_recited
        else MIN_NEARLY_RECITED_PROBABILITY
        if point_features.is_nearly_recited or point_features.is_affirmed
        else 0.0
    )
    return max(probability, factor * least)


def contradiction_rule(point_features: PointFeatures) -> Rule | None:
    """The rule by which an answer contradicts a point that it does not earn; None if none does.

    The last two rules go by the features: one of the author's contradictions fits better than
    every statement, or the answer has the opposite of a word where the word should be.
    """
    values = point_features.values
    if point_features.reversal:
        return point_features.reversal.rule
    if point_features.quoted_contradiction:
        return Rule.CONTRADICTION
    if point_features.is_nearly_contradicted:
        return Rule.NEAR_CONTRADICTION
    nearer = (
        values["coverage_diff"] < -MIN_CONTRADICTION_LEAD
        and values["f1_diff"] < 0
        and values["log_ratio_weighted"] < 0
        and values["similarity_contradiction_lead"] > 0
    )
    if (
        values["clause_contradiction_coverage"] > MIN_CONTRADICTION_COVERAGE
        and nearer
        and values["clause_diff"] < -MIN_CLAUSE_CONTRADICTION_LEAD
    ):
        return Rule.CLOSER_TO_CONTRADICTION
    return Rule.OPPOSITE_WORD if values["opposite_share_max"] > MAX_OPPOSITE_SHARE else None


def recital_rule(point_features: PointFeatures) -> Rule | None:
    """The rule by which an answer earns a point in the author's words; None if none does."""
    if point_features.is_recited:
        return Rule.RECITED
    if point_features.is_nearly_recited:
        return Rule.NEARLY_RECITED
    return Rule.AFFIRMED if point_features.is_affirmed else None


def _decide(
    point_features: PointFeatures,
    point: KeyPoint,
    probability: float,
    sample: str | None,
    answer: AnswerIndex,
) -> KeyPointResult:
    phrase, window = point_features.best_statement, point_features.statement_window
    chance = round(probability, 4)
    is_reference = answer.view.is_reference
    against = None if is_reference else contradiction_rule(point_features)
    rule: Rule | None = None
    verdict = verdict_of(chance, THRESHOLDS[answer.view.style], speaks_against=against is not None)
    if verdict is Verdict.CONTRADICTED:
        rule = against
        if point_features.reversal:
            phrase, window = point_features.reversal.phrase, point_features.reversal.clause
        elif point_features.best_contradiction is not None:
            phrase, window = point_features.best_contradiction, point_features.contradiction_window
    if not is_reference:
        if verdict in (Verdict.COVERED, Verdict.PARTIAL):
            rule = recital_rule(point_features)
        elif verdict is Verdict.MISSED and point_features.is_retracted:
            rule = Rule.RETRACTED
    spans: tuple[Span, ...] = ()
    if verdict is not Verdict.MISSED and phrase is not None:
        spans = evidence_spans(phrase, window, answer)
    shown = phrase if spans else None
    return KeyPointResult(
        key=point.key,
        verdict=verdict,
        credit=CREDIT_OF[verdict],
        chance=chance,
        confidence=round(confidence_of(verdict, chance), 4),
        evidence=spans,
        matched=shown.text if shown else None,
        matched_kind=shown.kind if shown else None,
        sample=sample,
        rule=rule,
    )


def _missed(point: KeyPoint) -> KeyPointResult:
    return KeyPointResult(
        key=point.key, verdict=Verdict.MISSED, credit=0.0, chance=0.0, confidence=1.0
    )


def _result(
    results: Sequence[KeyPointResult],
    view: CompiledView,
    reasons: Sequence[Reason],
    second: second_reader.SecondReader | None,
) -> GradeResult:
    points = view.rubric.key_points
    return GradeResult(
        score=score_points(
            (point.weight, result.credit, point.required)
            for point, result in zip(points, results, strict=True)
        ),
        key_points=tuple(results),
        needs_review=any(code in REVIEW_REASONS for code in reasons),
        reasons=tuple(reasons),
        engine_version=f"{ENGINE_VERSION}+{second.name}" if second else ENGINE_VERSION,
    )
