"""The editor's fields, and how they become the content of a draft and back.

A page sends one `point` for each key point, in their order: its number. The fields of the key
point have that number in their names, such as `points-3-text_zh`. A removed one is not sent.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from desk.fields import PlainTextField
from questions.chinese import has_han
from questions.files.limits import MAX_KEY_POINTS, MAX_TEXT
from questions.languages import LANGUAGES
from questions.models import Phrase
from questions.services.drafts import Content

POINT = re.compile(r"[0-9]{1,6}")
NEW = "__n__"  # stands for the number of a point that the page makes


def text_field(label: Any, language: str, rows: int) -> PlainTextField:
    widget = forms.Textarea({"rows": rows, "lang": language, "class": "ts-input"})
    return PlainTextField(label=label, required=False, max_length=MAX_TEXT, widget=widget)


class QuestionTextsForm(forms.Form):
    """The question's prompt and model answer."""

    prompt_zh = text_field(gettext_lazy("Question"), "zh", 2)
    prompt_en = text_field(gettext_lazy("Question"), "en", 2)
    model_answer_zh = text_field(gettext_lazy("Model answer"), "zh", 6)
    model_answer_en = text_field(gettext_lazy("Model answer"), "en", 6)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if not cleaned.get("prompt_zh") and not cleaned.get("prompt_en") and not self.errors:
            self.add_error("prompt_zh", _("Write the question in at least one language."))
        return cleaned

    @property
    def rows(self) -> list[FieldRow]:
        return [pair_of(self, "prompt"), pair_of(self, "model_answer")]


@dataclass(frozen=True, slots=True)
class FieldRow:
    """A field in both languages, side by side."""

    fields: tuple[forms.BoundField, ...]
    help: str = ""


def pair_of(form: forms.Form, name: str, help_text: Any = "") -> FieldRow:
    return FieldRow((form[f"{name}_zh"], form[f"{name}_en"]), str(help_text))


class KeyPointForm(forms.Form):
    """A key point with its phrases as lines, one box for each kind and language."""

    key = forms.SlugField(
        label=gettext_lazy("Key"),
        required=False,
        max_length=60,
        widget=forms.TextInput({"class": "ts-input", "autocomplete": "off"}),
    )
    weight = forms.DecimalField(
        label=gettext_lazy("Weight"),
        max_digits=5,
        decimal_places=2,
        validators=[MinValueValidator(Decimal("0.01")), MaxValueValidator(100)],
        widget=forms.NumberInput({"class": "ts-input", "min": "0.01", "max": "100", "step": "any"}),
    )
    required = forms.BooleanField(label=gettext_lazy("Required"), required=False)
    text_zh = text_field(gettext_lazy("Key point"), "zh", 2)
    text_en = text_field(gettext_lazy("Key point"), "en", 2)
    says_it_zh = text_field(gettext_lazy("Other wordings"), "zh", 5)
    says_it_en = text_field(gettext_lazy("Other wordings"), "en", 5)
    contradicts_zh = text_field(gettext_lazy("Contradictions"), "zh", 3)
    contradicts_en = text_field(gettext_lazy("Contradictions"), "en", 3)
    term_group = PlainTextField(
        label=gettext_lazy("Term groups"),
        required=False,
        max_length=MAX_TEXT,
        widget=forms.Textarea({"rows": 4, "class": "ts-input"}),
    )
    hint_zh = text_field(gettext_lazy("Hint"), "zh", 2)
    hint_en = text_field(gettext_lazy("Hint"), "en", 2)
    feedback_zh = text_field(gettext_lazy("Feedback when missed"), "zh", 2)
    feedback_en = text_field(gettext_lazy("Feedback when missed"), "en", 2)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if (
            not cleaned.get("text_zh")
            and not cleaned.get("text_en")
            and not {"text_zh", "text_en"} & self.errors.keys()
        ):
            self.add_error("text_zh", _("Write the key point in at least one language."))
        return cleaned

    is_known = False  # stored with this key, which then stays

    @property
    def number(self) -> str:
        return str(self.prefix).rpartition("-")[2]

    @property
    def is_blank(self) -> bool:
        """A point that was added and never written."""
        names = [name for name in self.fields if name not in ("weight", "required")]
        return not any(str(self[name].value() or "").strip() for name in names)

    @property
    def heading(self) -> str:
        return str(self["text_zh"].value() or self["text_en"].value() or "").strip()

    @property
    def main_rows(self) -> list[FieldRow]:
        return [
            pair_of(self, "text"),
            pair_of(self, "says_it", _("Other ways to say the same, one per line.")),
            pair_of(
                self,
                "contradicts",
                _("Wrong statements that contradict the key point, one per line."),
            ),
        ]

    @property
    def more_rows(self) -> list[FieldRow]:
        terms = _(
            "One term per line, with an empty line between groups. An answer matches "
            "when it has one term of every group close together."
        )
        return [
            FieldRow((self["term_group"],), terms),
            pair_of(
                self,
                "hint",
                _(
                    "Points the way without giving the key point away. Candidates can't see "
                    "hints yet."
                ),
            ),
            pair_of(
                self,
                "feedback",
                _("Shown with the result to a candidate who missed the key point."),
            ),
        ]

    @property
    def more_has_errors(self) -> bool:
        return any(field.errors for row in self.more_rows for field in row.fields) or bool(
            self["key"].errors
        )


