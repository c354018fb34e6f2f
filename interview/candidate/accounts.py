"""Sign in and change the password."""

from __future__ import annotations

from django.contrib.auth.views import LoginView, PasswordChangeView
from django.contrib.messages.views import SuccessMessageMixin
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy


class SignInView(LoginView):
    template_name = "interview/login.html"
    redirect_authenticated_user = True


# The mixin takes no type argument at run time.
class ChangePasswordView(SuccessMessageMixin, PasswordChangeView):  # type: ignore[type-arg]
    template_name = "interview/password.html"
    success_url = reverse_lazy("interview:home")
    success_message = gettext_lazy("Your password is changed.")
