"""A sweep over two Prefect workers, on a Prefect server on PostgreSQL: the same records, and a worker killed.

Real parts but for the training (the flow tests' fake worker). `make test-spread` runs it.
"""

from __future__ import annotations

import contextlib
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.flow.records import by_learning_rate, what_it_says
from tests.flow.studio import FAKE_WORKER, Studio
from tests.flow.test_command_line import wait_until
from tests.spread.site import ended, family_of, kill, postgres, prefect_server, worker

POOL = "two-machines"
COMMAND_SECONDS = 900


@dataclass
class Site:
    studio: Studio
    environment: dict[str, Any]
    workers: dict[str, int]
    """Process ids by name."""

    def run(self, *arguments: str, **environment: str) -> str:
        """A command, as typed; what it printed."""
        command = self.studio.command(*arguments, **self.environment | environment)
        output, errors = command.communicate(timeout=COMMAND_SECONDS)
        assert command.returncode == 0, f"{output}\n{errors}"
        return output

    def sweep_file(self, name: str, rates: str) -> str:
        path = self.studio.folder / name
        experiment = Path(self.studio.experiment_file()).read_text()
        path.write_text(f'phase = "sweep"\n{experiment}[grid]\ntraining.learning_rate = {rates}\n')
        return str(path)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, tiny_model: Path) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("site")
    with postgres() as database, prefect_server(database, folder) as server, contextlib.ExitStack() as working:
        studio = Studio(folder, tiny_model, server["PREFECT_API_URL"])
        site = Site(studio, server, {})
        assert f"ownvoice/run-on-{POOL}" in site.run("deploy", "--pool", POOL)
        for name in ("one", "two"):
            process = worker(name, POOL, folder, studio.environment | server | depot(folder))
            site.workers[name] = working.enter_context(ended(process)).pid
        yield site
    wait_until(lambda: not told_of(server["PREFECT_API_URL"]), seconds=30)


def depot(folder: Path) -> dict[str, str]:
    return {"OWNVOICE_DEPOT": str(folder / "depot")}


def told_of(url: str) -> list[psutil.Process]:
    """The processes that have the server in their environment."""
    told = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            told += [process] if process.environ().get("PREFECT_API_URL") == url else []
    return told


def test_over_two_prefect_workers_the_records_are_those_of_one_process(site: Site) -> None:
    studio, shared = site.studio, site.studio.artifacts
    sweep = site.sweep_file("sweep.toml", "[1e-5, 5e-5, 1e-4]")
    studio.artifacts = studio.folder / "alone"
    site.run("run", sweep)
    alone, runs_alone, calls = studio.series_record(1), by_learning_rate(studio), studio.calls()
    studio.artifacts = shared
    site.run("run", sweep, "--set", "spread.over=pool", "--set", f"spread.pool={POOL}")
    assert sorted(studio.calls()) == sorted(calls)
    for spread_run, run_alone in zip(by_learning_rate(studio), runs_alone, strict=True):
        assert spread_run == run_alone
    assert what_it_says(studio.series_record(1)) == what_it_says(alone)
    logs = [(studio.folder / f"{name}.log").read_text() for name in site.workers]
    assert all("Completed" in log for log in logs), "both workers had runs"


def test_a_series_that_has_artifacts_of_its_own_adopts_the_runs_of_the_workers(site: Site) -> None:
    studio, shared = site.studio, site.studio.artifacts
    studio.artifacts = studio.folder / "alone, with a depot"
    studio.calls()
    over = ("--set", "spread.over=pool", "--set", f"spread.pool={POOL}")
    site.run("run", site.sweep_file("third-sweep.toml", "[1e-6, 2e-6]"), *over, **depot(studio.folder))
    record = studio.series_record(1)
    assert (record.status, [studio.record(run.run or 0).adopted for run in record.runs]) == ("completed", [True, True])
    assert studio.calls().count("train") == 2
    studio.artifacts = shared


def test_what_was_sent_is_cancelled_when_the_sweep_is_stopped(site: Site) -> None:
    studio = site.studio
    command = sent_and_in_a_training(site, "[3e-5, 7e-5]")
    command.send_signal(signal.SIGINT)
    _, errors = command.communicate(timeout=COMMAND_SECONDS)
    assert (command.returncode, "Stopped" in errors) == (130, True)
    wait_until(lambda: not trainings_of(site), seconds=COMMAND_SECONDS)
    studio.orders.write_text("")
    assert studio.calls().count("train") == 2


def sent_and_in_a_training(site: Site, rates: str) -> subprocess.Popen[str]:
    """A sweep whose first two runs train on a worker each, until the orders are taken back."""
    studio = site.studio
    studio.orders.write_text("train wait")
    pool = ("--set", "spread.over=pool", "--set", f"spread.pool={POOL}")
    command = studio.command("run", site.sweep_file("another-sweep.toml", rates), *pool, **site.environment)
    wait_until(lambda: studio.log.exists() and studio.log.read_text().count("train\n") == 2, seconds=COMMAND_SECONDS)
    assert len(trainings_of(site)) == 2
    return command


def trainings_of(site: Site) -> list[psutil.Process]:
    """The processes that train, one whose parent is gone among them."""
    return [each for each in told_of(site.environment["PREFECT_API_URL"]) if str(FAKE_WORKER) in each.cmdline()]


def test_a_sweep_finishes_though_a_worker_is_killed_with_all_that_it_started(site: Site) -> None:
    studio = site.studio
    command = sent_and_in_a_training(site, "[2e-5, 4e-5, 6e-5]")
    kill(family_of(site.workers["one"]))
    studio.orders.write_text("")
    output, errors = command.communicate(timeout=COMMAND_SECONDS)
    assert command.returncode == 0, f"{output}\n{errors}"
    assert "its worker is gone, sent once more" in output
    record = studio.series_record(2)
    assert (record.status, len(record.runs), len({run.run for run in record.runs})) == ("completed", 3, 3)
    assert studio.calls().count("train") == 4