# Content to fields --------------------------------------------------------------------------------


def on_one_line(text: str) -> str:
    return " ".join(text.split("\n"))


def language_of(text: str) -> str:
    return "zh" if has_han(text) else "en"


def point_initial(point: Mapping[str, Any]) -> dict[str, Any]:
    initial: dict[str, Any] = {name: point[name] for name in ("key", "weight", "required")}
    initial["weight"] = f"{Decimal(point['weight']).normalize():f}"
    for name in ("text", "hint", "feedback"):
        initial |= {f"{name}_{language}": point[name][language] for language in LANGUAGES}
    lines: dict[str, list[str]] = {}
    for kind, text in point["phrases"]:
        if kind != Phrase.Kind.TERM_GROUP:
            lines.setdefault(f"{kind}_{language_of(text)}", []).append(on_one_line(text))
    initial |= {name: "\n".join(texts) for name, texts in lines.items()}
    initial["term_group"] = "\n\n".join(
        text for kind, text in point["phrases"] if kind == Phrase.Kind.TERM_GROUP
    )
    return initial


# Fields to content --------------------------------------------------------------------------------


def written_phrases(data: Mapping[str, Any]) -> Iterator[list[str]]:
    """The phrases in the boxes, kind by kind, none twice."""
    seen = set()
    for kind in Phrase.Kind.values:
        if kind == Phrase.Kind.TERM_GROUP:
            groups = re.split(r"\n\s*\n", data.get("term_group") or "")
            texts = [
                "\n".join(line.strip() for line in group.split("\n") if line.strip())
                for group in groups
            ]
        else:
            texts = [
                line.strip()
                for language in LANGUAGES
                for line in (data.get(f"{kind}_{language}") or "").split("\n")
            ]
        for text in texts:
            if text and (kind, text) not in seen:
                seen.add((kind, text))
                yield [kind, text]


def as_in_its_box(kind: str, text: str) -> tuple[str, str]:
    """A stored phrase as its box shows it."""
    return (kind, text if kind == Phrase.Kind.TERM_GROUP else on_one_line(text).strip())


def in_stored_order(written: list[list[str]], stored: list[list[str]]) -> list[list[str]]:
    """The written phrases. Those that are stored already keep their stored text and order.

    In which box a phrase is written changes nothing, so it does not make a new version.
    """
    known = {as_in_its_box(kind, text): [kind, text] for kind, text in stored}
    if {(kind, text) for kind, text in written} == set(known):
        return stored
    places = {key: place for place, key in enumerate(known)}
    kinds = list(Phrase.Kind.values)
    ordered = sorted(
        written,
        key=lambda phrase: (
            kinds.index(phrase[0]),
            places.get((phrase[0], phrase[1]), len(places)),
        ),
    )
    return [known.get((kind, text), [kind, text]) for kind, text in ordered]


