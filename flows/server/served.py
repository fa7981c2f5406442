"""The server of `make serve`: Prefect's own, in a process group of its own, with a log file.

Never `prefect server start --background`: it died within seconds of its first logged error.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from flows.server.find import ServerFile, ServerUnavailable, is_healthy, server_file
from ownvoice.files import write_atomically
from ownvoice.paths import ROOT, artifacts_folder

START_SECONDS = 120.0
END_SECONDS = 10.0


@contextlib.contextmanager
def kept_server() -> Iterator[str]:
    """The address of a running server, or of one started here and ended at the end.

    Raises:
        ServerUnavailable: the port is taken by something else, or the server didn't start.
    """
    url = os.environ.get("PREFECT_API_URL") or f"http://127.0.0.1:{server_port()}/api"
    if is_healthy(url, timeout_seconds=2):
        print(f"Using the Prefect server that runs at {url}.")
        with _announced(ServerFile(url=url, pid=0)):
            yield url
        return
    _require_free_port(server_port())
    log = artifacts_folder() / "prefect-server.log"
    process = _start(log)
    try:
        url = f"http://127.0.0.1:{server_port()}/api"
        _wait(process, url, log)
        with _announced(ServerFile(url=url, pid=process.pid)):
            yield url
    finally:
        _end(process)


def server_port() -> int:
    return int(os.environ.get("PREFECT_SERVER_API_PORT") or 4200)


def _require_free_port(port: int) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # a server that just ended leaves it waiting
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            raise ServerUnavailable(
                f"port {port} is taken by another program",
                "a free port for Prefect's server",
                f"end that program, or choose another port: PREFECT_SERVER_API_PORT={port + 1} make serve",
            ) from None


def _start(log: Path) -> subprocess.Popen[bytes]:
    log.parent.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "prefect", "server", "start", "--host", "127.0.0.1", "--port", str(server_port())]
    with log.open("ab") as output:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd=ROOT,
            env={key: value for key, value in os.environ.items() if key != "PREFECT_API_URL"},
            start_new_session=True,
        )


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
    if server_file().exists() and ServerFile.model_validate_json(server_file().read_text()).url == server.url:
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
