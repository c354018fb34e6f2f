"""Marked answers in the dashboard: their list, and the addresses of the test bench."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.text import Truncator
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST
from unfold.admin import ModelAdmin
from unfold.decorators import display

from desk.bench import proposals, views
from desk.bench.marked import marked_answers_view
from desk.bench.views import show_bench
from interview.visibility import samples_readable_by
from questions.models import Sample


@admin.register(Sample)
class SampleAdmin(ModelAdmin):
    """A list to find samples in. They are written on the bench, where their effect is seen."""

    list_display = ["name", "question_slug", "kind", "origin", "acceptance", "short_text"]
    list_filter = ["origin", "acceptance", "is_set_aside", "kind"]
    search_fields = ["name", "question__slug", "text"]
    list_select_related = ["question"]
    list_per_page = 50

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Sample | None = None) -> bool:
        return False  # they are removed on the bench

    def get_queryset(self, request: HttpRequest) -> QuerySet[Sample]:
        found: QuerySet[Sample] = super().get_queryset(request)
        readable = samples_readable_by(request.user).values("pk")
        return found.filter(pk__in=readable).select_related("question")

    @display(description=gettext_lazy("question"), ordering="question__slug")
    def question_slug(self, sample: Sample) -> str:
        return sample.question.slug

    @display(description=gettext_lazy("answer text"))
    def short_text(self, sample: Sample) -> str:
        return Truncator(sample.text).chars(60)

    # Pages

    def get_urls(self) -> list[URLPattern]:
        def wrapped(view: Any) -> Any:
            return self.admin_site.admin_view(view)

        bench = "bench/<int:pk>"
        own = [
            path(
                "proposed/",
                wrapped(partial(marked_answers_view, site=self.admin_site)),
                name="questions_sample_proposed",
            ),
            path(f"{bench}/", wrapped(require_GET(self.bench_view)), name="questions_sample_bench"),
            path(f"{bench}/try/", wrapped(views.try_view), name="questions_sample_try"),
            path(
                f"{bench}/mark/",
                wrapped(require_POST(views.sample_view)),
                name="questions_sample_mark",
            ),
            path(
                f"{bench}/remove/<int:sample_pk>/",
                wrapped(require_POST(views.remove_view)),
                name="questions_sample_remove",
            ),
            path(
                f"{bench}/phrase/",
                wrapped(require_POST(views.phrase_view)),
                name="questions_sample_phrase",
            ),
            path(
                f"{bench}/measure/",
                wrapped(require_GET(views.measure_view)),
                name="questions_sample_measure",
            ),
            path(
                f"{bench}/proposals/",
                wrapped(require_GET(proposals.proposals_view)),
                name="questions_sample_proposals",
            ),
            path(
                f"{bench}/propose/",
                wrapped(require_POST(proposals.propose_view)),
                name="questions_sample_propose",
            ),
            path(
                f"{bench}/help/",
                wrapped(require_POST(views.help_view)),
                name="questions_sample_help",
            ),
            path(
                "proposals/<int:pk>/effect/",
                wrapped(require_GET(proposals.effect_view)),
                name="questions_sample_effect",
            ),
            path(
                "proposals/<int:pk>/",
                wrapped(require_POST(proposals.decide_view)),
                name="questions_sample_decide",
            ),
        ]
        urls: list[URLPattern] = super().get_urls()
        return own + urls

    def bench_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        return show_bench(request, self.admin_site, pk)

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """A sample is read and changed on the bench only."""
        sample = self.get_object(request, object_id) if object_id else None
        if sample is None or not self.has_view_permission(request, sample):
            response: HttpResponse = super().changeform_view(
                request, object_id, form_url, extra_context
            )
            return response
        bench = reverse("admin:questions_sample_bench", args=[sample.question_id])
        return HttpResponseRedirect(f"{bench}?sample={sample.pk}")
