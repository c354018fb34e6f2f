"""How callers are known: by an API token."""

from __future__ import annotations

import re
from typing import Any

from django.utils.translation import gettext as _
from knox.auth import TokenAuthentication as KnoxTokenAuthentication
from rest_framework import exceptions

TOKEN = re.compile(rb"[A-Za-z0-9_-]{1,200}")


class TokenAuthentication(KnoxTokenAuthentication):  # type: ignore[misc]  # knox has no types
    """knox's, with a 401 also for tokens in bytes that no token of ours has."""

    def authenticate_credentials(self, token: bytes) -> Any:
        if not TOKEN.fullmatch(token):
            raise exceptions.AuthenticationFailed(_("Invalid token."))
        return super().authenticate_credentials(token)
