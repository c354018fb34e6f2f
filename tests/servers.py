"""Real servers for tests that are about them: private, on free ports, gone with the test."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ops.broker import free_port


def require(found: object, what: str) -> None:
    """Skip where a machine lacks something.

    Under CI that is a failure, so that nothing is skipped unseen.
    """
    if not found:
        if os.environ.get("CI"):
            pytest.fail(f"{what} is required under CI and was not found")
        pytest.skip(f"{what} was not found on this machine")


def wait_until(
    condition: Callable[[], object], *, timeout_s: float = 90, what: str = "condition"
) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > deadline:
            pytest.fail(f"{what}: not within {timeout_s} s")
        time.sleep(0.05)


def listens(port: int) -> bool:
    with socket.socket() as client:
        client.settimeout(1)
        return client.connect_ex(("127.0.0.1", port)) == 0


@contextmanager
def running(command: list[str], **options) -> Iterator[subprocess.Popen[bytes]]:
    """A process of ours, ended with the block."""
    process = subprocess.Popen(command, **options)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextmanager
def redis_server() -> Iterator[str]:
    """The address of a private Redis server."""
    binary = shutil.which("redis-server")
    require(binary, "a Redis server")
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        command = [
            binary,
            "--port",
            str(port),
            "--bind",
            "127.0.0.1",
            "--dir",
            folder,
            "--save",
            "",
            "--appendonly",
            "yes",
        ]
        with running(command, stdout=subprocess.DEVNULL):
            wait_until(lambda: listens(port), what="Redis answers")
            yield f"redis://127.0.0.1:{port}/0"


def find_postgres() -> Path | None:
    """The folder of the newest PostgreSQL server's programs."""
    found = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3])
    )
    if not found and (on_the_path := shutil.which("initdb")):
        found = [Path(on_the_path)]
    return found[-1].parent if found else None


@contextmanager
def postgres_server() -> Iterator[str]:
    """The address of an empty database in a private PostgreSQL cluster."""
    programs = find_postgres()
    require(programs, "a PostgreSQL server")
    # PostgreSQL refuses to run as root; Debian's package brings the account it runs as.
    account = {"user": "postgres"} if os.getuid() == 0 else {}
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        if account:
            os.chown(folder, pwd.getpwnam("postgres").pw_uid, -1)
        data = f"{folder}/data"
        quiet = {"stdout": subprocess.DEVNULL, "cwd": folder} | account
        init = [
            programs / "initdb",
            "--pgdata",
            data,
            "--username",
            "touchstone",
            "--auth",
            "trust",
            "--encoding",
            "UTF8",
            "--no-sync",
        ]
        subprocess.run(init, check=True, **quiet)
        command = [
            str(programs / "postgres"),
            "-D",
            data,
            "-p",
            str(port),
            "-h",
            "127.0.0.1",
            "-k",
            folder,
            "-F",
        ]
        with running(command, stderr=subprocess.DEVNULL, **quiet):
            wait_until(lambda: accepts_queries(programs, port), what="PostgreSQL answers")
            subprocess.run(
                [
                    programs / "createdb",
                    "-h",
                    "127.0.0.1",
                    "-p",
                    str(port),
                    "-U",
                    "touchstone",
                    "touchstone",
                ],
                check=True,
            )
            yield f"postgres://touchstone@127.0.0.1:{port}/touchstone"


def accepts_queries(programs: Path, port: int) -> bool:
    ask = [programs / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(port), "-U", "touchstone"]
    return subprocess.run(ask, check=False).returncode == 0
