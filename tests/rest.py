"""What the tests of the API share.

A caller with a token, and one who must never see what is kept from candidates.
"""

import json
from typing import Any

from django.contrib.auth.models import User
from django.test import Client
from knox.models import AuthToken

# In the model answers, key points and feedback of tests/factories.py, and in no prompt.
SECRETS = ("MODEL-ANSWER", "方差", "饱和", "variance", "saturat", "aturation", "gradients", "梯度")
CLUELESS = "我只记得要除以一个数。"  # an answer that says none of them


class Api(Client):
    """Sends JSON under /api/v1/. As the test client, it raises what would be a 500."""

    def __init__(self, user: User | None = None, *, language: str = "en", **options: Any) -> None:
        headers = {"Accept-Language": language}
        if user is not None:
            headers["Authorization"] = f"Token {AuthToken.objects.create(user=user)[1]}"
        super().__init__(headers=headers, **options)

    def request(self, **request: Any) -> Any:
        response = super().request(**request)
        self.check(response)
        return response

    def check(self, response: Any) -> None:
        pass

    def send(self, body: Any, *, key: str | None = None, **headers: str) -> Any:
        if key is not None:
            headers["Idempotency-Key"] = key
        raw = body if isinstance(body, str | bytes) else json.dumps(body)
        return self.post(
            "/api/v1/submissions/", raw, content_type="application/json", headers=headers
        )


class CandidateApi(Api):
    """Fails the test when any response, its headers included, says what a candidate must not know yet."""

    def check(self, response: Any) -> None:
        content = b"".join(response.streaming_content) if response.streaming else response.content
        said = content.decode() + str(response.headers)
        leaked = [secret for secret in SECRETS if secret in said]
        assert not leaked, f"{response.request['PATH_INFO']} tells a candidate {leaked}"


def problem(response: Any) -> tuple[int, str]:
    """(status, code) of an error, after checking that it is a whole problem document."""
    assert response.headers["Content-Type"] == "application/problem+json"
    body = response.json()
    assert body["status"] == response.status_code
    assert body["type"] == "about:blank"
    assert body["title"]
    assert body["detail"]
    return response.status_code, body["code"]
