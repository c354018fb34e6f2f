"""Proposed marked answers: what reviewers decided, for a second person to accept or refuse."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib import messages
from django.contrib.admin import AdminSite
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods

from desk.fields import signed_in_user
from grading.models import Verdict
from interview.services.errors import RefusedError
from interview.services.marked_answers import (
    decide_on_samples,
    decides_on_samples,
    proposed_samples,
    samples_to_decide,
)
from questions.models import Sample

SAMPLES_PAGE = 20
Acceptance = Sample.Acceptance
SHOWN: dict[str, str | Promise] = {
    "proposed": gettext_lazy("waiting for you"),
    "accepted": gettext_lazy("accepted"),
    "refused": gettext_lazy("refused"),
}
DECISIONS = {
    "accept": Acceptance.ACCEPTED,
    "refuse": Acceptance.REFUSED,
    "withdraw": Acceptance.PROPOSED,
}


@dataclass(frozen=True, slots=True)
class MarkLine:
    """A key point with the reviewer's credit and the machine's verdict, if it graded the point."""

    key: str
    credit: float
    machine: str

    @property
    def percent(self) -> str:
        return f"{100 * self.credit:g}%"


def mark_lines(sample: Sample) -> list[MarkLine]:
    grade = sample.answer.standing_grade if sample.answer else None
    machine = {match.key_point.key: match.verdict for match in grade.matches.all()} if grade else {}
    return [
        MarkLine(key, credit, str(Verdict(machine[key]).label) if key in machine else "–")
        for key, credit in sample.marks.items()
    ]


@require_http_methods(["GET", "HEAD", "POST"])
def marked_answers_view(request: HttpRequest, site: AdminSite) -> HttpResponse:
    if not decides_on_samples(request.user):
        raise PermissionDenied
    shown = request.GET.get("show", "proposed")
    shown = shown if shown in SHOWN else "proposed"
    if request.method == "POST":
        decide(request)
        address = reverse("admin:questions_sample_proposed")
        return HttpResponseRedirect(f"{address}?show={shown}")
    waiting = proposed_samples(request.user)
    found = (
        waiting if shown == "proposed" else samples_to_decide(request.user).filter(acceptance=shown)
    )
    rows = found.select_related("question", "author", "decided_by", "answer__session")
    rows = rows.prefetch_related("answer__grades__matches__key_point")
    page = Paginator(rows.order_by("-updated_at", "-pk"), SAMPLES_PAGE).get_page(
        request.GET.get("page")
    )
    context = {
        **site.each_context(request),
        "title": _("Proposed marked answers"),
        "page": page,
        "samples": [(sample, mark_lines(sample)) for sample in page],
        "shown": shown,
        "filters": [(name, label, name == shown) for name, label in SHOWN.items()],
        "waiting": waiting.count(),
    }
    return TemplateResponse(request, "admin/questions/marked.html", context)


def decide(request: HttpRequest) -> None:
    """Do what the pressed button asks for with the ticked marked answers, and say how it went."""
    decision = DECISIONS.get(request.POST.get("decision", ""))
    seen = {}
    for value in request.POST.getlist("sample"):
        pk, _colon, digest = value.partition(":")
        if pk.isascii() and pk.isdecimal() and len(pk) < 16:
            seen[int(pk)] = digest
    if decision is None or not seen:
        messages.error(request, _("Nothing is selected. Tick the answers to decide on."))
        return
    try:
        decided = decide_on_samples(seen, decision, actor=signed_in_user(request))
    except RefusedError as error:
        messages.error(request, error.message)
        return
    text = ngettext(
        "%(n)d marked answer is now: %(state)s.",
        "%(n)d marked answers are now: %(state)s.",
        decided,
    )
    messages.success(request, text % {"n": decided, "state": decision.label})
