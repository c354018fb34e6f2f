"""Who may use the test bench of a question, and how the bench refuses."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from questions.models import Question

BENCH_CHANGED = "bench-changed"  # the event that reloads the other parts of the page


def question_on_bench(request: HttpRequest, pk: int) -> Question:
    if not request.user.has_perm("questions.view_sample"):
        raise PermissionDenied
    return get_object_or_404(Question, pk=pk)


def refuse_on_bench(request: HttpRequest, text: str, *, beside: str = "") -> HttpResponse:
    """Say why not: in the place of the text on the bench, or `beside` a button under it.

    Beside a button the text and the marks on the page stay as they are.
    """
    response = render(request, "admin/questions/bench/_refused.html", {"text": text})
    if beside:
        response["HX-Retarget"] = f"#{beside}-refused"
    return response
