"""settings.py, .env.example and docker-compose.yml name the same variables."""

import re

from tests.conftest import REPOSITORY


def read_by_settings() -> set[str]:
    source = (REPOSITORY / "config" / "settings.py").read_text(encoding="utf-8")
    return {f"TOUCHSTONE_{name}" for name in re.findall(r'env\.\w+\(\s*"([A-Z_]+)"', source)}


def explained() -> set[str]:
    source = (REPOSITORY / ".env.example").read_text(encoding="utf-8")
    return set(re.findall(r"^#?([A-Z_]+)=", source, re.MULTILINE))


COMPOSE_ONLY = {"POSTGRES_PASSWORD", "TOUCHSTONE_PORT", "TOUCHSTONE_WORKER_PROCESSES"}


def test_every_variable_that_is_read_is_explained_and_no_other():
    assert explained() - COMPOSE_ONLY == read_by_settings()


def test_compose_asks_for_no_variable_that_is_not_explained():
    source = (REPOSITORY / "docker-compose.yml").read_text(encoding="utf-8")
    assert set(re.findall(r"\$\{([A-Z_]+)", source)) <= explained()
