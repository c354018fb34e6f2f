"""Why an answer asks for a person, in words."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from grading.engine import Reason

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
