"""An installation from before the migrations were squashed is upgraded, and nothing of it is lost.

The dumps in tests/data were made by tests/data/old_installation.py. They hold three regrades (one
undone, one applied, one whose dry run waits), a review, a failed and a queued grade, and a session
whose time is up.
"""

import json
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.conftest import REPOSITORY
from tests.installations import plain_environment
from tests.servers import postgres_server

pytestmark = pytest.mark.xdist_group("upgrade")  # each database is upgraded once

DUMPS = REPOSITORY / "tests" / "data"
RENAMED = {("questions_rubric", "rewords"): "has_own_texts"}
MOVED = {"grading_regrade": "interview_regrade", "grading_regraderow": "interview_regraderow"}
# What `migrate` itself writes: its log, and rows for each model and permission.
OF_MIGRATE = {"django_migrations", "django_content_type", "auth_permission", "sqlite_sequence"}

Rows = dict[str, list[dict[str, Any]]]


@dataclass
class Database:
    """A database by its address, read without Django."""

    url: str
    data_dir: Path

    @property
    def is_sqlite(self) -> bool:
        return self.url.startswith("sqlite")

    def connect(self) -> Any:
        if self.is_sqlite:
            return sqlite3.connect(self.url.removeprefix("sqlite:///"))
        return psycopg.connect(self.url, autocommit=True)

    def load(self, dump: Path) -> None:
        script = dump.read_text(encoding="utf-8")
        with closing(self.connect()) as connection:
            if self.is_sqlite:
                connection.executescript(script)
            else:
                connection.execute(script)

    def rows(self) -> Rows:
        """All rows of all tables, each table's in the order of its first column."""
        names = (
            "SELECT name FROM sqlite_master WHERE type = 'table'"
            if self.is_sqlite
            else "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
        )
        found: Rows = {}
        with closing(self.connect()) as connection:
            for (table,) in connection.execute(names).fetchall():
                cursor = connection.execute(f'SELECT * FROM "{table}" ORDER BY 1')
                columns = [column[0] for column in cursor.description]
                found[table] = [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]
        return found

    def manage(self, *arguments: str) -> str:
        """A management command on this database; what it printed."""
        environment = plain_environment(
            TOUCHSTONE_DATA=str(self.data_dir),
            TOUCHSTONE_DATABASE_URL=self.url,
            TOUCHSTONE_BROKER_URL="memory://",
            TOUCHSTONE_LOG_LEVEL="ERROR",
        )
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=REPOSITORY,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def run(self, script: str) -> Any:
        """What a script that prints JSON says."""
        return json.loads(self.manage("shell", "--no-imports", "-c", script))


@dataclass
class Upgrade:
    """The installation as it was and as it is now, and beside it a fresh one of the same kind."""

    before: Rows
    after: Rows
    now: Database
    fresh: Database


@pytest.fixture(
    scope="module",
    params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)],
)
def upgrade(request, tmp_path_factory) -> Iterator[Upgrade]:
    folder = tmp_path_factory.mktemp("upgrade")
    if request.param == "sqlite":
        yield upgraded(*(Database(f"sqlite:///{folder}/{name}", folder) for name in ("a", "b")))
        return
    with postgres_server() as url:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("CREATE DATABASE fresh")
        fresh = url.removesuffix("/touchstone") + "/fresh"
        yield upgraded(Database(url, folder), Database(fresh, folder))


def upgraded(old: Database, fresh: Database) -> Upgrade:
    old.load(DUMPS / f"old_installation.{'sqlite' if old.is_sqlite else 'postgresql'}.sql")
    before = old.rows()
    old.manage("migrate", "--verbosity", "0")
    fresh.manage("migrate", "--verbosity", "0")
    return Upgrade(before, old.rows(), old, fresh)


def test_every_row_is_kept_as_it_was(upgrade):
    assert {"app": "grading", "name": "0004_regrade"}.items() <= max(
        (row for row in upgrade.before["django_migrations"] if row["app"] == "grading"),
        key=lambda row: row["name"],
    ).items()
    assert len(upgrade.before["grading_regrade"]) == 3
    for table, rows in upgrade.before.items():
        if table in OF_MIGRATE:
            continue
        kept = [
            {column: row[RENAMED.get((table, column), column)] for column in former}
            for former, row in zip(rows, upgrade.after[MOVED.get(table, table)], strict=True)
        ]
        assert kept == rows, table
    assert not upgrade.after.keys() & MOVED.keys()


