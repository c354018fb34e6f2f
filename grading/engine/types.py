"""What goes into the engine and what comes out of it: plain values that never change."""

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

# What is no answer: it earns nothing by being like a marked one.
NOT_LIFTED_REASONS = frozenset({Reason.NO_ANSWER, Reason.STUFFING, Reason.ECHO, Reason.OFF_TOPIC})


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
    """An author's aid to one key point."""

    text: str  # a statement; of a TERM_GROUP one term a line
    kind: PhraseKind = PhraseKind.SAYS_IT

    @property
    def alternatives(self) -> tuple[str, ...]:
        """The terms of a group. One of them must stand near a term of every other group."""
        return tuple(line.strip() for line in self.text.splitlines() if line.strip())


@dataclass(frozen=True, slots=True)
class KeyPoint:
    """One idea that a good answer contains."""

    key: str  # its name within the rubric
    texts: tuple[str, ...]  # the idea, once per language
    weight: Decimal = Decimal(1)
    required: bool = False  # whether missing it caps the score
    phrases: tuple[Phrase, ...] = ()


@dataclass(frozen=True, slots=True)
class Rubric:
    """A question and its key points."""

    prompts: tuple[str, ...]  # the question, once per language
    key_points: tuple[KeyPoint, ...]
    model_answers: tuple[str, ...] = ()  # an answer pasted from one of them goes to a person


@dataclass(frozen=True, slots=True)
class Glossary:
    """The vocabulary of the field, shared by all questions."""

    groups: tuple[
        tuple[str, ...], ...
    ] = ()  # terms that mean the same: 梯度消失, vanishing gradient
    opposites: tuple[tuple[str, str], ...] = ()  # terms that exclude each other: 前向, 反向


@dataclass(frozen=True, slots=True)
class Sample:
    """An answer to the same question that a person has marked."""

    text: str
    credits: tuple[tuple[str, float], ...]  # the person's credit, 0-1, by key point
    name: str = ""  # what a result calls it


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """Half-open range in characters (code points) of the answer as typed."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class KeyPointResult:
    """How one key point came out."""

    key: str
    verdict: Verdict
    credit: float  # of the verdict: 1, 1/2 or 0
    chance: float  # 0-1: how likely a person would credit the point
    confidence: float  # 0-1: the probability that crediting it, or not, is right
    evidence: tuple[Span, ...] = ()  # what earned or contradicted the point; none if missed
    matched: str | None = None  # the author's text that explains the evidence best
    matched_kind: PhraseKind | None = None  # its kind; None for the key point's own text
    sample: str | None = None  # the marked answer that moved the probability most, if any did
    rule: Rule | None = None  # what decided the point, where a rule did


@dataclass(frozen=True, slots=True)
class GradeResult:
    """One answer's grade."""

    score: Decimal  # points, 0-100
    key_points: tuple[KeyPointResult, ...]  # in the rubric's order
    needs_review: bool
    reasons: tuple[Reason, ...]
    engine_version: str
