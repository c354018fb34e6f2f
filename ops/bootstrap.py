"""Brings an installation up to date, from its folders to its demo accounts.

Safe to repeat.
"""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Callable
from io import StringIO
from pathlib import Path

import polib
from django.conf import settings
from django.contrib.auth.models import Group, User
from django.core.management import CommandError, call_command
from django.db import transaction

from grading.models import ENGINE_VERSION_LENGTH
from grading.services.run import current_engine_version
from interview.models import QuestionSet, SetQuestion
from interview.roles import AUTHOR, CANDIDATE, INTEGRATOR, INTERVIEWER, ensure_roles
from questions.exchange.apply import load_shipped_bank
from questions.models import Question

DEMO_ROLES = {
    "candidate": [CANDIDATE],
    "interviewer": [INTERVIEWER, AUTHOR],
    "integrator": [INTEGRATOR],
}
DEMO_SET = ("scaled-dot-product", "pre-norm-post-norm", "kv-cache-speedup")


def compile_translations() -> int:
    """Write the .mo file beside each .po that is newer than it; how many.

    A read-only installation has them from its build.
    """
    compiled = 0
    for folder in settings.LOCALE_PATHS:
        for source in Path(folder).rglob("*.po"):
            target = source.with_suffix(".mo")
            if not target.exists() or target.stat().st_mtime < source.stat().st_mtime:
                polib.pofile(str(source)).save_as_mofile(str(target))
                compiled += 1
    return compiled


def prepare(report: Callable[[str], None], *, demo: bool = False) -> None:
    """Do all that is needed between a fresh clone or an upgrade and a running server.

    `report` is called with a line for each step.
    """
    refuse_unusable_reader()
    compile_translations()
    report("Database: applying migrations")
    call_command("migrate", interactive=False, verbosity=0)
    call_command("createcachetable", verbosity=0)
    ensure_roles()
    report("Question bank: loading")
    load_shipped_bank()
    report(f"Question bank: {Question.objects.published().count()} questions are open")
    if collect_static():
        report("Static files: collected")
    if demo:
        make_demo()


def refuse_unusable_reader() -> None:
    """Raise CommandError unless the second reader that the settings name can be used.

    It must be there, and its name must fit into a grade: else every grade would fail.
    """
    try:
        version = current_engine_version()
    except (ImportError, LookupError) as error:
        raise CommandError(f"TOUCHSTONE_SECOND_READER={settings.SECOND_READER}: {error}") from error
    if len(version) > ENGINE_VERSION_LENGTH:
        raise CommandError(
            f"TOUCHSTONE_SECOND_READER={settings.SECOND_READER}: its name is too long. A grade "
            f"would name {version!r}, which has {len(version)} characters; "
            f"{ENGINE_VERSION_LENGTH} can be stored."
        )


def collect_static() -> bool:
    """Collect the static files unless nothing they are made of has changed since the last time.

    Whether it did.
    """
    sources = [
        settings.BASE_DIR / "requirements.lock",
        *sorted(path for path in (settings.BASE_DIR / "static").rglob("*") if path.is_file()),
    ]
    state = json.dumps(
        [[path.name, path.stat().st_mtime_ns, path.stat().st_size] for path in sources]
    )
    stamp = settings.DATA_DIR / "static.stamp"
    if (
        stamp.exists()
        and stamp.read_text(encoding="utf-8") == state
        and Path(settings.STATIC_ROOT).is_dir()
    ):
        return False
    call_command("collectstatic", interactive=False, verbosity=0, clear=True, stdout=StringIO())
    stamp.write_text(state, encoding="utf-8")
    return True


# Demo ---------------------------------------------------------------------------------------------


@transaction.atomic
def make_demo() -> None:
    """Make demo accounts with random passwords, and an interview to sit.

    The accounts are a candidate, an interviewer and an integrator.
    """
    known = demo_passwords()
    for name, roles in DEMO_ROLES.items():
        if User.objects.filter(username=name).exists():
            continue
        known[name] = secrets.token_urlsafe(9)
        user = User.objects.create_user(name, password=known[name], is_staff=name == "interviewer")
        user.groups.set(Group.objects.filter(name__in=roles))
    path = demo_file()
    path.touch(mode=0o600)
    path.write_text(json.dumps(known, indent=2), encoding="utf-8")
    if not QuestionSet.objects.filter(mode=QuestionSet.Mode.INTERVIEW).exists():
        questions = {
            question.slug: question
            for question in Question.objects.published().filter(slug__in=DEMO_SET)
        }
        if questions:
            made = QuestionSet.objects.create(
                title_zh="示例面试",
                title_en="Sample interview",
                minutes=30,
                is_open=True,
                is_open_book=True,
            )
            SetQuestion.objects.bulk_create(
                SetQuestion(question_set=made, question=questions[slug], order=order)
                for order, slug in enumerate(slug for slug in DEMO_SET if slug in questions)
            )


def demo_file() -> Path:
    return Path(settings.DATA_DIR) / "demo_accounts.json"


def demo_passwords() -> dict[str, str]:
    """The passwords of the demo accounts.

    They are in the data folder, readable by its owner, so that every start can print them.
    """
    try:
        passwords: dict[str, str] = json.loads(demo_file().read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    return passwords


def demo_accounts() -> list[tuple[str, str]]:
    """(name, password) of each demo account that still has the password we made."""
    users = User.objects.in_bulk(list(DEMO_ROLES), field_name="username")
    return [
        (name, password)
        for name, password in demo_passwords().items()
        if name in users and users[name].check_password(password)
    ]


def refuse_full_disk(data_dir: Path, *, needed_mb: int = 200) -> None:
    """Raise OSError unless the data folder can be written and has some room.

    The message names the way out.
    """
    data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not os.access(data_dir, os.W_OK):
        raise OSError(
            f"The data folder {data_dir} can't be written. Set TOUCHSTONE_DATA to one that can."
        )
    stats = os.statvfs(data_dir)
    free_mb = stats.f_bavail * stats.f_frsize // 1_000_000
    if free_mb < needed_mb:
        raise OSError(
            f"Only {free_mb} MB are free on the disk of the data folder {data_dir}; "
            f"{needed_mb} MB are needed. "
            "Free some space, or set TOUCHSTONE_DATA to a folder on another disk."
        )
