"""What every page of the dashboard needs around it."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse


class AdminContentSecurityPolicyMiddleware:
    """Gives the dashboard, and nothing else, the policy its theme needs. Stands inside CSPMiddleware, which writes the header."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        match = request.resolver_match
        if match is not None and match.app_name == "admin":
            # What the decorator csp_replace() sets, too.
            response._csp_replace = settings.ADMIN_CONTENT_SECURITY_POLICY  # type: ignore[attr-defined]  # noqa: SLF001
        return response


class SignedOutMiddleware:
    """Loses nothing that was sent from the dashboard when the sign-in had run out.

    A part of a page says so in its place, where htmx would put the whole sign-in page; a form comes back to be sent once more.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        match, sign_in = request.resolver_match, reverse("admin:login")
        if (
            match is None
            or match.app_name != "admin"
            or not response.headers.get("Location", "").startswith(sign_in)
        ):
            return response
        if "HX-Request" in request.headers:
            return render(request, "admin/_signed_out.html", {"sign_in": sign_in})
        if (
            request.method == "POST" and request.user.is_anonymous and not request.FILES
        ):  # a browser can't be handed its file back
            sent = [
                (name, value)
                for name, values in request.POST.lists()
                for value in values
                if name != "csrfmiddlewaretoken"
            ]
            return render(
                request, "admin/signed_out.html", {"sign_in": sign_in, "sent": sent}
            )  # 200, as any form that comes back
        return response
