"""What every page of the dashboard needs around it."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse


class AdminContentSecurityPolicyMiddleware:
    """Gives the dashboard, and nothing else, the policy that its theme needs.

    Its place is inside CSPMiddleware, which writes the header.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        match = request.resolver_match
        if match is not None and match.app_name == "admin":
            policy = settings.ADMIN_CONTENT_SECURITY_POLICY
            # What the decorator csp_replace() sets.
            response._csp_replace = policy  # type: ignore[attr-defined]  # noqa: SLF001
        return response


class SignedOutMiddleware:
    """Keeps a form that was sent to the dashboard after the sign-in ran out.

    The form comes back to be sent once more, without its passwords. A request of htmx gets a
    fragment that says so, where it would have put the whole sign-in page into a part of the page.
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
            response = render(request, "admin/_signed_out.html", {"sign_in": sign_in})
        elif (
            request.method == "POST" and request.user.is_anonymous and not request.FILES
        ):  # a browser can't be handed its file back
            context = {"sign_in": sign_in, **fields_to_return(request)}
            response = render(request, "admin/signed_out.html", context)  # 200, as any form
        response["Cache-Control"] = "no-store"
        return response


def fields_to_return(request: HttpRequest) -> dict[str, object]:
    """The sent fields that a page may repeat: no token, no password, nothing else that is secret.

    Without a sign-in the view does not run, so its decorator has not named its sensitive fields.
    Therefore every name with "password" in it counts as one.
    """
    named = getattr(request, "sensitive_post_parameters", ())
    sent, has_secrets = [], False
    for name, values in request.POST.lists():
        if name == "csrfmiddlewaretoken":
            continue
        if named == "__ALL__" or name in named or "password" in name.lower():
            has_secrets = True
        else:
            sent += [(name, value) for value in values]
    return {"sent": sent, "has_secrets": has_secrets}
