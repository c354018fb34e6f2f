"""The dashboard's pages for files: import with a preview, and export."""

from __future__ import annotations

from pathlib import PurePath
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.admin import AdminSite
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy
from django.views.decorators.http import require_http_methods
from unfold.widgets import UnfoldAdminFileFieldWidget

from desk.fields import signed_in_user
from questions.exchange.checks import missing_topics, notes
from questions.exchange.export import export_questions
from questions.exchange.plan import Change, ImportedQuestion, Outcome, plan_import
from questions.exchange.uploads import (
    PreviewOutdatedError,
    import_upload,
    keep_upload,
    plan_digest,
    read_upload,
    uploads_of,
)
from questions.files.bank import Format, format_of, write_questions
from questions.files.document import BankFileError, refuse_too_large
from questions.files.limits import MAX_BYTES
from questions.files.markdown import MAX_PREFIX, is_prefix
from questions.files.xlsx_writer import UnwritableError
from questions.models import PendingImport, Question
from questions.services.versions import Piece, pieces_of

MAX_SHOWN = 200  # questions of a preview shown with all that changes
MAX_NAME = 200
OUTCOMES = {
    Outcome.CREATED: (gettext_lazy("new"), "ts-good"),
    Outcome.CHANGED: (pgettext_lazy("by an import", "changed"), "ts-warn"),
    Outcome.KEPT: (gettext_lazy("left as edited here"), "ts-live"),
    Outcome.UNCHANGED: (gettext_lazy("unchanged"), ""),
}
FIELDS = {
    "prompt_zh": gettext_lazy("prompt (Chinese)"),
    "prompt_en": gettext_lazy("prompt (English)"),
    "model_answer_zh": gettext_lazy("model answer (Chinese)"),
    "model_answer_en": gettext_lazy("model answer (English)"),
    "published_prompt": gettext_lazy("prompt of the published version"),
    "source_url": gettext_lazy("source address"),
    "seed": gettext_lazy("place in the source document"),
    "difficulty": gettext_lazy("difficulty"),
    "minutes": gettext_lazy("suggested minutes"),
    "reserved": gettext_lazy("reserved for interviews"),
    "topics": gettext_lazy("topics"),
    "order": gettext_lazy("order of the key points"),
    "key_point": gettext_lazy("key point"),
    "sample": gettext_lazy("marked answer"),
    "text_zh": gettext_lazy("text (Chinese)"),
    "text_en": gettext_lazy("text (English)"),
    "hint_zh": gettext_lazy("hint (Chinese)"),
    "hint_en": gettext_lazy("hint (English)"),
    "feedback_zh": gettext_lazy("feedback when missed (Chinese)"),
    "feedback_en": gettext_lazy("feedback when missed (English)"),
    "weight": gettext_lazy("weight"),
    "required": gettext_lazy("required"),
    "says_it": gettext_lazy("says it"),
    "term_group": gettext_lazy("term groups"),
    "contradicts": gettext_lazy("contradicts"),
}
VALUES = frozenset(
    {
        "source_url",
        "seed",
        "difficulty",
        "minutes",
        "reserved",
        "topics",
        "order",
        "weight",
        "required",
    }
)
FORMATS: dict[Format, tuple[Any, str]] = {
    Format.YAML: (
        gettext_lazy("YAML: everything, readable, like the built-in bank"),
        "application/yaml",
    ),
    Format.JSON: (gettext_lazy("JSON: everything, for programs"), "application/json"),
    Format.XLSX: (
        gettext_lazy("XLSX: everything, for Excel and LibreOffice"),
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ),
    Format.CSV: (
        gettext_lazy("CSV: one table, without the names of topics and without marked answers"),
        "text/csv",
    ),
    Format.MARKDOWN: (
        gettext_lazy(
            "Markdown: only prompts, key points and source addresses, in one language; everything "
            "else is left out"
        ),
        "text/markdown",
    ),
}


def refuse_odd_prefix(prefix: str) -> None:
    if not is_prefix(prefix):
        raise ValidationError(
            _("The prefix must be lower-case letters, digits and hyphens, %(n)d at most.")
            % {"n": MAX_PREFIX}
        )


