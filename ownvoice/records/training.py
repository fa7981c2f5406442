"""What a training reached, epoch by epoch and attempt by attempt."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from ownvoice.files import FileStamp
from ownvoice.frozen import Frozen
from ownvoice.records.answers import ModelAnswers


class Look(Frozen):
    """What the model answered in the midst of its training, after an epoch: the probes, and how it goes on with essays."""

    epoch: int
    answers: ModelAnswers


class EpochLoss(Frozen):
    """Mean loss, nats per essay token. Epoch 0 is the model before training: it has no training loss."""

    epoch: int
    training: float | None
    validation: float


class Attempt(Frozen):
    """One try at the training, at one memory setting."""

    rung: str
    predicted_bytes: int
    reached_bytes: int | None
    """Peak of the training; of an attempt that failed, the last that it reported. None: it died before that."""
    ended: str
    """'completed', or how it died and where: 'OutOfMemory at step 2 of 9: ...'."""


class TrainingResult(Frozen):
    """What the training reached."""

    losses: tuple[EpochLoss, ...]
    steps: int
    train_tokens: int
    """Tokens seen in training, all epochs together."""
    trainable_parameters: int
    method: Literal["full", "lora", "qlora"]
    rung: str = "as configured"
    """Name of the memory setting, see `ownvoice.ladder`."""
    arithmetic: str
    """Precision and the reason, in words: 'fp32: this processor has no bf16 instructions'."""
    device: str
    processes: int = Field(1, exclude_if=lambda processes: processes == 1)
    """How many shared the training, each on a device of its own where these are GPUs."""
    seconds: float
    estimated_seconds: float = 0.0
    """Expected before it by the run that trained (`RunRecord.estimate`); 0 where nothing was."""
    peak_bytes: int
    """Of one process: the largest."""
    tokens_per_second: float
    weights: FileStamp
    saved: str = ""
    """What lies in the weights' file: 'whole weights in fp32', or rounded to bf16; then the rounded ones answered."""
    save_reason: str = ""
    """Why, in words and bytes; ways of saving that the disk was too full for."""
    memory_reason: str = ""
    """Why the first attempt took the memory setting that it took, in words and bytes."""
    attempts: tuple[Attempt, ...] = ()
    """In order; the last one completed."""
    looks: tuple[Look, ...] = ()
    """In order; none where none were asked for."""
    kept_epoch: int | None = None
    """The epoch whose weights were kept, where the best were asked for; None: the last."""

    @property
    def kept_loss(self) -> EpochLoss:
        """Of the epoch whose weights answer."""
        return next((row for row in self.losses if row.epoch == self.kept_epoch), self.losses[-1])
