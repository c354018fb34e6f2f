"""The forms of the test bench."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms

from desk.fields import PlainTextField
from grading.engine import MAX_ANSWER_LENGTH
from questions.files.limits import MAX_SAMPLE_KIND
from questions.models import MAX_WORDING_LENGTH, Phrase

MARKS = [("", "–"), ("1", "1"), ("0.5", "½"), ("0", "0")]
KINDS = [
    "strong",
    "partial",
    "weak",
    "wrong",
    "spoken",
    "concise",
    "paraphrase",
    "rambling",
    "english",
    "mixed",
]


class SourceForm(forms.Form):
    """Which text is on the bench: a sample, a real answer, or one that was pasted."""

    text = PlainTextField(required=False, max_length=MAX_ANSWER_LENGTH, strip=True)
    sample = forms.IntegerField(required=False, min_value=1)
    answer = forms.IntegerField(required=False, min_value=1)
    learning = forms.BooleanField(required=False)


class PhraseForm(forms.Form):
    key = forms.SlugField(max_length=60)
    phrase_kind = forms.ChoiceField(choices=Phrase.Kind.choices)
    wording = PlainTextField(max_length=MAX_WORDING_LENGTH)


class MarkForm(forms.Form):
    """A person's credit for each key point of the text."""

    kind = forms.CharField(required=False, max_length=MAX_SAMPLE_KIND)

    def __init__(self, keys: Iterable[str], data: Any) -> None:
        super().__init__(data)
        for key in keys:
            self.fields[f"mark-{key}"] = forms.ChoiceField(choices=MARKS, required=False)

    @property
    def marks(self) -> dict[str, float]:
        named = {
            name.removeprefix("mark-"): value
            for name, value in self.cleaned_data.items()
            if name.startswith("mark-")
        }
        return {key: float(value) for key, value in named.items() if value}
