"""One sweep for grades, regrades and sessions, whoever calls it."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import DatabaseError
from django.utils import timezone

import grading.tasks
import interview.tasks
from config.celery import app
from grading.leases import Swept
from grading.models import Grade
from grading.services.queue import published_rubric
from interview.models import InterviewSession
from interview.regrades.queue import start_regrade
from ops import sweep
from ops.management.commands import serve
from ops.sweep import SweptAll, sweep_all
from tests import factories


@pytest.fixture
def sent(monkeypatch) -> list[tuple[str, int]]:
    """(kind, id) of the messages sent, in place of a broker."""
    messages: list[tuple[str, int]] = []
    for kind, task in (
        ("grade", grading.tasks.grade_answer),
        ("regrade", interview.tasks.preview_regrade),
    ):
        monkeypatch.setattr(task, "delay", lambda pk, kind=kind: messages.append((kind, pk)))
    return messages


@pytest.fixture
def left_behind(db, sent) -> list[tuple[str, int]]:
    """A grade and a regrade whose messages were never sent, and a session whose time is up."""
    answer = factories.submitted_answer()
    grade = Grade.objects.create(answer=answer, rubric=published_rubric(answer.question))
    regrade = start_regrade(factories.graded_answer().question, actor=factories.UserFactory())
    type(regrade).objects.update(dispatched_at=None)
    factories.SessionFactory(deadline=timezone.now() - timedelta(days=1))
    sent.clear()
    return [("grade", grade.pk), ("regrade", regrade.pk)]


def is_open() -> int:
    return InterviewSession.objects.filter(deadline__isnull=False, status="open").count()


def test_one_sweep_sends_grades_and_regrades_and_ends_sessions(left_behind, sent):
    assert sweep_all() == SweptAll(Swept(sent=1), Swept(sent=1), closed_sessions=1)
    assert sent == left_behind
    assert is_open() == 0
    assert sweep_all() == SweptAll(Swept(), Swept(), closed_sessions=0)


def test_beat_calls_the_same_sweep(left_behind, sent):
    entries = settings.CELERY_BEAT_SCHEDULE.values()
    app.loader.import_default_modules()
    for entry in entries:
        app.tasks[entry["task"]].apply(throw=True)
    assert sent == left_behind
    assert is_open() == 0


def test_command_sweeps_regrades_and_sessions_too(left_behind, sent, capsys):
    call_command("requeue_stale")
    assert capsys.readouterr().out.splitlines() == [
        "grades: 1 sent again, 0 failed",
        "regrades: 1 sent again, 0 failed",
        "sessions: 1 ended",
    ]
    assert sent == left_behind
    assert is_open() == 0


def test_command_takes_back_every_lease_when_it_is_told_that_all_workers_died(left_behind, sent):
    call_command("requeue_stale")
    call_command("requeue_stale")
    assert sent == left_behind
    call_command("requeue_stale", "--workers-died")
    assert sent == left_behind * 2


@pytest.fixture
def broken_grades(monkeypatch) -> None:
    def fail(**arguments) -> None:
        raise RuntimeError("out of order")

    monkeypatch.setattr(sweep, "GRADES", type("Broken", (), {"sweep": staticmethod(fail)}))


@pytest.mark.usefixtures("broken_grades")
def test_error_in_one_part_leaves_the_others_alone_and_is_logged(left_behind, sent, caplog):
    done = sweep_all()
    assert (done.broken, done.regrades, done.closed_sessions) == (["grades"], Swept(sent=1), 1)
    assert sent == left_behind[1:]
    assert "the sweep of grades failed" in caplog.text
    assert "out of order" in caplog.text


@pytest.mark.usefixtures("broken_grades", "left_behind")
def test_command_fails_when_a_part_of_the_sweep_failed():
    with pytest.raises(CommandError, match="The sweep of grades failed"):
        call_command("requeue_stale")


class TestSupervisorsThread:
    @pytest.fixture
    def sweeper(self, monkeypatch) -> Iterator[serve.Sweeper]:
        """The thread's work, run here without its waits."""
        monkeypatch.setattr(serve, "SWEEP_EVERY_S", 0)
        monkeypatch.setattr(serve, "close_old_connections", lambda: None)
        return serve.Sweeper(lambda line: None)

    @pytest.mark.parametrize("error", [DatabaseError, OSError, ValueError])
    def test_no_error_ends_it(self, sweeper, monkeypatch, error):
        calls: list[bool] = []

        def sweep_and_fail(*, workers_died: bool) -> None:
            calls.append(workers_died)
            sweeper.stopped = len(calls) == 3
            raise error("out of order")

        monkeypatch.setattr(serve, "sweep_all", sweep_and_fail)
        sweeper.run()
        assert calls == [True, False, False]
