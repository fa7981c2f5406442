"""Fine-tune on a handful of essays: full or LoRA, loss on the essay, validation before and after every epoch.

A plain loop and not transformers.Trainer: at equal steps the losses are the same (tests/bench/), the
worker starts a second and a half sooner and half a gigabyte smaller without Trainer's imports, and the
memory settings (`ownvoice.ladder`) need the loop's inside.
"""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any, Literal, NamedTuple

import torch

from ownvoice.engine.device import Arithmetic, peak_bytes, reset_peak
from ownvoice.engine.load import ADAPTER_FILE, LoadedModel, Precision
from ownvoice.engine.loss import BatchLoss, LossOfBatch, Tokens, split, tokenise
from ownvoice.engine.precision import compute_in_float32
from ownvoice.engine.save import save
from ownvoice.engine.stepping import StepInBackward, Stepper, WholeStep
from ownvoice.errors import NonFiniteLoss
from ownvoice.files import stamp
from ownvoice.records import EpochLoss, TrainingResult
from ownvoice.worker.messages import Progress, Report, TrainRequest

# Forward, backward (twice the arithmetic), gradient norm and AdamW: 4.5 s beside 1.35 s on 2 cores.
STEP_PER_FORWARD = 3.3


class Trained(NamedTuple):
    result: TrainingResult
    loaded: LoadedModel
    """The tuned model; for LoRA the model with its adapter."""
    rounded: bool
    """To be loaded from its file: what is in memory is in the file's precision."""


def train(loaded: LoadedModel, request: TrainRequest, arithmetic: Arithmetic, report: Report) -> Trained:
    """Train in place and save the weights; `loaded` has its weights in the rung's precision.

    Raises:
        NonFiniteLoss: where a loss or gradient is not finite; nothing is saved.
        DiskFull: the disk was too full for every way of saving.
    """
    reset_peak(loaded.device)
    torch.manual_seed(request.training.seed)
    session = _Session(loaded, request, arithmetic, report)
    losses = session.run()
    tuned = loaded._replace(model=session.model.eval())
    adapted = session.method != "full"
    weights = Path(request.weights).with_name(ADAPTER_FILE if adapted else "model.safetensors")
    saved = save(tuned, weights.parent, request.saves)
    result = TrainingResult(
        losses=losses,
        steps=session.steps_done,
        train_tokens=session.tokens_done,
        trainable_parameters=session.trainable,
        method=session.method,
        rung=request.rung.name,
        arithmetic=_arithmetic_in_words(request, arithmetic),
        device=_device_name(loaded.device),
        seconds=session.seconds,
        estimated_seconds=session.estimated_seconds,
        peak_bytes=peak_bytes(loaded.device),
        tokens_per_second=session.tokens_done / session.seconds,
        weights=stamp(weights),
        saved=saved.save.name,
        save_reason=saved.passed_over,
    )
    return Trained(result, tuned, rounded=saved.save.rounded)


def method_of(request: TrainRequest) -> Literal["full", "lora", "qlora"]:
    """The request's, unless its rung changes it."""
    return request.method if request.rung.method == "full" else request.rung.method


def precision_of(request: TrainRequest) -> Precision:
    """What `train` wants its weights loaded in."""
    return "4-bit" if method_of(request) == "qlora" else request.rung.weights


