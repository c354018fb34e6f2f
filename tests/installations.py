"""Whole installations for tests, started with the commands people use.

`manage.py serve`, and the compose file's processes by hand.
"""

from __future__ import annotations

import atexit
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from ops.broker import free_port
from tests.conftest import REPOSITORY
from tests.servers import postgres_server, redis_server, running, wait_until

BIN = Path(sys.executable).parent


@dataclass
class Installation:
    """A running Touchstone.

    Where it is, who may sign in, and the processes it consists of by name.
    """

    url: str
    passwords: dict[str, str]
    environment: dict[str, str]
    supervisor: int = 0
    output: Path | None = None

    def call(
        self, method: str, path: str, body: Any = None, *, token: str | None = None
    ) -> tuple[int, Any]:
        """Status and JSON of a request to the API."""
        headers = {"Content-Type": "application/json"} | (
            {"Authorization": f"Token {token}"} if token else {}
        )
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.url}api/v1/{path}", data, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=60) as response:
                return response.status, json.loads(response.read() or b"null")
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read() or b"null")

    def token(self, name: str) -> str:
        status, body = self.call(
            "POST", "tokens/", {"username": name, "password": self.passwords[name]}
        )
        assert status in (200, 201), body
        return body["token"]

    def manage(self, *arguments: str) -> str:
        """A management command against this installation; its output."""
        command = [sys.executable, "manage.py", *arguments]
        return subprocess.run(
            command,
            cwd=REPOSITORY,
            env=self.environment,
            capture_output=True,
            text=True,
            check=True,
        ).stdout

    def is_ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}readyz", timeout=2) as response:
                return response.status == 200
        except OSError:
            return False


def plain_environment(**variables: str) -> dict[str, str]:
    """The environment of this process without settings or test runners of its own."""
    inherited = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("TOUCHSTONE_", "PYTEST_", "DJANGO_"))
    }
    return inherited | variables


@cache
def prepared_data() -> Path:
    """The data folder of an installation that was started before, made once in a process."""
    folder = Path(tempfile.mkdtemp(prefix="touchstone-prepared-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    subprocess.run(
        [sys.executable, "manage.py", "bootstrap", "--demo"],
        cwd=REPOSITORY,
        env=plain_environment(TOUCHSTONE_DATA=str(folder)),
        stdout=subprocess.DEVNULL,
        check=True,
    )
    return folder


@contextmanager
def embedded_from_nothing() -> Iterator[Installation]:
    """`manage.py serve --demo` as on a fresh clone, where it has to make everything."""
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder, "data")) as installation:
        yield installation


@contextmanager
def embedded() -> Iterator[Installation]:
    """`manage.py serve --demo` on a data folder of its own, where only processes are missing."""
    with tempfile.TemporaryDirectory() as folder:
        data = shutil.copytree(prepared_data(), Path(folder, "data"))
        with serving(data) as installation:
            yield installation


@contextmanager
def serving(data: Path) -> Iterator[Installation]:
    """`manage.py serve --demo` on this data folder."""
    with tempfile.TemporaryDirectory() as folder:
        port = free_port()
        # Nothing on the PATH but our own: the broker is then the one that a fresh machine has.
        environment = plain_environment(TOUCHSTONE_DATA=str(data), PATH=str(BIN))
        output = Path(folder) / "output"
        command = [sys.executable, "manage.py", "serve", "--demo", "--port", str(port)]
        with (
            output.open("wb") as sink,
            running(
                command,
                cwd=REPOSITORY,
                env=environment,
                stdout=sink,
                stderr=sink,
                start_new_session=True,
            ) as supervisor,
        ):
            wait_until(
                lambda: "Ctrl-C" in output.read_text() or "Error" in output.read_text(),
                timeout_s=240,
                what="serve is ready",
            )
            printed = output.read_text()
            assert "is ready" in printed, printed
            accounts = re.findall(r"^  (\w+) +(\S+)$", printed, re.MULTILINE)
            yield Installation(
                f"http://localhost:{port}/", dict(accounts), environment, supervisor.pid, output
            )


def compose_services() -> dict[str, Any]:
    services: dict[str, Any] = YAML(typ="safe").load(REPOSITORY / "docker-compose.yml")["services"]
    return services


@contextmanager
def team() -> Iterator[Installation]:
    """The commands of docker-compose.yml, started by hand against a real PostgreSQL and Redis."""
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        port = free_port()
        environment = plain_environment(
            PATH=f"{BIN}:{os.environ['PATH']}",
            TOUCHSTONE_DATA=f"{folder}/data",
            TOUCHSTONE_DATABASE_URL=stack.enter_context(postgres_server()),
            TOUCHSTONE_BROKER_URL=stack.enter_context(redis_server()),
            TOUCHSTONE_WORKER_PROCESSES="1",
        )
        services = compose_services()

        def command(name: str) -> list[str]:
            words = [
                word.replace("0.0.0.0:8000", f"127.0.0.1:{port}").replace("$$", "$")
                for word in services[name]["command"]
            ]
            return [word.replace("/tmp/", f"{folder}/") for word in words]

        done = subprocess.run(
            [*command("bootstrap"), "--demo"],
            cwd=REPOSITORY,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        accounts = re.findall(r"^(\w+): (\S+)$", done.stdout, re.MULTILINE)
        installation = Installation(f"http://localhost:{port}/", dict(accounts), environment)
        for name in ("worker", "beat", "web"):
            log = stack.enter_context(Path(folder, f"{name}.log").open("wb"))
            stack.enter_context(
                running(command(name), cwd=REPOSITORY, env=environment, stdout=log, stderr=log)
            )
        wait_until(installation.is_ready, what="web is ready")
        yield installation


def processes_of(pid: int) -> dict[str, int]:
    """The supervisor's children by what they are: {"broker": pid, "worker": pid, "web": pid}."""
    found = {}
    for line in subprocess.run(
        ["ps", "-ww", "-o", "pid=,args=", "--ppid", str(pid)],
        capture_output=True,
        text=True,
        check=False,
    ).stdout.splitlines():
        number, words = line.split(None, 1)
        if "child.py" not in words:  # not yet the program it is about to be
            found["worker" if "celery" in words else "web" if "gunicorn" in words else "broker"] = (
                int(number)
            )
    return found


def kill_now(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)
