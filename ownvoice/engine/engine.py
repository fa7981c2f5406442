"""Answers the worker's requests with one model at a time, loaded once and kept between requests."""

from __future__ import annotations

import ctypes
import gc
import logging
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import psutil
import torch

from ownvoice.engine.device import Arithmetic, choose_arithmetic, choose_device, name_device
from ownvoice.engine.device_lock import DeviceTurn
from ownvoice.engine.generate import generate_outputs
from ownvoice.engine.likelihood import measure_likelihoods
from ownvoice.engine.load import LoadedModel, Precision, load_model, load_tuned
from ownvoice.engine.merge import merge_adapter
from ownvoice.engine.peers import GiveUp, share_training
from ownvoice.engine.recall import probe_prefixes
from ownvoice.engine.train import Watch, precision_of, train
from ownvoice.engine.watch import Watcher
from ownvoice.engine.write import write
from ownvoice.paths import device_locks_folder
from ownvoice.records.training import TrainingResult
from ownvoice.units import gib
from ownvoice.worker.messages import (
    GenerateRequest,
    LikelihoodRequest,
    MergeRequest,
    OnLook,
    PrefixRequest,
    Progress,
    Report,
    Request,
    Result,
    TrainRequest,
    TurnRequest,
    WriteRequest,
)

LOGGER = logging.getLogger(__name__)
# From glibc's malloc.h; see mallopt(3).
M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3
GIVE_BACK_FROM = 2**20


def give_back_freed_memory() -> None:
    """Give back to the kernel what is free, and from now on every freed block of a mebibyte or more at once."""
    gc.collect()
    if libc := _glibc():
        libc.mallopt(M_TRIM_THRESHOLD, GIVE_BACK_FROM)
        libc.mallopt(M_MMAP_THRESHOLD, GIVE_BACK_FROM)
        libc.malloc_trim(0)


def give_back_once() -> None:
    """Give back what is free now; what is freed later is kept as before."""
    gc.collect()
    if libc := _glibc():
        libc.malloc_trim(0)


def _glibc() -> ctypes.CDLL | None:
    """None where the C library has other functions for this: macOS, musl."""
    libc = ctypes.CDLL(None) if sys.platform.startswith("linux") else None
    return libc if hasattr(libc, "mallopt") else None


