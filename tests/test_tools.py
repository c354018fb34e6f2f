"""The tools check by name what they check as a whole."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY


def test_a_migration_named_by_a_commit_hook_is_left_as_it_was_released():
    ruff = Path(sys.executable).with_name("ruff")
    done = subprocess.run(
        [ruff, "format", "--check", "audit/migrations/0001_initial.py"],
        cwd=REPOSITORY,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0


@pytest.mark.xdist_group("tools")
def test_tests_of_one_group_are_run_by_one_process(request):
    """Else each process starts the installations and browsers that a group shares."""
    if request.config.getoption("loadgroup", False):  # so in the workers of --dist loadgroup
        assert request.node.nodeid.endswith("@tools")
