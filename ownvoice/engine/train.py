"""Fine-tune on a handful of essays: full or LoRA, loss on the essay, validation before and after every epoch.

A plain loop and not transformers.Trainer: at equal steps the losses are the same (tests/bench/), the
worker starts a second and a half sooner and half a gigabyte smaller without Trainer's imports, and the
memory settings (`ownvoice.ladder`) are variations of the loop: what is prepared for it differs, how many essays go
through at once, and where the optimizer steps.
"""

from __future__ import annotations

import contextlib
import math
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, NamedTuple, Protocol

import torch

from ownvoice.engine.best import BestEpoch
from ownvoice.engine.device import Arithmetic, peak_bytes, reset_peak
from ownvoice.engine.load import ADAPTER_FILE, LoadedModel, Precision, compute_in_float32
from ownvoice.engine.loss import BatchLoss, LossOfBatch, split
from ownvoice.engine.optimizer import StepAfterBackward, StepInBackward
from ownvoice.engine.save import save_trained
from ownvoice.engine.tokens import TaughtEssays, Tokens
from ownvoice.errors import NonFiniteLoss
from ownvoice.files import stamp
from ownvoice.records.training import EpochLoss, Look, TrainingResult
from ownvoice.worker.messages import Progress, Report, TrainRequest

MAX_GRADIENT_NORM = 1.0  # Trainer's default, so that results compare


class Watching(Protocol):
    """What looks at a training from within (`ownvoice.engine.watch`); known by its form alone, so that what it asks is no
    part of a training that it doesn't look at."""

    looks: list[Look]

    def look_after(self, epoch: int) -> None: ...


Watch = Callable[[LoadedModel], Watching]


class Trained(NamedTuple):
    result: TrainingResult
    loaded: LoadedModel
    """The tuned model; for LoRA the model with its adapter."""
    rounded: bool
    """To be loaded from its file: what is in memory is in the file's precision."""


def train(
    loaded: LoadedModel, request: TrainRequest, arithmetic: Arithmetic, report: Report, watch: Watch | None = None
) -> Trained:
    """Train in place and save the weights; `loaded` has its weights in the precision of `precision_of`.

    Args:
        watch: Makes what looks at the model between epochs, where looks are asked for.

    Raises:
        NonFiniteLoss: where a loss or gradient is not finite; nothing is saved.
        DiskFull: the disk was too full for every way of saving.
    """
    reset_peak(loaded.device)
    torch.manual_seed(request.training.seed)
    tuned = loaded._replace(model=_trainable_model(loaded.model, request, arithmetic))
    loop = _training_loop(tuned, request, arithmetic, report, watch(tuned) if watch else None)
    losses = loop.run()
    tuned.model.eval()
    kept_epoch = loop.best.put_back() if loop.best else None
    adapted = method_of(request) != "full"
    weights = Path(request.weights).with_name(ADAPTER_FILE if adapted else "model.safetensors")
    saved = save_trained(tuned, weights.parent, request.saves)
    result = TrainingResult(
        losses=losses,
        steps=loop.counter.steps_done,
        train_tokens=loop.counter.tokens_done,
        trainable_parameters=sum(p.numel() for p in _trainable_parameters(tuned)),
        method=method_of(request),
        rung=request.rung.name,
        arithmetic=_arithmetic_in_words(request, arithmetic),
        device=_device_name(loaded.device),
        seconds=loop.counter.seconds,
        peak_bytes=peak_bytes(loaded.device),
        tokens_per_second=loop.counter.tokens_done / loop.counter.seconds,
        weights=stamp(weights),
        saved=saved.save.name,
        save_reason=saved.passed_over,
        looks=tuple(loop.watcher.looks) if loop.watcher else (),
        kept_epoch=kept_epoch,
    )
    return Trained(result, tuned, rounded=saved.save.rounded)


def method_of(request: TrainRequest) -> Literal["full", "lora", "qlora"]:
    """The request's, unless its rung changes it."""
    return request.method if request.rung.method == "full" else request.rung.method


def precision_of(request: TrainRequest) -> Precision:
    """What `train` wants its weights loaded in."""
    return "4-bit" if method_of(request) == "qlora" else request.rung.weights


def _trainable_model(model: Any, request: TrainRequest, arithmetic: Arithmetic) -> Any:
    """The model as the rung trains it: its arithmetic, its adapter, its recomputing."""
    if precision_of(request) != "fp32":  # beside weights in 4 bits the others are in 16
        compute_in_float32(model, arithmetic.autocast)
    if method_of(request) != "full":
        model = _with_adapter(model, request)
    if request.rung.gradient_checkpointing and model.supports_gradient_checkpointing:
        model.gradient_checkpointing_enable(gradient_checkpointing_kwargs={"use_reentrant": False})
    return model


