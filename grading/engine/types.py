"""What goes into the engine and what comes out of it: frozen, comparable, free of Django."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum


class Verdict(StrEnum):
    """What an answer does with one key point."""

    COVERED = "covered"
    PARTIAL = "partial"
    MISSED = "missed"
    CONTRADICTED = "contradicted"


class Reason(StrEnum):
    """Why a person should look at a grade. The interface translates them."""

    BLANK = "blank"  # nothing to grade
    NO_ANSWER = "no_answer"  # says that it doesn't know, and little else
    STUFFING = "stuffing"  # a bare list of keywords
    ECHO = "echo"  # mostly the question's own words
    OFF_TOPIC = "off_topic"  # hardly a word of the question or the rubric
    COPIED = "copied_model_answer"  # nearly word for word the model answer or the rubric's own text
    CONTRADICTION = "contradiction"  # states at least one key point the wrong way round
    LOW_CONFIDENCE = "low_confidence"  # too many verdicts could as well be the other way


# Blank answers and "I don't know" are clear; the rest wants a look.
REVIEW_REASONS = frozenset(
    {Reason.STUFFING, Reason.ECHO, Reason.OFF_TOPIC, Reason.COPIED, Reason.LOW_CONFIDENCE}
)


class Rule(StrEnum):
    """The rule that decided a key point, where one did and not the model's probability alone."""

    # The answer turns one of the author's statements round (reversals/).
    DENIED = "denied"  # says that it is not so
    SENTENCE_DENIED = "sentence_denied"  # "it is not true that ..."
    COMPARED = "compared"  # compares the same two things the other way round
    OPPOSITE = "opposite"  # says the opposite of one word
    OTHER_SUBJECT = "other_subject"  # says it of another of the question's subjects
    NUMBER = "number"  # gives another number
    FORMULA = "formula"  # gives the formula with another number, power or root
    TREND = "trend"  # lets something rise that should fall
    SWAPPED = "swapped"  # puts two things in each other's place
    # The answer makes one of the author's contradictions.
    CONTRADICTION = "contradiction"  # word for word
    NEAR_CONTRADICTION = "near_contradiction"  # but for a word
    CLOSER_TO_CONTRADICTION = "closer_to_contradiction"  # is nearer to it than to any statement
    OPPOSITE_WORD = "opposite_word"  # has the opposite of a word where the word should be
    # The answer says the point and takes it back.
    RETRACTED = "retracted"
    # The answer says the point.
    RECITED = "recited"  # word for word
    NEARLY_RECITED = "nearly_recited"  # but for a word
    AFFIRMED = "affirmed"  # by denying its contradiction, or by the converse of its trend


class PhraseKind(StrEnum):
    """How an author's phrase bears on its key point."""

    SAYS_IT = "says_it"
    TERM_GROUP = "term_group"
    CONTRADICTS = "contradicts"


@dataclass(frozen=True, slots=True)
class Phrase:
    """An author's aid to one key point.

    `text` is a statement for SAYS_IT and CONTRADICTS. A TERM_GROUP has one alternative per line.
    """

    text: str
    kind: PhraseKind = PhraseKind.SAYS_IT

    @property
    def alternatives(self) -> tuple[str, ...]:
        """The terms of a group, of which one must stand near one of every other group."""
        return tuple(line.strip() for line in self.text.splitlines() if line.strip())


@dataclass(frozen=True, slots=True)
class KeyPoint:
    """One idea a good answer contains. `texts` holds it once per language it is written in."""

    key: str
    texts: tuple[str, ...]
    weight: Decimal = Decimal(1)
    required: bool = False
    phrases: tuple[Phrase, ...] = ()


@dataclass(frozen=True, slots=True)
class Rubric:
    """A question's key points, frozen. `prompts` holds the question once per language.

    `model_answers` are what a candidate may have before them: an answer pasted from one is shown to a person.
    """

    prompts: tuple[str, ...]
    key_points: tuple[KeyPoint, ...]
    model_answers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Glossary:
    """The field's vocabulary, shared by all questions.

    `groups`: terms that mean the same (梯度消失, vanishing gradient). `opposites`: pairs that exclude each
    other (前向 / 反向).
    """

    groups: tuple[tuple[str, ...], ...] = ()
    opposites: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Sample:
    """An answer to the same question with a person's credit (0-1) per key point."""

    text: str
    credits: tuple[tuple[str, float], ...]
    name: str = ""


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """Half-open range in characters (code points) of the answer as typed."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class KeyPointResult:
    """How one key point came out. `credit` and `confidence` lie in 0-1.

    `matched` is the author's text that explained the answer best (a key point's own text or a phrase), with
    `matched_kind` None for the key point's own text. `sample` names the marked answer leaned on, if any,
    and `rule` the rule that decided the point, if one did.
    """

    key: str
    verdict: Verdict
    credit: float
    confidence: float
    evidence: tuple[Span, ...] = ()
    matched: str | None = None
    matched_kind: PhraseKind | None = None
    sample: str | None = None
    rule: Rule | None = None


@dataclass(frozen=True, slots=True)
class GradeResult:
    """One answer's grade. `score` is in points, 0-100; `reasons` are codes for why a person should look."""

    score: Decimal
    key_points: tuple[KeyPointResult, ...]
    needs_review: bool
    reasons: tuple[Reason, ...]
    engine_version: str
