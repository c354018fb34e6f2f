import shutil
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest
from django.contrib.auth.models import Group, User
from django.test import Client
from playwright.sync_api import Browser, expect, sync_playwright

from tests import factories
from tests.shipped_bank import _bank_read_once, bank_files, shipped_bank  # noqa: F401  # fixtures

REPOSITORY = Path(__file__).resolve().parent.parent

# Hypothesis gives up on what is slow by the wall clock, which says nothing on a busy machine.
hypothesis.settings.register_profile(
    "unhurried", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("unhurried")


def pytest_configure(config) -> None:
    """Chinese is part of what is tested: compiled once, before any worker starts to read it.

    WhiteNoise warns of a missing folder.
    """
    from django.conf import settings
    from django.utils.translation.reloader import translation_file_changed

    from ops.bootstrap import compile_translations

    Path(settings.STATIC_ROOT).mkdir(parents=True, exist_ok=True)
    if not hasattr(config, "workerinput"):
        compile_translations()
        translation_file_changed(
            None, REPOSITORY / "locale/django.mo"
        )  # forget what Django read while it started


@pytest.hookimpl(tryfirst=True)  # before xdist reads the groups
def pytest_collection_modifyitems(config, items) -> None:
    """Group tests for xdist.

    On PostgreSQL (make test-postgres), leave out what needs no database.
    """
    from django.db import connection

    for item in items:
        if "bank_files" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.xdist_group("bank"))  # read and loaded by one worker
    if connection.vendor != "postgresql":
        return
    chosen = [item for item in items if touches_the_database(item)]
    config.hook.pytest_deselected(items=[item for item in items if item not in chosen])
    items[:] = chosen


def touches_the_database(item: pytest.Item) -> bool:
    starts_servers = item.get_closest_marker("browser") or item.get_closest_marker("processes")
    asks = item.get_closest_marker("django_db") or {"db", "transactional_db"} & set(
        getattr(item, "fixturenames", ())
    )
    return bool(asks) and not starts_servers


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix) -> None:
    """SQLite in a file, as in an installation: each thread then has a connection of its own.

    In memory they would all share one, and their transactions would run into each other.
    """
    from django.conf import settings

    database = settings.DATABASES["default"]
    if database["ENGINE"] == "django.db.backends.sqlite3":
        database.setdefault("TEST", {})["NAME"] = str(settings.DATA_DIR / "test.sqlite3")
        database["OPTIONS"]["init_command"] += (
            "PRAGMA synchronous=OFF;"  # it need not outlive a crash
        )


@pytest.fixture(autouse=True)
def _plain_settings(settings) -> None:
    """No manifest to collect, fast hashes, log-in without lock-out."""
    settings.STATIC_ROOT = REPOSITORY / "static"  # an existing folder, or WhiteNoise warns of it
    settings.STORAGES = settings.STORAGES | {
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    }
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.AXES_ENABLED = False


@pytest.fixture
def run_tasks_inline(settings) -> Iterator[None]:
    """Messages sent after a commit are worked off at once, in this process."""
    from config.celery import app

    former = app.conf.task_always_eager
    app.conf.task_always_eager = True
    yield
    app.conf.task_always_eager = former


@pytest.fixture
def roles(db) -> None:
    from interview.roles import ensure_roles

    ensure_roles()


def user_in(role: str, name: str) -> User:
    user = factories.UserFactory(username=name, is_staff=role in ("interviewer", "author"))
    user.groups.add(Group.objects.get(name=role))
    return user


@pytest.fixture
def candidate(roles) -> User:
    return user_in("candidate", "candidate")


@pytest.fixture
def interviewer(roles) -> User:
    return user_in("interviewer", "interviewer")


@pytest.fixture
def author(roles) -> User:
    return user_in("author", "author")


@pytest.fixture
def integrator(roles) -> User:
    return user_in("integrator", "integrator")


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def candidate_client(candidate) -> Client:
    return signed_in(candidate)


@pytest.fixture
def interviewer_client(interviewer) -> Client:
    return signed_in(interviewer)


@pytest.fixture
def author_client(author) -> Client:
    return signed_in(author)


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args) -> dict:
    """The machine's own Chromium; Playwright's is a download."""
    from tests.servers import require

    chromium = (
        shutil.which("chromium")
        or shutil.which("chromium-browser")
        or shutil.which("google-chrome")
    )
    require(chromium, "Chromium")
    quiet = [
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
    ]
    return browser_type_launch_args | {
        "executable_path": chromium,
        "args": ["--no-sandbox", *quiet],
    }


@pytest.fixture(scope="module")
def browser(browser_type_launch_args) -> Iterator[Browser]:
    """Playwright's own lasts for the whole run, with an event loop that then stands in the way of every other test's database."""
    with pytest.MonkeyPatch.context() as environment, sync_playwright() as playwright:
        environment.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        expect.set_options(
            timeout=60_000
        )  # like Playwright's other waits, for a busy machine; its own default is 5 s
        browser = playwright.chromium.launch(**browser_type_launch_args)
        yield browser
        browser.close()