def _with_adapter(model: Any, request: TrainRequest) -> Any:
    from peft import LoraConfig, get_peft_model  # noqa: PLC0415 - 1 s of import that only LoRA pays

    lora = request.training.lora
    settings = LoraConfig(
        r=lora.rank,
        lora_alpha=lora.alpha,
        lora_dropout=lora.dropout,
        target_modules="all-linear",
        task_type="CAUSAL_LM",
    )
    return get_peft_model(model, settings)


def _trainable_parameters(loaded: LoadedModel) -> list[torch.Tensor]:
    return [parameter for parameter in loaded.model.parameters() if parameter.requires_grad]


def _training_loop(
    loaded: LoadedModel, request: TrainRequest, arithmetic: Arithmetic, report: Report, watcher: Watching | None
) -> TrainingLoop:
    essays, held_out = (
        TaughtEssays(loaded, examples, request.training.loss_on) for examples in (request.train, request.validation)
    )
    steps = math.ceil(len(essays) / request.training.batch_size) * request.training.epochs
    return TrainingLoop(
        model=loaded.model,
        loss_of=_loss_function(loaded, request, arithmetic),
        optimizer=_optimizer(loaded, request, arithmetic),
        essays=essays,
        held_out=held_out,
        request=request,
        counter=StepCounter(steps, loaded.device, report),
        watcher=watcher,
        best=BestEpoch(_trainable_parameters(loaded)) if request.training.keep == "best" else None,
    )


def _loss_function(loaded: LoadedModel, request: TrainRequest, arithmetic: Arithmetic) -> LossOfBatch:
    # Recomputing casts the weights again anyway: copies kept in between would be memory for nothing, a quarter
    # of a GiB for SmolLM2 and three for GPT-2-XL.
    lean = arithmetic._replace(keeps_copies=not request.rung.gradient_checkpointing)
    return LossOfBatch(loaded, lean, keeps_logits=not request.rung.recomputes_logits)


def _optimizer(
    loaded: LoadedModel, request: TrainRequest, arithmetic: Arithmetic
) -> StepAfterBackward | StepInBackward:
    """Scaled where gradients pass through fp16: under its autocast, and those of weights that are stored in it."""
    parameters, rung = _trainable_parameters(loaded), request.rung
    if not rung.step_in_backward:
        return StepAfterBackward(parameters, loaded.device, scaled=arithmetic.autocast is torch.float16)
    scaled = torch.float16 in (arithmetic.autocast, *(parameter.dtype for parameter in parameters))
    return StepInBackward(parameters, loaded.device, scaled, rung.optimizer, request.training.seed)


