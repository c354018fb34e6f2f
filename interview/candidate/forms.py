"""The forms of the candidate's pages."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _


class TypedTextField(forms.Field):
    """Text exactly as typed.

    The service refuses what can't be stored, so that the page can show the text again.
    """

    widget = forms.Textarea

    def to_python(self, value: Any) -> str:
        if value is None:
            raise forms.ValidationError(
                _("The form arrived incomplete. Send it again."), code="incomplete"
            )
        return str(value)


class AnswerForm(forms.Form):
    """An answer as sent: its text, and the revision of the draft that the writer started from."""

    text = TypedTextField(required=False)
    revision = forms.IntegerField(
        min_value=0,
        max_value=2**31 - 1,
        error_messages=dict.fromkeys(
            ("required", "invalid", "min_value", "max_value"),
            _("The form arrived incomplete. Send it again."),
        ),
    )

    # The writer knows that another text was saved meanwhile, and theirs is to be the draft.
    insist = forms.BooleanField(required=False)

    @property
    def problem(self) -> str:
        """The first thing wrong with the form, in the reader's language."""
        return str(next(iter(self.errors.values()))[0])