class Workbench:
    """Holds the model of the last request, so that baseline, training and tuned answers load it once."""

    def __init__(self, report: Report, on_look: OnLook, give_up: GiveUp) -> None:
        self._report, self._on_look, self._give_up = report, on_look, give_up
        self._device = choose_device()
        self._arithmetic: Arithmetic = choose_arithmetic(self._device)
        LOGGER.info("%s, %s", name_device(self._device).shown, self._arithmetic.reason)
        self._turn = DeviceTurn(*name_device(self._device), device_locks_folder())
        self._keeps_turn = False
        self._run = ""
        self._loaded: LoadedModel | None = None
        self._holds: tuple[str, str | None, Precision] | None = None

    def answer(self, request: Request) -> Result | None:
        match request:
            case TurnRequest():
                self._take_turn(request.run) if request.take else self._give_back()
                return None
            case TrainRequest():
                with self._device_in_use():
                    return self._train(request)
            case MergeRequest():
                with self._device_in_use():
                    self._merge(request)
                return None
            case _:
                with self._device_in_use():
                    return self._ask(request)

    @contextmanager
    def _device_in_use(self) -> Iterator[None]:
        """A request without a turn of its run takes one for itself; a GPU stays taken, as its memory does."""
        self._turn.take("", self._tell_wait)
        try:
            yield
        finally:
            if self._device.type == "cpu" and not self._keeps_turn:
                self._turn.give_back()

    def _take_turn(self, run: str) -> None:
        self._turn.take(run, self._tell_wait)
        self._keeps_turn, self._run = True, run

    def _give_back(self) -> None:
        """The model goes first: who waits plans with the memory that is free."""
        self._loaded = self._holds = None
        give_back_once()
        if self._device.type == "cuda":
            torch.cuda.empty_cache()
        self._keeps_turn = False
        self._turn.give_back()

    def _tell_wait(self, sentence: str) -> None:
        self._report(Progress(stage=sentence, done=0, total=0, unit=""))

    def _ask(self, request: GenerateRequest | WriteRequest | LikelihoodRequest | PrefixRequest) -> Result:
        """A question to the baseline or the tuned model, which stays for the next."""
        loaded = self._model(request.model_folder, request.weights)
        whose = "baseline" if request.weights is None else "tuned"
        match request:
            case GenerateRequest():
                return generate_outputs(loaded, request, self._arithmetic, f"{whose} answers", self._report)
            case WriteRequest():
                return write(loaded, request, self._report)
            case LikelihoodRequest():
                return measure_likelihoods(loaded, request, self._arithmetic, f"{whose} likelihood", self._report)
            case PrefixRequest():
                return probe_prefixes(loaded, request, self._arithmetic, f"{whose} prefix probe", self._report)

    def _merge(self, request: MergeRequest) -> None:
        loaded = self._model(request.model_folder, request.weights)
        self._loaded = self._holds = None  # merged, it is another model than the one that was asked for
        merge_adapter(loaded, request, self._report)

    def _train(self, request: TrainRequest) -> TrainingResult:
        precision = precision_of(request)
        if not request.rung.keeps_freed_memory:
            self._forget_unless(request.model_folder, None, precision)
            give_back_freed_memory()
        if request.engine.is_single:
            loaded = self._model(request.model_folder, None, precision)
            self._holds = None  # from here on the weights are neither the baseline's nor finished
            trained = train(loaded, request, self._arithmetic, self._report, self._watch(request))
        else:
            self._loaded = self._holds = None  # each process loads its own
            gc.collect()
            with self._further_devices(request.engine.processes):
                trained = share_training(request, self._device, self._arithmetic, self._report, self._give_up)
        # Tuned answers need the baseline's arithmetic, so weights in less than fp32 are loaded anew as fp32;
        # and a model that steps in its backward pass has hooks that hold the optimizer's states.
        stays = precision == "fp32" and not request.rung.step_in_backward and not trained.rounded
        self._loaded = trained.loaded if stays else None
        self._holds = (request.model_folder, trained.result.weights.path, precision)
        return trained.result

    @contextmanager
    def _further_devices(self, processes: int) -> Iterator[None]:
        """A GPU for each further process; those on a processor share the one turn at it."""
        with ExitStack() as taken:
            for index in range(1, processes if self._device.type == "cuda" else 1):
                turn = DeviceTurn(*name_device(torch.device("cuda", index)), device_locks_folder())
                taken.callback(turn.give_back)
                turn.take(self._run, self._tell_wait)
            yield

    def _watch(self, request: TrainRequest) -> Watch | None:
        if request.looks is None:
            return None
        return lambda loaded: Watcher(loaded, request, self._arithmetic, self._report, self._on_look)

    def _model(self, folder: str, weights: str | None, precision: Precision = "fp32") -> LoadedModel:
        self._forget_unless(folder, weights, precision)
        if self._loaded is None:
            self._report(Progress(stage="loading the model", done=0, total=1, unit="model"))
            started = time.monotonic()
            if weights is None:
                self._loaded = load_model(folder, self._device, precision)
            else:
                self._loaded = load_tuned(folder, weights, self._device)
            self._report(Progress(stage="loading the model", done=1, total=1, unit="model"))
            self._holds = (folder, weights, precision)
            seconds, held = time.monotonic() - started, gib(held_bytes(self._device))
            LOGGER.info(
                "%s model loaded in %s in %.1f s: %s held", "tuned" if weights else "untuned", precision, seconds, held
            )
        return self._loaded

    def _forget_unless(self, folder: str, weights: str | None, precision: Precision) -> None:
        """The old model must be gone before the new one comes."""
        if self._holds != (folder, weights, precision):
            self._loaded = self._holds = None
            gc.collect()  # modules that compute in fp32 refer to themselves (ownvoice.engine.load)


def held_bytes(device: torch.device) -> int:
    """What this process holds of the device's memory now."""
    if device.type == "cuda":
        return int(torch.cuda.memory_reserved(device))
    return int(psutil.Process().memory_info().rss)
