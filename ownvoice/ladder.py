"""The ladder: complete memory settings, from the config as written to the least that still does the job."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import model_validator

from ownvoice.frozen import Frozen

Method = Literal["full", "lora"]


Allowed = Literal["nothing", "rounding", "method"]


Changes = Allowed


class Rung(Frozen):
    """One complete memory setting."""

    name: str
    """What a person reads: 'as configured', 'gradient checkpointing'."""
    changes: Changes
    """What it changes in the result: nothing (exact), rounding (approximate), or the method. What is exact
    may still be approximate for a batch with dropout: see `rungs_for`."""
    gradient_checkpointing: bool = False
    """Recompute activations in the backward pass."""
    micro_batch: int | None = None
    """Essays to one pass; the gradient is accumulated over the config's batch. None is the batch itself."""
    recomputes_logits: bool = False
    """The output layer's product is made again in the backward pass, block by block, and not kept for it."""
    step_in_backward: bool = False
    """Update each parameter as soon as its gradient is there, and free the gradient. No clipping by the
    global norm, which is known only at the end. A batch of several essays still holds one gradient for
    all parameters, in the weights' precision: each is freed during the last essay's backward pass."""
    optimizer: Literal["adamw", "adafactor"] = "adamw"
    weights: Literal["fp32", "bf16", "fp16"] = "fp32"
    """Precision of the weights (and so of their gradients); products stay in the device's arithmetic."""
    method: Literal["full", "lora", "qlora"] = "full"
    """'full' leaves the method to the request."""

    @property
    def keeps_freed_memory(self) -> bool:
        """It saves nothing, so the worker's heap may keep what it freed, which is faster."""
        return self.model_copy(update={"method": AS_CONFIGURED.method}) == AS_CONFIGURED

    @model_validator(mode="after")
    def _updates_are_sound(self) -> Self:
        """Only the step in the backward pass computes in fp32 and rounds stochastically; see `ownvoice.engine.optimizer`."""
        trains_low_weights = self.weights != "fp32" and self.method == "full"
        if (self.optimizer == "adafactor" or trains_low_weights) and not self.step_in_backward:
            raise ValueError("adafactor and low-precision trained weights need step_in_backward")
        return self


class Hardware(Frozen):
    """What decides which rungs exist on a device; found without torch."""

    gpu: bool = False
    bf16: bool = True
    """The GPU computes in bf16 (compute capability 8.0 and up; a T4 has 7.5). A processor always may store it."""
    four_bit: bool = False
    """CUDA and the package bitsandbytes are both there."""


AS_CONFIGURED = Rung(name="as configured", changes="nothing")
_CHECKPOINTING = AS_CONFIGURED.model_copy(update={"name": "gradient checkpointing", "gradient_checkpointing": True})
ONE_ESSAY = _CHECKPOINTING.model_copy(update={"name": "one essay at a time", "micro_batch": 1})
_CHUNKS = ONE_ESSAY.model_copy(update={"name": "loss in chunks", "recomputes_logits": True})
_FUSED = _CHUNKS.model_copy(
    update={"name": "step in the backward pass", "changes": "rounding", "step_in_backward": True}
)
_FACTORED = _FUSED.model_copy(update={"name": "factored optimizer states", "optimizer": "adafactor"})
_BF16 = _FACTORED.model_copy(update={"name": "bf16 weights", "weights": "bf16"})
_FP16 = _FACTORED.model_copy(update={"name": "fp16 weights", "weights": "fp16"})
_LORA_BF16 = _CHUNKS.model_copy(
    update={"name": "LoRA over bf16 weights", "changes": "method", "weights": "bf16", "method": "lora"}
)
_LORA_FP16 = _LORA_BF16.model_copy(update={"name": "LoRA over fp16 weights", "weights": "fp16"})
_QLORA = _CHUNKS.model_copy(update={"name": "QLoRA", "changes": "method", "method": "qlora"})

LADDER: tuple[Rung, ...] = (
    AS_CONFIGURED,
    _CHECKPOINTING,
    ONE_ESSAY,
    _CHUNKS,
    _FUSED,
    _FACTORED,
    _BF16,
    _FP16,
    _LORA_BF16,
    _LORA_FP16,
    _QLORA,
)
ORDER: tuple[Changes, ...] = ("nothing", "rounding", "method")


def rungs_for(allow: Allowed, method: Method, hardware: Hardware, batch_with_dropout: bool = False) -> tuple[Rung, ...]:
    """The rungs that are allowed and the hardware has, first to last; never empty.

    `batch_with_dropout`: several essays to a step, of a model that drops activations at random. One essay at a
    time it draws other masks, so what is exact without dropout is then approximate.
    """
    rungs = LADDER if method == "full" else _rungs_of_lora()
    if batch_with_dropout:
        rungs = tuple(map(_with_other_masks, rungs))
    allowed = ORDER[: ORDER.index(allow) + 1]
    return tuple(rung for rung in rungs if rung.changes in allowed and _exists(rung, hardware))


def without_repeats(rungs: tuple[Rung, ...], batch: int) -> tuple[Rung, ...]:
    """Without each that is the one before under another name, as one essay at a time is at batch 1."""
    return tuple(
        rung for index, rung in enumerate(rungs) if index == 0 or _does(rung, batch) != _does(rungs[index - 1], batch)
    )


def _does(rung: Rung, batch: int) -> Rung:
    """What a rung does at a batch, without its name and what is said of it."""
    return rung.model_copy(
        update={"name": "", "changes": "nothing", "micro_batch": min(rung.micro_batch or batch, batch)}
    )


def _rungs_of_lora() -> tuple[Rung, ...]:
    """A config that asks for LoRA: the exact rungs with its adapter, then a rounded base; 4 bits stay a change."""
    exact = tuple(rung.model_copy(update={"method": "lora"}) for rung in LADDER if rung.changes == "nothing")
    rounded = tuple(rung.model_copy(update={"changes": "rounding"}) for rung in (_LORA_BF16, _LORA_FP16))
    return (*exact, *rounded, _QLORA)


def _with_other_masks(rung: Rung) -> Rung:
    if rung.micro_batch is None or rung.changes != "nothing":
        return rung
    return rung.model_copy(update={"changes": "rounding"})


def _exists(rung: Rung, hardware: Hardware) -> bool:
    if rung.method == "qlora":
        return hardware.four_bit
    without_bf16 = hardware.gpu and not hardware.bf16
    return rung.weights == "fp32" or (rung.weights == "fp16") == without_bf16
