"""Which Prefect server a command talks to, found without importing Prefect.

In order: `PREFECT_API_URL`, the active Prefect profile, the server of `make serve`
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
import socket
import subprocess
import sys
import time
import tomllib
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import ValidationError

from ownvoice.errors import RunFailed
from ownvoice.frozen import Frozen
from ownvoice.paths import ROOT, artifacts_folder

START_SECONDS = 90.0  # 6 s measured on two cores; the first start also creates the database (15 s)


class ServerFile(Frozen):
    """artifacts/server.json, written by `make serve`."""

    url: str
    pid: int


class ServerUnavailable(RunFailed):
    """No Prefect server could be reached or started."""


def server_file() -> Path:
    return artifacts_folder() / "server.json"


def find_server() -> str | None:
    """The API address of a server that the user has, or None."""
    return os.environ.get("PREFECT_API_URL") or _profile_url() or _kept_server()


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

    def start(self) -> str:
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
                env={key: value for key, value in os.environ.items() if key != "PREFECT_API_URL"},
                pass_fds=[listening.fileno()],
                start_new_session=True,  # Ctrl-C is for the command, which still reports its end to the server
            )
        return self.url

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


def _kept_server() -> str | None:
    try:
        kept = ServerFile.model_validate_json(server_file().read_text())
    except (OSError, ValidationError):
        return None
    return kept.url if is_healthy(kept.url) else None


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
