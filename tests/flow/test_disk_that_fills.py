"""Disks without room: refused before training, less saved, and a disk that fills leaves nothing half written."""

from __future__ import annotations

import json
import shutil
import struct
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from flows.experiment import run_experiment
from ownvoice.config import MemoryConfig
from ownvoice.errors import DiskFull
from ownvoice.ladder import AS_CONFIGURED
from tests.flow.studio import Studio

MEBIBYTE = 2**20


@pytest.fixture
def small_disk(studio: Studio) -> Iterator[Path]:
    """80 MiB for the artifacts: a real disk, where one may be mounted."""
    studio.artifacts.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=80m", "tmpfs", str(studio.artifacts)]
    if subprocess.run(mount, check=False, capture_output=True).returncode != 0:
        pytest.skip("no disk can be mounted here")
    try:
        yield studio.artifacts
    finally:
        subprocess.run(["umount", str(studio.artifacts)], check=True)


def test_the_entry_says_what_was_saved_and_why(studio: Studio) -> None:
    studio.run()
    training = studio.record(1).training
    assert training is not None
    assert training.saved == "whole weights in fp32"
    assert f"free on the disk of {studio.artifacts}" in training.save_reason
    assert "saved: whole weights in fp32" in studio.logbook()
    assert "nothing is saved between epochs" in studio.logbook()


def test_a_run_whose_weights_do_not_fit_is_refused_before_anything_is_loaded(studio: Studio, tmp_path: Path) -> None:
    studio.model = with_parameters(studio.model, tmp_path / "model", 600_000)
    limited = studio.command("run", studio.experiment_file(), before=("prlimit", f"--fsize={MEBIBYTE}"))
    _, errors = limited.communicate(timeout=150)
    assert limited.returncode == 2
    for words in (
        "don't fit",
        "whole weights in fp32 need 2 MiB",
        "1 MiB allowed to a file",
        "ownvoice clean",
        "OWNVOICE_",
    ):
        assert words in errors
    assert "Traceback" not in errors
    assert studio.calls() == []
    assert not (studio.artifacts / "EXPERIMENT_LOG.md").exists()


def test_a_disk_that_fills_during_a_run_is_told_and_leaves_nothing_half_written(
    studio: Studio, small_disk: Path
) -> None:
    studio.orders.write_text("generate fill once\n")
    run = studio.command("run", studio.experiment_file())
    _, errors = run.communicate(timeout=150)
    assert run.returncode == 1, errors
    assert "No space left on device" in errors
    assert "ownvoice clean" in errors
    assert "Traceback" not in errors
    (small_disk / "filler").unlink()
    assert not list(small_disk.rglob("*.unfinished"))
    for result in (small_disk / "cache" / "results").glob("*"):
        assert json.loads(result.read_text()), result
    again = studio.command("run", studio.experiment_file())
    output, errors = again.communicate(timeout=150)
    assert again.returncode == 0, errors
    assert "Run 1 is in" in output


def test_a_disk_that_fills_at_every_save_ends_the_run_without_training_again(studio: Studio) -> None:
    studio.orders.write_text("train disk-full")
    with pytest.raises(DiskFull, match="no space left"):
        studio.run()
    assert studio.calls().count("train") == 1
    assert studio.record(1).attempts[0].ended.startswith("DiskFull")


def test_where_the_method_may_change_a_full_disk_makes_it_an_adapter(studio: Studio, tmp_path: Path) -> None:
    studio.model = with_parameters(studio.model, tmp_path / "model", 500_000)
    studio.orders.write_text("train disk-full once\n")
    run_experiment(studio.config().model_copy(update={"memory": MemoryConfig(allow="method")}))
    record = studio.record(1)
    assert [attempt.rung for attempt in record.attempts] == [AS_CONFIGURED.name, "LoRA over bf16 weights"]
    assert record.training is not None
    assert record.training.saved == "the adapter's weights in fp32"


def with_parameters(model: Path, folder: Path, count: int) -> Path:
    """The tiny model with so many parameters in its file."""
    shutil.copytree(model, folder)
    header = json.dumps({"w": {"dtype": "F32", "shape": [count], "data_offsets": [0, 4 * count]}}).encode()
    (folder / "model.safetensors").write_bytes(struct.pack("<Q", len(header)) + header + bytes(4 * count))
    return folder
