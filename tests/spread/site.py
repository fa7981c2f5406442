"""A small site on this machine: PostgreSQL, a Prefect server on it, and Prefect workers; all of it ends with the test."""

from __future__ import annotations

import contextlib
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import psutil
import pytest

from flows.server.find import is_healthy
from tests.flow.test_command_line import wait_until

HERE = "127.0.0.1"
START_SECONDS = 240


def free_port() -> int:
    with socket.create_server((HERE, 0)) as listening:
        port: int = listening.getsockname()[1]
        return port


@contextlib.contextmanager
def postgres() -> Iterator[str]:
    """The address of a new PostgreSQL, as Prefect takes it; PostgreSQL runs under no root."""
    programs = postgres_programs()
    user = pwd.getpwnam("nobody" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name)
    who: dict[str, Any] = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []} if os.geteuid() == 0 else {}
    with tempfile.TemporaryDirectory(prefix="ownvoice-postgres-") as folder:
        key, data, port = secrets.token_hex(16), Path(folder) / "data", free_port()
        (Path(folder) / "key").write_text(key)
        for each in (Path(folder), Path(folder) / "key"):
            os.chown(each, user.pw_uid, user.pw_gid)
        as_key = ["--auth=scram-sha-256", "--username=ownvoice", f"--pwfile={folder}/key"]
        subprocess.run(
            [str(programs / "initdb"), "-D", str(data), *as_key],
            check=True,
            stdout=subprocess.DEVNULL,
            cwd=folder,
            **who,
        )
        settings = {"listen_addresses": HERE, "port": port, "unix_socket_directories": "", "fsync": "off"}
        given = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        with ended(subprocess.Popen([str(programs / "postgres"), "-D", str(data), *given], cwd=folder, **who)):
            wait_until(lambda: answers(port), seconds=START_SECONDS)
            yield f"postgresql+asyncpg://ownvoice:{key}@{HERE}:{port}/postgres"


def postgres_programs() -> Path:
    """Where they are; in Debian not on the path."""
    found = shutil.which("initdb")
    places = [Path(found).parent] if found else sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    if not places or not (places[-1] / "initdb").exists():
        pytest.fail(
            "PostgreSQL is not installed here: apt-get install postgresql, then make test-spread", pytrace=False
        )
    return places[-1]


def answers(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection((HERE, port), timeout=1):
        return True
    return False


@contextlib.contextmanager
def prefect_server(database: str, folder: Path) -> Iterator[dict[str, str]]:
    """What those that speak to it need in their environment."""
    port, key = free_port(), secrets.token_hex(16)
    home = {"PREFECT_HOME": str(folder / "prefect"), "PREFECT_SERVER_ANALYTICS_ENABLED": "false", "DO_NOT_TRACK": "1"}
    secret = {"PREFECT_SERVER_DATABASE_CONNECTION_URL": database, "PREFECT_SERVER_API_AUTH_STRING": key}
    address = {"PREFECT_API_URL": f"http://{HERE}:{port}/api", "PREFECT_API_AUTH_STRING": key}
    command = ("server", "start", "--host", HERE, "--port", str(port), "--no-ui")
    with ended(prefect(command, folder / "server.log", home | secret)):
        wait_until(lambda: is_healthy(address["PREFECT_API_URL"], 2), seconds=START_SECONDS)
        yield home | address


def worker(name: str, pool: str, folder: Path, environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
    """A Prefect worker as on a machine of its own: its device is no other's."""
    quick = {"PREFECT_WORKER_QUERY_SECONDS": "1", "PREFECT_WORKER_PREFETCH_SECONDS": "1"}
    own = {"OWNVOICE_LOCKS": str(folder / f"{name}-devices")}
    command = ("worker", "start", "--pool", pool, "--name", name, "--limit", "1")
    return prefect(command, folder / f"{name}.log", {**environment, **quick, **own})


def prefect(arguments: tuple[str, ...], log: Path, environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
    with log.open("ab") as output:
        return subprocess.Popen(
            [sys.executable, "-m", "prefect", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd=log.parent,
            env={**os.environ, **environment},
            start_new_session=True,
        )


@contextlib.contextmanager
def ended(process: subprocess.Popen[bytes]) -> Iterator[subprocess.Popen[bytes]]:
    """Gone at the end, with all that it started."""
    try:
        yield process
    finally:
        family = family_of(process.pid)
        process.send_signal(signal.SIGINT)  # PostgreSQL and Prefect take it as a request to end now
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=15)
        kill(family)
        process.wait()


def family_of(pid: int) -> list[psutil.Process]:
    with contextlib.suppress(psutil.NoSuchProcess):
        parent = psutil.Process(pid)
        return [parent, *parent.children(recursive=True)]
    return []


def kill(family: list[psutil.Process]) -> None:
    for each in family:
        with contextlib.suppress(psutil.NoSuchProcess):
            each.kill()
