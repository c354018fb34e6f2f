"""The glossary in the dashboard: groups of words that mean the same, and excluding pairs."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST
from unfold.admin import ModelAdmin
from unfold.decorators import display
from unfold.widgets import UnfoldAdminTextareaWidget

from desk.fields import PlainTextField, signed_in_user
from desk.stale_forms import OptimisticLockForm
from questions.models import Term
from questions.services.glossary import (
    as_words,
    entry_problems,
    remove_terms,
    touched_questions,
    write_term,
)


class TermForm(OptimisticLockForm):
    words = PlainTextField(
        label=gettext_lazy("Words"),
        help_text=gettext_lazy("One word or expression per line, in either language."),
        max_length=5_000,
    )

    class Meta:
        model = Term
        fields = ["kind", "words"]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if "words" in cleaned and "kind" in cleaned:
            cleaned["words"] = "\n".join(as_words(cleaned["words"]))
            for problem in entry_problems(
                cleaned["kind"], cleaned["words"].splitlines(), but=self.instance
            ):
                self.add_error("words", problem)
        return cleaned


@admin.register(Term)
class TermAdmin(ModelAdmin):
    form = TermForm
    change_form_before_template = "admin/questions/loaded.html"
    list_display = ["words_label", "kind_label", "edited_label", "updated_at"]
    list_filter = ["kind", "is_edited"]
    search_fields = ["words"]
    list_per_page = 50
    ordering = ["-is_edited", "id"]
    fields = ["kind", "words"]
    compressed_fields = False
    warn_unsaved_form = True
    change_form_outer_after_template = "admin/questions/term/touches_panel.html"
    delete_confirmation_template = "admin/questions/term/delete_confirmation.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Term]:
        found: QuerySet[Term] = super().get_queryset(request)
        return found.filter(is_removed=False)

    @display(description=gettext_lazy("words"), ordering="words")
    def words_label(self, term: Term) -> str:
        return str(term)

    @display(
        description=gettext_lazy("kind"), ordering="kind", label={"same": "", "opposite": "warning"}
    )
    def kind_label(self, term: Term) -> tuple[str, str]:
        return term.kind, term.get_kind_display()

    @display(
        description=gettext_lazy("origin"),
        ordering="is_edited",
        label={"here": "info", "shipped": ""},
    )
    def edited_label(self, term: Term) -> tuple[str, str]:
        return (
            ("here", _("added or changed here")) if term.is_edited else ("shipped", _("built in"))
        )

    def get_form(
        self, request: HttpRequest, obj: Term | None = None, change: bool = False, **kwargs: Any
    ) -> type[forms.ModelForm[Any]]:
        form: type[forms.ModelForm[Any]] = super().get_form(request, obj, change, **kwargs)
        if "words" in form.base_fields:
            url = reverse("admin:questions_term_touches")
            attrs = {
                "rows": 6,
                "hx-post": f"{url}?entry={obj.pk}" if obj else url,
                "hx-trigger": "load, input changed delay:400ms",
                "hx-target": "#glossary-touches",
                "hx-include": "closest form",
                "hx-sync": "this:replace",
            }
            form.base_fields["words"].widget = UnfoldAdminTextareaWidget(attrs)
        return form

    def get_urls(self) -> list[URLPattern]:
        own = [
            path(
                "touches/",
                self.admin_site.admin_view(require_POST(self.touches_view)),
                name="questions_term_touches",
            )
        ]
        urls: list[URLPattern] = super().get_urls()
        return own + urls

    def touches_view(self, request: HttpRequest) -> HttpResponse:
        """What the entry on the page would change, asked while it is typed."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        entry = request.GET.get("entry", "")
        term = (
            Term.objects.filter(pk=entry).first()
            if entry.isascii() and entry.isdigit() and len(entry) < 19
            else None
        )
        words = as_words(request.POST.get("words", "")[:5_000])
        kind = request.POST.get("kind", "")
        problems = (
            entry_problems(kind, words, but=term) if kind in Term.Kind.values and words else []
        )
        context = {
            "problems": problems,
            "touched": touched_questions([*words, *(term.word_list if term else [])]),
        }
        return TemplateResponse(request, "admin/questions/term/_touches.html", context)

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        term = self.get_object(request, object_id)
        context = {"touched": touched_questions(term.word_list)} if term else {}
        response: HttpResponse = super().delete_view(
            request, object_id, context | (extra_context or {})
        )
        return response

    def save_model(self, request: HttpRequest, obj: Term, form: Any, change: bool) -> None:
        write_term(obj, kind=obj.kind, words=obj.word_list, actor=signed_in_user(request))

    def delete_model(self, request: HttpRequest, obj: Term) -> None:
        remove_terms([obj], actor=signed_in_user(request))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Term]) -> None:
        remove_terms(queryset, actor=signed_in_user(request))
