"""Trains one model in several processes at once: each holds a part of every weight (FSDP2, through accelerate).

Each batch is shared out, and what a step does is what one process would do on the whole of it: the same order, the
gradient of the mean over all taught tokens, clipped by its global norm. The loop is the engine's own
(`ownvoice.engine.train`), and so are its parts, underscores and all: a change there, if only of a name, would train every
cached training anew.
"""

from __future__ import annotations

import contextlib
import math
import os
import socket
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, fields
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

import torch
import torch.distributed
from torch.distributed import TCPStore  # type: ignore[attr-defined]

from ownvoice.engine.best import BestEpoch
from ownvoice.engine.device import Arithmetic, peak_bytes, reset_peak
from ownvoice.engine.load import ADAPTER_FILE, LoadedModel, load_model
from ownvoice.engine.loss import BatchLoss
from ownvoice.engine.optimizer import StepAfterBackward
from ownvoice.engine.save import save_trained
from ownvoice.engine.tokens import Tokens
from ownvoice.engine.train import (
    MAX_GRADIENT_NORM,
    Trained,
    TrainingLoop,
    _arithmetic_in_words,
    _device_name,
    _trainable_model,
    _training_loop,
    method_of,
)
from ownvoice.files import stamp
from ownvoice.records.training import EpochLoss, TrainingResult
from ownvoice.worker.messages import Report, TrainRequest

LOOPBACK = "127.0.0.1"
# How long a process waits for the others in one step of talking. One that died is noticed at once (`ownvoice.engine.peers`);
# this is for one that hangs, and longer than the longest essay's way through a large model on a processor.
PATIENCE = timedelta(minutes=5)


class Place(NamedTuple):
    """Which of the processes this one is, the port at which they find each other, and its share of the cores."""

    rank: int
    processes: int
    port: int
    threads: int

    def device(self, kind: str) -> torch.device:
        return torch.device(kind, self.rank) if kind == "cuda" else torch.device(kind)

    def environment(self, kind: str) -> dict[str, str]:
        """What torch and accelerate read; nothing listens on another interface than the loopback."""
        loopback = "lo0" if sys.platform == "darwin" else "lo"
        return {
            **(_without_peer_to_peer() if kind == "cuda" else {}),
            "RANK": str(self.rank),
            "LOCAL_RANK": str(self.rank),
            "WORLD_SIZE": str(self.processes),
            "LOCAL_WORLD_SIZE": str(self.processes),
            "MASTER_ADDR": LOOPBACK,
            "MASTER_PORT": str(self.port),
            "GLOO_SOCKET_IFNAME": loopback,
            "NCCL_SOCKET_IFNAME": loopback,
            "OMP_NUM_THREADS": str(self.threads),
        }

    @classmethod
    def of_this_process(cls) -> Place:
        """As it was started (`environment`)."""
        names = ("RANK", "WORLD_SIZE", "MASTER_PORT", "OMP_NUM_THREADS")
        return cls(*(int(os.environ[name]) for name in names))


def _without_peer_to_peer() -> dict[str, str]:
    """What accelerate's own launcher sets for GPUs that can't (RTX 40 with an old driver); without it accelerate refuses."""
    from accelerate.utils import check_cuda_p2p_ib_support  # noqa: PLC0415 - only trainings that are shared pay for it

    return {} if check_cuda_p2p_ib_support() else {"NCCL_P2P_DISABLE": "1", "NCCL_IB_DISABLE": "1"}


def meeting_place() -> TCPStore:
    """Where the processes find each other: a port that the kernel chose, of the loopback alone; torch by itself would listen
    on all interfaces."""
    listener = socket.create_server((LOOPBACK, 0))
    port = listener.getsockname()[1]
    return TCPStore(
        LOOPBACK, port, is_master=True, wait_for_workers=False, timeout=PATIENCE, master_listen_fd=listener.detach()
    )


def meeting_place_at(port: int) -> TCPStore:
    return TCPStore(LOOPBACK, port, is_master=False, timeout=PATIENCE)


class Learned(NamedTuple):
    """What every process knows at the end of the training."""

    losses: tuple[EpochLoss, ...]
    kept_epoch: int | None
    steps: int
    train_tokens: int
    trainable_parameters: int
    seconds: float
    peak_bytes: int
    """Of the process that took the most."""
    weights: dict[str, torch.Tensor]
    """All that was trained, whole and by name, in the machine's memory; empty but for the first process."""