class _Session:
    """The state of one training: model, loss, stepper, and the clock."""

    def __init__(self, loaded: LoadedModel, request: TrainRequest, arithmetic: Arithmetic, report: Report) -> None:
        self.config, self.rung, self.method, self.report = request.training, request.rung, method_of(request), report
        self.train = [tokenise(loaded, example, request.training.loss_on) for example in request.train]
        self.validation = [tokenise(loaded, example, request.training.loss_on) for example in request.validation]
        self.model = _prepared(loaded.model, request, arithmetic)
        # Recomputing casts the weights again anyway: copies kept in between would be memory for nothing, a quarter
        # of a GiB for SmolLM2 and three for GPT-2-XL.
        lean = arithmetic._replace(keeps_copies=not self.rung.gradient_checkpointing)
        self.loss = LossOfBatch(loaded._replace(model=self.model), lean, self.rung.loss_chunk_tokens)
        parameters = [p for p in self.model.parameters() if p.requires_grad]
        self.trainable = sum(p.numel() for p in parameters)
        self.stepper = _stepper(parameters, loaded.device, request, arithmetic)
        self.steps = math.ceil(len(self.train) / self.config.batch_size) * self.config.epochs
        self.device = loaded.device
        self.steps_done = self.tokens_done = 0
        self.start = self.seconds = self.estimated_seconds = 0.0

    def run(self) -> tuple[EpochLoss, ...]:
        self.start = time.perf_counter()
        before = self._validate()
        self.estimated_seconds = self._estimate(time.perf_counter() - self.start)
        losses = [EpochLoss(epoch=0, training=None, validation=before)]
        self._tell()
        order = torch.Generator().manual_seed(self.config.seed)
        for epoch in range(1, self.config.epochs + 1):
            training = self._epoch(torch.randperm(len(self.train), generator=order).tolist())
            losses.append(EpochLoss(epoch=epoch, training=training, validation=self._validate()))
        self.seconds = time.perf_counter() - self.start
        return tuple(losses)

    def _epoch(self, order: list[int]) -> float:
        self.model.train()
        size, total, tokens = self.config.batch_size, 0.0, 0
        for first in range(0, len(order), size):
            batch = [self.train[i] for i in order[first : first + size]]
            loss = self._step(batch)
            total, tokens = total + loss.total.item(), tokens + loss.tokens
            self.steps_done += 1
            self.tokens_done += sum(len(example.ids) for example in batch)
            self._tell()
        return total / tokens

    def _step(self, batch: Sequence[Tokens]) -> BatchLoss:
        tokens = sum(example.taught for example in batch)
        totals: list[torch.Tensor] = []
        passes = [partial(self._pass, part, tokens, totals) for part in split(batch, self.rung.micro_batch)]
        if not self.stepper.update(passes, self.config.learning_rate * (1 - self.steps_done / self.steps)):
            raise self._not_finite("gradient", math.nan)
        return BatchLoss(torch.stack(totals[-len(passes) :]).sum(), tokens)  # of the last try

    def _pass(self, part: Sequence[Tokens], tokens: int, totals: list[torch.Tensor]) -> torch.Tensor:
        """A part's share of the mean over the batch's tokens: the shares add up to it exactly."""
        total = self.loss(part).total
        self._require_finite(total, "loss")
        totals.append(total.detach())
        return total / tokens

    def _validate(self) -> float:
        """Mean loss of the held-out essays, nats per taught token over all of them."""
        self.model.eval()
        total, tokens = 0.0, 0
        with torch.inference_mode():
            for example in self.validation:
                loss = self.loss([example])
                total, tokens = total + loss.total.item(), tokens + loss.tokens
        self._require_finite(torch.tensor(total), "validation loss")
        return total / tokens

    def _estimate(self, validation_seconds: float) -> float:
        """From the timed validation pass and the cost of a training step beside it."""
        rate = sum(len(e.ids) for e in self.validation) / validation_seconds
        tokens = sum(len(e.ids) for e in self.train) * self.config.epochs
        return STEP_PER_FORWARD * tokens / rate + validation_seconds * (self.config.epochs + 1)

    def _tell(self) -> None:
        note = f"estimated {self.estimated_seconds:.0f} s" if self.steps_done == 0 else ""
        rate = self.steps_done / (time.perf_counter() - self.start)
        progress = Progress(
            stage="training",
            done=self.steps_done,
            total=self.steps,
            unit="steps",
            rate=rate,
            note=note,
            peak_bytes=peak_bytes(self.device),
        )
        self.report(progress)

    def _require_finite(self, value: torch.Tensor, what: str) -> None:
        if not torch.isfinite(value):
            raise self._not_finite(what, value.item())

    def _not_finite(self, what: str, value: float) -> NonFiniteLoss:
        return NonFiniteLoss(
            f"the {what} became {value} at step {self.steps_done + 1} of {self.steps}",
            "a finite number",
            "lower training.learning_rate (5e-5 is usual for full fine-tuning, 2e-4 for LoRA)",
        )


def _prepared(model: Any, request: TrainRequest, arithmetic: Arithmetic) -> Any:
    """The model as the rung trains it: its arithmetic, its adapter, its recomputing."""
    if request.rung.weights != "fp32" or method_of(request) == "qlora":  # whose other weights are in 16 bits too
        compute_in_float32(model, arithmetic.autocast)
    if method_of(request) != "full":
        model = _with_adapter(model, request)
    if request.rung.gradient_checkpointing and model.supports_gradient_checkpointing:
        model.gradient_checkpointing_enable(gradient_checkpointing_kwargs={"use_reentrant": False})
    return model


def _stepper(
    parameters: list[torch.Tensor], device: torch.device, request: TrainRequest, arithmetic: Arithmetic
) -> Stepper:
    rung = request.rung
    if not rung.step_in_backward:
        return WholeStep(parameters, device, scaled=arithmetic.autocast is torch.float16)
    scaled = torch.float16 in (arithmetic.autocast, *(p.dtype for p in parameters))
    return StepInBackward(parameters, device, scaled, rung.optimizer, request.training.seed)


def _arithmetic_in_words(request: TrainRequest, arithmetic: Arithmetic) -> str:
    if request.rung.weights == "fp32":
        return arithmetic.reason
    return f"{request.rung.weights} weights to save memory, computing as in {arithmetic.reason}"


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


def _device_name(device: torch.device) -> str:
    return torch.cuda.get_device_name(device) if device.type == "cuda" else device.type
