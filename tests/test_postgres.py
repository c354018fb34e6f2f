"""The rows behave on PostgreSQL as they do on SQLite: the same tests, run again on it."""

import os
import subprocess
import sys

import pytest

from tests.conftest import REPOSITORY
from tests.servers import postgres_server

SUITES = ["tests/grading", "tests/interview", "tests/questions"]


@pytest.mark.postgres
def test_the_flow_the_bank_and_the_reviews_hold_on_postgresql():
    with postgres_server() as address:
        environment = os.environ | {"TOUCHSTONE_DATABASE_URL": address}
        environment = {
            name: value for name, value in environment.items() if not name.startswith("PYTEST_")
        }
        command = [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-x",
            "-m",
            "not browser and not processes",
            "-p",
            "no:cacheprovider",
            *SUITES,
        ]
        done = subprocess.run(
            command, cwd=REPOSITORY, env=environment, capture_output=True, text=True, check=False
        )
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