@contextlib.contextmanager
def among_others(place: Place, kind: str) -> Iterator[None]:
    """Everything is as it was afterwards, and no group is left."""
    environment, threads = dict(os.environ), torch.get_num_threads()
    os.environ.update(place.environment(kind))
    torch.set_num_threads(place.threads)
    try:
        yield
    finally:
        _leave()
        torch.set_num_threads(threads)
        os.environ.clear()
        os.environ.update(environment)


def _leave() -> None:
    from accelerate.state import AcceleratorState  # noqa: PLC0415

    if torch.distributed.is_initialized():
        torch.distributed.destroy_process_group()
    AcceleratorState._reset_state(reset_partial_state=True)


def learn(
    request: TrainRequest, place: Place, store: TCPStore, device: torch.device, arithmetic: Arithmetic, report: Report
) -> Learned:
    """Train together with the other processes; each calls it with the same request, `among_others`.

    Raises:
        NonFiniteLoss: in all of them.
        RuntimeError: another process is gone.
    """
    _join(place, store, device)
    seed = request.training.seed
    reset_peak(device)
    torch.manual_seed(seed)  # an adapter's first weights are the same everywhere
    whole = load_model(request.model_folder, torch.device("cpu"))
    model = _sharded(_trainable_model(whole.model, request, arithmetic), device)
    tuned = LoadedModel(model, whole.tokenizer, device)
    del whole
    trained = {name: weight for name, weight in model.named_parameters() if weight.requires_grad}
    torch.manual_seed(seed + place.rank)  # what is dropped at random is not
    loop = _loop(tuned, request, arithmetic, report, place, list(trained.values()))
    losses = loop.run()
    return Learned(
        losses=losses,
        kept_epoch=loop.best.put_back() if loop.best else None,
        steps=loop.counter.steps_done,
        train_tokens=loop.counter.tokens_done,
        trainable_parameters=sum(weight.numel() for weight in trained.values()),
        seconds=loop.counter.seconds,
        weights=_gathered(trained, keep=place.rank == 0),
        peak_bytes=round(max(loop.of_all(peak_bytes(device)))),
    )


