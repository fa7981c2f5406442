"""The runs of a series over Dask workers say what they say in one process; a killed worker's run is done by another."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import Any
from uuid import uuid4

import psutil
import pytest
from prefect.client.schemas.objects import FlowRun

from flows.server.dead_runs import process_labels
from flows.spread.member import outcome_of
from flows.spread.over_pool import is_abandoned
from ownvoice.engine.device_lock import Holder
from ownvoice.errors import ConfigError, RunFailed, RunsFailed, ServerUnavailable
from ownvoice.phase_configs import SweepConfig
from ownvoice.report.kept.shelf import Written
from ownvoice.series.members import Member
from tests.flow.records import by_learning_rate, what_it_says
from tests.flow.studio import Studio
from tests.flow.test_command_line import wait_until
from tests.flow.two_machines import Machines

GRID = {"training.learning_rate": (1e-5, 5e-5, 1e-4)}
needs_dask = pytest.mark.skipif(
    not any((Path(folder) / "prefect_dask").is_dir() for folder in sys.path), reason="the extra `dask` is not installed"
)


def sweep(studio: Studio, **spread: Any) -> SweepConfig:
    return SweepConfig.model_validate(studio.config().model_dump() | {"phase": "sweep", "grid": GRID, "spread": spread})


@needs_dask
def test_over_two_dask_workers_the_records_are_those_of_one_process(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    alone, runs_alone = studio.run_series(sweep(studio)), by_learning_rate(studio)
    calls = studio.calls()
    studio.artifacts = studio.folder / "spread"
    monkeypatch.setenv("OWNVOICE_ARTIFACTS", str(studio.artifacts))
    spread = studio.run_series(sweep(studio, over="dask"))
    assert sorted(studio.calls()) == sorted(calls)
    for spread_run, run_alone in zip(by_learning_rate(studio), runs_alone, strict=True):
        assert spread_run == run_alone
    assert what_it_says(spread.record) == what_it_says(alone.record)


@needs_dask
def test_a_run_that_fails_on_a_dask_worker_is_named_and_the_others_finish(studio: Studio) -> None:
    studio.orders.write_text("train fail once")
    with pytest.raises(RunsFailed, match="1 of 3 runs failed: learning_rate") as caught:
        studio.run_series(sweep(studio, over="dask"))
    assert caught.value.exit_code == 1
    failures = sorted(run.failure for run in studio.series_record(1).runs)
    assert failures == ["", "", "NonFiniteLoss: the loss was nan at step 2"]


@needs_dask
def test_a_sweep_finishes_though_a_dask_worker_is_killed_in_a_training(studio: Studio) -> None:
    studio.orders.write_text("train sleep once")
    experiment = studio.folder / "sweep.toml"
    Path(studio.experiment_file()).rename(experiment)
    experiment.write_text(
        f'phase = "sweep"\n{experiment.read_text()}[grid]\ntraining.learning_rate = [1e-5, 5e-5]\n[spread]\nover = "dask"\n'
    )
    command = studio.command("run", str(experiment))
    wait_until(lambda: "train" in studio.log.read_text().split("\n") if studio.log.exists() else False, seconds=200)
    started = psutil.Process(command.pid).children(recursive=True)
    lock = Path(studio.environment["OWNVOICE_LOCKS"]) / "cpu.lock"
    dask_worker = psutil.Process(Holder.model_validate_json(lock.read_text()).pid).ppid()
    assert dask_worker != command.pid
    os.kill(dask_worker, signal.SIGKILL)
    output, errors = command.communicate(timeout=300)
    assert command.returncode == 0, errors
    assert "Series 1 is in" in output
    calls = studio.calls()
    assert (calls.count("train"), calls.count("generate baseline")) == (3, 1)
    record = studio.series_record(1)
    assert (record.status, sorted(run.run or 0 for run in record.runs)) == ("completed", [1, 2])
    wait_until(lambda: not any(each.is_running() for each in started), seconds=20)


def test_a_missing_extra_is_one_message(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "prefect_dask", None)
    with pytest.raises(ConfigError, match="needs prefect-dask") as caught:
        studio.run_series(sweep(studio, over="dask"))
    assert 'pip install "ownvoice[dask]"' in caught.value.remedy
    assert studio.calls() == []


@needs_dask
def test_an_address_where_no_scheduler_answers_is_told(studio: Studio) -> None:
    import dask

    with (
        dask.config.set({"distributed.comm.timeouts.connect": "1s"}),
        pytest.raises(ConfigError, match=r"spread.address = 'tcp://127.0.0.1:9'"),
    ):
        studio.run_series(sweep(studio, over="dask", address="tcp://127.0.0.1:9"))


def test_a_pool_that_the_server_does_not_know_is_told(studio: Studio) -> None:
    with pytest.raises(ServerUnavailable, match="knows no pool 'nowhere'") as caught:
        studio.run_series(sweep(studio, over="pool", pool="nowhere"))
    assert caught.value.remedy == "ownvoice deploy --pool nowhere"


def is_at_the_baseline(pid: int) -> bool:
    """It holds the step's lock, or waits for it."""
    return any("/step-generate-" in file.path for file in psutil.Process(pid).open_files())


