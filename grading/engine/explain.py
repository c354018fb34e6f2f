"""How a grade came about, as plain text for a person.

Nothing is worked out anew here: the steps are those that `grade` takes (`grader.grading_steps`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from .coverage import coverage_by_clause, coverage_by_window
from .evidence import evidence_spans
from .features import PointFeatures
from .grader import GradingSteps, model_of
from .rubric import CompiledKeyPoint, CompiledPhrase
from .scoring import THRESHOLDS, uncapped_points
from .text import tokenize
from .types import KeyPointResult, Span

SHOWN_FEATURES = 6  # those that move a key point's probability most
MIN_INFLUENCE = 0.005  # change of the probability; a feature that moves it less is not shown


def explanation(steps: GradingSteps) -> str:
    """The way from the text to the score, step by step."""
    lines = [*_clauses(steps), *_guards(steps)]
    points = zip(steps.answer.view.points, steps.result.key_points, strict=True)
    for number, (point, result) in enumerate(points):
        lines += ["", *_point(steps, number, point, result)]
    return "\n".join([*lines, "", *_arithmetic(steps)])


def _clauses(steps: GradingSteps) -> Iterator[str]:
    """The clauses as they were read, with those that do not count."""
    answer, tokenized = steps.answer, steps.answer.tokenized
    yield f"Clauses, read as {'Chinese' if answer.is_chinese else 'English'}"
    for clause in range(tokenized.clause_count):
        first, last = tokenized.clause_starts[clause], tokenized.clause_starts[clause + 1]
        notes = []
        if clause in answer.retractions:
            notes.append(f"does not count: {answer.retractions[clause].value}")
        elif clause in answer.skipped:
            notes.append("does not count: said before")
        if negations := answer.negations_by_clause[clause]:
            notes.append("1 negation" if negations == 1 else f"{negations} negations")
        text = _typed(answer.text, [Span(tokenized.starts[first], tokenized.ends[last - 1])])
        yield f"  {clause + 1:>3}  {text}" + "".join(f"  [{note}]" for note in notes)
    if dropped := _dropped(steps):
        yield f"  read as not said, for “not X but Y”: {_typed(answer.text, dropped)}"


def _dropped(steps: GradingSteps) -> list[Span]:
    """What of the text was read as the X of "not X but Y"."""
    whole, kept = tokenize(steps.answer.text), set(steps.answer.tokenized.starts)
    spans: list[Span] = []
    is_open = False
    for start, end in zip(whole.starts, whole.ends, strict=True):
        if start in kept:
            is_open = False
        elif is_open:
            spans[-1] = Span(spans[-1].start, end)
        else:
            spans.append(Span(start, end))
            is_open = True
    return spans


def _guards(steps: GradingSteps) -> Iterator[str]:
    probabilities = steps.probabilities
    found = ", ".join(reason.value for reason in probabilities.reasons) or "none"
    yield f"Guards: {found} (probabilities x {probabilities.factor:g})"
    reasons = [reason.value for reason in steps.result.reasons]
    yield f"For a person to look at: {', '.join(reasons) or 'nothing'}"


def _point(
    steps: GradingSteps, number: int, point: CompiledKeyPoint, result: KeyPointResult
) -> Iterator[str]:
    """One key point: where it was found, what spoke for and against it, and what it earned."""
    key_point = point.point
    required = ", required" if key_point.required else ""
    text = point.own_texts[0].text if point.own_texts else key_point.texts[0]
    yield f"{key_point.key}: {text} (weight {key_point.weight}{required})"
    if not steps.features:
        return
    features = steps.features[number]
    statement = features.best_statement
    name = "best wording" if statement and statement.kind else "best statement, its own text"
    yield from _nearest(steps, name, statement, features.statement_window)
    yield from _nearest(
        steps, "best contradiction", features.best_contradiction, features.contradiction_window
    )
    if features.reversal:
        phrase, clause = features.reversal.phrase, features.reversal.clause
        yield f"  turned round in clause {clause + 1}: “{phrase.text}” ({features.reversal.rule})"
    yield from _influences(steps, features)
    yield f"  rule: {result.rule.value if result.rule else 'none'}"
    yield f"  probability: {_probability_steps(steps, number, result)}"
    shown = _typed(steps.answer.text, result.evidence)
    thresholds = THRESHOLDS[steps.answer.view.style]
    yield (
        f"  chance {result.chance:.3f}: partial from {thresholds.partial:g},"
        f" covered from {thresholds.covered:g}"
    )
    yield f"  verdict: {result.verdict.value}, credit {result.credit:g}" + (
        f", shown: {shown}" if shown else ""
    )


def _nearest(
    steps: GradingSteps, name: str, phrase: CompiledPhrase | None, window: int
) -> Iterator[str]:
    """An author's text that the answer covers best, and where."""
    if phrase is None:
        return
    answer = steps.answer
    coverage = coverage_by_window(phrase, answer)[0][window]
    by_clause = coverage_by_clause(phrase, answer)
    clauses = [str(clause + 1) for clause in (window, window + 1) if clause in by_clause]
    place = f"clause{'s' * (len(clauses) > 1)} {' and '.join(clauses)}"
    words = _typed(answer.text, evidence_spans(phrase, window, answer))
    yield f"  {name}: “{phrase.text}”"
    yield f"    {coverage:.2f} of its weight in {place}: {words}"


