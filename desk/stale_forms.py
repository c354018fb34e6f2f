"""Optimistic locking for admin forms: nobody overwrites a change they have not seen.

A page carries a digest of each field as it was when the page was loaded. A field whose stored value
has another digest by the time the form comes back was changed by somebody else.
"""

from __future__ import annotations

import json
from typing import Any, cast

from django import forms
from django.db import models
from django.forms.models import model_to_dict
from django.http import QueryDict
from django.utils.text import Truncator
from django.utils.translation import gettext as _

from questions.hashing import sha256_of_json


def comparable(value: Any) -> Any:
    """A field's value in a form that compares: rows by their keys."""
    if isinstance(value, models.Model):
        return value.pk
    if isinstance(value, (list, models.QuerySet)):
        return sorted(comparable(one) for one in value)
    return value


def in_words(field: forms.Field, value: Any) -> str:
    """A field's value as a person reads it: a choice by its label."""
    if isinstance(value, list):
        return "、".join(map(str, value)) or "–"
    choices = getattr(field, "choices", ())
    labels = {comparable(getattr(key, "instance", key)): label for key, label in choices}
    return Truncator(str(labels.get(value, value)) or "–").chars(200)


class OptimisticLockForm(forms.ModelForm):  # type: ignore[type-arg]  # takes none at run time
    """Refuses to overwrite a field that somebody else changed since the page was loaded.

    The error names the new value. Sending the form once more overwrites it.
    """

    loaded = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.stored: dict[str, Any] = (
            model_to_dict(self.instance, list(self.fields)) if self.instance.pk else {}
        )
        self.initial["loaded"] = json.dumps({name: self.digest(name) for name in self.stored})

    def digest(self, name: str) -> str:
        return sha256_of_json(comparable(self.stored[name]))[:16]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        try:
            loaded = json.loads(cleaned.get("loaded") or "{}")
        except ValueError:
            loaded = {}
        if not isinstance(loaded, dict):
            return cleaned
        for name, value in self.stored.items():
            changed_elsewhere = name in loaded and loaded[name] != self.digest(name)
            if not changed_elsewhere or name not in cleaned:
                continue
            if comparable(cleaned[name]) != comparable(value):
                self.add_error(
                    name,
                    _("Somebody else has changed this to “%(value)s”. Save again to overwrite it.")
                    % {"value": in_words(self.fields[name], value)},
                )
        # The page comes back with the digests of now, so that saving again overwrites.
        data = cast("QueryDict", self.data).copy()
        data[self.add_prefix("loaded")] = self.initial["loaded"]
        self.data = data
        return cleaned
