"""The embedded broker: the first that can be had, on a socket nobody else can open."""

import stat
from importlib import metadata
from pathlib import Path

import pytest

from ops import broker
from tests.servers import running, wait_until


@pytest.fixture
def nothing_on_path(monkeypatch) -> None:
    monkeypatch.setattr(broker, "server_on_path", lambda: None)


def test_address_given_is_used_and_its_password_never_shown(tmp_path):
    chosen = broker.choose_broker("redis://:secret@example.org:6379/0", tmp_path)
    assert (chosen.url, chosen.command) == ("redis://:secret@example.org:6379/0", [])
    assert chosen.description == "the broker at redis://:***@example.org:6379/0"


def test_without_a_server_on_the_path_the_bundled_one_runs_on_a_private_socket(
    nothing_on_path, tmp_path
):
    import redis

    chosen = broker.choose_broker("", tmp_path)
    path = Path(chosen.url.removeprefix("redis+socket://"))
    with running(chosen.command):
        wait_until(path.exists, what="socket is there")
        with redis.Redis(unix_socket_path=str(path)) as client:
            wait_until(client.ping, what="broker answers")
            assert client.config_get("appendonly") == {"appendonly": "yes"}
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
        assert stat.S_IMODE(path.stat().st_mode) == 0o700


def test_path_too_long_for_a_socket_falls_back_to_loopback_behind_a_password(
    nothing_on_path, monkeypatch, tmp_path
):
    monkeypatch.setattr(broker, "LONGEST_SOCKET_PATH", 10)
    chosen = broker.choose_broker("", tmp_path)
    assert chosen.url.startswith("redis://:")
    password = chosen.url.split(":")[2].split("@")[0]
    assert password not in " ".join(chosen.command)
    assert stat.S_IMODE((tmp_path / "broker" / "server.conf").stat().st_mode) == 0o600


def test_socket_folder_somebody_else_made_is_not_used(monkeypatch, tmp_path):
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
    monkeypatch.setattr("tempfile.gettempdir", lambda: str(tmp_path))
    monkeypatch.setattr(broker, "LONGEST_SOCKET_PATH", 1000)  # the test's own folder may lie deep
    made = broker.socket_path(tmp_path / "data")
    assert made is not None
    made.parent.chmod(0o777)
    assert broker.socket_path(tmp_path / "data") is None


def test_an_image_without_the_embedded_packages_has_no_bundled_server(monkeypatch):
    def not_installed(name):
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "files", not_installed)
    assert broker.bundled_server() is None


@pytest.mark.parametrize("given", ["", "filesystem://"])
def test_without_any_server_or_when_asked_for_messages_are_files_in_the_data_folder(
    nothing_on_path, monkeypatch, tmp_path, given
):
    monkeypatch.setattr(broker, "bundled_server", lambda: None)
    chosen = broker.choose_broker(given, tmp_path)
    assert (chosen.url, chosen.command) == ("filesystem://", [])
    options = broker.celery_settings(chosen.url, tmp_path)["broker_transport_options"]
    assert Path(options["data_folder_in"]).is_dir()
    assert options["data_folder_in"] == options["data_folder_out"]


def test_server_too_old_for_us_is_passed_over(monkeypatch, tmp_path):
    old = tmp_path / "redis-server"
    old.write_text("#!/bin/sh\necho 'Redis server v=5.0.14 sha=0'\n")
    old.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert broker.server_version(old) == (5, 0)
    assert broker.server_on_path() is None
