"""Why an answer asks for a person, in words."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from grading.engine import reasons

REASONS: dict[str, str | Promise] = {
    reasons.BLANK: _("The answer holds nothing that can be read."),
    reasons.NO_ANSWER: _("The answer says little more than “I don’t know”."),
    reasons.STUFFING: _("The answer reads like a list of terms rather than sentences."),
    reasons.ECHO: _("The answer repeats the question in large part."),
    reasons.OFF_TOPIC: _("The answer seems to be about something else."),
    reasons.COPIED: _("The answer has the wording of the model answer or the key points."),
    reasons.CONTRADICTION: _("The answer states at least one key point the wrong way round."),
    reasons.LOW_CONFIDENCE: _("The grader is unsure about several key points."),
}


def reason_text(code: str) -> str:
    """What a reason code means. A code of another engine version stands for itself."""
    return str(REASONS.get(code, code))
