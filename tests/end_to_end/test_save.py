"""A disk that is really full while the weights are saved: the next lesser save at once, or the last complete file."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from ownvoice.errors import DiskFull
from ownvoice.records.training import TrainingResult
from ownvoice.worker.client import Worker
from ownvoice.worker.messages import Save, TrainRequest
from tests.end_to_end.tiny_requests import answers, request_to_train

LIMITED = Path(__file__).with_name("limited_files.py")
FP32 = Save(name="whole weights in fp32", changes="nothing")
BF16 = Save(name="whole weights in bf16", changes="rounding", rounded=True)
# The tiny llama's weights are 449 KiB in fp32 and 226 in bf16; its tokenizer is 36.
BETWEEN, TOO_SMALL = 300 * 1024, 100 * 1024


@pytest.fixture(scope="module")
def limited_worker() -> Iterator[Worker]:
    with Worker((sys.executable, str(LIMITED), str(BETWEEN))) as worker:
        yield worker


@pytest.fixture(params=["a limit on a file's size", "a disk that is full"])
def cramped(
    request: pytest.FixtureRequest, worker: Worker, limited_worker: Worker, tmp_path: Path
) -> Iterator[Cramped]:
    """300 KiB to save in: by RLIMIT_FSIZE, which anyone can set, and on a real disk where one may be mounted."""
    if request.param.startswith("a limit"):
        yield Cramped(limited_worker, tmp_path)
        return
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={BETWEEN}", "tmpfs", str(disk)], check=False)
    if mounted.returncode != 0:
        pytest.skip("no disk can be mounted here; the limit on a file's size is tested everywhere")
    try:
        yield Cramped(worker, disk)
    finally:
        subprocess.run(["umount", "--lazy", str(disk)], check=True)  # a worker may have weights on it in use


class Cramped:
    def __init__(self, worker: Worker, disk: Path) -> None:
        self.worker, self.disk = worker, disk
        self.weights = disk / "train-key" / "model.safetensors"

    def train(self, folder: Path, *saves: Save, **settings: Any) -> TrainingResult:
        request = request_to_train(folder, self.weights, **settings)
        return trained(self.worker, request.model_copy(update={"saves": saves}))


def test_where_whole_weights_do_not_fit_rounded_ones_are_saved_without_training_again(
    cramped: Cramped, tiny_llama: Path
) -> None:
    result = cramped.train(tiny_llama, FP32, BF16)
    assert result.saved == BF16.name
    assert result.save_reason.startswith(f"{FP32.name}: ")
    assert {tensor.dtype for tensor in load_file(result.weights.path).values()} == {torch.bfloat16}
    assert [path.name for path in cramped.disk.iterdir() if path.name.startswith(("train", "."))] == ["train-key"]
    assert cramped.weights.stat().st_size == result.weights.size


def test_rounded_weights_answer_the_same_at_once_and_from_the_file(
    cramped: Cramped, another_worker: Worker, tiny_llama: Path
) -> None:
    result = cramped.train(tiny_llama, FP32, BF16, learning_rate=1e-2)
    at_once = answers(cramped.worker, tiny_llama, result.weights.path)
    assert answers(another_worker, tiny_llama, result.weights.path) == at_once
    assert answers(cramped.worker, tiny_llama) != at_once


def test_where_nothing_fits_the_last_complete_file_stays_and_no_half_one(cramped: Cramped, tiny_llama: Path) -> None:
    first = cramped.train(tiny_llama, BF16)
    content, pid = cramped.weights.read_bytes(), cramped.worker.pid
    with pytest.raises(DiskFull, match="whole weights in fp32") as full:
        cramped.train(tiny_llama, FP32, epochs=1)
    assert "ownvoice clean" in full.value.remedy
    assert cramped.weights.read_bytes() == content
    assert [path.name for path in cramped.disk.iterdir() if path.name.startswith(("train", "."))] == ["train-key"]
    assert cramped.worker.pid == pid
    assert first.saved == BF16.name


def test_an_adapter_is_saved_rounded_where_it_does_not_fit_whole(
    worker: Worker, tiny_llama: Path, tmp_path: Path
) -> None:
    weights = tmp_path / "train-key" / "adapter_model.safetensors"
    request = request_to_train(tiny_llama, weights, method="lora")
    exact = trained(worker, request)
    limit = exact.weights.size * 3 // 4
    with Worker((sys.executable, str(LIMITED), str(limit))) as limited:
        result = trained(limited, request.model_copy(update={"saves": (FP32, BF16)}))
        assert result.saved == BF16.name
        assert result.weights.size < limit
        assert answers(limited, tiny_llama, result.weights.path)


def trained(worker: Worker, request: TrainRequest) -> TrainingResult:
    result = worker.call(request, lambda _: None)
    assert isinstance(result, TrainingResult)
    return result
