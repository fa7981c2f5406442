"""Looks of a training that goes on are kept for the next attempt, each memory setting's by itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from ownvoice.paths import looks_folder
from ownvoice.records.answers import ModelAnswers
from ownvoice.records.training import Look
from ownvoice.run.looks import KeptLooks


@pytest.fixture(autouse=True)
def artifacts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OWNVOICE_ARTIFACTS", str(tmp_path))


def look(epoch: int) -> Look:
    return Look(epoch=epoch, answers=ModelAnswers())


def test_looks_come_back_by_epoch_and_of_their_own_setting_alone() -> None:
    kept = KeptLooks("train-1", "as configured")
    for epoch in (10, 2):
        kept.keep(look(epoch))
    assert KeptLooks("train-1", "as configured").read() == (look(2), look(10))
    assert KeptLooks("train-1", "bf16 weights").read() == ()
    assert KeptLooks("train-2", "as configured").read() == ()


def test_a_broken_file_is_no_look_and_one_that_cannot_be_written_costs_nothing() -> None:
    kept = KeptLooks("train-1", "as configured")
    kept.keep(look(2))
    (file,) = looks_folder().rglob("2.json")
    file.write_text(file.read_text()[:9])
    assert kept.read() == ()
    KeptLooks("train-1", "as configured").forget()
    looks_folder().mkdir(exist_ok=True)
    (looks_folder() / "train-1").write_text("a file stands where the folder should")
    kept.keep(look(2))
    assert kept.read() == ()


def test_a_training_that_is_done_forgets_the_looks_of_all_its_settings() -> None:
    for rung in ("as configured", "bf16 weights"):
        KeptLooks("train-1", rung).keep(look(2))
    KeptLooks("train-1", "bf16 weights").forget()
    assert KeptLooks("train-1", "as configured").read() == ()
    assert not any(looks_folder().iterdir())
