"""What an author should fix, by the engine's lint, beside the editor's fields it is about."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from django.contrib.admin import AdminSite
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from desk.editor.forms import Editor, KeyPointForm
from grading.engine import RubricError
from grading.engine.lint import Finding, lint
from grading.engine.types import Rubric as EngineRubric
from questions.as_rubric import current_glossary, rubric_as_written
from questions.models import Question
from questions.services.drafts import current_content

# The fields a finding can be shown beside: the first one that holds the text it is about.
ADVISED_FIELDS = (
    "text_zh",
    "text_en",
    "says_it_zh",
    "says_it_en",
    "contradicts_zh",
    "contradicts_en",
    "term_group",
)
ADVICE: dict[str, str | Promise] = {
    "overlap": _(
        "It says nearly the same as key point %(other)s. Merge them, or make the difference clear."
    ),
    "in_two_points": _(
        "It means the same as “%(quoted)s” in key point %(other)s, so one sentence earns both. "
        "Keep it in one of them."
    ),
    "in_question": _("Nearly all of its words appear in the question. Write what the answer adds."),
    "met_by_anyone": _(
        "An answer that only repeats the question and the other key points would match it. Add a "
        "word that only this one has."
    ),
    "generic": _(
        "It would fit an answer to almost any question. Say what happens, to what, and why."
    ),
    "same_phrase": _("It reads the same as “%(quoted)s”. Remove one."),
    "said_and_denied": _(
        "It reads the same as “%(quoted)s”, which means the opposite. Remove one."
    ),
    "empty_phrase": _("It has no word that could be matched. Remove it."),
    "short_phrase": _("So few words are easily matched by chance. Write a whole statement."),
    "same_group": _("Another group has the same terms, so one word matches both. Remove one."),
    "contradiction_matches": _(
        "It has the same words as “%(quoted)s” in another order. Change a decisive word."
    ),
    "contradiction_inside": _(
        "An answer that says “%(quoted)s” also says this. Write the wrong statement as a whole "
        "sentence."
    ),
    "contradiction_around": _(
        "It contains “%(quoted)s”, which is right. Change the decisive words instead of adding to "
        "them."
    ),
    "right_elsewhere": _(
        "Key point %(other)s counts this as right: “%(quoted)s”. An answer that says it would "
        "contradict this key point. Reword it."
    ),
    "wordless": _("It has no word that an answer could contain. Write it as a statement."),
    "long_text": _("One of its texts is too long to grade by. Shorten or split it."),
}


def lint_rubric(rubric: EngineRubric) -> list[Finding]:
    """All findings on a rubric, stored or not, those that keep it from grading first."""
    try:
        return lint(rubric, glossary=current_glossary().glossary)
    except RubricError as error:
        blamed = [point for point in rubric.key_points if point.key in error.keys]
        others = tuple(point for point in rubric.key_points if point not in blamed)
        found = [Finding(error.code, (point.key,), "", str(error)) for point in blamed]
        return found + (
            lint_rubric(replace(rubric, key_points=others)) if blamed and others else []
        )


@dataclass(frozen=True, slots=True)
class AdvicePlace:
    """The place for findings beside one field of the page."""

    name: str
    advice: tuple[tuple[str, str], ...]  # (the text concerned, what to do)


@require_POST
def lint_page(request: HttpRequest, site: AdminSite, pk: int) -> HttpResponse:
    """The findings on the editor's fields as they are now, one fragment for each place."""
    if not request.user.has_perm("questions.change_rubric"):
        raise PermissionDenied
    question = get_object_or_404(Question, pk=pk)
    editor = Editor.sent(request.POST, current_content(question))
    content = editor.content()
    written = []
    for number, (form, point) in enumerate(
        zip(editor.points, content["key_points"], strict=True), 1
    ):
        if any(point["text"].values()):
            written.append((number, form, point | {"key": f"{number}"}))
    findings = (
        lint_rubric(rubric_as_written(content, [point for _number, _form, point in written]))
        if written
        else []
    )
    by_number = {str(number): form for number, form, _point in written}
    placed: dict[str, list[tuple[str, str]]] = {}
    for finding in findings:
        for key in finding.keys[:1] if finding.phrase else finding.keys:
            place = f"{by_number[key].prefix}-{field_of(by_number[key], finding.phrase)}"
            placed.setdefault(place, []).append((finding.phrase, advice_of(finding, key)))
    slots = [AdvicePlace(name, tuple(placed.get(name, ()))) for name in field_places(editor)]
    context = {"slots": slots, "count": len(findings), "points": len(written)}
    return TemplateResponse(request, "admin/questions/editor/_lint.html", context)


def field_places(editor: Editor) -> Iterator[str]:
    return (f"{form.prefix}-{field}" for form in editor.points for field in ADVISED_FIELDS)


def field_of(form: KeyPointForm, phrase: str) -> str:
    """The field that holds the phrase of a finding.

    A finding without one belongs to the key point's own text, in the language it is written in.
    """
    texts = {field: str(form.cleaned_data.get(field) or "") for field in ADVISED_FIELDS}
    if phrase:
        for field in ADVISED_FIELDS:
            if (
                phrase in (line.strip() for line in texts[field].split("\n"))
                or phrase == texts[field]
            ):
                return field
        for field in ADVISED_FIELDS:
            if phrase in texts[field]:
                return field
    return "text_zh" if texts["text_zh"] else "text_en"


def advice_of(finding: Finding, number: str) -> str:
    """What to do, in the reader's language, or in the engine's words for an unknown finding."""
    others = ", ".join(key for key in finding.keys if key != number)
    text = ADVICE.get(finding.code)
    return (
        finding.suggestion
        if text is None
        else str(text) % {"other": others, "quoted": finding.other}
    )
