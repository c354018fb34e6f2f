"""The test bench: a rubric tried on texts and measured on marked answers.

The rubric may be a draft or published. No grade is written.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from django.core.cache import cache

from grading import engine
from grading.agreement import machine_says_yes, person_says_yes
from grading.lessons import engine_sample
from grading.services.run import current_engine_version, second_reader
from questions.as_rubric import HashedGlossary, current_glossary, engine_rubric
from questions.hashing import sha256_of_json
from questions.models import Phrase, Question, Rubric, Sample
from questions.services.samples import samples_digest, samples_for_grading

# Of grading in one request, which then takes less than 0.3 s; the page asks again until all is
# graded
BUDGET_S = 0.2
KEEP_S = 24 * 3600


@dataclass(frozen=True, slots=True)
class Bench:
    """A rubric as it stands now, ready to be tried.

    `digest` says what it grades by, the glossary and a second reader included.
    """

    rubric: Rubric | None = field(compare=False)
    content: engine.Rubric
    words: HashedGlossary

    @property
    def digest(self) -> str:
        content = dataclasses.asdict(self.content)
        return sha256_of_json([current_engine_version(), self.words.content_hash, content])

    @property
    def compiled(self) -> engine.CompiledRubric:
        return _compiled(self.content, self.words)

    @property
    def can_grade(self) -> bool:
        try:
            _ = self.compiled
        except engine.RubricError:
            return False
        return True

    def with_phrase(self, key: str, kind: str, text: str) -> Bench:
        """The same rubric with one phrase more."""
        phrase = engine.Phrase(text, engine.PhraseKind(kind))
        points = tuple(
            dataclasses.replace(point, phrases=(*point.phrases, phrase))
            if point.key == key
            else point
            for point in self.content.key_points
        )
        return Bench(None, dataclasses.replace(self.content, key_points=points), self.words)


@lru_cache(maxsize=64)
def _compiled(content: engine.Rubric, words: HashedGlossary) -> engine.CompiledRubric:
    """Kept by what the rubric says, so a draft that changes is never read stale."""
    return engine.compile_rubric(content, glossary=words.glossary)


def bench_of(rubric: Rubric | None) -> Bench | None:
    """The rubric on the bench; None where there is none or it can't grade yet."""
    if rubric is None:
        return None
    bench = Bench(rubric, engine_rubric(rubric), current_glossary())
    return bench if bench.can_grade else None


def benches_of(question: Question) -> tuple[Bench | None, Bench | None]:
    """(draft, published) of a question."""
    rubrics = question.rubrics.select_related("question").exclude(status=Rubric.Status.RETIRED)
    by_status = {rubric.status: rubric for rubric in rubrics}
    return bench_of(by_status.get(Rubric.Status.DRAFT)), bench_of(
        by_status.get(Rubric.Status.PUBLISHED)
    )


def lessons_on_bench(
    question: Question, *, but: Sample | None = None, text: str = ""
) -> list[engine.Sample]:
    """What grading would learn from, without the sample that is tried and its copies.

    A copy is another sample of the same text.
    """
    ids = [pk for _hash, pk in samples_for_grading(question.pk)]
    found = Sample.objects.in_bulk(ids)
    return [
        engine_sample(found[pk])
        for pk in ids
        if pk in found and (but is None or pk != but.pk) and found[pk].text != text
    ]


def try_text(
    bench: Bench, text: str, *, lessons: Sequence[engine.Sample] = ()
) -> engine.GradeResult:
    """Grade a text on the bench as an answer would be.

    Raises EngineError for one that is too long.
    """
    return engine.grade(text, bench.compiled, samples=lessons, second=second_reader())


# Marked answers -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Judged:
    """What the machine said of one key point of one sample, beside the person's credit."""

    sample: Sample
    key: str
    mark: float
    verdict: engine.Verdict
    confidence: float
    matched: str
    matched_kind: str

    @property
    def human_yes(self) -> bool:
        return person_says_yes(self.mark)

    @property
    def machine_yes(self) -> bool:
        return machine_says_yes(self.verdict)

    @property
    def is_wrong(self) -> bool:
        return self.human_yes != self.machine_yes


@dataclass(frozen=True, slots=True)
class Measured:
    """A rubric's verdicts on the marked answers; `graded` of `total` so far."""

    judged: tuple[Judged, ...]
    graded: int
    total: int

    @property
    def is_complete(self) -> bool:
        return self.graded == self.total

    @property
    def accuracy(self) -> float | None:
        return (
            sum(not one.is_wrong for one in self.judged) / len(self.judged) if self.judged else None
        )

    @property
    def wrong(self) -> list[Judged]:
        return [one for one in self.judged if one.is_wrong]


