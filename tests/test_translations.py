"""Every string of the interface has its Chinese."""

import re
import shutil
import subprocess
import sys

import polib
import pytest

from tests.conftest import REPOSITORY
from tests.installations import plain_environment
from tests.servers import require

SOURCES = [
    "api", "audit", "config", "desk", "grading", "interview", "ops", "questions",
    "templates", "static", "locale",
]  # fmt: skip
CATALOGUE = "locale/zh_Hans/LC_MESSAGES/django.po"


def test_catalogue_says_everything_once_and_with_the_same_placeholders():
    entries = polib.pofile(str(REPOSITORY / CATALOGUE), check_for_duplicates=True)
    for entry in entries:
        placeholders = re.findall(r"%\(\w+\)[sd]|%[sd]", entry.msgid)
        for text in entry.msgstr_plural.values() or [entry.msgstr]:
            assert sorted(re.findall(r"%\(\w+\)[sd]|%[sd]", text)) == sorted(placeholders), (
                entry.msgid
            )


def test_every_string_in_code_and_templates_is_translated(tmp_path):
    require(shutil.which("xgettext"), "gettext")
    for name in SOURCES:
        if (REPOSITORY / name).exists():
            shutil.copytree(
                REPOSITORY / name,
                tmp_path / name,
                ignore=shutil.ignore_patterns("__pycache__", "*.mo", "bank"),
            )
    shutil.copy(REPOSITORY / "manage.py", tmp_path)
    command = [sys.executable, "manage.py", "makemessages", "--locale", "zh_Hans", "--no-wrap"]
    environment = plain_environment(TOUCHSTONE_DATA=str(tmp_path / "data"))
    subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, check=True)
    catalogue = polib.pofile(str(tmp_path / CATALOGUE))
    missing = [entry.msgid for entry in catalogue if not entry.translated() and not entry.obsolete]
    if missing:
        pytest.fail(f"{len(missing)} strings have no Chinese:\n" + "\n".join(missing))
