"""Why an answer asks for a person, and which rule decided a key point, in words."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from grading.engine import UNSURE_THRESHOLD, Reason, Rule
from interview.standing import StandingResult

REASONS: dict[str, str | Promise] = {
    Reason.BLANK: _("The answer contains nothing that can be read."),
    Reason.NO_ANSWER: _("The answer says little more than “I don’t know”."),
    Reason.STUFFING: _("The answer reads like a list of terms rather than sentences."),
    Reason.ECHO: _("Most of the answer repeats the question."),
    Reason.OFF_TOPIC: _("The answer seems to be about something else."),
    Reason.COPIED: _("The answer uses the words of the model answer or the key points."),
    Reason.CONTRADICTION: _("The answer reverses at least one key point."),
    Reason.LOW_CONFIDENCE: _("The grader is unsure about several key points."),
}


def reason_text(code: str) -> str:
    """What a reason code means. A code of another engine version stands for itself."""
    return str(REASONS.get(code, code))


RULES: dict[str, str | Promise] = {
    Rule.DENIED: _("denied"),
    Rule.SENTENCE_DENIED: _("the whole sentence denied"),
    Rule.COMPARED: _("compared the other way round"),
    Rule.OPPOSITE: _("the opposite of a word"),
    Rule.OTHER_SUBJECT: _("said of something else"),
    Rule.NUMBER: _("another number"),
    Rule.FORMULA: _("another formula"),
    Rule.TREND: _("the trend reversed"),
    Rule.SWAPPED: _("two things swapped"),
    Rule.CONTRADICTION: _("a known wrong statement, word for word"),
    Rule.NEAR_CONTRADICTION: _("a known wrong statement, nearly word for word"),
    Rule.CLOSER_TO_CONTRADICTION: _("closer to a known wrong statement than to the right one"),
    Rule.OPPOSITE_WORD: _("the opposite word in place of the right one"),
    Rule.RETRACTED: _("said, then taken back"),
    Rule.RECITED: _("stated word for word"),
    Rule.NEARLY_RECITED: _("stated nearly word for word"),
    Rule.AFFIRMED: _("affirmed by denying the opposite"),
}


def rule_text(code: str) -> str:
    """The rule in words. Empty where none decided; an unknown code is shown as it is."""
    return str(RULES.get(code, code))


# The engine's confidence is the probability that its verdict is on the right side: 0.5 to 1, and
# less for a partial one. docs/grading.md, "How sure it is", says how often such verdicts are right.
SURE_THRESHOLD = 0.85


def confidence_words(confidence: float) -> str:
    """How sure the grader is of a verdict: sure from 0.85, unsure below 0.65."""
    if confidence >= SURE_THRESHOLD:
        return str(_("sure"))
    return str(_("unsure") if confidence < UNSURE_THRESHOLD else _("fairly sure"))


def remarks_on(result: StandingResult) -> list[str]:
    """The grade's reasons in words.

    Low confidence names the key points that are called unsure, or where an older engine called
    none so, those that are not called sure. It says nothing where all are.
    """
    remarks = []
    for code in result.grade.reasons:
        if code != Reason.LOW_CONFIDENCE:
            remarks.append(reason_text(code))
        elif numbers := numbers_in_doubt(point.match.confidence for point in result.points):
            listed = ", ".join(map(str, numbers))
            remarks.append(_("The grader may be wrong about key points %s.") % listed)
    return remarks


def numbers_in_doubt(confidences: Iterable[float]) -> list[int]:
    """The numbers, from 1, of the verdicts that are unsure, or else of those that are not sure."""
    numbered = list(enumerate(confidences, start=1))
    unsure = [number for number, confidence in numbered if confidence < UNSURE_THRESHOLD]
    return unsure or [number for number, confidence in numbered if confidence < SURE_THRESHOLD]
