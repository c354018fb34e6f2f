"""One sweep of everything that a dead worker, a lost message or the clock left to be done.

Beat's task, the supervisor's thread and the command `requeue_stale` all call `sweep_all`.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from grading.leases import Swept
from grading.services.queue import GRADES
from interview.regrades.queue import REGRADES
from interview.services.finishing import close_overdue_sessions
from interview.services.revisions import delete_old_versions

logger = logging.getLogger(__name__)

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class SweptAll:
    """What one sweep did. `broken` names the parts that ended in an error, which is in the log."""

    grades: Swept
    regrades: Swept
    closed_sessions: int
    broken: list[str] = field(default_factory=list)


def sweep_all(*, workers_died: bool = False) -> SweptAll:
    """Sweep grades, the dry runs of regrades, sessions whose time is up, and old drafts.

    An error in one of them is logged and leaves the others alone. `workers_died` is for a
    caller who knows that no worker and no message is left: then nothing is waited for.
    """
    broken: list[str] = []

    def part(name: str, sweep: Callable[[], Result], nothing: Result) -> Result:
        try:
            return sweep()
        except Exception:
            logger.exception("the sweep of %s failed", name)
            broken.append(name)
            return nothing

    grades = part("grades", lambda: GRADES.sweep(workers_died=workers_died), Swept())
    regrades = part("regrades", lambda: REGRADES.sweep(workers_died=workers_died), Swept())
    closed = part("sessions", close_overdue_sessions, 0)
    part("earlier versions of drafts", delete_old_versions, 0)
    return SweptAll(grades, regrades, closed, broken)
