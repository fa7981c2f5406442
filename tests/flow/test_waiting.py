"""One device, two runs: the second says for whom it waits, on the terminal and in Prefect's log, then goes on."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from prefect.client.orchestration import get_client
from prefect.client.schemas.sorting import LogSort

from flows.resources import expected_number
from ownvoice.engine.device_lock import DeviceTurn
from tests.flow.studio import Studio
from tests.flow.test_command_line import wait_until

WAITING = "waiting for cpu, held by Run 7 (smoke-test, theirs)"


@pytest.fixture
def held(studio: Studio) -> Iterator[DeviceTurn]:
    turn = DeviceTurn("cpu", "cpu", Path(studio.environment["OWNVOICE_LOCKS"]))
    turn.take("Run 7 (smoke-test, theirs)", lambda _: None)
    yield turn
    turn.give_back()


def test_a_run_waits_for_the_device_says_for_whom_and_goes_on(studio: Studio, held: DeviceTurn) -> None:
    run = studio.command("run", studio.experiment_file())
    assert run.stdout is not None
    line = next(line for line in run.stdout if "waiting" in line)
    assert line.startswith(WAITING)
    assert studio.calls() == []
    time.sleep(1.5)
    held.give_back()
    output, errors = run.communicate(timeout=150)
    assert run.returncode == 0, errors
    assert "Run 1 is in" in output
    record = studio.record(1)
    assert 1.4 < record.waited_seconds < 100
    assert "- It waited " in studio.logbook()
    wait_until(lambda: any(WAITING in message for message in prefect_log()), seconds=100)


def test_a_run_that_waits_can_be_stopped_while_the_device_is_held(studio: Studio, held: DeviceTurn) -> None:
    run = studio.command("run", studio.experiment_file())
    assert run.stdout is not None
    next(line for line in run.stdout if "waiting" in line)
    run.send_signal(signal.SIGINT)
    _, errors = run.communicate(timeout=150)  # Prefect's database may be busy for a minute
    assert run.returncode == 130
    assert "Stopped" in errors
    assert held.held
    assert studio.calls() == []


def test_a_run_from_the_cache_waits_for_nobody(studio: Studio) -> None:
    studio.run()
    studio.calls()
    turn = DeviceTurn("cpu", "cpu", Path(studio.environment["OWNVOICE_LOCKS"]))
    turn.take("Run 7", lambda _: None)  # the first run has given it back
    assert not studio.run().log.added
    turn.give_back()
    assert studio.calls() == []


def test_a_run_expects_the_number_after_those_that_go_on(studio: Studio) -> None:
    with expected_number() as first, expected_number() as second:
        assert (first, second) == (1, 2)
    studio.run()
    with expected_number() as number:
        assert number == 2


def prefect_log() -> list[str]:
    """The newest lines: the session's server keeps those of every test before this one."""
    with get_client(sync_client=True) as client:
        return [log.message for log in client.read_logs(limit=200, sort=LogSort.TIMESTAMP_DESC)]
