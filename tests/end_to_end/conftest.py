"""Real workers and real models: the tiny ones are made once a session, the embedded one is fetched once.

Torch is imported in the fixtures: what starts the processes that run the tests reads this file too, and needs none.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from flows.server.find import PrivateServer, ServerAddress
from ownvoice.worker.client import Worker
from tests.end_to_end.writer import Writer


@pytest.fixture(scope="session", autouse=True)
def device_locks(tmp_path_factory: pytest.TempPathFactory) -> None:
    """A run that trains on this machine meanwhile need not end before the tests begin."""
    os.environ["OWNVOICE_LOCKS"] = str(tmp_path_factory.mktemp("locks"))


@pytest.fixture(scope="session")
def tiny_llama(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from tests.end_to_end.tiny_models import save_tiny_llama

    return save_tiny_llama(tmp_path_factory.mktemp("tiny-llama"))


@pytest.fixture(scope="session")
def tiny_gpt2(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from tests.end_to_end.tiny_models import save_tiny_gpt2

    return save_tiny_gpt2(tmp_path_factory.mktemp("tiny-gpt2"))


@pytest.fixture(scope="session")
def tiny_gemma(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from tests.end_to_end.tiny_models import save_tiny_gemma

    return save_tiny_gemma(tmp_path_factory.mktemp("tiny-gemma"))


@pytest.fixture(scope="session")
def worker() -> Iterator[Worker]:
    """One for all files: importing torch and transformers takes it 3.7 s of the processor."""
    with Worker() as worker:
        yield worker


@pytest.fixture(scope="session")
def another_worker() -> Iterator[Worker]:
    """One that never trains: it has weights from the disk alone."""
    with Worker() as worker:
        yield worker


@pytest.fixture(scope="session")
def prefect_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("prefect")


@pytest.fixture(scope="session")
def prefect_server(tmp_path_factory: pytest.TempPathFactory, prefect_home: Path) -> Iterator[ServerAddress]:
    """One for all commands: half of the processor's time of a command on a tiny model is its private server's start."""
    server = PrivateServer()
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("PREFECT_HOME", str(prefect_home))
        patched.setenv("OWNVOICE_ARTIFACTS", str(tmp_path_factory.mktemp("server")))
        address = server.start()
        server.wait()
    yield address
    server.close()


@pytest.fixture
def new_writer(tmp_path: Path, prefect_home: Path, prefect_server: ServerAddress) -> Writer:
    return Writer(tmp_path / "artifacts", prefect_home, prefect_server)
