"""The last two answers of a session submitted at the same moment: the session ends."""

import threading
from contextlib import suppress

import pytest
from django.db import connection

from interview.models import InterviewSession
from interview.services import answers as service
from interview.services.answers import submit_answer
from interview.services.practice import start_practice
from tests import factories
from tests.grading.test_concurrent_authors import at_once

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(
        connection.vendor == "sqlite", reason="one connection for all; test_postgres.py runs these"
    ),
]


def test_two_last_answers_submitted_at_once_end_the_session(monkeypatch):
    questions = [factories.published_question() for _ in range(2)]
    session = start_practice(candidate=factories.UserFactory(), questions=questions)
    one, other = session.answers.all()
    both_are_frozen = threading.Barrier(2)
    queue_grade = service.queue_grade

    def queue_when_both_are_frozen(*args, **kwargs):
        """Between freezing an answer and looking for drafts: where the two must not meet."""
        with suppress(threading.BrokenBarrierError):
            both_are_frozen.wait(timeout=1)
        return queue_grade(*args, **kwargs)

    monkeypatch.setattr(service, "queue_grade", queue_when_both_are_frozen)

    at_once(lambda: submit_answer(one, text="a"), lambda: submit_answer(other, text="b"))

    assert InterviewSession.objects.get().status == InterviewSession.Status.SUBMITTED
    assert both_are_frozen.broken  # the second waited for the first
