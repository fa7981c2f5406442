"""A run's tuned model: found where it lies, or one message with the command that makes it again."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from ownvoice.config import ExperimentConfig, TrainingConfig
from ownvoice.errors import ModelUnavailable
from ownvoice.files import stamp
from ownvoice.records.run import RunRecord
from ownvoice.run.tuned_model import find_tuned_model
from tests.unit.records_for_tests import failed_record_for_tests, record_for_tests, training_for_tests


@pytest.fixture
def record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RunRecord:
    monkeypatch.setenv("OWNVOICE_ARTIFACTS", str(tmp_path / "artifacts"))
    weights = tmp_path / "artifacts" / "cache" / "weights" / "train-1" / "model.safetensors"
    weights.parent.mkdir(parents=True)
    weights.write_bytes(b"weights")
    config = ExperimentConfig(training=TrainingConfig(epochs=4))
    training = training_for_tests().model_copy(update={"weights": stamp(weights)})
    return record_for_tests(7, config=config, training=training)


def test_an_artifacts_folder_that_was_moved_has_them_still(
    record: RunRecord, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = find_tuned_model(record).weights
    (tmp_path / "artifacts").rename(tmp_path / "moved")
    monkeypatch.setenv("OWNVOICE_ARTIFACTS", str(tmp_path / "moved"))
    moved = find_tuned_model(record).weights
    assert moved != before
    assert moved.read_bytes() == b"weights"


@pytest.mark.parametrize(("content", "says"), [(None, "the weights of Run 7 are gone"), (b"altered", "altered")])
def test_weights_that_are_gone_or_altered_are_told_with_the_command(
    record: RunRecord, content: bytes | None, says: str
) -> None:
    weights = find_tuned_model(record).weights
    weights.unlink() if content is None else weights.write_bytes(content)
    with pytest.raises(ModelUnavailable, match=says) as raised:
        find_tuned_model(record)
    command = raised.value.remedy.split("   ")[0]
    assert command.startswith("ownvoice run smoke-test ")
    assert "training.epochs=4" in shlex.split(command)


def test_a_run_that_trained_nothing_has_none() -> None:
    with pytest.raises(ModelUnavailable, match="stopped before its training ended"):
        find_tuned_model(failed_record_for_tests(7))
