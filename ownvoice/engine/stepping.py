"""From losses to new weights: one step for the whole model, or each parameter's step within the backward pass."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal, Protocol

import torch

from ownvoice.engine.optimizer import ParameterUpdate, Scratch

Pass = Callable[[], torch.Tensor]
"""Forward over one part of a batch; returns its share of the batch's mean loss."""

MAX_GRADIENT_NORM = 1.0  # Trainer's default, so that results compare
# fp16 gradients: 2^-24 is the smallest above 0, so a gradient of 1e-8 needs a factor. GradScaler
# starts at 2^16 and skips whole steps until it fits; a parameter here can only skip its own.
FIRST_LOSS_SCALE = 2.0**12


class Stepper(Protocol):
    def update(self, passes: Sequence[Pass], rate: float) -> bool:
        """One optimizer step over a batch given in parts, each taken once or, after an overflow, again.

        False where the gradient was not finite.
        """


class WholeStep:
    """AdamW after the backward passes, clipped by the global norm: the reference.

    `scaled`: gradients pass through fp16, so the loss is scaled. Where they overflow the same step is taken
    again with half the scale: GradScaler alone skips it, and of the nine steps of a smoke test every one counts.
    """

    def __init__(self, parameters: list[torch.Tensor], device: torch.device, scaled: bool) -> None:
        self._parameters = parameters
        self._optimizer = torch.optim.AdamW(parameters, weight_decay=0.0, fused=True)
        self._scaler = torch.amp.GradScaler(device.type, enabled=scaled)

    def update(self, passes: Sequence[Pass], rate: float) -> bool:
        while not self._backward(passes):
            self._optimizer.zero_grad(set_to_none=True)
            self._scaler.update(self._scaler.get_scale() / 2)
            if not self._scaler.is_enabled() or self._scaler.get_scale() < 1.0:
                return False
        for group in self._optimizer.param_groups:
            group["lr"] = rate
        self._scaler.step(self._optimizer)
        self._scaler.update()
        self._optimizer.zero_grad(set_to_none=True)
        return True

    def _backward(self, passes: Sequence[Pass]) -> bool:
        """The gradients, clipped; False where their norm is not finite."""
        for forward in passes:
            torch.autograd.backward(self._scaler.scale(forward()))
        self._scaler.unscale_(self._optimizer)
        norm = torch.nn.utils.clip_grad_norm_(self._parameters, MAX_GRADIENT_NORM)
        return bool(torch.isfinite(norm))


class StepInBackward:
    """Each parameter is updated in the last part's backward pass, as soon as its gradient is whole.

    The global norm is known only at the end, so nothing is clipped by it: AdamW and Adafactor divide by
    the gradient's own size, so it only weighs steps against each other (tests/bench/rungs.py measures
    it). `scaled`: gradients pass through fp16, so the loss is scaled; a parameter whose gradient
    overflows keeps its weights for this step, and the scale is halved.
    """

    def __init__(
        self,
        parameters: list[torch.Tensor],
        device: torch.device,
        scaled: bool,
        optimizer: Literal["adamw", "adafactor"],
        seed: int,
    ) -> None:
        noise, scratch = torch.Generator(device).manual_seed(seed), Scratch()
        self._scaled, self._scale = scaled, FIRST_LOSS_SCALE if scaled else 1.0
        self._rate, self._last, self._finite = 0.0, False, True
        for parameter in parameters:
            update = ParameterUpdate(parameter, optimizer, noise, scratch)
            parameter.register_post_accumulate_grad_hook(self._hook(update))  # type: ignore[no-untyped-call]

    def update(self, passes: Sequence[Pass], rate: float) -> bool:
        self._rate, self._finite = rate, True
        for number, forward in enumerate(passes, start=1):
            self._last = number == len(passes)
            torch.autograd.backward(forward() * self._scale)
        if self._finite:
            return True
        self._scale /= 2
        return self._scaled and self._scale >= 1.0

    def _hook(self, update: ParameterUpdate) -> Callable[[torch.Tensor], None]:
        def arrived(parameter: torch.Tensor) -> None:
            if not self._last:
                return
            gradient, parameter.grad = parameter.grad, None
            assert gradient is not None
            self._finite &= update.step(parameter, gradient, self._rate, self._scale)

        return arrived
