"""The tools check by name what they check as a whole."""

import subprocess
import sys
from pathlib import Path

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
