"""Fine-tune on a handful of essays: full or LoRA, loss on the essay, validation before and after every epoch.

A plain loop and not transformers.Trainer: at equal steps the losses are the same (tests/bench/), the
worker starts a second and a half sooner and half a gigabyte smaller without Trainer's imports, and the
memory settings need the loop's inside.
"""

from __future__ import annotations

import math
import shutil
import time
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch.nn.functional import cross_entropy

from ownvoice.config import LoraConfig, TrainingConfig
from ownvoice.device import Arithmetic, peak_bytes, reset_peak
from ownvoice.errors import NonFiniteLoss
from ownvoice.files import stamp
from ownvoice.loading import LoadedModel
from ownvoice.records import EpochLoss, TrainingResult
from ownvoice.requests import Example, Progress, TrainRequest
from ownvoice.worker import Report

NOT_TAUGHT = -100  # label of a token that carries no loss, as in torch's cross_entropy
# Forward, backward (twice the arithmetic), gradient norm and AdamW: 4.5 s beside 1.35 s on 2 cores.
STEP_PER_FORWARD = 3.3
MAX_GRADIENT_NORM = 1.0  # Trainer's default, so that results compare


class Tokens(NamedTuple):
    """One example as ids; the first `untaught` of them carry no loss."""

    ids: list[int]
    untaught: int


class BatchLoss(NamedTuple):
    """`total` is the summed loss in nats over `tokens` taught tokens."""

    total: torch.Tensor
    tokens: int


class Trained(NamedTuple):
    result: TrainingResult
    loaded: LoadedModel
    """The tuned model, ready to answer; for LoRA the model with its adapter."""


def train(loaded: LoadedModel, request: TrainRequest, arithmetic: Arithmetic, report: Report) -> Trained:
    """Train in place and save the weights.

    Raises:
        NonFiniteLoss: where a loss or gradient is not finite; nothing is saved.
    """
    reset_peak(loaded.device)
    torch.manual_seed(request.training.seed)
    session = _Session(loaded, request, arithmetic, report)
    losses = session.run()
    tuned = loaded._replace(model=session.model.eval())
    weights = _save(tuned, Path(request.weights))
    result = TrainingResult(
        losses=losses,
        steps=session.steps_done,
        train_tokens=session.tokens_done,
        trainable_parameters=sum(p.numel() for p in session.parameters),
        method=request.method,
        arithmetic=arithmetic.reason,
        device=_device_name(loaded.device),
        seconds=session.seconds,
        estimated_seconds=session.estimated_seconds,
        peak_bytes=peak_bytes(loaded.device),
        tokens_per_second=session.tokens_done / session.seconds,
        weights=stamp(weights),
    )
    return Trained(result, tuned)


