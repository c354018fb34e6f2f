"""Topics and questions in the dashboard, and the addresses of the pages about a question."""

from __future__ import annotations

from functools import partial
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db import models
from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST
from unfold.admin import ModelAdmin
from unfold.decorators import action, display

from desk.admin.shared import TopicFilter
from desk.editor import views as editor
from desk.exchange import views as exchange
from desk.fields import PlainTextField, signed_in_user
from desk.stale_forms import OptimisticLockForm
from interview.services.errors import RefusedError
from interview.services.questions import set_status
from questions.models import Phrase, Question, Rubric, Topic
from questions.services.questions import NoPublishedRubricError

STATUS_COLOURS = {"draft": "warning", "published": "success", "archived": "", "retired": ""}


class TopicForm(OptimisticLockForm):
    def clean_parent(self) -> Topic | None:
        parent: Topic | None = self.cleaned_data["parent"]
        above = parent
        while above is not None:
            if above.pk == self.instance.pk and self.instance.pk is not None:
                raise forms.ValidationError(_("A topic can't be its own parent."))
            above = above.parent
        return parent


@admin.register(Topic)
class TopicAdmin(ModelAdmin):
    form = TopicForm
    change_form_before_template = "admin/questions/loaded.html"
    list_display = ["slug", "name_zh", "name_en", "parent", "question_count", "order"]
    list_select_related = ["parent"]
    search_fields = ["slug", "name_zh", "name_en"]
    fields = [("name_zh", "name_en"), "slug", "parent", "order"]
    compressed_fields = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Topic]:
        found: QuerySet[Topic] = super().get_queryset(request)
        return found.annotate(question_count=Count("questions"))

    @display(description=gettext_lazy("questions"), ordering="question_count")
    def question_count(self, topic: Topic) -> int:
        count: int = topic.question_count  # type: ignore[attr-defined]  # annotated above
        return count