def _influences(steps: GradingSteps, features: PointFeatures) -> Iterator[str]:
    """The features that move the model's probability most."""
    answer, model = steps.answer, model_of(steps.answer.view)
    if model is None:
        covered = features.values["coverage_own_text"]
        yield f"  a whole model answer, covered by {covered:.2f} of its weight"
        return
    means = model.means(is_chinese=answer.is_chinese)
    influences = model.influences(features.values, is_chinese=answer.is_chinese)
    strongest = sorted(influences.items(), key=lambda item: (-abs(item[1]), item[0]))
    for name, influence in strongest[:SHOWN_FEATURES]:
        if abs(influence) >= MIN_INFLUENCE:
            value, mean = features.values[name], means[name]
            yield f"  {influence:+.3f}  {name} is {value:.2f} (mean {mean:.2f})"


def _probability_steps(steps: GradingSteps, number: int, result: KeyPointResult) -> str:
    """The probability from step to step; steps that change nothing are left out."""
    probabilities = steps.probabilities
    correction = steps.corrections.get(result.key)
    named = [
        ("model", probabilities.model[number]),
        ("after guards and second reader", probabilities.read[number]),
        ("within what the author's very words allow", probabilities.bounded[number]),
    ]
    if correction:
        sample = f" (most by {correction.sample})" if correction.sample else ""
        named.append((f"corrected by marked answers{sample}", correction.probability))
    changed = [
        (name, value)
        for place, (name, value) in enumerate(named)
        if place == 0 or value != named[place - 1][1]
    ]
    return ", ".join(f"{value:.3f} {name}" for name, value in changed)


def _arithmetic(steps: GradingSteps) -> Iterator[str]:
    """The sum that gives the score."""
    points = [point.point for point in steps.answer.view.points]
    results = steps.result.key_points
    items = [
        (point.weight, result.credit, point.required)
        for point, result in zip(points, results, strict=True)
    ]
    products = " + ".join(f"{weight} x {credit:g}" for weight, credit, _ in items)
    total = sum((weight for weight, _, _ in items), Decimal(0))
    score, uncapped = steps.result.score, uncapped_points(items)
    yield "Score"
    yield f"  100 x ({products}) / {total} = {uncapped:.3f}"
    if uncapped > score and uncapped - score > Decimal("0.05"):
        yield f"  capped at {score}: a required key point is missed"
    yield f"  score {score}"


def _typed(text: str, spans: Sequence[Span]) -> str:
    """Pieces of the text as typed, on one line."""
    return " … ".join(" ".join(text[span.start : span.end].split()) for span in spans)
