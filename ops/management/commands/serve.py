from __future__ import annotations

import fcntl
import logging
import os
import shutil
import signal
import socket
import sys
import threading
import time
import urllib.request
from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path
from types import FrameType
from typing import IO, Any

from celery import current_app
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, close_old_connections

from ops.bootstrap import demo_accounts, prepare, refuse_full_disk
from ops.broker import celery_settings, choose_broker, remove_socket
from ops.supervisor import Child, Supervisor
from ops.sweep import sweep_all

SWEEP_EVERY_S = 10.0
LOW_DISK_MB = 50
START_TIMEOUT_S = 60.0

logger = logging.getLogger(__name__)


class Command(BaseCommand):
    help = (
        "Run everything on this machine: broker, worker, web and sweeper, restarted when they "
        "die. Ctrl-C stops all."
    )
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--port", type=port_number, default=8000, help="port of the web server (default 8000)"
        )
        parser.add_argument(
            "--host",
            default="127.0.0.1",
            help="address to listen on (default 127.0.0.1: this machine only)",
        )
        # Read by manage.py, before the settings are.
        parser.add_argument(
            "--data",
            metavar="DIR",
            help="data folder (default: TOUCHSTONE_DATA, or var/ in the project)",
        )
        parser.add_argument(
            "--demo",
            action="store_true",
            help="make demo accounts and a sample interview, and print the passwords",
        )

    def handle(self, *, port: int, host: str, demo: bool, **options: Any) -> None:
        stopping = threading.Event()

        def stop(_signal: int, _frame: FrameType | None) -> None:
            stopping.set()

        signal.signal(signal.SIGTERM, stop)
        signal.signal(signal.SIGINT, stop)
        if (
            signal.getsignal(signal.SIGHUP) != signal.SIG_IGN
        ):  # a terminal that is closed, unless nohup was asked for
            signal.signal(signal.SIGHUP, stop)
        with ExitStack() as stack:
            try:
                refuse_full_disk(settings.DATA_DIR)
                stack.enter_context(only_one(settings.DATA_DIR))
                refuse_taken_port(host, port)
                stack.callback(remove_socket, settings.DATA_DIR)
                supervisor = Supervisor(self.say)
                stack.callback(supervisor.stop)
                self.run(supervisor, stopping, host, port, demo=demo)
            except (OSError, DatabaseError) as error:
                raise CommandError(way_out(error)) from error
            if stopping.is_set():
                self.say("Stopping. Queued work is kept and continues at the next start.")
        self.say("Stopped.")

    def say(self, message: str) -> None:
        with suppress(
            OSError
            # Whoever read it is gone, like a closed terminal; that is no reason to stop, or not to
            # stop in order
        ):
            self.stdout.write(message)
            self.stdout.flush()

    def run(
        self, supervisor: Supervisor, stopping: threading.Event, host: str, port: int, *, demo: bool
    ) -> None:
        logs = settings.DATA_DIR / "logs"
        logs.mkdir(mode=0o700, exist_ok=True)
        broker = choose_broker(settings.BROKER_URL, settings.DATA_DIR)
        self.say(f"Broker: {broker.description}")
        environment = {"TOUCHSTONE_BROKER_URL": broker.url, "PYTHONUNBUFFERED": "1"}
        current_app.conf.update(
            celery_settings(broker.url, settings.DATA_DIR)
        )  # for the sweeper, which runs in this process
        prepare(self.say, demo=demo)
        if stopping.is_set():
            return
        sweeper = Sweeper(self.say)
        if broker.command:
            supervisor.start(
                Child(
                    "broker",
                    broker.command,
                    logs / "broker.log",
                    on_restart=sweeper.everything_died,
                )
            )
        worker = Child(
            "worker",
            worker_command(),
            logs / "worker.log",
            environment,
            on_restart=sweeper.everything_died,
        )
        web = Child("web", web_command(host, port), logs / "web.log", environment)
        supervisor.start(worker)
        supervisor.start(web)
        sweeper.start()
        self.wait_for_web(supervisor, web, stopping, host, port)
        if not stopping.is_set():
            self.welcome(host, port, demo=demo)
        while not stopping.wait(0.2):
            supervisor.tick()
        sweeper.stop()

    def wait_for_web(
        self, supervisor: Supervisor, web: Child, stopping: threading.Event, host: str, port: int
    ) -> None:
        deadline = time.monotonic() + START_TIMEOUT_S
        while not stopping.wait(0.1):
            if answers(reachable(host), port):
                return
            supervisor.tick()
            if web.deaths > 1 or time.monotonic() > deadline:
                raise CommandError(
                    f"The web server did not start. The end of {web.log}:\n{web.last_words()}"
                )

    def welcome(self, host: str, port: int, *, demo: bool) -> None:
        address = f"http://{'localhost' if host in ('127.0.0.1', '0.0.0.0') else host}:{port}/"  # noqa: S104
        self.say(f"\nTouchstone is ready: {address}\nDashboard:           {address}admin/")
        accounts = demo_accounts() if demo else []
        if accounts:
            self.say("\nDemo accounts:")
            for name, password in accounts:
                self.say(f"  {name:<12} {password}")
        self.say(f"\nLogs and data: {settings.DATA_DIR}    Ctrl-C stops everything.")


