"""What import-linter can't say: it knows packages of others as a whole, not their parts."""

import ast
import subprocess

import pytest

from tests.conftest import REPOSITORY

DESK_ONLY = ("django.contrib.admin", "unfold")
BELOW_THE_DESK = ("api", "audit", "grading", "interview", "questions")


def imported(source: str) -> set[str]:
    """The dotted names that a module imports, wherever in it the import stands."""
    names = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
    return names


def is_within(name: str, package: str) -> bool:
    return f"{name}.".startswith(f"{package}.")


@pytest.mark.parametrize("app", BELOW_THE_DESK)
def test_nothing_below_the_desk_imports_the_admin_or_its_theme(app):
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", f"{app}/*.py"]
    listed = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=True)
    paths = listed.stdout.split()

    found = [
        (path, name)
        for path in paths
        if (REPOSITORY / path).exists()
        for name in imported((REPOSITORY / path).read_text(encoding="utf-8"))
        if any(is_within(name, package) for package in DESK_ONLY)
    ]

    assert paths
    assert found == []


def test_an_import_inside_of_a_function_counts_too():
    source = "def f():\n    from django.contrib import admin\n    import unfold.sites\n"

    assert imported(source) == {"django.contrib.admin", "unfold.sites"}
