"""Question sets in the dashboard."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.options import ModelAdmin as PlainModelAdmin
from django.db.models import Count, QuerySet
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.admin import ModelAdmin, TabularInline
from unfold.decorators import action, display
from unfold.forms import (
    PaginationInlineFormSet,
)

from desk.fields import kept_forms, put_new_last, signed_in_user
from interview.models import POLICY_FIELDS, QuestionSet, SetQuestion
from interview.services.sets import (
    candidates_who_answered,
    delete_set,
    open_sets,
    record_set_change,
    sessions_under_another_policy,
    state_of_set,
)
from questions.models import Question


class SetModeFilter(admin.SimpleListFilter):
    """Only interviews, unless asked otherwise.

    Every practice makes a set of its own. There are so many that they would hide the rest.
    """

    title = gettext_lazy("mode")
    parameter_name = "mode"

    def lookups(
        self, request: HttpRequest, model_admin: PlainModelAdmin[Any]
    ) -> list[tuple[str, Any]]:
        return [("practice", gettext_lazy("practice")), ("all", gettext_lazy("all"))]

    def choices(self, changelist: Any) -> Any:
        first, *others = super().choices(changelist)
        yield {**first, "display": gettext_lazy("interview")}
        yield from others

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[QuestionSet]
    ) -> QuerySet[QuestionSet]:
        match self.value():
            case "all":
                return queryset
            case "practice":
                return queryset.filter(mode=QuestionSet.Mode.PRACTICE)
            case _:
                return queryset.filter(mode=QuestionSet.Mode.INTERVIEW)


class SetQuestionForm(ModelForm):  # type: ignore[type-arg]  # takes none at run time
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "order" in self.fields:
            self.fields["order"].required = False
            if self.instance.pk is None:
                self.initial["order"] = None


class SetQuestionFormSet(PaginationInlineFormSet):
    def clean(self) -> None:
        super().clean()
        put_new_last(kept_forms(self))


class SetQuestionInline(TabularInline):
    model = SetQuestion
    form = SetQuestionForm
    formset = SetQuestionFormSet
    fields = ["question", "order"]
    autocomplete_fields = ["question"]
    hide_title = True
    extra = 0
    min_num = 1


@admin.register(QuestionSet)
class QuestionSetAdmin(ModelAdmin):
    list_display = [
        "title",
        "mode",
        "question_count",
        "minutes",
        "release_policy",
        "is_open",
        "session_count",
        "created_at",
    ]
    list_filter = [SetModeFilter, "is_open", "release_policy"]
    search_fields = ["title_zh", "title_en"]
    fields = [
        ("title_zh", "title_en"),
        ("mode", "release_policy"),
        ("minutes", "is_open"),
        ("starts_at", "ends_at"),
        "is_open_book",
    ]
    change_form_outer_after_template = "admin/interview/set_facts.html"
    inlines = [SetQuestionInline]
    actions = ["open_sets", "close_sets"]
    compressed_fields = False
    warn_unsaved_form = True

    def get_queryset(self, request: HttpRequest) -> QuerySet[QuestionSet]:
        found: QuerySet[QuestionSet] = super().get_queryset(request)
        return found.annotate(
            question_count=Count("set_questions", distinct=True),
            session_count=Count("sessions", distinct=True),
        )

    @display(description=gettext_lazy("title"))
    def title(self, question_set: QuestionSet) -> str:
        return question_set.title

    @display(description=gettext_lazy("questions"), ordering="question_count")
    def question_count(self, question_set: QuestionSet) -> int:
        count: int = question_set.question_count  # type: ignore[attr-defined]  # annotated above
        return count

    @display(description=gettext_lazy("sessions"), ordering="session_count")
    def session_count(self, question_set: QuestionSet) -> int:
        count: int = question_set.session_count  # type: ignore[attr-defined]  # annotated above
        return count

    @action(description=gettext_lazy("Open to candidates"), permissions=["change"])
    def open_sets(self, request: HttpRequest, queryset: QuerySet[QuestionSet]) -> None:
        self.set_open(request, queryset, is_open=True)

    @action(description=gettext_lazy("Close"), permissions=["change"])
    def close_sets(self, request: HttpRequest, queryset: QuerySet[QuestionSet]) -> None:
        self.set_open(request, queryset, is_open=False)

    def set_open(
        self, request: HttpRequest, queryset: QuerySet[QuestionSet], *, is_open: bool
    ) -> None:
        changed = open_sets(queryset, is_open=is_open, actor=signed_in_user(request))
        messages.success(
            request,
            ngettext("%(n)d question set changed.", "%(n)d question sets changed.", changed)
            % {"n": changed},
        )
        for question_set in queryset if is_open else ():
            warn_of_closed_questions(request, question_set)

    def save_model(
        self, request: HttpRequest, obj: QuestionSet, form: ModelForm[QuestionSet], change: bool
    ) -> None:
        if not change:
            obj.created_by = signed_in_user(request)
        form.before = state_of_set(obj) if change else None  # type: ignore[attr-defined]
        super().save_model(request, obj, form, change)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        record_set_change(form.instance, before=form.before, actor=signed_in_user(request))
        warn_of_kept_policy(request, form)
        warn_of_practised_questions(request, form.instance)
        if form.instance.is_open:
            warn_of_closed_questions(request, form.instance)

    def delete_model(self, request: HttpRequest, obj: QuestionSet) -> None:
        delete_set(obj, actor=signed_in_user(request))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[QuestionSet]) -> None:
        for question_set in queryset:
            delete_set(question_set, actor=signed_in_user(request))

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """The form, and below it who has practised the questions and what older sessions keep."""
        stored = self.get_object(request, object_id) if object_id else None
        facts = (
            {
                "practised": candidates_who_answered(stored),
                "keep_policy": sessions_under_another_policy(stored),
            }
            if stored is not None
            else {}
        )
        response: HttpResponse = super().changeform_view(
            request, object_id, form_url, facts | (extra_context or {})
        )
        return response


def warn_of_kept_policy(request: HttpRequest, form: Any) -> None:
    """Tell whoever changed a set's policy that the sessions begun before keep the old one."""
    if form.before is None or not set(form.changed_data) & set(POLICY_FIELDS):
        return
    kept = sessions_under_another_policy(form.instance)
    if kept:
        text = ngettext(
            "%(n)d session that has already begun keeps the rules it began with.",
            "%(n)d sessions that have already begun keep the rules they began with.",
            kept,
        )
        messages.info(request, text % {"n": kept})


def warn_of_practised_questions(request: HttpRequest, question_set: QuestionSet) -> None:
    """Tell whoever makes a set that candidates may know its key points already."""
    known = [f"{question.slug} ({n})" for question, n in candidates_who_answered(question_set) if n]
    if known:
        text = _("Already practised, with the number of candidates: %(slugs)s.")
        messages.warning(request, text % {"slugs": ", ".join(known)})


def warn_of_closed_questions(request: HttpRequest, question_set: QuestionSet) -> None:
    """Warn the editor that a set can't be started, because a question of it is not published.

    Otherwise only the candidate would learn of it, who can do nothing about it.
    """
    slugs = set(question_set.set_questions.values_list("question__slug", flat=True))
    closed = slugs - set(
        Question.objects.published().filter(slug__in=slugs).values_list("slug", flat=True)
    )
    if closed:
        text = _("“%(title)s” can't be started yet. Not published: %(slugs)s.")
        messages.warning(
            request, text % {"title": question_set.title, "slugs": ", ".join(sorted(closed))}
        )
    elif not slugs:
        messages.warning(
            request,
            _("“%(title)s” has no questions yet, so it can't be started.")
            % {"title": question_set.title},
        )