def point_content(data: Mapping[str, Any], stored: list[list[str]]) -> dict[str, Any]:
    """What a form's cleaned data state, in the shape of `rubric_content`."""
    both = {
        name: {language: data.get(f"{name}_{language}") or "" for language in LANGUAGES}
        for name in ("text", "hint", "feedback")
    }
    return {
        "key": data.get("key") or "",
        "text": both["text"],
        "weight": f"{data.get('weight') or Decimal(1):.2f}",
        "required": bool(data.get("required")),
        "hint": both["hint"],
        "feedback": both["feedback"],
        "phrases": in_stored_order(list(written_phrases(data)), stored),
    }


class Editor:
    """All forms of the page. `stored` is what the page was, or would now be, filled from."""

    def __init__(
        self,
        words: QuestionTextsForm,
        points: list[KeyPointForm],
        stored: Content,
        problems: Sequence[str] = (),
    ) -> None:
        self.words, self.points, self.stored, self.problems = words, points, stored, problems
        known = {point["key"] for point in stored["key_points"]}
        times = Counter(form["key"].value() for form in points)
        for form in points:
            key = form["key"].value()
            # A new point with the key of a stored one stays new, so that its key can be changed.
            form.is_known = key in known and (
                times[key] == 1 or f"{form.prefix}-known" in form.data
            )

    @classmethod
    def filled_from(cls, content: Content) -> Editor:
        initial = {
            f"{name}_{language}": content[name][language]
            for name in ("prompt", "model_answer")
            for language in LANGUAGES
        }
        points = [
            KeyPointForm(prefix=f"points-{n}", initial=point_initial(point))
            for n, point in enumerate(content["key_points"])
        ]
        return cls(QuestionTextsForm(initial=initial), points, content)

    @classmethod
    def sent(cls, data: QueryDict, stored: Content) -> Editor:
        numbers = list(
            dict.fromkeys(number for number in data.getlist("point") if POINT.fullmatch(number))
        )
        too_many = [
            _("A question can have at most %(n)d key points. Split it.") % {"n": MAX_KEY_POINTS}
        ]
        forms_sent = [
            KeyPointForm(data, prefix=f"points-{number}")
            for number in numbers[: MAX_KEY_POINTS + 1]
        ]
        written = [form for form in forms_sent if not form.is_blank]
        return cls(
            QuestionTextsForm(data),
            written,
            stored,
            too_many if len(written) > MAX_KEY_POINTS else [],
        )

    @property
    def blank_point(self) -> KeyPointForm:
        return KeyPointForm(prefix=f"points-{NEW}", initial={"weight": "1"})

    @property
    def next_number(self) -> int:
        return max((int(form.number) for form in self.points), default=-1) + 1

    @cached_property
    def is_valid(self) -> bool:
        for form in (self.words, *self.points):
            form.full_clean()  # every one, so that all errors show at once
        seen = set()
        for form in sorted(
            self.points, key=lambda form: not form.is_known
        ):  # the new point gets the error, wherever it is on the page
            key = form.cleaned_data.get("key")
            if key and key in seen:
                form.add_error("key", _("Another key point already has this key."))
            seen.add(key)
        return not self.problems and not any(form.errors for form in (self.words, *self.points))

    def content(self) -> Content:
        """What the fields state, valid or not. New points have no key yet."""
        self.is_valid  # noqa: B018  # fills what is read here
        phrases = {point["key"]: point["phrases"] for point in self.stored["key_points"]}
        words = self.words.cleaned_data
        texts = {
            name: {language: words.get(f"{name}_{language}") or "" for language in LANGUAGES}
            for name in ("prompt", "model_answer")
        }
        points = [
            point_content(form.cleaned_data, phrases.get(form.cleaned_data.get("key") or "", []))
            for form in self.points
        ]
        return {**texts, "key_points": points}
