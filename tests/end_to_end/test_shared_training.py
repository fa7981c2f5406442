"""Real trainings that two processes share: they learn what one learns, and nothing is left of them however they end."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest
import torch
from safetensors.torch import load_file

from ownvoice.config import EngineConfig
from ownvoice.errors import OutOfMemory, OwnvoiceError, WorkerDied
from ownvoice.ladder import AS_CONFIGURED, ONE_ESSAY, Rung
from ownvoice.paths import ROOT
from ownvoice.records.training import TrainingResult
from ownvoice.worker.client import Worker
from ownvoice.worker.messages import Progress, TrainRequest
from tests.end_to_end.tiny_requests import answers, request_to_train
from tests.example_files import Text, examples_of

TWO = EngineConfig(backend="accelerate", processes=2)
# Seven and three: neither batches nor the held-out essays come out even.
ESSAYS = tuple(
    Text(str(i), "Write.\n---\n", f"My mother kept {i} spoons in a drawer. " * (3 + 2 * i)) for i in range(7)
)
HELD_OUT = tuple(Text(f"v{i}", "Write.\n---\n", f"My father kept {i} forks in it. " * (4 + i)) for i in range(3))
LONG = tuple(Text(f"long {i}", "Write.\n", "My mother kept a spoon. " * 150) for i in range(64))


def request_of(folder: Path, weights: Path, method: str = "full", **training: object) -> TrainRequest:
    essays = {"train": examples_of(folder, *ESSAYS), "validation": examples_of(folder, *HELD_OUT)}
    return request_to_train(folder, weights, method, **training).model_copy(update=essays)


def train(worker: Worker, request: TrainRequest, processes: int, rung: Rung = AS_CONFIGURED) -> TrainingResult:
    changes = {"rung": rung, "engine": TWO if processes == 2 else EngineConfig()}
    result = worker.call(request.model_copy(update=changes), silent)
    assert isinstance(result, TrainingResult)
    return result


def silent(_progress: Progress) -> None:
    """Progress is not looked at."""


@pytest.mark.parametrize(
    ("method", "name", "rung", "training"),
    [
        ("full", "model.safetensors", AS_CONFIGURED, {"batch_size": 2}),
        ("lora", "adapter_model.safetensors", ONE_ESSAY, {"batch_size": 4, "keep": "best", "epochs": 3}),
    ],
)
def test_two_processes_learn_what_one_learns(
    method: str,
    name: str,
    rung: Rung,
    training: dict[str, object],
    worker: Worker,
    tiny_llama: Path,
    tmp_path: Path,
) -> None:
    alone, together = (
        train(worker, request_of(tiny_llama, tmp_path / str(processes) / name, method, **training), processes, rung)
        for processes in (1, 2)
    )
    assert [loss.epoch for loss in together.losses] == [loss.epoch for loss in alone.losses]
    for loss, expected in zip(together.losses, alone.losses, strict=True):
        assert loss.validation == pytest.approx(expected.validation, abs=1e-3)
        assert loss.training == pytest.approx(expected.training, abs=1e-3)
    assert together.losses[-1].validation < together.losses[0].validation - 0.02
    same = ("steps", "train_tokens", "trainable_parameters", "method", "rung", "kept_epoch", "device")
    assert [getattr(together, each) for each in same] == [getattr(alone, each) for each in same]
    assert together.arithmetic == f"{alone.arithmetic}; shared by 2 processes (accelerate, FSDP2)"
    assert (alone.processes, together.processes) == (1, 2)
    start = load_file(tiny_llama / "model.safetensors")
    assert apart(Path(together.weights.path), Path(alone.weights.path), start) < 0.02
    from_memory = answers(worker, tiny_llama, together.weights.path)
    baseline = answers(worker, tiny_llama)
    assert from_memory == answers(worker, tiny_llama, together.weights.path) != baseline


def apart(found: Path, expected: Path, start: dict[str, torch.Tensor]) -> float:
    """How far they lie from each other, as a share of the way that they went; an adapter's begins nearly at nothing.

    Of all weights together: where a gradient is next to nothing, AdamW goes by its sign.
    """
    ours, theirs = load_file(found), load_file(expected)
    assert ours.keys() == theirs.keys()
    way = sum((theirs[name] - start.get(name, torch.zeros(1))).abs().sum() for name in theirs)
    return float(sum((ours[name] - theirs[name]).abs().sum() for name in theirs) / way)


def test_a_killed_worker_leaves_no_process(tiny_llama: Path, tmp_path: Path) -> None:
    def kill(family: list[psutil.Process]) -> None:
        family[0].kill()

    assert isinstance(ended(endless(tiny_llama, tmp_path), kill), WorkerDied)


def test_a_killed_peer_ends_the_training_and_is_told_and_leaves_no_process(tiny_llama: Path, tmp_path: Path) -> None:
    def kill(family: list[psutil.Process]) -> None:
        family[1].kill()

    error = ended(endless(tiny_llama, tmp_path), kill)
    assert isinstance(error, WorkerDied)
    assert error.found.startswith("process 2 of 2 of the training was killed by SIGKILL (the kernel does this")


def test_memory_that_runs_out_in_a_peer_is_told_as_such(tiny_llama: Path, tmp_path: Path) -> None:
    def limit(family: list[psutil.Process]) -> None:
        most = family[1].memory_info().data + 2**24
        family[1].rlimit(resource.RLIMIT_DATA, (most, most))

    big = endless(tiny_llama, tmp_path, batch_size=64)
    error = ended(big.model_copy(update={"train": examples_of(tiny_llama, *LONG)}), limit)
    assert isinstance(error, OutOfMemory)
    assert error.found.startswith("process 2 of 2: out of memory")


def endless(folder: Path, weights: Path, **training: object) -> TrainRequest:
    settings = {"batch_size": 2, "epochs": 1000, **training}
    request = request_of(folder, weights / "w" / "model.safetensors", "full", **settings)
    return request.model_copy(update={"engine": TWO})


def ended(request: TrainRequest, strike: Callable[[list[psutil.Process]], None]) -> OwnvoiceError:
    """Strikes a training once it goes on, at the worker or the process beside it; both must end, and nothing be saved."""
    family: list[psutil.Process] = []
    with Worker() as doomed:

        def strike_in_training(progress: Progress) -> None:
            if progress.stage == "training" and not family:
                worker = psutil.Process(doomed.pid)
                family.extend([worker, *worker.children(recursive=True)])
                assert len(family) == 2
                assert {address(each) for one in family for each in one.net_connections()} == {"127.0.0.1"}
                strike(family)

        with pytest.raises(OwnvoiceError) as failed:
            doomed.call(request, strike_in_training)
        _, alive = psutil.wait_procs(family, timeout=10)
    assert not alive
    assert not Path(request.weights).parent.exists()
    return failed.value


def address(connection: Any) -> str:
    """Its own end; IPv4's may be written as IPv6's."""
    ip: str = connection.laddr.ip
    return ip.removeprefix("::ffff:")


def test_a_killed_parent_leaves_no_process(tiny_llama: Path, tmp_path: Path) -> None:
    program = (
        "import sys, psutil\n"
        "from ownvoice.worker.client import Worker\n"
        "from ownvoice.worker.messages import TrainRequest\n"
        "worker = Worker()\n"
        "def tell(progress):\n"
        "    if progress.stage == 'training' and not progress.done:\n"
        "        print(*(each.pid for each in psutil.Process().children(recursive=True)), flush=True)\n"
        "worker.call(TrainRequest.model_validate_json(sys.argv[1]), tell)\n"
    )
    command = [sys.executable, "-c", program, endless(tiny_llama, tmp_path).model_dump_json()]
    parent = subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT, text=True)
    assert parent.stdout
    family = [psutil.Process(int(pid)) for pid in parent.stdout.readline().split()]
    assert len(family) == 2
    os.kill(parent.pid, signal.SIGKILL)
    parent.wait()
    parent.stdout.close()
    _, alive = psutil.wait_procs(family, timeout=10)
    assert not alive
