"""Settings refuse what they can't read, and keep their own secret."""

import os
import stat
import subprocess
import sys

import pytest

from config.settings import sqlite_journal
from tests.conftest import REPOSITORY
from tests.installations import plain_environment


def start(data_dir, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith("TOUCHSTONE_")
    }
    environment |= {"TOUCHSTONE_DATA": str(data_dir)} | variables
    command = [
        sys.executable,
        "-c",
        "from django.conf import settings; print(settings.SECRET_KEY, settings.DEBUG)",
    ]
    environment["DJANGO_SETTINGS_MODULE"] = "config.settings"
    return subprocess.run(
        command, cwd=REPOSITORY, env=environment, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DEBUG", "Ture"),
        ("SQLITE_JOURNAL", "wall"),
        ("LANGUAGE", "fr"),
        ("LOG_LEVEL", "loud"),
        ("API_SUBMISSIONS_PER_MINUTE", "0"),
    ]
    + [
        ("DATABASE_URL", "mysql://a@b/c"),
        ("BROKER_URL", "localhost"),
        ("CSRF_TRUSTED_ORIGINS", "example.org"),
        ("SECRET_KEY", "short"),
    ]
    + [("TIME_ZONE", zone) for zone in ("Mars/Olympus", "../etc/passwd", "Asia")],
)
def test_malformed_value_stops_the_start_and_names_the_variable(tmp_path, name, value):
    done = start(tmp_path, **{f"TOUCHSTONE_{name}": value})
    assert done.returncode != 0
    assert f"TOUCHSTONE_{name}" in done.stderr
    assert ".env.example" in done.stderr


def test_a_variable_left_empty_is_one_not_given(tmp_path):
    """So docker compose passes what .env does not set."""
    empty = {
        f"TOUCHSTONE_{name}": "" for name in ("SECRET_KEY", "CSRF_TRUSTED_ORIGINS", "BROKER_URL")
    }
    assert start(tmp_path, **empty).stdout == start(tmp_path).stdout


def test_first_start_writes_a_key_only_its_owner_can_read_and_the_next_one_uses_it(tmp_path):
    first, second = start(tmp_path / "new"), start(tmp_path / "new")
    assert first.stdout == second.stdout
    assert first.stdout.endswith(" False\n")  # and DEBUG is off
    key = tmp_path / "new" / "secret_key"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert stat.S_IMODE(key.parent.stat().st_mode) == 0o700


def test_each_installation_has_a_key_of_its_own(tmp_path):
    assert start(tmp_path / "one").stdout != start(tmp_path / "two").stdout


def test_truncated_key_file_is_refused_with_the_way_out(tmp_path):
    (tmp_path / "secret_key").write_text("short")
    done = start(tmp_path)
    assert done.returncode != 0
    assert "Delete it" in done.stderr


def test_serve_reads_the_settings_of_the_folder_it_is_given_and_of_no_other(tmp_path):
    (tmp_path / "default").mkdir()
    (tmp_path / "default" / "secret_key").write_text("short")  # refused if it is read
    environment = plain_environment(TOUCHSTONE_DATA=str(tmp_path / "default"))
    command = [
        sys.executable,
        "manage.py",
        "serve",
        "--data",
        str(tmp_path / "given"),
        "--port",
        "0",
    ]
    done = subprocess.run(
        command, cwd=REPOSITORY, env=environment, capture_output=True, text=True, check=False
    )
    assert done.stderr.splitlines()[-1].endswith(
        "argument --port: must be a number from 1 to 65535; it is '0'."
    )
    assert "Traceback" not in done.stderr
    assert [path.name for path in (tmp_path / "given").iterdir()] == ["secret_key"]


@pytest.mark.parametrize(
    ("version", "journal"),
    [
        ((3, 40, 1), "DELETE"),
        ((3, 44, 6), "WAL"),
        ((3, 50, 6), "DELETE"),
        ((3, 50, 7), "WAL"),
        ((3, 51, 2), "DELETE"),
        ((3, 51, 3), "WAL"),
    ],
)
def test_write_ahead_log_only_where_sqlite_is_safe_with_it(monkeypatch, version, journal):
    monkeypatch.setattr("sqlite3.sqlite_version_info", version)
    assert sqlite_journal("auto") == journal
