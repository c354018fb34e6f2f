"""Keeps a few processes alive.

It starts them, restarts what dies after a growing delay, and stops all of them in order.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

LOG_SIZE = 5_000_000
FIRST_DELAY_S, LONGEST_DELAY_S = 0.5, 30.0
STEADY_AFTER_S = 60.0  # alive this long, a process is forgiven its former deaths
STOP_TIMEOUT_S = 15.0


@dataclass(slots=True)
class Child:
    """One process to keep alive. `on_restart` runs once it is up again after a death."""

    name: str
    command: list[str]
    log: Path
    environment: dict[str, str] = field(default_factory=dict)
    on_restart: Callable[[], None] | None = None
    process: subprocess.Popen[bytes] | None = None
    deaths: int = 0
    started_at: float = 0.0
    restart_at: float = 0.0

    def start(self) -> None:
        if self.log.exists() and self.log.stat().st_size > LOG_SIZE:
            self.log.replace(self.log.with_suffix(".log.1"))
        with self.log.open("ab") as log:
            # A session of its own: the terminal's Ctrl-C reaches the supervisor only, which then
            # stops them in order.
            self.process = subprocess.Popen(  # noqa: S603
                [
                    sys.executable,
                    str(Path(__file__).with_name("child.py")),
                    str(os.getpid()),
                    *self.command,
                ],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=os.environ | self.environment,
                start_new_session=True,
            )
        self.started_at = time.monotonic()

    @property
    def is_alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def last_words(self, lines: int = 15) -> str:
        """The end of its log, for an error message."""
        return "\n".join(
            self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:]
        )


class Supervisor:
    """Starts its children in order and stops them in reverse.

    Single-threaded: `tick` does what is due.
    """

    def __init__(self, report: Callable[[str], None]) -> None:
        self.children: list[Child] = []
        self.report = report

    def start(self, child: Child) -> None:
        self.children.append(child)
        child.start()

    def tick(self) -> None:
        """Notice deaths, and start again what has waited out its delay."""
        now = time.monotonic()
        for child in self.children:
            if child.is_alive:
                if child.deaths and now - child.started_at > STEADY_AFTER_S:
                    child.deaths = 0
                continue
            if not child.restart_at:
                status = child.process.returncode if child.process else None
                delay = min(FIRST_DELAY_S * 2**child.deaths, LONGEST_DELAY_S)
                child.deaths += 1
                child.restart_at = now + delay
                self.report(
                    f"{child.name} ended ({describe_exit(status)}); starting it again in "
                    f"{delay:g} s. Its log: {child.log}"
                )
            elif now >= child.restart_at:
                child.restart_at = 0.0
                child.start()
                if child.on_restart:
                    child.on_restart()

    def stop(self) -> None:
        """TERM to each, last started first, so that the broker outlives its users.

        KILL to what does not end in time.
        """
        for child in reversed(self.children):
            if child.process is None or child.process.poll() is not None:
                continue
            child.process.terminate()
            try:
                child.process.wait(STOP_TIMEOUT_S)
            except subprocess.TimeoutExpired:
                self.report(f"{child.name} did not end within {STOP_TIMEOUT_S:g} s; killed")
                os.killpg(child.process.pid, signal.SIGKILL)
                child.process.wait()


def describe_exit(status: int | None) -> str:
    if status is None:
        return "never started"
    return (
        f"signal {-status}, {signal.strsignal(-status)}" if status < 0 else f"exit status {status}"
    )
