"""Weights stored in 16 bits, products as if they were fp32: only the weights are rounded, not the arithmetic.

A model in bf16 throughout also keeps its residual stream in bf16, and on a processor without bf16
instructions a training step took 128 s instead of 6. Here each module sees fp32 copies of its own
weights while it computes; with gradient checkpointing one layer's copies are alive at a time.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

LOW = (torch.bfloat16, torch.float16)


def compute_in_float32(model: torch.nn.Module, autocast: torch.dtype | None) -> None:
    """Make every module of a 16-bit model compute as it would with fp32 weights, under `autocast` or without.

    Under autocast a matrix is left as it is: autocast casts it to 16 bits anyway.
    """
    for module in model.modules():
        low = [name for name, weight in module.named_parameters(recurse=False) if weight.dtype in LOW]
        if isinstance(module, torch.nn.Embedding):
            module.forward = _widen_result(module.forward)  # type: ignore[method-assign]
        elif low and not (autocast and any(module.get_parameter(name).ndim > 1 for name in low)):
            module.forward = _widen_weights(module, module.forward, low)


def _widen_result(forward: Callable[..., Any]) -> Callable[..., Any]:
    """Only the rows that are looked up are widened, not the vocabulary."""
    return lambda *inputs: forward(*inputs).float()


def _widen_weights(module: torch.nn.Module, forward: Callable[..., Any], names: list[str]) -> Callable[..., Any]:
    def widened(*inputs: Any, **settings: Any) -> Any:
        # What stands in the instance's dictionary is found before the module's own parameters.
        module.__dict__.update({name: module.get_parameter(name).float() for name in names})
        try:
            return forward(*inputs, **settings)
        finally:
            for name in names:
                del module.__dict__[name]

    return widened
