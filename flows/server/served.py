"""The server of `ownvoice serve`: Prefect's own behind our door, in a process group of its own, with a log file.

Never `prefect server start --background`: it died within seconds of its first logged error.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from flows.server.find import (
    ServerAddress,
    ServerFile,
    address_of,
    is_healthy,
    read_server_file,
    server_environment,
    server_file,
    server_key_file,
)
from ownvoice.errors import ServerUnavailable
from ownvoice.files import write_atomically
from ownvoice.paths import ROOT, artifacts_folder

START_SECONDS = 120.0
END_SECONDS = 10.0


@contextlib.contextmanager
def kept_server() -> Iterator[ServerAddress]:
    """The address of a running server, or of one started here and ended at the end.

    Raises:
        ServerUnavailable: the port is taken by something else, or the server didn't start.
    """
    url = os.environ.get("PREFECT_API_URL") or f"http://127.0.0.1:{server_port()}/api"
    if is_healthy(url, timeout_seconds=2):
        print(f"Using the Prefect server that runs at {url}.")
        server = address_of(url)
        with contextlib.nullcontext() if server.key else _announced(ServerFile(url=url, pid=0)):
            yield server
        return
    server = ServerAddress(url=f"http://127.0.0.1:{server_port()}/api", key=make_server_key())
    log = artifacts_folder() / "prefect-server.log"
    process = _start(server, log)
    try:
        _wait(process, server.url, log)
        with _announced(ServerFile(url=server.url, pid=process.pid)):
            yield server
    finally:
        _end(process)


def server_port() -> int:
    return int(os.environ.get("PREFECT_SERVER_API_PORT") or 4200)


def make_server_key() -> str:
    """Made once, readable by the user alone: a terminal and a browser that have it still do after a restart.

    Raises:
        ServerUnavailable: the file is there and empty, and a server with an empty key would be open.
    """
    path = server_key_file()
    path.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(FileExistsError):
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(32) + "\n")
    if key := path.read_text().strip():
        return key
    raise ServerUnavailable(f"{path} is empty", "the key of Prefect's server", "remove the file: a new one is made")


def _start(server: ServerAddress, log: Path) -> subprocess.Popen[bytes]:
    assert server.key
    with _listening(server_port()) as listening, log.open("ab") as output:
        return subprocess.Popen(
            [sys.executable, "-m", "flows.server.guarded", str(listening.fileno())],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd=ROOT,
            env=server_environment(server.key),
            pass_fds=[listening.fileno()],
            start_new_session=True,
        )


def _listening(port: int) -> socket.socket:
    try:
        return socket.create_server(("127.0.0.1", port))
    except OSError:
        raise ServerUnavailable(
            f"port {port} is taken by another program",
            "a free port for Prefect's server",
            f"end that program, or choose another port: PREFECT_SERVER_API_PORT={port + 1} ownvoice serve",
        ) from None


def _wait(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    started = time.monotonic()
    print("Starting Prefect's server ", end="", flush=True)
    while not is_healthy(url):
        if process.poll() is not None or time.monotonic() - started > START_SECONDS:
            print()
            raise ServerUnavailable("Prefect's server didn't start", "a server on this machine", f"see {log}")
        print(".", end="", flush=True)
        time.sleep(1)
    print(f" ready after {time.monotonic() - started:.0f} s.")


@contextlib.contextmanager
def _announced(server: ServerFile) -> Iterator[None]:
    """artifacts/server.json tells the command line of it; who wrote it takes it away."""
    if read_server_file() == server:
        yield
        return
    write_atomically(server_file(), server.model_dump_json() + "\n")
    try:
        yield
    finally:
        server_file().unlink(missing_ok=True)


def _end(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(timeout=END_SECONDS)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