def test_former_matches_get_the_chance_that_their_verdict_was_made_of(upgrade):
    matches = upgrade.after["grading_keypointmatch"]
    assert {match["verdict"] for match in matches} >= {"covered", "missed"}
    for match in matches:
        is_credited = match["verdict"] in ("covered", "partial")
        chance = match["confidence"] if is_credited else 1 - match["confidence"]
        assert match["chance"] == pytest.approx(chance)


SCHEMA = """
import json
from django.db import connection
look, found = connection.introspection, {}
parts = ("columns", "unique", "foreign_key", "check", "index", "orders")
with connection.cursor() as cursor:
    for table in look.table_names(cursor):
        columns = [
            [column.name, str(column.type_code), column.null_ok, column.default]
            for column in look.get_table_description(cursor, table)
        ]
        rules = [
            [rule.get(part) for part in parts]
            for rule in look.get_constraints(cursor, table).values()
        ]
        found[table] = [sorted(columns), sorted(rules, key=repr)]
print(json.dumps(found))
"""


def test_schema_is_the_one_of_a_fresh_installation(upgrade):
    assert upgrade.now.run(SCHEMA) == upgrade.fresh.run(SCHEMA)
    upgrade.now.manage("migrate", "--check")


PERMISSIONS = """
import json
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
author = User.objects.get(username="old author")
print(json.dumps([
    sorted(name for name in author.get_all_permissions() if "regrade" in name),
    sorted(
        ContentType.objects.filter(model__startswith="regrade").values_list("app_label", "model")
    ),
    LogEntry.objects.get().content_type.app_label,
]))
"""


def test_whoever_might_see_regrades_still_may(upgrade):
    assert upgrade.now.run(PERMISSIONS) == [
        ["interview.add_regrade", "interview.view_regrade", "interview.view_regraderow"],
        [["interview", "regrade"], ["interview", "regraderow"]],
        "interview",
    ]


GO_ON = """
import json
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client, override_settings
from django.urls import reverse
from interview.models import Answer, Regrade
from interview.regrades.preview import run_preview
from interview.roles import ensure_roles
from ops.sweep import sweep_all
backend = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
plain = settings.STORAGES | {"staticfiles": backend}
ensure_roles()
client = Client(SERVER_NAME="localhost")
client.force_login(User.objects.get(username="old reviewer"))
applied, waiting = Regrade.objects.get(pk=2), Regrade.objects.get(pk=3)
row = applied.rows.first()

def page(name, *args):
    return client.get(reverse(f"admin:interview_regrade_{name}", args=args)).status_code

def versions():
    answers = Answer.objects.filter(question=applied.question).order_by("pk")
    return [answer.standing_grade.rubric.version for answer in answers if answer.standing_grade]

with override_settings(STORAGES=plain):
    pages = [page("changelist"), page("preview", 1), page("preview", 2), page("row", 2, row.pk)]
    said = {"pages": pages, "versions applied": versions()}
    client.post(reverse("admin:interview_regrade_act", args=[2]), {"then": "undo"})
said["versions undone"] = versions()
said["rows"] = sorted(applied.rows.values_list("status", flat=True))
said["came from"] = row.new_grade.regrade_id
said["dry run goes on"] = run_preview(waiting.pk, turn_s=600)
swept = sweep_all(workers_died=True)
said["swept"] = [swept.grades.sent, swept.regrades.sent, swept.closed_sessions, swept.broken]
print(json.dumps(said))
"""


def test_regrades_open_undo_and_go_on_and_the_queue_is_swept(upgrade):
    assert upgrade.now.run(GO_ON) == {
        "pages": [200, 200, 200, 200],
        "versions applied": [3, 3, 3],
        "versions undone": [1, 1, 1],
        "rows": ["undone", "undone", "undone"],
        "came from": 2,
        "dry run goes on": True,
        "swept": [1, 0, 1, []],
    }