@admin.register(Question)
class QuestionAdmin(ModelAdmin):
    form = OptimisticLockForm
    change_form_before_template = "admin/questions/loaded.html"
    list_display = [
        "slug",
        "short_prompt",
        "topic_names",
        "difficulty",
        "status_label",
        "rubric_version",
        "key_point_count",
    ]
    list_filter = ["status", "is_reserved", "difficulty", ("topics", TopicFilter)]
    search_fields = ["slug", "prompt_zh", "prompt_en", "seed"]
    ordering = ["id"]
    list_per_page = 50
    list_fullwidth = True
    actions = ["publish", "archive", "take_back", "export"]
    actions_list = ["open_import", "open_export"]
    autocomplete_fields = ["topics"]
    readonly_fields = ["created_at", "updated_at"]
    compressed_fields = False
    warn_unsaved_form = True
    formfield_overrides = {models.TextField: {"form_class": PlainTextField}}
    change_form_outer_before_template = "admin/questions/question/state.html"
    change_form_outer_after_template = "admin/questions/question/rubric.html"
    fieldsets = [
        (
            None,
            {
                "fields": [
                    ("prompt_zh", "prompt_en"),
                    ("model_answer_zh", "model_answer_en"),
                    "slug",
                ]
            },
        ),
        (
            gettext_lazy("Topics and difficulty"),
            {
                "fields": [
                    ("topics", "difficulty"),
                    ("suggested_minutes", "seed"),
                    "is_reserved",
                    "source_url",
                    ("created_at", "updated_at"),
                ]
            },
        ),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Question]:
        found: QuerySet[Question] = super().get_queryset(request)
        published = Rubric.objects.filter(question=OuterRef("pk"), status=Rubric.Status.PUBLISHED)
        return found.annotate(
            published_version=Subquery(published.values("version")[:1]),
            published_points=Count(
                "rubrics__key_points",
                filter=Q(rubrics__status=Rubric.Status.PUBLISHED),
                distinct=True,
            ),
            draft_version=Subquery(
                Rubric.objects.filter(question=OuterRef("pk"), status=Rubric.Status.DRAFT).values(
                    "version"
                )[:1],
            ),
        ).prefetch_related("topics")

    def get_fieldsets(self, request: HttpRequest, obj: Question | None = None) -> Any:
        """A new question has no dates yet. A stored one gets its texts in the editor."""
        fieldsets = super().get_fieldsets(request, obj)
        dates, texts = (
            ("created_at", "updated_at"),
            [("prompt_zh", "prompt_en"), ("model_answer_zh", "model_answer_en")],
        )
        left_out = [dates] if obj is None else texts
        return [
            (name, {"fields": [line for line in options["fields"] if line not in left_out]})
            for name, options in fieldsets
        ]

    def save_model(
        self, request: HttpRequest, obj: Question, form: forms.ModelForm[Question], change: bool
    ) -> None:
        obj.is_edited = obj.is_edited or not change or form.has_changed()
        super().save_model(request, obj, form, change)

    def get_prepopulated_fields(
        self, request: HttpRequest, obj: Question | None = None
    ) -> dict[str, list[str]]:
        """A new question's slug is proposed from its prompt. A stored one is an address."""
        return {} if obj else {"slug": ["prompt_en"]}

    @display(description=gettext_lazy("prompt"))
    def short_prompt(self, question: Question) -> str:
        return Truncator(question.prompt).chars(60)

    @display(description=gettext_lazy("topics"))
    def topic_names(self, question: Question) -> str:
        return "、".join(topic.name for topic in question.topics.all())

    @display(description=gettext_lazy("status"), ordering="status", label=STATUS_COLOURS)
    def status_label(self, question: Question) -> tuple[str, str]:
        return question.status, question.get_status_display()

    @display(description=gettext_lazy("rubric"), ordering="published_version")
    def rubric_version(self, question: Question) -> str:
        # Annotated
        published: int | None = question.published_version  # type: ignore[attr-defined]
        draft: int | None = question.draft_version  # type: ignore[attr-defined]  # above
        versions = [f"v{published}"] if published else []
        if draft:
            versions.append(_("v%(version)d (draft)") % {"version": draft})
        return ", ".join(versions) or "–"

    @display(description=gettext_lazy("key points"), ordering="published_points")
    def key_point_count(self, question: Question) -> int:
        count: int = question.published_points  # type: ignore[attr-defined]  # annotated above
        return count

    def formfield_for_dbfield(
        self, db_field: models.Field[Any, Any], request: HttpRequest, **kwargs: Any
    ) -> forms.Field | None:
        if isinstance(db_field, models.URLField):
            kwargs["assume_scheme"] = "https"
        field: forms.Field | None = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field is not None and db_field.name.startswith("prompt_"):
            field.widget.attrs["rows"] = 3
        return field

    # Actions

    @action(description=gettext_lazy("Publish"), permissions=["change"])
    def publish(self, request: HttpRequest, queryset: QuerySet[Question]) -> None:
        self.set_statuses(request, queryset, Question.Status.PUBLISHED)

    @action(description=gettext_lazy("Archive"), permissions=["change"])
    def archive(self, request: HttpRequest, queryset: QuerySet[Question]) -> None:
        self.set_statuses(request, queryset, Question.Status.ARCHIVED)

    @action(description=gettext_lazy("Return to draft"), permissions=["change"])
    def take_back(self, request: HttpRequest, queryset: QuerySet[Question]) -> None:
        self.set_statuses(request, queryset, Question.Status.DRAFT)

    @action(description=gettext_lazy("Export"), permissions=["view"])
    def export(self, request: HttpRequest, queryset: QuerySet[Question]) -> HttpResponse:
        return exchange.choose_format(request, self.admin_site, queryset)

    @action(
        description=gettext_lazy("Import"),
        url_path="open-import",
        icon="upload",
        permissions=["import"],
    )
    def open_import(self, request: HttpRequest) -> HttpResponse:
        return HttpResponseRedirect(reverse("admin:questions_question_import"))

    @action(
        description=gettext_lazy("Export"),
        url_path="open-export",
        icon="download",
        permissions=["view"],
    )
    def open_export(self, request: HttpRequest) -> HttpResponse:
        return HttpResponseRedirect(reverse("admin:questions_question_export"))

    def has_import_permission(self, request: HttpRequest) -> bool:
        return exchange.may_import(request)

    def set_statuses(
        self, request: HttpRequest, queryset: QuerySet[Question], status: Question.Status
    ) -> None:
        """Give the questions a status. The message names those that can't have it."""
        changed, unpublishable, in_use = 0, [], []
        for question in queryset:
            try:
                changed += set_status(question, status, actor=signed_in_user(request))
            except NoPublishedRubricError:
                unpublishable.append(question.slug)
            except RefusedError as error:
                in_use.append(error.message)
        if changed:
            text = ngettext(
                "%(n)d question is now: %(status)s.",
                "%(n)d questions are now: %(status)s.",
                changed,
            )
            messages.success(request, text % {"n": changed, "status": status.label})
        if unpublishable:
            messages.error(
                request,
                _("Not published: %(slugs)s. Publish the key points of a question first.")
                % {"slugs": ", ".join(unpublishable)},
            )
        for text in in_use[:10]:
            messages.error(request, text)
        if not changed and not unpublishable and not in_use:
            messages.info(request, _("There is nothing to change."))

    # Pages

    def get_urls(self) -> list[URLPattern]:
        site = self.admin_site
        pages: list[tuple[str, Any, str]] = [
            ("editor/", editor.edit_question, "editor"),
            ("editor/preview/", editor.preview_question, "preview"),
            ("versions/", editor.show_versions, "versions"),
            ("versions/<int:version>/restore/", editor.restore, "restore"),
            ("draft/discard/", editor.discard, "discard"),
            ("draft/<int:entry>/bring-back/", editor.undo_discard, "bring_back"),
        ]
        own = [
            path(
                f"<int:pk>/{end}",
                site.admin_view(partial(view, site=site)),
                name=f"questions_question_{name}",
            )
            for end, view, name in pages
        ]
        own.append(
            path(
                "<int:pk>/status/",
                site.admin_view(require_POST(self.status_view)),
                name="questions_question_status",
            )
        )
        files: list[tuple[str, Any, str]] = [
            ("import/", exchange.upload_file, "import"),
            ("import/<int:pk>/", exchange.preview_import, "import_preview"),
            ("export/", exchange.export_file, "export"),
        ]
        own += [
            path(end, site.admin_view(partial(view, site=site)), name=f"questions_question_{name}")
            for end, view, name in files
        ]
        urls: list[URLPattern] = super().get_urls()
        return own + urls

    def status_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        question = get_object_or_404(Question, pk=pk)
        if not self.has_change_permission(request, question):
            return self.refuse(request)
        wanted = request.POST.get("status", "")
        if wanted in Question.Status.values:
            self.set_statuses(request, Question.objects.filter(pk=pk), Question.Status(wanted))
        else:
            messages.error(request, _("Unknown status."))
        return HttpResponseRedirect(reverse("admin:questions_question_change", args=[pk]))

    def refuse(self, request: HttpRequest) -> HttpResponse:
        messages.error(request, _("You are not allowed to do this."))
        return HttpResponseRedirect(reverse("admin:questions_question_changelist"))

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        question = self.get_object(request, object_id) if object_id else None
        rubrics = (
            list(question.rubrics.annotate(point_count=Count("key_points")).order_by("-version"))
            if question
            else []
        )
        published = next(
            (rubric for rubric in rubrics if rubric.status == Rubric.Status.PUBLISHED), None
        )
        context = {
            "rubrics": rubrics,
            "published": published,
            "draft": next(
                (rubric for rubric in rubrics if rubric.status == Rubric.Status.DRAFT), None
            ),
            "key_points": key_points_of(published) if published else [],
            "prompt_moved_on": published is not None
            and question is not None
            and (published.prompt_zh, published.prompt_en)
            != (question.prompt_zh, question.prompt_en),
            "may_write_rubrics": request.user.has_perm("questions.add_rubric"),
            "may_change": self.has_change_permission(request, question),
        }
        response: HttpResponse = super().changeform_view(
            request, object_id, form_url, context | (extra_context or {})
        )
        return response

    def response_add(
        self, request: HttpRequest, obj: Question, post_url_continue: str | None = None
    ) -> HttpResponse:
        """After adding a question, go on to its editor: it has no key points yet."""
        plain_save = not {"_addanother", "_continue", "_popup"} & request.POST.keys()
        if plain_save and request.user.has_perm("questions.add_rubric"):
            messages.success(
                request, _("The question is stored. Now write what a good answer should contain.")
            )
            return HttpResponseRedirect(reverse("admin:questions_question_editor", args=[obj.pk]))
        response: HttpResponse = super().response_add(request, obj, post_url_continue)
        return response


def key_points_of(rubric: Rubric) -> list[dict[str, Any]]:
    """A rubric's key points with their phrases by kind. A term group is a list of its terms."""
    points = []
    for point in rubric.key_points.prefetch_related("phrases"):
        by_kind: dict[str, list[Any]] = {kind: [] for kind in Phrase.Kind.values}
        for phrase in point.phrases.all():
            by_kind[phrase.kind].append(
                phrase.text.splitlines() if phrase.kind == Phrase.Kind.TERM_GROUP else phrase.text
            )
        points.append({"point": point, **by_kind})
    return points