class Sweeper(threading.Thread):
    """Sends again what was left behind.

    It does so at the start, every few seconds, and at once when a worker or the broker was lost.
    """

    def __init__(self, report: Callable[[str], None]) -> None:
        super().__init__(daemon=True, name="sweeper")
        self.report = report
        self.disk_is_low = False
        self.wake = threading.Event()
        self.workers_died = (
            True  # nothing of ours runs yet, so whatever is leased was left by a former run
        )
        self.stopped = False

    def everything_died(self) -> None:
        self.workers_died = True
        self.wake.set()

    def stop(self) -> None:
        self.stopped = True
        self.wake.set()

    def run(self) -> None:
        while not self.stopped:
            workers_died, self.workers_died = self.workers_died, False
            self.wake.clear()
            try:
                close_old_connections()
                sweep_all(workers_died=workers_died)
                self.look_at_disk()
            except Exception:  # whatever it was: without this thread nothing is ever swept again
                logger.exception("sweep failed; the next one is in %s s", SWEEP_EVERY_S)
            self.wake.wait(SWEEP_EVERY_S)

    def look_at_disk(self) -> None:
        """Say once that the disk fills up.

        Pages can only answer "try again" then, and the logs have no room to say why.
        """
        free_mb = shutil.disk_usage(settings.DATA_DIR).free // 1_000_000
        was_low, self.disk_is_low = self.disk_is_low, free_mb < LOW_DISK_MB
        if self.disk_is_low and not was_low:
            self.report(
                f"Only {free_mb} MB are free on the disk of the data folder {settings.DATA_DIR}. "
                "No answer is accepted when the disk is full."
            )
        if was_low and not self.disk_is_low:
            self.report(f"{free_mb} MB are free again.")


def worker_command() -> list[str]:
    processes = max(1, (os.cpu_count() or 2) - 1)
    return [
        *(
            sys.executable,
            "-m",
            "celery",
            "--app",
            "config",
            "worker",
            "--concurrency",
            str(processes),
        ),
        *("--without-gossip", "--without-mingle", "--loglevel", "INFO"),
    ]


def web_command(host: str, port: int) -> list[str]:
    return [
        *(
            sys.executable,
            "-m",
            "gunicorn",
            "config.wsgi",
            "--bind",
            f"{host}:{port}",
            "--worker-class",
            "gthread",
        ),
        *("--workers", "1", "--threads", "8", "--no-control-socket", "--graceful-timeout", "10"),
    ]


def port_number(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 65535:
        raise ArgumentTypeError(f"must be a number from 1 to 65535; it is {text!r}.")
    return int(text)


def only_one(data_dir: Path) -> IO[str]:
    """The lock on the data folder, held while it is open.

    Raises CommandError when another `serve` holds it.
    """
    lock = (data_dir / "serve.lock").open("a+", encoding="ascii")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.seek(0)
        holder = lock.read().strip()
        lock.close()
        raise CommandError(
            f"Touchstone is already running on the data folder {data_dir} (process {holder}). "
            f"Stop it there with Ctrl-C or with `kill {holder}`, or start this one with another "
            "folder: TOUCHSTONE_DATA=DIR make run PORT=8001."
        ) from None
    lock.truncate(0)
    lock.write(str(os.getpid()))
    lock.flush()
    return lock


def refuse_taken_port(host: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except PermissionError:
            raise CommandError(
                f"Port {port} needs more rights. Choose one above 1023: make run PORT=8001."
            ) from None
        except OSError as error:
            raise CommandError(
                f"Port {port} on {host} can't be used ({error.strerror}). Choose another: make "
                f"run PORT={port + 1}."
            ) from None


def reachable(host: str) -> str:
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104


def answers(host: str, port: int) -> bool:
    """Whether our web server answers there."""
    address = f"http://{f'[{host}]' if ':' in host else host}:{port}/healthz"
    try:
        with urllib.request.urlopen(
            urllib.request.Request(address, headers={"Host": "localhost"}), timeout=2
        ) as response:
            return bool(response.status == 200)
    except OSError:
        return False


def way_out(error: Exception) -> str:
    """The error, with what to do about it where we know."""
    if "disk is full" in str(error) or "No space left" in str(error):
        free = shutil.disk_usage(settings.DATA_DIR).free // 1_000_000
        return (
            f"The disk of the data folder {settings.DATA_DIR} is full ({free} MB free). "
            "Free some space; nothing saved is lost."
        )
    if isinstance(error, DatabaseError):
        return f"The database can't be used: {error}"
    return str(error)
