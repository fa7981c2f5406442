"""Runs on disk are numbered, whole, and in step with the logbook."""

from __future__ import annotations

import multiprocessing
import shutil
import signal
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest

from ownvoice.errors import LogbookError
from ownvoice.paths import ROOT
from ownvoice.records.run import RunRecord, slug
from ownvoice.records.training import EpochLoss
from ownvoice.report.kept.runs import allocate_and_write, find_completed, next_number, read_record, write_record
from ownvoice.report.log.logbook import numbers_in
from tests.unit.records_for_tests import failed_record_for_tests, record_for_tests

DIE_AFTER_THE_RECORD = """
import os, pathlib, signal, sys
sys.path.insert(0, sys.argv[2])
from tests.unit.records_for_tests import record_for_tests
from ownvoice.report.kept import runs
from ownvoice.report.kept import shelf
shelf._repair = lambda shelves, artifacts: os.kill(os.getpid(), signal.SIGKILL)
runs.allocate_and_write(pathlib.Path(sys.argv[1]), record_for_tests)
"""


def write_two_runs(artifacts: str, key: str) -> None:
    for i in range(2):
        allocate_and_write(Path(artifacts), partial(record_for_tests, key=f"{key}{i}"))


def test_a_run_gets_a_folder_with_its_record_and_its_entry(tmp_path: Path) -> None:
    written = allocate_and_write(tmp_path, record_for_tests)
    assert written.folder == tmp_path / "runs" / "1-smoke-test-smollm2-135m"
    assert read_record(written.folder) == written.record
    assert (written.folder / "entry.md").read_text() in (tmp_path / "EXPERIMENT_LOG.md").read_text()
    assert [path.name for path in (tmp_path / "runs").iterdir()] == [written.folder.name]


def test_the_same_experiment_is_stored_once_and_a_failed_one_each_time(tmp_path: Path) -> None:
    def failed(number: int) -> RunRecord:
        return failed_record_for_tests(number, key="same")

    def completed(number: int) -> RunRecord:
        return record_for_tests(number, key="same")

    written = [allocate_and_write(tmp_path, build) for build in (failed, failed, completed, completed)]
    assert [run.record.number for run in written] == [1, 2, 3, 3]
    assert [run.log.added for run in written] == [True, True, True, False]
    found = find_completed(tmp_path / "runs", "same")
    assert found is not None
    assert found.record.number == 3
    assert find_completed(tmp_path / "runs", "other") is None


def test_a_run_folder_is_never_overwritten(tmp_path: Path) -> None:
    write_record(tmp_path, record_for_tests(1))
    with pytest.raises(LogbookError, match="exists"):
        write_record(tmp_path, failed_record_for_tests(1))


def test_a_run_killed_between_record_and_entry_gets_its_entry_with_the_next(tmp_path: Path) -> None:
    command = [sys.executable, "-c", DIE_AFTER_THE_RECORD, str(tmp_path), str(ROOT)]
    assert subprocess.run(command, check=False).returncode == -signal.SIGKILL
    assert not (tmp_path / "EXPERIMENT_LOG.md").exists()
    (tmp_path / "runs" / ".unfinished-1").mkdir()
    written = allocate_and_write(tmp_path, lambda number: record_for_tests(number, key="another"))
    assert written.record.number == 2
    assert numbers_in(tmp_path / "EXPERIMENT_LOG.md") == {1, 2}
    assert not (tmp_path / "runs" / ".unfinished-1").exists()


def test_an_entry_that_a_person_took_out_stays_out_and_a_lost_logbook_is_made_again(tmp_path: Path) -> None:
    allocate_and_write(tmp_path, record_for_tests)
    log = tmp_path / "EXPERIMENT_LOG.md"
    log.write_text("# Emptied\n")
    assert not allocate_and_write(tmp_path, lambda number: record_for_tests(number, key="key1")).log.added
    assert log.read_text() == "# Emptied\n"
    log.unlink()
    assert allocate_and_write(tmp_path, lambda number: record_for_tests(number, key="key1")).log.added
    assert numbers_in(log) == {1}


def test_a_damaged_record_is_no_run_but_keeps_its_number(tmp_path: Path) -> None:
    written = allocate_and_write(tmp_path, record_for_tests)
    (written.folder / "record.json").write_text("{")
    with pytest.raises(LogbookError, match="record"):
        read_record(written.folder)
    assert find_completed(tmp_path / "runs", "key1") is None
    assert allocate_and_write(tmp_path, record_for_tests).record.number == 2


def test_a_loss_that_is_not_a_number_survives_the_disk(tmp_path: Path) -> None:
    record = record_for_tests(1)
    assert record.training is not None
    losses = (EpochLoss(epoch=1, training=float("nan"), validation=float("inf")),)
    training = record.training.model_copy(update={"losses": losses})
    folder = write_record(tmp_path, record.model_copy(update={"training": training}))
    read = read_record(folder).training
    assert read is not None
    assert str(read.losses[0].training) == "nan"
    assert read.losses[0].validation == float("inf")


def test_two_processes_at_once_lose_and_double_nothing(tmp_path: Path) -> None:
    spawn = multiprocessing.get_context("spawn")
    processes = [spawn.Process(target=write_two_runs, args=(str(tmp_path), key)) for key in ("a", "b")]
    for process in processes:
        process.start()
    for process in processes:
        process.join(30)
    assert [process.exitcode for process in processes] == [0, 0]
    assert numbers_in(tmp_path / "EXPERIMENT_LOG.md") == {1, 2, 3, 4}
    assert sorted(read_record(folder).key for folder in (tmp_path / "runs").iterdir()) == ["a0", "a1", "b0", "b1"]
    shutil.rmtree(tmp_path / "locks")
    assert next_number(tmp_path) == 5


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        ("smollm2-135m", "smollm2-135m"),
        ("openai-community/gpt2-xl", "gpt2-xl"),
        ("../x", "x"),
        ("../..", "model"),
        ("/home/ann/My Model/", "my-model"),
        ("C:\\models\\Llama 3", "llama-3"),
        (".hidden", "hidden"),
        ("日本", "model"),
        ("a" * 300, "a" * 60),
    ],
)
def test_a_model_name_can_not_leave_its_folder(model: str, expected: str) -> None:
    assert slug(model) == expected
