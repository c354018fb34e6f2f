"""Users, roles, API tokens and sign-in attempts in the dashboard."""

from __future__ import annotations

from typing import Any

from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group, User
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy
from knox.models import AuthToken
from unfold.admin import ModelAdmin
from unfold.decorators import display
from unfold.forms import (
    AdminPasswordChangeForm,
    UserChangeForm,
    UserCreationForm,
)

from audit.services import record_change
from desk.admin.read_only import ReadOnlyAdmin
from desk.fields import signed_in_user

admin.site.unregister([User, Group, AuthToken])


for model in (AccessAttempt, AccessLog, AccessFailureLog):
    if admin.site.is_registered(model):
        admin.site.unregister(model)


# Django's own class takes no type argument at run time.
@admin.register(User)
class UserAdmin(DjangoUserAdmin, ModelAdmin):  # type: ignore[type-arg]
    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    list_display = ["username", "role_names", "is_staff", "is_superuser", "is_active", "last_login"]
    list_filter = ["groups", "is_staff", "is_superuser", "is_active"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        return super().get_queryset(request).prefetch_related("groups")

    @display(description=gettext_lazy("roles"))
    def role_names(self, user: User) -> str:
        return ", ".join(group.name for group in user.groups.all()) or "–"

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Save groups and permissions, and audit who gave or took which rights."""
        before = rights_of(
            User.objects.get(pk=form.instance.pk), stored=form.initial if change else None
        )
        super().save_related(request, form, formsets, change)
        after = rights_of(User.objects.get(pk=form.instance.pk))
        if after != before:
            record_change(
                actor=signed_in_user(request),
                action="user.rights",
                target=form.instance,
                old=before,
                new=after,
            )


def rights_of(user: User, *, stored: dict[str, Any] | None = None) -> dict[str, Any]:
    """What the user may do.

    `stored` are the flags as they were before a form was saved. The row has only the new ones.
    """
    flags = {
        name: bool((stored or {}).get(name, getattr(user, name)))
        for name in ("is_active", "is_staff", "is_superuser")
    }
    permissions = sorted(user.user_permissions.values_list("codename", flat=True))
    return {
        "groups": sorted(user.groups.values_list("name", flat=True)),
        "permissions": permissions,
        **flags,
    }


@admin.register(Group)
class GroupAdmin(DjangoGroupAdmin, ModelAdmin):
    pass


@admin.register(AuthToken)
class AuthTokenAdmin(ReadOnlyAdmin):
    """Tokens are made over the API and shown once. Here they can only be revoked."""

    list_display = ["beginning", "user", "created", "expiry"]
    list_select_related = ["user"]
    search_fields = ["token_key", "user__username"]
    fields = ["beginning", "user", "created", "expiry"]
    ordering = ["-created"]

    @display(description=gettext_lazy("begins with"))
    def beginning(self, token: AuthToken) -> str:
        return f"{token.token_key}…"

    def get_readonly_fields(self, request: HttpRequest, obj: AuthToken | None = None) -> list[str]:
        return ["beginning", "user", "created", "expiry"]

    def has_delete_permission(self, request: HttpRequest, obj: AuthToken | None = None) -> bool:
        return request.user.has_perm("knox.delete_authtoken")


@admin.register(AccessAttempt)
class AccessAttemptAdmin(ReadOnlyAdmin):
    """Failed sign-ins. Deleting a row lets the person try again at once."""

    list_display = ["attempt_time", "username", "ip_address", "failures_since_start"]
    search_fields = ["username", "ip_address"]
    fields = [
        "attempt_time",
        "username",
        "ip_address",
        "user_agent",
        "path_info",
        "failures_since_start",
    ]

    def has_delete_permission(self, request: HttpRequest, obj: AccessAttempt | None = None) -> bool:
        return request.user.has_perm("axes.delete_accessattempt")