@dataclass
class TrainingLoop:
    """The epochs over the essays, with everything that they need."""

    model: Any
    loss_of: Callable[[Sequence[Tokens]], BatchLoss]
    optimizer: StepAfterBackward | StepInBackward
    essays: Sequence[Tokens]
    held_out: Sequence[Tokens]
    request: TrainRequest
    counter: StepCounter
    watcher: Watching | None = None
    best: BestEpoch | None = None

    def run(self) -> tuple[EpochLoss, ...]:
        """The losses before the first epoch and of each epoch; raises NonFiniteLoss."""
        settings = self.request.training
        losses = [EpochLoss(epoch=0, training=None, validation=self._validate())]
        self.counter.tell()
        order = torch.Generator().manual_seed(settings.seed)
        for epoch in range(1, settings.epochs + 1):
            shuffled = torch.randperm(len(self.essays), generator=order).tolist()
            training = self._train_epoch(in_batches(self.essays, shuffled, settings.batch_size))
            losses.append(EpochLoss(epoch=epoch, training=training, validation=self._validate()))
            if self.best:
                self.best.consider(losses[-1])
            if self.watcher:
                with self.counter.paused():
                    self.watcher.look_after(epoch)
        self.counter.stop()
        return tuple(losses)

    def _train_epoch(self, batches: Iterable[Sequence[Tokens]]) -> float:
        """Mean loss of the essays, each before its step, in nats per taught token."""
        settings = self.request.training
        total, tokens = 0.0, 0
        self.model.train()
        for batch in batches:
            learning_rate = linear_decay(settings.learning_rate, self.counter.steps_done, self.counter.steps)
            loss = self.take_step(batch, learning_rate)
            total, tokens = total + loss.total.item(), tokens + loss.tokens
            self.counter.count(batch)
            self.counter.tell()
        return total / tokens

    def take_step(self, batch: Sequence[Tokens], learning_rate: float) -> BatchLoss:
        """One step on the batch's mean loss per taught token; its micro-batches' shares add up to it exactly."""
        optimizer = self.optimizer
        if isinstance(optimizer, StepInBackward):
            return self._step_in_backward(optimizer, batch, learning_rate)
        taught = sum(example.taught for example in batch)
        totals = []
        for micro_batch in split(batch, self.request.rung.micro_batch):
            loss = self._finite_loss_of(micro_batch)
            totals.append(loss.detach())
            optimizer.scale(loss / taught).backward()  # type: ignore[no-untyped-call]
        if not optimizer.clip(MAX_GRADIENT_NORM):  # fp16 overflowed: the same step again with half the scale
            # GradScaler alone would skip it, and of the nine steps of a smoke test every one counts.
            optimizer.zero_grad()
            self._halve_loss_scale()
            return self.take_step(batch, learning_rate)
        optimizer.step(learning_rate)
        optimizer.zero_grad()
        return BatchLoss(torch.stack(totals).sum(), taught)

    def _step_in_backward(self, optimizer: StepInBackward, batch: Sequence[Tokens], learning_rate: float) -> BatchLoss:
        """The same where the rung has each weight step while the last micro-batch's backward pass still runs.

        It comes too early to be clipped, and what did not overflow has stepped: the step is not taken again.
        """
        taught = sum(example.taught for example in batch)
        totals = []
        micro_batches = list(split(batch, self.request.rung.micro_batch))
        for micro_batch in micro_batches:
            loss = self._finite_loss_of(micro_batch)
            totals.append(loss.detach())
            if micro_batch is micro_batches[-1]:
                optimizer.begin_step(learning_rate)
            optimizer.scale(loss / taught).backward()  # type: ignore[no-untyped-call]
        if not optimizer.end_step():
            self._halve_loss_scale()
        return BatchLoss(torch.stack(totals).sum(), taught)

    def _validate(self) -> float:
        """Mean loss of the held-out essays, nats per taught token over all of them."""
        self.model.eval()
        total, tokens = 0.0, 0
        with torch.inference_mode():
            for example in self.held_out:
                loss = self.loss_of([example])
                total, tokens = total + loss.total.item(), tokens + loss.tokens
        if not math.isfinite(total):
            raise self._not_finite("validation loss", total)
        return total / tokens

    def _finite_loss_of(self, micro_batch: Sequence[Tokens]) -> torch.Tensor:
        """Summed over the taught tokens, in nats."""
        total = self.loss_of(micro_batch).total
        if not torch.isfinite(total):
            raise self._not_finite("loss", total.item())
        return total

    def _halve_loss_scale(self) -> None:
        if not self.optimizer.halve_loss_scale():
            raise self._not_finite("gradient", math.nan)

    def _not_finite(self, what: str, value: float) -> NonFiniteLoss:
        return NonFiniteLoss(
            f"the {what} became {value} at step {self.counter.steps_done + 1} of {self.counter.steps}",
            "a finite number",
            "lower training.learning_rate (5e-5 is usual for full fine-tuning, 2e-4 for LoRA)",
        )


def in_batches(essays: Sequence[Tokens], order: Sequence[int], size: int) -> Iterator[Sequence[Tokens]]:
    """Batch after batch in this order; an essay is read when its batch's turn comes."""
    return ([essays[place] for place in part] for part in split(order, size))


def linear_decay(learning_rate: float, steps_done: int, steps: int) -> float:
    """The whole rate at the first step, one step's share of it at the last: Trainer's default."""
    return learning_rate * (1 - steps_done / steps)


class StepCounter:
    """Counts and times what a training has done since the counter was made, and tells it."""

    def __init__(self, steps: int, device: torch.device, report: Report) -> None:
        self.steps = steps
        self.steps_done = 0
        self.tokens_done = 0
        self.seconds = 0.0
        self._device = device
        self._report = report
        self._start = time.perf_counter()

    def count(self, batch: Sequence[Tokens]) -> None:
        self.steps_done += 1
        self.tokens_done += _length(batch)

    @contextlib.contextmanager
    def paused(self) -> Iterator[None]:
        """What goes on meanwhile is no part of the training's time."""
        began = time.perf_counter()
        try:
            yield
        finally:
            self._start += time.perf_counter() - began

    def tell(self) -> None:
        progress = Progress(
            stage="training",
            done=self.steps_done,
            total=self.steps,
            unit="steps",
            rate=self.steps_done / (time.perf_counter() - self._start),
            peak_bytes=peak_bytes(self._device),
        )
        self._report(progress)

    def stop(self) -> None:
        self.seconds = time.perf_counter() - self._start


def _length(examples: Sequence[Tokens]) -> int:
    return sum(len(example.ids) for example in examples)


def _arithmetic_in_words(request: TrainRequest, arithmetic: Arithmetic) -> str:
    if request.rung.weights == "fp32":
        return arithmetic.reason
    return f"{request.rung.weights} weights to save memory, computing as in {arithmetic.reason}"


def _device_name(device: torch.device) -> str:
    return torch.cuda.get_device_name(device) if device.type == "cuda" else device.type
