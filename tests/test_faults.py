"""Processes are killed while answers come in: every accepted answer is graded, and none twice."""

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.client import HTTPException
from pathlib import Path

import pytest

from ops.broker import socket_path
from tests.conftest import REPOSITORY
from tests.installations import (
    Installation,
    embedded,
    kill_now,
    prepared_data,
    processes_of,
    serving,
)
from tests.servers import wait_until

pytestmark = [pytest.mark.processes, pytest.mark.xdist_group("processes")]

ANSWERS = 50
COUNTS = """
import json
from django.db.models import Count
from grading.models import Grade, KeyPointMatch
from interview.models import Answer
answers = Answer.objects.filter(session__client_key__startswith="answer-")
print(json.dumps({
    "answers": answers.count(),
    "graded": answers.filter(grades__status="graded").distinct().count(),
    "grades": Grade.objects.filter(answer__in=answers).count(),
    "doubled": KeyPointMatch.objects.filter(grade__answer__in=answers).values("grade", "key_point")
        .annotate(n=Count("pk")).filter(n__gt=1).count(),
}))
"""


def send_all(installation, token: str, question: str, between) -> list[str]:
    """Send every answer until it is accepted, as a program with an idempotency key would.

    `between(n)` runs before the n-th.
    """
    accepted = []
    for number in range(ANSWERS):
        between(number)
        body = {
            "question": question,
            "text": f"点积的方差随维度 d 增大，softmax 会饱和，梯度变小。{number}",
            "client_key": f"answer-{number}",
        }
        deadline = time.monotonic() + 120
        while True:
            try:
                status, answer = installation.call("POST", "submissions/", body, token=token)
            except (
                OSError,
                HTTPException,
            ):  # the web process is away, or went in the middle of its answer
                assert time.monotonic() < deadline, f"answer {number} was not taken"
                time.sleep(0.1)
                continue
            assert status == 202, answer
            accepted.append(answer["id"])
            break
    return accepted


@pytest.fixture(scope="module")
def installation() -> Iterator[Installation]:
    """One for the tests that leave it running."""
    with embedded() as running:
        yield running


def test_threads_can_send_the_same_key_at_once_and_one_answer_is_stored(installation):
    token = installation.token("integrator")
    question = installation.call("GET", "questions/", token=token)[1]["results"][0]["slug"]
    body = {"question": question, "text": "同一个回答，同时发了二十次。", "client_key": "once"}
    answers: list[tuple[int, dict]] = []
    threads = [
        threading.Thread(
            target=lambda: answers.append(
                installation.call("POST", "submissions/", body, token=token)
            )
        )
        for _ in range(20)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {status for status, _ in answers} == {202}
    assert len({answer["id"] for _, answer in answers}) == 1


def test_worker_broker_and_web_are_killed_in_turn_and_fifty_answers_are_graded_once(installation):
    token = installation.token("integrator")
    question = installation.call("GET", "questions/", token=token)[1]["results"][0]["slug"]
    victims = {5: "worker", 15: "broker", 25: "web", 35: "worker", 42: "broker"}
    killed = []

    def between(number: int) -> None:
        if name := victims.get(number):
            wait_until(lambda: name in processes_of(installation.supervisor), what=f"{name} runs")
            kill_now(processes_of(installation.supervisor)[name])
            killed.append(name)

    accepted = send_all(installation, token, question, between)
    assert killed == list(victims.values())
    assert len(set(accepted)) == ANSWERS

    def all_graded() -> bool:
        states = [
            installation.call("GET", f"submissions/{answer}/", token=token)[1]["status"]
            for answer in accepted
        ]
        return set(states) == {"graded"}

    wait_until(all_graded, timeout_s=180, what="all answers are graded")
    counts = json.loads(installation.manage("shell", "--no-imports", "-c", COUNTS))
    assert counts == {"answers": ANSWERS, "graded": ANSWERS, "grades": ANSWERS, "doubled": 0}


def test_second_start_on_the_same_data_and_a_taken_port_are_refused_with_the_way_out(installation):
    port = installation.url.rstrip("/").rsplit(":", 1)[1]

    def start(**variables: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "manage.py", "serve", "--port", port]
        environment = installation.environment | variables
        return subprocess.run(
            command,
            cwd=REPOSITORY,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=180,
        )

    same_data = start()
    assert same_data.returncode != 0
    assert "is already running on the data folder" in same_data.stderr
    assert f"`kill {installation.supervisor}`" in same_data.stderr
    taken_port = start(TOUCHSTONE_DATA=installation.environment["TOUCHSTONE_DATA"] + "-2")
    assert taken_port.returncode != 0
    assert f"make run PORT={int(port) + 1}" in taken_port.stderr


def test_killed_supervisor_leaves_no_process_behind_and_starts_again_on_its_data(tmp_path):
    data = shutil.copytree(prepared_data(), tmp_path / "data")
    with serving(data) as installation:
        wait_until(
            lambda: len(processes_of(installation.supervisor)) == 3,
            what="broker, worker and web run",
        )
        children = list(processes_of(installation.supervisor).values())
        kill_now(installation.supervisor)
        wait_until(lambda: not any(is_alive(pid) for pid in children), what="no orphan is left")
    with serving(data) as again:
        assert again.passwords == installation.passwords


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    state = subprocess.run(
        ["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False
    ).stdout
    return not state.startswith("Z")


@pytest.fixture
def _hang_up_not_ignored() -> Iterator[None]:
    """Under nohup it is, by everything that is started, too."""
    former = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, former)


@pytest.mark.usefixtures("_hang_up_not_ignored")
@pytest.mark.parametrize(
    "sent",
    [signal.SIGINT, signal.SIGTERM, signal.SIGHUP],
    ids=["Ctrl-C", "kill", "closed terminal"],
)
def test_being_told_to_stop_stops_everything_in_order_and_leaves_no_socket_behind(sent):
    with embedded() as installation:
        children = list(processes_of(installation.supervisor).values())
        socket = socket_path(Path(installation.environment["TOUCHSTONE_DATA"]))
        assert socket is not None
        assert socket.is_socket()
        os.kill(installation.supervisor, sent)
        wait_until(lambda: "Stopped." in installation.output.read_text(), what="serve has stopped")
        assert not any(is_alive(pid) for pid in children)
        assert "killed" not in installation.output.read_text()
        assert not socket.parent.exists()