def measure(
    bench: Bench, samples: Sequence[Sample], *, learning: bool = False, budget_s: float = BUDGET_S
) -> Measured:
    """Hold the rubric against the samples, for as long as the budget lasts.

    What was graded once is kept by what it was graded by.

    With `learning`, each sample is graded as a new answer would be: with all the others as its
    lessons.
    """
    stop = time.monotonic() + budget_s
    lessons = [(sample, engine_sample(sample)) for sample in samples] if learning else []
    learned = samples_digest(sorted(sample.content_hash for sample in samples)) if learning else ""
    key = f"bench:{sha256_of_json([bench.digest, learned])}"
    kept: dict[str, list[tuple[str, str, float, str, str]]] = cache.get(key, {})
    wanted = {sample.content_hash for sample in samples}
    known = {
        content_hash: points for content_hash, points in kept.items() if content_hash in wanted
    }
    for sample in samples:
        if sample.content_hash in known:
            continue
        if time.monotonic() > stop:
            break
        others = [
            lesson
            for other, lesson in lessons
            if other.pk != sample.pk and other.text != sample.text
        ]
        result = try_text(bench, sample.text, lessons=others)
        known[sample.content_hash] = [
            (
                point.key,
                point.verdict.value,
                point.confidence,
                point.matched or "",
                point.matched_kind.value if point.matched_kind else "",
            )
            for point in result.key_points
        ]
    if known.keys() != kept.keys():
        cache.set(key, known, KEEP_S)
    judged = tuple(
        Judged(
            sample,
            key,
            float(sample.marks[key]),
            engine.Verdict(verdict),
            confidence,
            matched,
            kind,
        )
        for sample in samples
        for key, verdict, confidence, matched, kind in known.get(sample.content_hash, ())
        if key in sample.marks
    )
    return Measured(judged, sum(sample.content_hash in known for sample in samples), len(samples))


@dataclass(slots=True)
class PointCount:
    """How a key point's verdicts hold against the marks."""

    point: engine.KeyPoint
    marked: int = 0
    missed: list[Judged] = field(default_factory=list)
    false: list[Judged] = field(default_factory=list)

    @property
    def accuracy(self) -> float | None:
        return 1 - (len(self.missed) + len(self.false)) / self.marked if self.marked else None


@dataclass(slots=True)
class PhraseCount:
    """How often a phrase explained a verdict: rightly, or with a person saying otherwise."""

    text: str
    kind: str
    right: int = 0
    wrong: list[Judged] = field(default_factory=list)

    @property
    def kind_label(self) -> str:
        return str(Phrase.Kind(self.kind).label)

    @property
    def never_matched(self) -> bool:
        return not self.right and not self.wrong


def count_points(bench: Bench, measured: Measured) -> list[PointCount]:
    counts = {point.key: PointCount(point) for point in bench.content.key_points}
    for one in measured.judged:
        count = counts[one.key]
        count.marked += 1
        if one.is_wrong:
            (count.missed if one.human_yes else count.false).append(one)
    return list(counts.values())


def count_phrases(bench: Bench, measured: Measured) -> dict[str, list[PhraseCount]]:
    """The phrases of each key point, in the rubric's order."""
    counts = {
        point.key: {
            (phrase.kind.value, phrase.text): PhraseCount(phrase.text, phrase.kind.value)
            for phrase in point.phrases
        }
        for point in bench.content.key_points
    }
    for one in measured.judged:
        phrase = counts[one.key].get((one.matched_kind, one.matched))
        if phrase is None:
            continue
        contradicts = phrase.kind == engine.PhraseKind.CONTRADICTS.value
        if one.human_yes == contradicts:
            phrase.wrong.append(one)
        else:
            phrase.right += 1
    return {key: list(phrases.values()) for key, phrases in counts.items()}


# The effect of a change ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Effect:
    """What a change of the rubric does to its verdicts on the marked answers."""

    before: float | None
    after: float | None
    better: tuple[Judged, ...]
    worse: tuple[Judged, ...]
    is_complete: bool


def effect_of(
    before: Bench, after: Bench, samples: Sequence[Sample], *, budget_s: float = BUDGET_S
) -> Effect:
    """Which verdicts turn right and which turn wrong.

    Learning is left out: it would hide what the rubric itself can do.
    """
    was = measure(before, samples, budget_s=budget_s / 2)
    now = measure(after, samples, budget_s=budget_s / 2)
    places = {(one.sample.pk, one.key): one for one in was.judged}
    changed = [
        (one, places[one.sample.pk, one.key])
        for one in now.judged
        if (one.sample.pk, one.key) in places
    ]
    return Effect(
        before=was.accuracy,
        after=now.accuracy,
        better=tuple(one for one, former in changed if former.is_wrong and not one.is_wrong),
        worse=tuple(one for one, former in changed if one.is_wrong and not former.is_wrong),
        is_complete=was.is_complete and now.is_complete,
    )


def marked_answers(question: Question) -> list[Sample]:
    """The samples the bench counts."""
    return list(
        Sample.objects.in_use().filter(question=question).exclude(marks={}).select_related("author")
    )
