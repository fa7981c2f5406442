"""Starts the other processes of a training that several share, watches them, and tells why one of them ended.

The worker is the first of the processes and keeps the line to its own parent. Each other one has a line to the worker in
turn, and ends when it closes (`ownvoice.engine.peer`): of a worker that is killed nothing is left.
"""

from __future__ import annotations

import contextlib
import gc
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Self

import torch

from ownvoice import errors
from ownvoice.engine.device import Arithmetic
from ownvoice.engine.out_of_memory import is_out_of_memory
from ownvoice.engine.sharded import Learned, Place, among_others, finish, learn, meeting_place
from ownvoice.engine.train import Trained
from ownvoice.paths import ROOT
from ownvoice.worker.client import RUN_AGAIN, how_it_ended
from ownvoice.worker.messages import MESSAGE, Failed, Progress, Report, TrainRequest

# A process that waits for a dead one over gloo is told at once; over NCCL it isn't, and is ended after this.
GRACE_SECONDS = 5.0
GiveUp = Callable[[errors.OwnvoiceError], None]


def share_training(
    request: TrainRequest, device: torch.device, arithmetic: Arithmetic, report: Report, give_up: GiveUp
) -> Trained:
    """Train in `engine.processes` processes, this one among them, and save the weights.

    Args:
        give_up: Ends this process with an error, from another thread: where it waits for one that is gone.

    Raises:
        NonFiniteLoss, DiskFull: as `ownvoice.engine.train.train`.
        OutOfMemory, WorkerDied, WorkerFailed: what became of another process.
    """
    report(Progress(stage="starting the processes", done=0, total=1, unit="training"))
    learned = _learn_with_peers(request, device, arithmetic, report, give_up)
    gc.collect()  # the parts of the model refer to each other; they must be gone before the whole one comes
    if device.type == "cuda":
        torch.cuda.empty_cache()
    return finish(learned, request, device, arithmetic)


def _learn_with_peers(
    request: TrainRequest, device: torch.device, arithmetic: Arithmetic, report: Report, give_up: GiveUp
) -> Learned:
    processes, cores, kind, store = request.engine.processes, torch.get_num_threads(), device.type, meeting_place()
    first = Place(0, processes, store.port, threads=max(1, cores // processes) if kind == "cpu" else cores)
    with Peers(request, first, kind, give_up) as peers, among_others(first, kind), peers.blamed():
        return learn(request, first, store, device, arithmetic, report)


class Peers:
    """The processes of a training beside the first; they end with the block."""

    def __init__(self, request: TrainRequest, first: Place, kind: str, give_up: GiveUp) -> None:
        self._give_up = give_up
        self._over, self._failed, self._lock = threading.Event(), threading.Event(), threading.Lock()
        self._reasons: list[errors.OwnvoiceError] = []
        self._peers = [_start(first._replace(rank=rank), kind) for rank in range(1, first.processes)]
        for rank, peer in enumerate(self._peers, 1):
            assert peer.stdin is not None
            with contextlib.suppress(BrokenPipeError):  # its end is told below
                peer.stdin.write(request.model_dump_json().encode() + b"\n")
                peer.stdin.flush()
            threading.Thread(
                target=self._watch, args=(f"process {rank + 1} of {first.processes}", peer), daemon=True
            ).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for peer in self._peers:
            assert peer.stdin is not None
            with contextlib.suppress(BrokenPipeError):
                peer.stdin.close()
        for peer in self._peers:
            try:
                peer.wait(GRACE_SECONDS)
            except subprocess.TimeoutExpired:
                peer.kill()
                peer.wait()

    @contextlib.contextmanager
    def blamed(self) -> Iterator[None]:
        """What fails here because another process is gone fails for that one's reason. The group must still be there: when it
        goes, the others fail for this one's."""
        try:
            yield
        except RuntimeError as error:  # what torch raises where it can't reach another process
            if is_out_of_memory(error) or not self._failed.wait(GRACE_SECONDS):
                raise
            raise self._worst() from error

    def _watch(self, name: str, peer: subprocess.Popen[bytes]) -> None:
        """To the peer's end. One that ends too early ends the training, also where this process can't notice it."""
        assert peer.stdout is not None
        messages = [MESSAGE.validate_json(line) for line in peer.stdout if line.endswith(b"\n")]
        code = peer.wait()
        failed = next((each for each in messages if isinstance(each, Failed)), None)
        if self._over.is_set() or (messages and failed is None):
            return
        with self._lock:
            self._reasons.append(_reason(name, failed, code))
        self._failed.set()
        if not self._over.wait(GRACE_SECONDS):
            self._give_up(self._worst())

    def _worst(self) -> errors.OwnvoiceError:
        """Memory that ran out, or a process that was killed: the others failed for want of that one."""
        with self._lock:
            reasons = list(self._reasons)
        for kind in (errors.OutOfMemory, errors.WorkerDied):
            for reason in reasons:
                if isinstance(reason, kind):
                    return reason
        return reasons[0]


def _start(place: Place, kind: str) -> subprocess.Popen[bytes]:
    """What it complains of goes where this process's complaints go."""
    return subprocess.Popen(
        (sys.executable, "-m", "ownvoice.engine.peer"),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=ROOT,
        env={**os.environ, **place.environment(kind)},
    )


def _reason(name: str, failed: Failed | None, code: int) -> errors.OwnvoiceError:
    if failed is None:
        return errors.WorkerDied(f"{name} of the training {how_it_ended(code)}", "its part of the training", RUN_AGAIN)
    kind = getattr(errors, failed.error)
    error: errors.OwnvoiceError = kind(f"{name}: {failed.found}", failed.expected, failed.remedy)
    return error
