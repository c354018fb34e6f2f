"""Fields and helpers that all forms of the dashboard share."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.models import User
from django.forms.models import BaseInlineFormSet
from django.http import HttpRequest


class PlainTextField(forms.CharField):
    """Text whose line ends become a single newline.

    So loading and saving a page changes nothing, and a rubric keeps its hash.
    """

    def to_python(self, value: Any) -> str | None:
        text: str | None = super().to_python(
            value.replace("\r\n", "\n").replace("\r", "\n") if isinstance(value, str) else value
        )
        return text

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        """No maximum length for the browser, which would cut a pasted text without telling.

        The form itself says what is too long.
        """
        attrs = dict(super().widget_attrs(widget))
        attrs.pop("maxlength", None)
        return attrs


def signed_in_user(request: HttpRequest) -> User:
    """The staff member who sent an admin request. The admin site lets nobody else through."""
    if not isinstance(request.user, User):
        raise TypeError("An admin view ran without a signed-in user.")
    return request.user


def put_new_last(forms_kept: list[Any]) -> None:
    """Give rows that were added without an order the places after the last one."""
    last = max((form.cleaned_data.get("order") or 0 for form in forms_kept), default=0)
    for form in forms_kept:
        if form.cleaned_data.get("order") is None:
            last += 1
            form.instance.order = form.cleaned_data["order"] = last


def kept_forms(formset: BaseInlineFormSet[Any, Any, Any]) -> list[Any]:
    """The filled-in forms of a formset that are not marked for deletion."""
    return [
        form
        for form in formset.forms
        if getattr(form, "cleaned_data", None) and not form.cleaned_data.get("DELETE")
    ]
