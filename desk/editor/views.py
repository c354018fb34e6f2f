"""The editor, a question and its key points on one page, and the page of its versions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.contrib.admin import AdminSite
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Count
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from audit.models import AuditEntry
from desk.editor.forms import Editor
from desk.fields import signed_in_user
from questions.models import MAX_NOTE_LENGTH, Question, Rubric, RubricFrozenError
from questions.services.drafts import (
    DraftConflictError,
    basis_of,
    bring_back,
    current_content,
    discard_draft,
    fingerprint,
    kept_drafts,
    name_new_points,
    restore_version,
    save_draft,
    version_content,
)
from questions.services.questions import set_question_status
from questions.services.rubrics import RubricEmptyError, RubricUngradableError, publish_rubric
from questions.services.versions import difference, reason


def editor_url(question: Question) -> str:
    return reverse("admin:questions_question_editor", args=[question.pk])


def versions_url(question: Question) -> str:
    return reverse("admin:questions_question_versions", args=[question.pk])


def question_to_write(request: HttpRequest, pk: int) -> Question:
    if not request.user.has_perms(
        ["questions.change_question", "questions.add_rubric", "questions.change_rubric"]
    ):
        raise PermissionDenied
    return get_object_or_404(Question, pk=pk)


def reason_of(request: HttpRequest) -> str:
    return " ".join(request.POST.get("reason", "").replace("\0", "").split())[:MAX_NOTE_LENGTH]


# The editor ---------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
def edit_question(request: HttpRequest, site: AdminSite, pk: int) -> HttpResponse:
    """Show the draft, or what a new one starts from. POST saves it, and publishes it if asked."""
    question = question_to_write(request, pk)
    stored = current_content(question)
    if request.method != "POST":
        return editor_page(
            request, site, question, Editor.filled_from(stored), base=fingerprint(stored)
        )
    editor = Editor.sent(request.POST, stored)
    base = request.POST.get("base", "")
    publishing = request.POST.get("then") == "publish"
    if not editor.is_valid:
        messages.error(request, _("Not saved. Fix what is marked below."))
        return editor_page(request, site, question, editor, base=base, unsaved=True)
    content = editor.content()
    name_new_points(question, content["key_points"])
    refusal = ""
    try:
        with transaction.atomic():  # what is published is what was saved: nobody comes between
            draft = save(request, question, content, base)
            if publishing:
                refusal = publish(request, question, draft)
    except DraftConflictError as conflict:
        messages.error(
            request,
            _("Not saved: somebody else has changed this draft. Compare below; nothing is lost."),
        )
        # The page now knows what they stored, so that saving again overwrites it.
        editor = Editor.sent(request.POST, conflict.theirs)
        more = {
            "conflict": difference(conflict.theirs, content),
            "their_name": last_editor(question),
        }
        return editor_page(
            request, site, question, editor, base=fingerprint(conflict.theirs), unsaved=True, **more
        )
    if not publishing:
        if draft is None:
            messages.info(request, _("There is no difference from the published version."))
        else:
            messages.success(
                request, _("The draft is saved. New grades use it only after it is published.")
            )
        return HttpResponseRedirect(editor_url(question))
    if refusal:
        messages.error(request, refusal)
        stored = current_content(question)
        return editor_page(
            request,
            site,
            question,
            Editor.filled_from(stored),
            base=fingerprint(stored),
            publish_open=True,
        )
    return HttpResponseRedirect(versions_url(question))


@transaction.atomic
def save(
    request: HttpRequest, question: Question, content: dict[str, Any], base: str
) -> Rubric | None:
    """Store the draft, and log in the question's history who did."""
    user = signed_in_user(request)
    draft = save_draft(
        question, content, base=base, actor=user, replaces="replaces" in request.POST
    )
    if draft is not None:
        log_edit(request, question, _("Draft of version %(version)d") % {"version": draft.version})
    return draft


def publish(request: HttpRequest, question: Question, draft: Rubric | None) -> str:
    """Publish the saved draft. Returns why it can't be, or an empty text."""
    reason, user = reason_of(request), signed_in_user(request)
    if draft is None:
        return _("There is no difference from the published version.")
    if not reason and question.rubrics.exclude(pk=draft.pk).exists():
        return _(
            "The draft is saved but not published: say why, so that others understand the new "
            "version."
        )
    try:
        with transaction.atomic():
            published = publish_rubric(draft, actor=user, reason=reason)
            if "open" in request.POST:
                set_question_status(published.question, Question.Status.PUBLISHED, actor=user)
    except RubricEmptyError:
        return _("The draft is saved but not published: write at least one key point first.")
    except RubricUngradableError as error:
        return _("The draft is saved but not published: %(why)s") % {"why": error}
    except RubricFrozenError:
        return _(
            "Somebody else has just published or discarded this draft. Look at the "
            "versions before you go on."
        )
    if published.pk != draft.pk:
        text = _(
            "Its key points are the same as in version %(version)d, so no new version was made."
        )
    else:
        text = _("Version %(version)d is published: new grades use it.")
    messages.success(request, text % {"version": published.version})
    return ""


def log_edit(request: HttpRequest, question: Question, what: str) -> None:
    LogEntry.objects.create(
        user=signed_in_user(request),
        content_type=ContentType.objects.get_for_model(Question),
        object_id=str(question.pk),
        object_repr=str(question)[:200],
        action_flag=CHANGE,
        change_message=what,
    )


def last_editor(question: Question) -> str:
    log = LogEntry.objects.filter(
        content_type=ContentType.objects.get_for_model(Question), object_id=str(question.pk)
    )
    entry = log.select_related("user").first()
    return entry.user.get_username() if entry else "–"