class UploadForm(forms.Form):
    file = forms.FileField(
        allow_empty_file=True,  # its reader says what is wrong with it
        error_messages=dict.fromkeys(
            ("required", "invalid", "missing"), gettext_lazy("Choose a file.")
        ),
        widget=UnfoldAdminFileFieldWidget(
            {"accept": ",".join([*(f".{kind}" for kind in Format), ".yml"])}
        ),
    )
    slug_prefix = forms.CharField(
        required=False,
        validators=[refuse_odd_prefix],
        widget=forms.TextInput(
            {
                "class": "ts-input",
                "maxlength": MAX_PREFIX,
                "pattern": "[a-z0-9]+(-[a-z0-9]+)*",
                "placeholder": "course-2",
            }
        ),
    )


def may_import(request: HttpRequest) -> bool:
    acts = ["add_question", "change_question", "add_rubric", "change_rubric", "add_topic"]
    return request.user.has_perms([f"questions.{act}" for act in acts])


def list_url() -> str:
    return reverse("admin:questions_question_changelist")


# Import -------------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
def upload_file(request: HttpRequest, site: AdminSite) -> HttpResponse:
    """Take a file and go on to its preview, or list everything that is wrong with it."""
    if not may_import(request):
        raise PermissionDenied
    form = UploadForm(request.POST, request.FILES) if request.method == "POST" else UploadForm()
    problems: list[Any] = []
    if form.is_valid():
        uploaded, prefix = form.cleaned_data["file"], form.cleaned_data["slug_prefix"]
        name = PurePath(uploaded.name).name[-MAX_NAME:]
        try:
            format_of(name)
            refuse_too_large(uploaded.size, name)
            content = uploaded.read(MAX_BYTES + 1)
            plan_import([read_upload(PendingImport(name=name, content=content, prefix=prefix))])
        except BankFileError as error:
            problems = list(error.problems)
        else:
            kept = keep_upload(
                owner=signed_in_user(request), name=name, content=content, prefix=prefix
            )
            return HttpResponseRedirect(
                reverse("admin:questions_question_import_preview", args=[kept.pk])
            )
    else:
        problems = [message for found in form.errors.values() for message in found]
    context = {
        **site.each_context(request),
        "title": _("Import questions"),
        "problems": problems,
        "form": form,
        "max_mb": MAX_BYTES // 1024 // 1024,
    }
    return TemplateResponse(request, "admin/questions/exchange/upload.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def preview_import(request: HttpRequest, site: AdminSite, pk: int) -> HttpResponse:
    """What the file would change. POST imports the bytes that were previewed, or discards them."""
    if not may_import(request):
        raise PermissionDenied
    owner = signed_in_user(request)
    upload = get_object_or_404(uploads_of(owner), pk=pk)
    if "give_up" in request.POST:
        upload.delete()
        messages.info(request, _("The file was discarded; nothing was imported."))
        return HttpResponseRedirect(list_url())
    try:
        if request.method == "POST":
            done = import_upload(
                pk,
                owner=owner,
                seen=request.POST.get("seen", ""),
                publish="publish" in request.POST,
                overwrite="overwrite" in request.POST,
            )
            messages.success(request, import_report(done))
            return HttpResponseRedirect(list_url())
        document = read_upload(upload)
        planned = plan_import([document])
    except (
        PreviewOutdatedError,
        IntegrityError,
    ):  # the latter where two import the same question at once
        messages.warning(
            request,
            _(
                "The bank has changed since this preview was shown. Nothing was imported; "
                "check the new preview."
            ),
        )
        return HttpResponseRedirect(reverse("admin:questions_question_import_preview", args=[pk]))
    except PendingImport.DoesNotExist:
        messages.info(request, _("This file has already been imported or discarded."))
        return HttpResponseRedirect(list_url())
    except BankFileError as error:
        messages.error(request, str(error))
        return HttpResponseRedirect(reverse("admin:questions_question_import"))
    shown = [plan for outcome in OUTCOMES for plan in planned if plan.outcome == outcome]
    context = {
        **site.each_context(request),
        "title": _("Import: preview"),
        "upload": upload,
        "counts": [
            (*OUTCOMES[outcome], sum(plan.outcome == outcome for plan in planned))
            for outcome in OUTCOMES
        ],
        "rows": [row(plan) for plan in shown[:MAX_SHOWN]],
        "left_out": len(shown) - MAX_SHOWN if len(shown) > MAX_SHOWN else 0,
        "kept": sum(plan.outcome == Outcome.KEPT for plan in planned),
        "topics": missing_topics([document]),
        "notes": [*notes([document])],
        "seen": plan_digest(planned),
    }
    return TemplateResponse(request, "admin/questions/exchange/preview.html", context)


def row(plan: ImportedQuestion) -> dict[str, Any]:
    label, colour = OUTCOMES[plan.outcome]
    record = plan.record
    return {
        "slug": record.slug,
        "line": record.line,
        "prompt": record.prompt["zh"] or record.prompt["en"],
        "label": label,
        "colour": colour,
        "changes": [shown_change(change) for change in plan.changes],
        "points": record.key_points if plan.outcome == Outcome.CREATED else [],
        "samples": len(plan.samples) if plan.outcome == Outcome.CREATED else 0,
    }


def shown_change(change: Change) -> dict[str, Any]:
    """A value before and after. Of a text, the parts that differ."""
    pieces = (
        (Piece("gone", change.old), Piece("new", change.new))
        if change.field in VALUES
        else pieces_of(change.old, change.new)
    )
    return {
        "label": FIELDS.get(change.field, change.field),
        "key": change.key,
        "pieces": pieces,
        "is_value": change.field in VALUES,
    }


def import_report(done: list[ImportedQuestion]) -> str:
    """How many questions were imported, and how many of them are new, changed and so on."""
    counts = {outcome: sum(plan.outcome == outcome for plan in done) for outcome in OUTCOMES}
    counted = ", ".join(
        f"{count} {OUTCOMES[outcome][0]}" for outcome, count in counts.items() if count
    )
    return ngettext(
        "%(n)d question imported: %(counts)s.", "%(n)d questions imported: %(counts)s.", len(done)
    ) % {"n": len(done), "counts": counted}


# Export -------------------------------------------------------------------------------------------


def choose_format(
    request: HttpRequest, site: AdminSite, questions: QuerySet[Question], *, chosen: bool = True
) -> HttpResponse:
    """Ask for the format. `chosen`: the questions were selected in the list."""
    ids = list(questions.order_by("pk").values_list("pk", flat=True))
    context = {
        **site.each_context(request),
        "title": _("Export questions"),
        "count": len(ids),
        "ids": ",".join(map(str, ids)) if chosen else "",
        "chosen": chosen,
        "formats": [(str(kind), label) for kind, (label, _type) in FORMATS.items()],
    }
    return TemplateResponse(request, "admin/questions/exchange/export.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def export_file(request: HttpRequest, site: AdminSite) -> HttpResponse:
    """Ask for the format; POST answers with the file."""
    if not request.user.has_perms(["questions.view_question", "questions.view_keypoint"]):
        raise PermissionDenied
    questions = Question.objects.order_by("pk")
    if request.method != "POST":
        return choose_format(request, site, questions, chosen=False)
    ids = [
        int(text)
        for text in request.POST.get("ids", "").split(",")
        if text.isascii() and text.isdigit() and len(text) < 19
    ]
    if ids:
        questions = questions.filter(pk__in=ids)
    kind = (
        Format(wanted)
        if (wanted := request.POST.get("format", "")) in list(Format)
        else Format.YAML
    )
    document = export_questions(questions, published="published" in request.POST)
    if not document.questions:
        messages.warning(
            request,
            _("None of these questions is open for answers, so there is nothing to export."),
        )
        return HttpResponseRedirect(list_url())
    language = "en" if request.POST.get("language") == "en" else "zh"
    try:
        content, _notes = write_questions(document, kind, language=language)
    except UnwritableError as error:
        messages.error(request, _("Not exported: %(why)s Choose another format.") % {"why": error})
        return HttpResponseRedirect(list_url())
    if len(content) > MAX_BYTES:
        text = _(
            "The exported file is larger than the %(mb)d MB that this page imports: use "
            "the command import_questions for it."
        )
        messages.warning(request, text % {"mb": MAX_BYTES // 1024 // 1024})
    name = f"questions-{timezone.localdate():%Y-%m-%d}.{kind}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return HttpResponse(content, content_type=FORMATS[kind][1], headers=headers)
