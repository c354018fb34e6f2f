"""Forms that go over nobody's work: a page sends back what it was opened with, and what somebody else saved since is named first."""

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


def plain(value: Any) -> Any:
    """A field's value as it compares: rows by their keys."""
    if isinstance(value, models.Model):
        return value.pk
    if isinstance(value, (list, models.QuerySet)):
        return sorted(plain(one) for one in value)
    return value


def in_words(field: forms.Field, value: Any) -> str:
    if isinstance(value, list):
        return "、".join(map(str, value)) or "–"
    choices = getattr(field, "choices", ())
    named = {plain(getattr(key, "instance", key)): label for key, label in choices}
    return Truncator(str(named.get(value, value)) or "–").chars(200)


class OpenedForm(forms.ModelForm):  # type: ignore[type-arg]  # takes none at run time  # type: ignore[type-arg]  # not subscriptable when it runs
    """Refuses a field that somebody else changed since the page was opened, saying to what. Sent once more, it is stored."""

    opened = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.stored: dict[str, Any] = (
            model_to_dict(self.instance, list(self.fields)) if self.instance.pk else {}
        )
        self.initial["opened"] = json.dumps({name: self.digest(name) for name in self.stored})

    def digest(self, name: str) -> str:
        return sha256_of_json(plain(self.stored[name]))[:16]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        try:
            opened = json.loads(cleaned.get("opened") or "{}")
        except ValueError:
            opened = {}
        if not isinstance(opened, dict):
            return cleaned
        for name, value in self.stored.items():
            changed_elsewhere = name in opened and opened[name] != self.digest(name)
            if changed_elsewhere and name in cleaned and plain(cleaned[name]) != plain(value):
                said = in_words(self.fields[name], value)
                self.add_error(
                    name,
                    _(
                        "Somebody else changed this to “%(value)s” meanwhile. Save once more to go over it."
                    )
                    % {"value": said},
                )
        sent_once_more = cast(QueryDict, self.data).copy()
        sent_once_more[self.add_prefix("opened")] = self.initial["opened"]
        self.data = sent_once_more
        return cleaned
