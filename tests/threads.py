"""Several requests at the same moment, each in a thread with a database connection of its own.

For tests marked `django_db(transaction=True)`: the thread sees what the test has prepared, and what
the thread does is committed.
"""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from django.db import connection, connections, transaction

from tests.servers import wait_until

Act = Callable[[], object]
Refusals = tuple[type[Exception], ...]


def at_once(*acts: Act, refusals: Refusals = ()) -> list[object]:
    """Begin all acts together. What each returned, or which of the `refusals` it raised.

    Any other error fails the test.
    """
    gate = threading.Barrier(len(acts))

    def run(act: Act) -> object:
        gate.wait(60)
        return act()

    with ThreadPoolExecutor(len(acts)) as pool:
        begun = [pool.submit(_on_its_own, lambda act=act: run(act), refusals) for act in acts]
    return [outcome.result() for outcome in begun]


def overlapping(first: Act, second: Act, *, refusals: Refusals = ()) -> list[object]:
    """The same for two acts, where the second begins when the first has done all but its commit.

    The first commits when the second is over or waits for a lock. A second act that takes no lock
    thus decides by what is outdated a moment later, and does so in every run of the test.
    """
    has_acted, may_commit = threading.Event(), threading.Event()

    def act_and_hold() -> object:
        with transaction.atomic():
            try:
                return first()
            finally:
                has_acted.set()
                may_commit.wait(60)

    with ThreadPoolExecutor(2) as pool:
        begun = [pool.submit(_on_its_own, act_and_hold, refusals)]
        has_acted.wait(60)
        begun.append(pool.submit(_on_its_own, second, refusals))
        try:
            wait_until(
                lambda: begun[1].done() or _waits_for_a_lock(), what="the second act gets on"
            )
        finally:
            may_commit.set()
    return [outcome.result() for outcome in begun]


def _on_its_own(act: Act, refusals: Refusals) -> object:
    try:
        return act()
    except refusals as refusal:
        return refusal
    finally:
        connections.close_all()


def _waits_for_a_lock() -> bool:
    if connection.vendor != "postgresql":
        time.sleep(0.2)  # SQLite does not tell who waits
        return True
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        return cursor.fetchone()[0] > 0