def _join(place: Place, store: TCPStore, device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.set_device(device)
    backend = "nccl" if device.type == "cuda" else "gloo"
    torch.distributed.init_process_group(
        backend, store=store, rank=place.rank, world_size=place.processes, timeout=PATIENCE
    )


def _sharded(model: Any, device: torch.device) -> Any:
    """Layer by layer, in the places that transformers says a model may be taken apart at."""
    from accelerate import Accelerator, FullyShardedDataParallelPlugin  # noqa: PLC0415
    from accelerate.utils import fsdp2_prepare_model  # noqa: PLC0415

    there = {type(module).__name__ for module in model.modules()}
    plugin = FullyShardedDataParallelPlugin(
        fsdp_version=2,
        auto_wrap_policy="transformer_based_wrap",
        transformer_cls_names_to_wrap=[name for name in model._no_split_modules or () if name in there],
        cpu_ram_efficient_loading=False,
    )
    accelerator = Accelerator(cpu=device.type == "cpu", mixed_precision="no", fsdp_plugin=plugin)
    # accelerate hands the plugin on to GPUs and their like alone (AcceleratorState, which has no MULTI_CPU there), though
    # torch's FSDP2 works over gloo: what is tested on a processor is what runs on GPUs.
    accelerator.state.fsdp_plugin = plugin
    return fsdp2_prepare_model(accelerator, model)


def _loop(
    tuned: LoadedModel,
    request: TrainRequest,
    arithmetic: Arithmetic,
    report: Report,
    place: Place,
    trained: list[torch.Tensor],
) -> SharedLoop:
    alone = _training_loop(tuned, request, arithmetic, report, None)
    parts = {field.name: getattr(alone, field.name) for field in fields(alone)}
    if alone.best:
        parts["best"] = BestEpoch(LocalParts(trained))
    return SharedLoop(**parts, place=place, device=tuned.device)


class LocalParts(Sequence[torch.Tensor]):
    """This process's part of each weight, as it lies in memory: FSDP may lay it elsewhere at the first forward pass."""

    def __init__(self, weights: list[Any]) -> None:
        self._weights = weights

    def __len__(self) -> int:
        return len(self._weights)

    def __getitem__(self, place: Any) -> Any:
        part: torch.Tensor = self._weights[place].to_local()
        return part.detach()


class Part(NamedTuple):
    """What one process sends through the model at once."""

    examples: Sequence[Tokens]
    counts: bool
    """False of one that stands in, where the others have more to do: all must take part in every pass."""


@dataclass
class SharedLoop(TrainingLoop):
    """The loop of one of the processes. All see every batch, and each takes its part of it."""

    place: Place = field(kw_only=True)
    device: torch.device = field(kw_only=True)

    def take_step(self, batch: Sequence[Tokens], learning_rate: float) -> BatchLoss:
        optimizer = self.optimizer
        assert isinstance(optimizer, StepAfterBackward), "a rung that `ownvoice.backends` leaves out"
        taught = sum(example.taught for example in batch)
        total = torch.zeros((), device=self.device)
        for part in self._parts(batch, self.request.rung.micro_batch):
            loss = self._loss_of(part)
            total += loss.detach()
            # FSDP takes the mean of the processes' gradients, and the batch's gradient is their sum.
            optimizer.scale(loss * (self.place.processes / taught)).backward()  # type: ignore[no-untyped-call]
        whole = sum(self.of_all(total.item()))
        if not math.isfinite(whole):
            raise self._not_finite("loss", whole)
        if not optimizer.clip(MAX_GRADIENT_NORM):  # fp16 overflowed somewhere: the same step with half the scale
            optimizer.zero_grad()
            self._halve_loss_scale()
            return self.take_step(batch, learning_rate)
        optimizer.step(learning_rate)
        optimizer.zero_grad()
        return BatchLoss(torch.tensor(whole), taught)

    def _validate(self) -> float:
        """As one process does; without gradients, but not in inference mode, in which FSDP would make its buffers such as
        no training can use."""
        self.model.eval()
        mine = 0.0
        with torch.no_grad():
            for part in self._parts(self.held_out, 1):
                mine += self._loss_of(part).item()
        total = sum(self.of_all(mine))
        if not math.isfinite(total):
            raise self._not_finite("validation loss", total)
        return total / sum(example.taught for example in self.held_out)

    def _parts(self, whole: Sequence[Tokens], size: int | None) -> Iterator[Part]:
        """This process's essays, `size` at once (None: all), and as many parts as every other process has."""
        rank, processes = self.place.rank, self.place.processes
        mine, most = whole[rank::processes], len(range(0, len(whole), processes))
        size = size or most
        for first in range(0, most, size):
            examples = mine[first : first + size]
            yield Part(examples, counts=True) if examples else Part(whole[:1], counts=False)

    def _loss_of(self, part: Part) -> torch.Tensor:
        total = self.loss_of(part.examples).total
        return total if part.counts else total * 0

    def of_all(self, value: float) -> list[float]:
        """One figure of each process, in their order: their sum is the same everywhere, to the last bit."""
        mine = torch.tensor([value], dtype=torch.float64, device=self.device)
        found = [torch.zeros_like(mine) for _ in range(self.place.processes)]
        torch.distributed.all_gather(found, mine)
        return [each.item() for each in found]


def _gathered(trained: dict[str, Any], keep: bool) -> dict[str, torch.Tensor]:
    """One whole weight after the other: all at once would be the model on one device."""
    kept = {}
    for name, weight in trained.items():
        whole = weight.detach().full_tensor()
        if keep:
            kept[name] = whole.cpu()
    return kept


def finish(learned: Learned, request: TrainRequest, device: torch.device, arithmetic: Arithmetic) -> Trained:
    """Put what was learned into a whole model, and save it as any training does; the weights are used up.

    Raises:
        DiskFull: the disk was too full for every way of saving.
    """
    loaded = load_model(request.model_folder, device)
    tuned = loaded._replace(model=_trainable_model(loaded.model, request, arithmetic).eval())
    places = dict(tuned.model.named_parameters())
    with torch.no_grad():
        while learned.weights:
            name, weight = learned.weights.popitem()
            places[name].copy_(weight)
    adapted = method_of(request) != "full"
    weights = Path(request.weights).with_name(ADAPTER_FILE if adapted else "model.safetensors")
    saved = save_trained(tuned, weights.parent, request.saves)
    result = TrainingResult(
        losses=learned.losses,
        steps=learned.steps,
        train_tokens=learned.train_tokens,
        trainable_parameters=learned.trainable_parameters,
        method=method_of(request),
        rung=request.rung.name,
        arithmetic=f"{_arithmetic_in_words(request, arithmetic)}; {_shared_in_words(request)}",
        device=_device_name(device),
        processes=request.engine.processes,
        seconds=learned.seconds,
        peak_bytes=max(learned.peak_bytes, peak_bytes(device)),
        tokens_per_second=learned.train_tokens / learned.seconds,
        weights=stamp(weights),
        saved=saved.save.name,
        save_reason=saved.passed_over,
        kept_epoch=learned.kept_epoch,
    )
    return Trained(result, tuned, rounded=saved.save.rounded)


def _shared_in_words(request: TrainRequest) -> str:
    return f"shared by {request.engine.processes} processes ({request.engine.backend}, FSDP2)"
