"""A database that is away is a 503 that says what to do, on every page."""

import pytest
from django.db import OperationalError
from django.test import Client


@pytest.mark.django_db
def test_page_asks_to_send_again_when_the_database_is_locked(monkeypatch, candidate_client):
    def locked(*args, **kwargs):
        raise OperationalError("database is locked")

    monkeypatch.setattr("interview.models.SessionQuerySet.of", locked)
    response = candidate_client.get("/")
    assert response.status_code == 503
    assert response["Retry-After"] == "5"


def test_page_asks_to_send_again_when_not_even_the_session_can_be_read(monkeypatch):
    def gone(*args, **kwargs):
        raise OperationalError("connection refused")

    monkeypatch.setattr("django.contrib.sessions.backends.db.SessionStore.load", gone)
    client = Client()
    client.cookies["sessionid"] = "a" * 32
    assert client.get("/").status_code == 503
