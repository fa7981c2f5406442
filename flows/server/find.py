"""Finds the Prefect server that a command talks to, without importing Prefect.

In order: `PREFECT_API_URL`, the active Prefect profile, the server of `ownvoice serve`
(artifacts/server.json, if it answers), else a private one that lives as long as the command.

The private one replaces Prefect's ephemeral mode, which took 10 s of a cached rerun: there the
command imports the whole server as well (3 s), and waits with starting it until its own imports are
done. Ours starts first, on a socket that is already open, while the command imports Prefect; and it
ends with its parent, where Prefect's is left behind by a `kill -9`.
"""

from __future__ import annotations

import contextlib
import http.client
import os
import secrets
import socket
import subprocess
import sys
import time
import tomllib
from pathlib import Path
from urllib.parse import urlsplit

import psutil
from pydantic import Field, ValidationError

from flows.server.door import KEY_SETTING
from ownvoice.errors import ServerUnavailable
from ownvoice.frozen import Frozen
from ownvoice.paths import ROOT, artifacts_folder

START_SECONDS = 90.0  # 6 s measured on two cores; the first start also creates the database (15 s)


class ServerFile(Frozen):
    """artifacts/server.json, written by `ownvoice serve`."""

    url: str
    pid: int  # 0: a server that the user runs herself

    def is_ours(self, url: str) -> bool:
        """Whether the server at this address is the one of `ownvoice serve`, and no other that took its port later."""
        return self.pid > 0 and self.url == url.replace("//localhost:", "//127.0.0.1:") and psutil.pid_exists(self.pid)


class ServerAddress(Frozen):
    """Where a server answers, and its key if it is ours; one of the user's has what she told Prefect."""

    url: str
    key: str | None = Field(None, repr=False)

    def environment(self) -> dict[str, str]:
        """What Prefect's client reads, here and in child processes."""
        return {"PREFECT_API_URL": self.url} | ({"PREFECT_API_AUTH_STRING": self.key} if self.key else {})


def server_file() -> Path:
    return artifacts_folder() / "server.json"


def server_key_file() -> Path:
    return artifacts_folder() / "server-key"


def find_server() -> ServerAddress | None:
    """A server that the user has, or None."""
    url = os.environ.get("PREFECT_API_URL") or _profile_url() or _kept_server()
    return address_of(url) if url else None


def address_of(url: str) -> ServerAddress:
    """The address with its key, which `ownvoice serve` keeps in a file beside artifacts/server.json."""
    kept = read_server_file()
    ours = kept is not None and kept.is_ours(url) and server_key_file().exists()
    return ServerAddress(url=url, key=server_key_file().read_text().strip() if ours else None)


def is_healthy(url: str, timeout_seconds: float = 0.5) -> bool:
    """Whether a Prefect API answers there; never through a proxy."""
    address = urlsplit(url)
    connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=timeout_seconds)
    try:
        connection.request("GET", f"{address.path}/health")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


class PrivateServer:
    """A server for one command. `start` returns at once; `wait` until it answers; `close` at the end."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self.url = ""

    def start(self) -> ServerAddress:
        key = secrets.token_urlsafe(32)  # as long as the command, and in no file
        log = artifacts_folder() / "cache" / "prefect-server.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        with socket.create_server(("127.0.0.1", 0)) as listening, log.open("wb") as output:
            self.url = f"http://127.0.0.1:{listening.getsockname()[1]}/api"
            self._process = subprocess.Popen(
                [sys.executable, "-m", "flows.server.private_process", str(listening.fileno())],
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=output,
                cwd=ROOT,
                env=server_environment(key),
                pass_fds=[listening.fileno()],
                start_new_session=True,  # Ctrl-C is for the command, which still reports its end to the server
            )
        return ServerAddress(url=self.url, key=key)

    def wait(self) -> None:
        """Raises ServerUnavailable where the server ended or stays silent."""
        assert self._process
        deadline = time.monotonic() + START_SECONDS
        while not is_healthy(self.url, timeout_seconds=START_SECONDS):
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise ServerUnavailable(
                    "Prefect's server didn't start",
                    "a server on this machine",
                    f"its own words are in {artifacts_folder() / 'cache' / 'prefect-server.log'}",
                )
            time.sleep(0.05)

    def close(self) -> None:
        """Let it end by itself: it writes what it was last told, a second or so after this command."""
        if self._process and self._process.stdin:
            with contextlib.suppress(OSError):
                self._process.stdin.close()


def server_environment(key: str) -> dict[str, str]:
    """For the process of a server of ours, which is no client of another."""
    return {name: value for name, value in os.environ.items() if name != "PREFECT_API_URL"} | {KEY_SETTING: key}


def _kept_server() -> str | None:
    kept = read_server_file()
    return kept.url if kept and is_healthy(kept.url) else None


def read_server_file() -> ServerFile | None:
    try:
        return ServerFile.model_validate_json(server_file().read_text())
    except (OSError, ValidationError):
        return None


def _profile_url() -> str | None:
    """What the user told Prefect by `prefect config set PREFECT_API_URL=...`."""
    home = Path(os.environ.get("PREFECT_HOME") or "~/.prefect").expanduser()
    path = Path(os.environ.get("PREFECT_PROFILES_PATH") or home / "profiles.toml")
    try:
        profiles = tomllib.loads(path.read_text())
        active = os.environ.get("PREFECT_PROFILE") or profiles.get("active", "")
        url = profiles["profiles"][active].get("PREFECT_API_URL")
    except (OSError, tomllib.TOMLDecodeError, KeyError):
        return None
    return str(url) if url else None