class _Session:
    """The state of one training: model, optimizer, schedule, and the clock."""

    def __init__(self, loaded: LoadedModel, request: TrainRequest, arithmetic: Arithmetic, report: Report) -> None:
        self.loaded, self.config, self.arithmetic, self.report = loaded, request.training, arithmetic, report
        self.train = [_tokenise(loaded, example, request.training) for example in request.train]
        self.validation = [_tokenise(loaded, example, request.training) for example in request.validation]
        self.model = _with_adapter(loaded.model, self.config.lora) if request.method == "lora" else loaded.model
        self.parameters = [p for p in self.model.parameters() if p.requires_grad]
        self.steps = math.ceil(len(self.train) / self.config.batch_size) * self.config.epochs
        self.steps_done = self.tokens_done = 0
        self.start = self.seconds = self.estimated_seconds = 0.0
        self.optimizer = torch.optim.AdamW(self.parameters, lr=self.config.learning_rate, weight_decay=0.0, fused=True)
        self.schedule = torch.optim.lr_scheduler.LambdaLR(self.optimizer, lambda step: 1 - step / self.steps)
        self.scaler = torch.amp.GradScaler(loaded.device.type, enabled=arithmetic.autocast is torch.float16)

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

    def _step(self, batch: list[Tokens]) -> BatchLoss:
        loss = self._loss(batch)
        mean = loss.total / loss.tokens
        self._require_finite(mean, "loss")
        torch.autograd.backward(self.scaler.scale(mean))
        self.scaler.unscale_(self.optimizer)
        norm = torch.nn.utils.clip_grad_norm_(self.parameters, MAX_GRADIENT_NORM)
        if not self.scaler.is_enabled():  # the scaler skips such a step itself and lowers its scale
            self._require_finite(norm, "gradient")
        self.scaler.step(self.optimizer)
        self.scaler.update()
        self.optimizer.zero_grad(set_to_none=True)
        self.schedule.step()
        return BatchLoss(loss.total.detach(), loss.tokens)

    def _loss(self, batch: list[Tokens]) -> BatchLoss:
        """Logits are computed only from the first taught token on: the prompt's would be thrown away."""
        width = max(len(example.ids) for example in batch)
        pad = self.loaded.tokenizer.pad_token_id
        ids = torch.tensor([e.ids + [pad] * (width - len(e.ids)) for e in batch], device=self.loaded.device)
        mask = torch.tensor([[1] * len(e.ids) + [0] * (width - len(e.ids)) for e in batch], device=self.loaded.device)
        labels = torch.full_like(ids, NOT_TAUGHT)
        for row, example in enumerate(batch):
            labels[row, example.untaught : len(example.ids)] = ids[row, example.untaught : len(example.ids)]
        first = min(example.untaught for example in batch)
        with self.arithmetic.context(self.loaded.device):
            logits = self.model(input_ids=ids, attention_mask=mask, logits_to_keep=width - first + 1).logits
        total = cross_entropy(
            logits[:, :-1].flatten(0, 1).float(), labels[:, first:].flatten(), ignore_index=NOT_TAUGHT, reduction="sum"
        )
        return BatchLoss(total, int((labels != NOT_TAUGHT).sum()))

    def _validate(self) -> float:
        """Mean loss of the held-out essays, nats per taught token over all of them."""
        self.model.eval()
        total, tokens = 0.0, 0
        with torch.inference_mode():
            for example in self.validation:
                loss = self._loss([example])
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
            stage="training", done=self.steps_done, total=self.steps, unit="steps", rate=rate, note=note
        )
        self.report(progress)

    def _require_finite(self, value: torch.Tensor, what: str) -> None:
        if not torch.isfinite(value):
            raise NonFiniteLoss(
                f"the {what} became {value.item()} at step {self.steps_done + 1} of {self.steps}",
                "a finite number",
                "lower training.learning_rate (5e-5 is usual for full fine-tuning, 2e-4 for LoRA)",
            )


def _tokenise(loaded: LoadedModel, example: Example, config: TrainingConfig) -> Tokens:
    prompt = loaded.encode(example.prompt)
    completion = [*loaded.encode(example.completion), loaded.tokenizer.eos_token_id]
    # The first token has nothing before it to be predicted from, so it is never taught.
    untaught = len(prompt) if config.loss_on == "essay" else 1
    return Tokens(prompt + completion, max(untaught, 1))


def _with_adapter(model: Any, lora: LoraConfig) -> Any:
    from peft import LoraConfig as PeftLoraConfig  # noqa: PLC0415 - 1 s of import that only LoRA pays
    from peft import get_peft_model  # noqa: PLC0415

    settings = PeftLoraConfig(
        r=lora.rank,
        lora_alpha=lora.alpha,
        lora_dropout=lora.dropout,
        target_modules="all-linear",
        task_type="CAUSAL_LM",
    )
    return get_peft_model(model, settings)


def _save(loaded: LoadedModel, weights: Path) -> Path:
    """Write beside, then rename: the folder of the weights appears whole or not at all."""
    folder, partial = weights.parent, weights.parent.with_name(weights.parent.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    loaded.model.save_pretrained(partial)
    loaded.tokenizer.save_pretrained(partial)
    shutil.rmtree(folder, ignore_errors=True)
    partial.rename(folder)
    return weights


def _device_name(device: torch.device) -> str:
    return torch.cuda.get_device_name(device) if device.type == "cuda" else device.type