def editor_page(
    request: HttpRequest,
    site: AdminSite,
    question: Question,
    editor: Editor,
    *,
    base: str,
    **more: Any,
) -> HttpResponse:
    basis = basis_of(question)
    context = {
        **site.each_context(request),
        "title": _("Editor"),
        "question": question,
        "basis": basis,
        "draft": basis if basis is not None and not basis.is_frozen else None,
        "asks_reason": basis is not None and (basis.is_frozen or basis.version > 1),
        "max_note_length": MAX_NOTE_LENGTH,
        "reason": reason_of(request) if request.method == "POST" else "",
        "editor": editor,
        "base": base,
        **more,
    }
    return TemplateResponse(request, "admin/questions/editor/editor.html", context)


@require_POST
def preview_question(request: HttpRequest, site: AdminSite, pk: int) -> HttpResponse:
    """What a candidate would read, from the fields as they are now."""
    question = question_to_write(request, pk)
    content = Editor.sent(request.POST, current_content(question)).content()
    views = [
        {"language": language, "code": code, **as_read(content, language)}
        for language, code in (("zh", "zh-hans"), ("en", "en"))
    ]
    return TemplateResponse(
        request, "admin/questions/editor/_preview.html", {"question": question, "views": views}
    )


def as_read(content: dict[str, Any], language: str) -> dict[str, Any]:
    """The texts as candidates read them: in one language, or the other where that is empty."""
    other = "en" if language == "zh" else "zh"

    def read(both: dict[str, str]) -> str:
        return both[language] or both[other]

    points = [
        {
            **point,
            "text": read(point["text"]),
            "hint": read(point["hint"]),
            "feedback": read(point["feedback"]),
        }
        for point in content["key_points"]
    ]
    return {
        "prompt": read(content["prompt"]),
        "model_answer": read(content["model_answer"]),
        "points": points,
    }


# Versions -----------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD"])
def show_versions(request: HttpRequest, site: AdminSite, pk: int) -> HttpResponse:
    """All versions with who, when and why, and what differs between two of them."""
    if not request.user.has_perm("questions.view_rubric"):
        raise PermissionDenied
    question = get_object_or_404(Question, pk=pk)
    rubrics = list(
        question.rubrics.select_related("author", "question")
        .annotate(point_count=Count("key_points"))
        .order_by("-version")
    )
    target = f"{Question._meta.label_lower}:{question.pk}"
    publishers = {
        entry.new["version"]: entry.actor_name
        for entry in AuditEntry.objects.filter(target=target, action="rubric.published").order_by(
            "id"
        )
        if isinstance(entry.new, dict)
    }
    rows = [
        {
            "rubric": rubric,
            "who": publishers.get(rubric.version)
            or (rubric.author.get_username() if rubric.author else ""),
            "why": reason(rubric.note),
        }
        for rubric in rubrics
    ]
    old, new = compared(request, rubrics)
    context = {
        **site.each_context(request),
        "title": _("Versions"),
        "question": question,
        "rows": rows,
        "old": old,
        "new": new,
        "difference": difference(version_content(old), version_content(new))
        if old and new
        else None,
        "draft": next((rubric for rubric in rubrics if not rubric.is_frozen), None),
        "kept": kept_drafts(question),
        "may_write": request.user.has_perms(
            ["questions.change_question", "questions.add_rubric", "questions.change_rubric"]
        ),
    }
    return TemplateResponse(request, "admin/questions/editor/versions.html", context)


def compared(
    request: HttpRequest, rubrics: Sequence[Rubric]
) -> tuple[Rubric | None, Rubric | None]:
    """The two versions asked for, or the newest two; the older one first."""
    by_version = {str(rubric.version): rubric for rubric in rubrics}
    chosen = [
        by_version[name]
        for name in (request.GET.get("from", ""), request.GET.get("to", ""))
        if name in by_version
    ]
    if len(chosen) < 2:
        chosen = list(rubrics[:2])
    if len(chosen) < 2:
        return None, None
    old, new = sorted(chosen, key=lambda rubric: rubric.version)
    return old, new


@require_POST
def restore(request: HttpRequest, site: AdminSite, pk: int, version: int) -> HttpResponse:
    """Make an old version the draft."""
    question = question_to_write(request, pk)
    rubric = get_object_or_404(question.rubrics.select_related("question"), version=version)
    if restore_version(rubric, actor=signed_in_user(request)) is None:
        messages.info(request, _("There is no difference from the published version."))
        return HttpResponseRedirect(versions_url(question))
    log_edit(
        request, question, _("Version %(version)d restored as the draft") % {"version": version}
    )
    messages.success(
        request,
        _("Version %(version)d is now the draft. Check it, then publish it.")
        % {"version": version},
    )
    return HttpResponseRedirect(editor_url(question))


@require_POST
def discard(request: HttpRequest, site: AdminSite, pk: int) -> HttpResponse:
    """Discard the draft. The versions page offers to restore it."""
    question = question_to_write(request, pk)
    if discard_draft(question, actor=signed_in_user(request)):
        messages.success(request, _("The draft was discarded. You can restore it from this page."))
    else:
        messages.info(request, _("There is no draft to discard."))
    return HttpResponseRedirect(versions_url(question))


@require_POST
def undo_discard(request: HttpRequest, site: AdminSite, pk: int, entry: int) -> HttpResponse:
    question = question_to_write(request, pk)
    try:
        bring_back(question, entry, actor=signed_in_user(request))
    except AuditEntry.DoesNotExist:
        messages.error(request, _("This draft is no longer kept."))
        return HttpResponseRedirect(versions_url(question))
    log_edit(request, question, _("Draft restored"))
    messages.success(request, _("The draft is restored."))
    return HttpResponseRedirect(editor_url(question))
