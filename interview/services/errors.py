"""Why something a person or a program asked for can't be done."""

from __future__ import annotations

from django.utils.translation import gettext as _

from interview.models import Answer


class RefusedError(Exception):
    """What was asked for can't be done.

    `code` is for programs. The message tells people what is wrong and how to fix it.
    `index` counts from 0 and names the refused item where several were sent.
    """

    def __init__(self, code: str, message: str, *, index: int | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.index = index


class AnswerConflictError(RefusedError):
    """The draft was saved elsewhere since the sender last read it. `answer` is the stored one."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(
            "draft_conflict", _("This answer was changed in another window or on another device.")
        )
        self.answer = answer