def test_two_runs_at_once_on_two_devices_ask_the_untuned_model_once(studio: Studio) -> None:
    studio.orders.write_text("generate wait")
    experiment = studio.experiment_file()
    devices = [str(studio.folder / name) for name in ("one-device", "another-device")]
    runs = [
        studio.command("run", experiment, "--set", f"training.learning_rate={rate}", OWNVOICE_LOCKS=device)
        for rate, device in zip(("1e-5", "5e-5"), devices, strict=True)
    ]
    wait_until(lambda: all(is_at_the_baseline(run.pid) for run in runs), seconds=200)
    studio.orders.write_text("")
    outputs = [run.communicate(timeout=150) for run in runs]
    assert [run.returncode for run in runs] == [0, 0], outputs
    assert any("the same in another run, is running already" in output for output, _ in outputs)
    calls = studio.calls()
    assert (calls.count("generate baseline"), calls.count("train")) == (1, 2)


def test_a_sent_run_is_abandoned_when_its_process_here_or_its_worker_elsewhere_is_gone() -> None:
    mine = process_labels(psutil.Process())
    gone = {**mine, "ownvoice.started": "1.00"}
    elsewhere = {**mine, "ownvoice.host": "another", "prefect.worker.name": "one"}
    taken = {"prefect.worker.name": "one"}
    for labels, working, abandoned in (
        ({}, frozenset(), False),
        (mine, frozenset(), False),
        (gone, frozenset({"one"}), True),
        (elsewhere, frozenset({"one"}), False),
        (elsewhere, frozenset({"two"}), True),
        (taken, frozenset({"one"}), False),
        (taken, frozenset({"two"}), True),
    ):
        run = FlowRun(flow_id=uuid4(), labels=labels)
        assert is_abandoned(run, working) is abandoned, labels


def test_a_run_that_completed_where_the_artifacts_are_others_is_adopted_from_the_depot(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    machines = Machines(studio, monkeypatch, str(studio.folder / "depot"))
    member = Member(label="as it is", config=studio.config())
    key = machines.at("one").run().record.key
    machines.at("two")
    adopted, _ = machines.told(lambda: outcome_of(member, None))
    assert isinstance(adopted, Written)
    assert (adopted.record.key, adopted.record.adopted, adopted.log.added) == (key, True, True)
    monkeypatch.setenv("OWNVOICE_DEPOT", "")
    machines.at("three")
    missing, _ = machines.told(lambda: outcome_of(member, None))
    assert isinstance(missing, RunFailed)
    assert missing.found == f"as it is completed elsewhere, and {studio.artifacts} doesn't have it"
