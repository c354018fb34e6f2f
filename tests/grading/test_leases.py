"""The row is the queue: every message may be lost or doubled, and no work is lost or done twice.

Each test runs for both kinds of leased row: grades, and the dry runs of regrades.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.db.models.functions import Now
from kombu.exceptions import OperationalError

import grading.tasks
import interview.tasks
from grading import leases
from grading.leases import LeasedQueue, LeasedRow, Swept
from grading.models import Grade
from grading.services.queue import GRADES, published_rubric
from grading.services.run import run_grade
from interview.regrades.models import Regrade
from interview.regrades.preview import run_preview
from interview.regrades.queue import REGRADES, start_regrade
from tests import factories

pytestmark = pytest.mark.django_db

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)


def queued_grade() -> Grade:
    answer = factories.submitted_answer()
    return Grade.objects.create(
        answer=answer,
        rubric=published_rubric(answer.question),
        dispatched_at=Now(),
        dispatches=1,
    )


def queued_regrade() -> Regrade:
    return start_regrade(factories.graded_answer().question, actor=factories.UserFactory())


@dataclass(frozen=True)
class Kind:
    """One kind of leased row: how to get one, and what a worker does with it."""

    queue: LeasedQueue[Any]
    task: Any
    make: Callable[[], LeasedRow]
    work: Callable[[int], bool]
    stopped: str

    @property
    def rows(self) -> leases.LeaseQuerySet[Any]:
        return self.queue.rows

    def queued(self, **fields) -> LeasedRow:
        row = self.make()
        if fields:
            self.rows.filter(pk=row.pk).update(**fields)
            row.refresh_from_db()
        return row

    def running(self, **fields) -> LeasedRow:
        """A row whose worker died: its lease ran out."""
        row = self.queued()
        self.rows.claim(row.pk)
        self.rows.filter(pk=row.pk).update(lease_until=Now() - SECOND, **fields)
        return row


KINDS = {
    "grade": Kind(
        GRADES,
        grading.tasks.grade_answer,
        queued_grade,
        run_grade,
        "Grading stopped 3 times without a result.",
    ),
    "regrade": Kind(
        REGRADES,
        interview.tasks.preview_regrade,
        queued_regrade,
        run_preview,
        "The dry run stopped 3 times without progress.",
    ),
}


@pytest.fixture(params=KINDS)
def kind(request) -> Kind:
    return KINDS[request.param]


@pytest.fixture
def sent(kind, monkeypatch) -> list[int]:
    """The ids of the messages sent, in place of a broker."""
    ids: list[int] = []
    monkeypatch.setattr(kind.task, "delay", ids.append)
    return ids


@pytest.fixture
def no_broker(kind, monkeypatch) -> None:
    def refuse(row_id: int) -> None:
        raise OperationalError("connection refused")

    monkeypatch.setattr(kind.task, "delay", refuse)


class TestClaim:
    def test_second_delivery_finds_nothing_to_claim(self, kind):
        row = kind.queued()
        assert kind.rows.claim(row.pk) is not None
        assert kind.rows.claim(row.pk) is None

    def test_claim_notes_the_start_and_leases_the_row_for_a_minute(self, kind):
        row = kind.queued()
        kind.rows.claim(row.pk)
        row.refresh_from_db()
        assert (row.status, row.attempts) == ("running", 1)
        assert row.lease_until - row.started_at == MINUTE

    def test_lease_that_ran_out_can_be_claimed_by_another_worker(self, kind):
        row = kind.running()
        assert kind.rows.claim(row.pk) is not None
        row.refresh_from_db()
        assert row.attempts == 2

    def test_row_is_not_claimed_before_it_is_due(self, kind):
        row = kind.queued(due_at=Now() + MINUTE)
        assert kind.rows.claim(row.pk) is None

    def test_three_tries_are_all_there_are(self, kind):
        row = kind.queued(attempts=3)
        assert kind.rows.claim(row.pk) is None

    def test_lease_is_held_by_the_token_of_the_last_claim_only(self, kind):
        row = kind.queued()
        first = kind.rows.claim(row.pk)
        kind.rows.filter(pk=row.pk).update(lease_until=Now() - SECOND)
        second = kind.rows.claim(row.pk)
        assert kind.rows.held(row.pk, first).exists() is False
        assert kind.rows.held(row.pk, second).exists() is True


class TestRelease:
    def test_released_row_waits_with_its_reason_for_longer_each_time(self, kind):
        row = kind.queued()
        kind.rows.release(row.pk, kind.rows.claim(row.pk), "no luck")
        row.refresh_from_db()
        assert (row.status, row.error, row.dispatched_at) == ("queued", "no luck", None)
        assert (row.lease_token, row.lease_until) == (None, None)
        assert kind.rows.claim(row.pk) is None, "it is not due yet"
        first_wait = row.due_at - row.started_at
        kind.rows.filter(pk=row.pk).update(due_at=Now())
        kind.rows.release(row.pk, kind.rows.claim(row.pk), "no luck again")
        row.refresh_from_db()
        assert first_wait >= 2 * SECOND
        assert row.due_at - row.started_at >= 4 * SECOND

    def test_row_released_on_its_last_try_fails_with_the_reason(self, kind):
        row = kind.queued(attempts=2)
        kind.rows.release(row.pk, kind.rows.claim(row.pk), "no luck")
        row.refresh_from_db()
        assert (row.status, row.error, row.attempts) == ("failed", "no luck", 3)
        assert row.finished_at is not None
        assert (row.lease_token, row.lease_until) == (None, None)

    def test_worker_that_lost_its_lease_can_neither_release_nor_fail_the_row(self, kind):
        row = kind.queued()
        slow = kind.rows.claim(row.pk)
        kind.rows.filter(pk=row.pk).update(lease_until=Now() - SECOND)
        kind.rows.claim(row.pk)
        kind.rows.release(row.pk, slow, "too late")
        assert kind.rows.fail(row.pk, slow, "too late") is False
        row.refresh_from_db()
        assert (row.status, row.error) == ("running", "")


class TestPublish:
    def test_each_row_gets_its_message(self, kind, sent):
        assert kind.queue.publish([5, 6]) == 2
        assert sent == [5, 6]

    def test_broker_lost_halfway_leaves_the_rest_marked_for_the_sweep(self, kind, monkeypatch):
        rows = [kind.queued() for _ in range(3)]

        def lose_after_the_first(row_id: int) -> None:
            if row_id != rows[0].pk:
                raise OperationalError("connection refused")

        monkeypatch.setattr(kind.task, "delay", lose_after_the_first)
        assert kind.queue.publish([row.pk for row in rows]) == 1
        unsent = kind.rows.filter(dispatched_at=None).order_by("pk")
        assert list(unsent.values_list("pk", flat=True)) == [row.pk for row in rows[1:]]


class TestSweep:
    def test_fresh_queue_is_left_alone(self, kind, sent):
        kind.queued()
        assert kind.queue.sweep() == Swept(failed=0, sent=0)
        assert sent == []

    def test_row_whose_message_was_never_sent_is_sent(self, kind, sent):
        row = kind.queued(dispatched_at=None, dispatches=0)
        assert kind.queue.sweep() == Swept(failed=0, sent=1)
        assert sent == [row.pk]

    def test_overdue_message_is_sent_again_and_then_waited_for_twice_as_long(self, kind, sent):
        row = kind.queued(dispatched_at=Now() - MINUTE - SECOND)
        kind.queue.sweep()
        kind.rows.filter(pk=row.pk).update(dispatched_at=Now() - MINUTE - SECOND)
        kind.queue.sweep()
        assert sent == [row.pk]
        kind.rows.filter(pk=row.pk).update(dispatched_at=Now() - 2 * MINUTE - SECOND)
        kind.queue.sweep()
        assert sent == [row.pk, row.pk]

    def test_overdue_message_that_was_not_counted_is_sent_again_too(self, kind, sent):
        row = kind.queued(dispatched_at=Now() - MINUTE - SECOND, dispatches=0)
        kind.queue.sweep()
        assert sent == [row.pk]

    def test_row_of_a_dead_worker_is_sent_when_its_lease_runs_out(self, kind, sent):
        row = kind.queued()
        kind.rows.claim(row.pk)
        kind.queue.sweep()
        assert sent == []
        kind.rows.filter(pk=row.pk).update(lease_until=Now() - SECOND)
        kind.queue.sweep()
        assert sent == [row.pk]

    def test_row_that_stopped_three_workers_fails_visibly(self, kind, sent):
        row = kind.running(attempts=3)
        assert kind.queue.sweep() == Swept(failed=1, sent=0)
        row.refresh_from_db()
        assert (row.status, row.error) == ("failed", kind.stopped)
        assert row.finished_at is not None

    def test_caller_who_knows_that_all_workers_died_waits_for_nothing(self, kind, sent):
        waiting, running = kind.queued(), kind.queued()
        kind.rows.claim(running.pk)
        assert kind.queue.sweep(workers_died=True) == Swept(failed=0, sent=2)
        assert sent == [waiting.pk, running.pk]
        assert kind.work(running.pk) is True

    @pytest.mark.usefixtures("no_broker")
    def test_sweep_without_a_broker_leaves_everything_for_the_next(self, kind):
        row = kind.queued(dispatched_at=None)
        assert kind.queue.sweep() == Swept(failed=0, sent=0)
        row.refresh_from_db()
        assert (row.status, row.dispatched_at) == ("queued", None)

    def test_long_queue_is_sent_in_several_sweeps(self, kind, sent, monkeypatch):
        monkeypatch.setattr(leases, "SWEEP_LIMIT", 2)
        rows = [kind.queued(dispatched_at=None) for _ in range(3)]
        assert [kind.queue.sweep().sent for _ in range(3)] == [2, 1, 0]
        assert sent == [row.pk for row in rows]

    def test_finished_rows_are_never_sent(self, kind, sent):
        row = kind.queued()
        kind.work(row.pk)
        kind.rows.filter(pk=row.pk).update(dispatched_at=None)
        assert kind.queue.sweep(workers_died=True) == Swept(failed=0, sent=0)
        assert sent == []
