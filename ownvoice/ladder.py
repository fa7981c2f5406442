"""The ladder: complete memory settings, from the config as written to the least that still does the job."""

from __future__ import annotations

from typing import Literal

from ownvoice.config import Frozen

Changes = Literal["nothing", "rounding", "method"]


class Rung(Frozen):
    """One complete memory setting."""

    name: str
    """What a person reads: 'as configured', 'gradient checkpointing'."""
    changes: Changes
    """What it changes in the result: nothing (exact), rounding (approximate), or the method."""
    gradient_checkpointing: bool = False
    """Recompute activations in the backward pass."""
    micro_batch: int | None = None
    """Essays to one pass; the gradient is accumulated over the config's batch. None is the batch itself."""
    loss_chunk_tokens: int | None = None
    """Logits and loss this many tokens at a time, recomputed in the backward pass; None is all at once."""
    step_in_backward: bool = False
    """Update each parameter as soon as its gradient is there, and free the gradient."""
    optimizer: Literal["adamw", "adafactor"] = "adamw"
    weights: Literal["fp32", "bf16", "fp16"] = "fp32"
    method: Literal["full", "lora", "qlora"] = "full"
