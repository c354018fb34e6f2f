"""Work that waits in a row: queued, claimed under a lease, finished, given back, or swept up.

The row is the queue, and messages are only hints: any of them may be lost or delivered twice. So
each step is one conditional UPDATE on the database's clock, and the number of rows it changed says
whether it happened. A doubled message changes no row. What a lost message or a dead worker left
behind, the sweep sends again.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Generic, TypeVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _
from kombu.exceptions import OperationalError

logger = logging.getLogger(__name__)

SWEEP_LIMIT = 500  # messages in one sweep of one kind of row
MAX_BACKOFF_DOUBLINGS = 5  # of the wait before a message is sent again

# The statuses that every kind of leased row has, beside those of its own.
QUEUED, RUNNING, FAILED = "queued", "running", "failed"
UNFINISHED = [QUEUED, RUNNING]

Row = TypeVar("Row", bound="LeasedRow")


class LeaseQuerySet(models.QuerySet[Row]):
    """The steps of a lease. `claim` gives the token that the worker's later steps must show."""

    def unfinished(self) -> LeaseQuerySet[Row]:
        return self.filter(status__in=UNFINISHED)

    def claimable(self) -> LeaseQuerySet[Row]:
        """Queued and due, or running under a lease that ran out, with a try left."""
        return self.filter(
            Q(status=QUEUED, due_at__lte=Now()) | Q(status=RUNNING, lease_until__lt=Now()),
            attempts__lt=settings.GRADE_MAX_ATTEMPTS,
        )

    def claim(self, row_id: int) -> uuid.UUID | None:
        """Take a row for this worker. None if another worker has it, or if it is done."""
        token = uuid.uuid4()
        taken = (
            self.claimable()
            .filter(pk=row_id)
            .update(
                status=RUNNING,
                lease_token=token,
                lease_until=Now() + timedelta(seconds=settings.GRADE_LEASE_S),
                attempts=F("attempts") + 1,
                started_at=Now(),
            )
        )
        return token if taken else None

    def held(self, row_id: int, token: uuid.UUID) -> LeaseQuerySet[Row]:
        """The row, if this worker's lease on it still stands."""
        return self.filter(pk=row_id, status=RUNNING, lease_token=token)

    def fail(self, row_id: int, token: uuid.UUID, reason: str) -> bool:
        """End the row as failed, with its reason. False if the lease was lost."""
        failed = self.held(row_id, token).end_failed(reason)
        if failed:
            logger.error("%s %s failed: %s", self.model._meta.model_name, row_id, reason)
        return bool(failed)

    def release(self, row_id: int, token: uuid.UUID, reason: str) -> None:
        """Give the row back after an error: due again after 2, 4, ... seconds.

        It fails when its tries are used up.
        """
        held = self.held(row_id, token)
        attempts = held.values_list("attempts", flat=True).first()
        if attempts is None:
            return  # the lease was lost, and the row is another worker's by now
        if attempts >= settings.GRADE_MAX_ATTEMPTS:
            self.fail(row_id, token, reason)
            return
        held.update(
            status=QUEUED,
            error=reason,
            due_at=Now() + timedelta(seconds=2**attempts),
            dispatched_at=None,
            lease_token=None,
            lease_until=None,
        )

    def end_failed(self, reason: str) -> int:
        return self.update(
            status=FAILED, error=reason, finished_at=Now(), lease_token=None, lease_until=None
        )


class LeasedRow(models.Model):
    """The columns of a row that is work to be done. The `status` is the subclass's own."""

    attempts = models.PositiveSmallIntegerField(_("tries"), default=0)
    lease_until = models.DateTimeField(_("lease until"), null=True, blank=True)
    lease_token = models.UUIDField(_("lease token"), null=True, blank=True)
    due_at = models.DateTimeField(_("not before"), db_default=Now())
    dispatched_at = models.DateTimeField(_("message sent"), null=True, blank=True)
    dispatches = models.PositiveIntegerField(_("messages sent"), default=0)
    started_at = models.DateTimeField(_("started"), null=True, blank=True)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)
    error = models.TextField(_("error"), blank=True)

    objects = LeaseQuerySet.as_manager()

    class Meta:
        abstract = True


@dataclass(frozen=True, slots=True)
class Swept:
    """What a sweep did: rows that failed for good, and messages sent again."""

    failed: int = 0
    sent: int = 0


@dataclass(frozen=True, slots=True)
class LeasedQueue(Generic[Row]):
    """One kind of leased row, and how a worker is told of it."""

    model: type[Row]
    send: Callable[[int], None]  # send the message that carries this id
    stopped: str  # the error of a row that stopped its workers too often; {attempts} is filled in

    @property
    def rows(self) -> LeaseQuerySet[Row]:
        return LeaseQuerySet(self.model)

    def publish(self, row_ids: Sequence[int]) -> int:
        """Send a message for each row and return how many were sent.

        When the broker is away the rest is marked as not sent, and the next sweep sends it.
        """
        for sent, row_id in enumerate(row_ids):
            try:
                self.send(row_id)
            except (OperationalError, OSError) as error:
                unsent = row_ids[sent:]
                logger.warning(
                    "%s of %s %s messages not sent, the sweeper will: %s",
                    len(unsent),
                    len(row_ids),
                    self.model._meta.model_name,
                    type(error).__name__,
                )
                self.rows.unfinished().filter(pk__in=unsent).update(dispatched_at=None)
                return sent
        return len(row_ids)

    def sweep(self, *, workers_died: bool = False) -> Swept:
        """Fail what stopped its workers too often, and send again what nobody works on.

        It may run anywhere, at any time, also twice at once. `workers_died` is for a caller who
        knows that no worker and no message is left: then nothing is waited for.
        """
        unfinished = self.rows.unfinished()
        if workers_died:
            unfinished.filter(status=RUNNING).update(lease_until=Now() - timedelta(seconds=1))
            unfinished.update(dispatched_at=None)
        stopped = unfinished.filter(
            status=RUNNING, lease_until__lt=Now(), attempts__gte=settings.GRADE_MAX_ATTEMPTS
        )
        failed = stopped.end_failed(self.stopped.format(attempts=settings.GRADE_MAX_ATTEMPTS))
        stale = self.rows.claimable().filter(message_lost()).order_by("pk")
        row_ids = list(stale.values_list("pk", flat=True)[:SWEEP_LIMIT])
        self.rows.unfinished().filter(pk__in=row_ids).update(
            dispatched_at=Now(), dispatches=F("dispatches") + 1
        )
        sent = self.publish(row_ids)
        if failed or sent:
            name = self.model._meta.model_name
            logger.info("sweep of %s rows: %s failed, %s sent again", name, failed, sent)
        return Swept(failed, sent)


def message_lost() -> Q:
    """Rows whose message was never sent, is overdue, or died with the worker that had it.

    A message is overdue after GRADE_REDISPATCH_AFTER_S, and after twice as long each time it is
    sent again, so that a long queue is not flooded with copies.
    """
    lost = Q(dispatched_at__isnull=True) | Q(status=RUNNING)
    for dispatches in range(1, MAX_BACKOFF_DOUBLINGS + 1):
        wait = timedelta(seconds=settings.GRADE_REDISPATCH_AFTER_S * 2 ** (dispatches - 1))
        if dispatches == 1:
            sent_so_often = Q(dispatches__lte=1)
        elif dispatches < MAX_BACKOFF_DOUBLINGS:
            sent_so_often = Q(dispatches=dispatches)
        else:
            sent_so_often = Q(dispatches__gte=dispatches)
        lost |= sent_so_often & Q(dispatched_at__lt=Now() - wait)
    return lost
