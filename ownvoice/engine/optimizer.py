"""The optimizer's step: of the whole model after the backward pass, or of each weight within it, block by block.

Plain AdamW on fp16 weights is NaN within five steps (its eps of 1e-8 is 0 in fp16), and bf16 weights
rounded to nearest lose every update under 1/256 of the weight. So within the backward pass a block of rows is
copied to fp32, updated there by torch's own optimizer, and rounded back stochastically: right on average, without
a second copy of the weights. Only a block is ever fp32: of SmolLM2's embedding 4 MiB instead of 108.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Literal, assert_never

import torch

OptimizerName = Literal["adamw", "adafactor"]

# fp16 gradients: 2^-24 is the smallest above 0, so a gradient of 1e-8 needs a factor. GradScaler
# starts at 2^16 and skips whole steps until it fits; a parameter here can only skip its own.
FIRST_LOSS_SCALE = 2.0**12
# 4 MiB in fp32: SmolLM2's largest layer matrix (1536 x 576) is one block, its embedding 27. On a GPU each block
# waits twice for a figure (the norms of weights and update): 64 MiB make 140 blocks of GPT-2-XL, where 4 make 1,600.
BLOCK_ELEMENTS, GPU_BLOCK_ELEMENTS = 2**20, 2**24
# Mantissa bits that fp32 has and the stored format has not.
DROPPED_BITS = {torch.bfloat16: 16, torch.float16: 13}
LARGEST_FP16 = 65504.0
SMALLEST_SCALE = 1e-3  # Adafactor's own floor for the scale of a parameter, its eps2


class StepAfterBackward:
    """AdamW over all weights at once, their gradients clipped by the global norm: the reference.

    `scaled`: gradients pass through fp16, so the loss is scaled.
    """

    def __init__(self, parameters: list[torch.Tensor], device: torch.device, scaled: bool) -> None:
        self._parameters = parameters
        self._adamw = torch.optim.AdamW(parameters, weight_decay=0.0, fused=True)
        self._scaler = torch.amp.GradScaler(device.type, enabled=scaled)

    def scale(self, loss: torch.Tensor) -> torch.Tensor:
        return self._scaler.scale(loss)

    def clip(self, max_norm: float) -> bool:
        """Take the loss scale out of the gradients and clip them; False where their global norm is not finite."""
        self._scaler.unscale_(self._adamw)
        norm = torch.nn.utils.clip_grad_norm_(self._parameters, max_norm)
        return bool(torch.isfinite(norm))

    def step(self, learning_rate: float) -> None:
        for group in self._adamw.param_groups:
            group["lr"] = learning_rate
        self._scaler.step(self._adamw)
        self._scaler.update()

    def zero_grad(self) -> None:
        self._adamw.zero_grad(set_to_none=True)

    def halve_loss_scale(self) -> bool:
        """False where no smaller scale would help: the loss is not scaled, or fell below its own size."""
        self._scaler.update(self._scaler.get_scale() / 2)
        return self._scaler.is_enabled() and self._scaler.get_scale() >= 1.0


class StepInBackward:
    """Each weight is updated within the backward pass, as soon as its gradient is whole, and the gradient is freed.

    The global norm is known only at the end, so nothing is clipped by it: AdamW and Adafactor divide by
    the gradient's own size, so it only weighs steps against each other (tests/bench/rungs.py measures
    it). `scaled`: gradients pass through fp16, so the loss is scaled; a parameter whose gradient
    overflows keeps its weights for this step.
    """

    def __init__(
        self, parameters: list[torch.Tensor], device: torch.device, scaled: bool, optimizer: OptimizerName, seed: int
    ) -> None:
        self._scaled = scaled
        self._loss_scale = FIRST_LOSS_SCALE if scaled else 1.0
        self._learning_rate: float | None = None
        self._all_finite = True
        noise, scratch = torch.Generator(device).manual_seed(seed), Scratch()
        for parameter in parameters:
            hook = self._hook(ParameterOptimizer(parameter, optimizer, noise, scratch))
            parameter.register_post_accumulate_grad_hook(hook)  # type: ignore[no-untyped-call]

    def scale(self, loss: torch.Tensor) -> torch.Tensor:
        return loss * self._loss_scale

    def begin_step(self, learning_rate: float) -> None:
        """A gradient that arrives from now on is the batch's whole one, and its weights step; before, it adds up."""
        self._learning_rate, self._all_finite = learning_rate, True

    def end_step(self) -> bool:
        """Gradients add up again; False where one of the step's was not finite."""
        self._learning_rate = None
        return self._all_finite

    def halve_loss_scale(self) -> bool:
        """False where no smaller scale would help: the loss is not scaled, or fell below its own size."""
        self._loss_scale /= 2
        return self._scaled and self._loss_scale >= 1.0

    def _hook(self, optimizer: ParameterOptimizer) -> Callable[[torch.Tensor], None]:
        def arrived(parameter: torch.Tensor) -> None:
            if self._learning_rate is None:
                return
            gradient, parameter.grad = parameter.grad, None
            assert gradient is not None
            self._all_finite &= optimizer.step(parameter, gradient, self._learning_rate, self._loss_scale)

        return arrived


class Scratch:
    """fp32 memory that the blocks of all parameters share.

    Allocated anew, a block of 4 MiB is given back to the kernel and faulted in again every time
    (ownvoice.engine.engine); of less than a mebibyte, the states that stay lie between them and the heap grows.
    """

    def __init__(self) -> None:
        self._buffers: dict[str, torch.Tensor] = {}

    def copy_of(self, values: torch.Tensor, use: str) -> torch.Tensor:
        """The values in fp32, until the next copy for the same use."""
        buffer = self._buffers.get(use)
        if buffer is None or buffer.numel() < values.numel():
            buffer = self._buffers[use] = torch.empty(values.numel(), dtype=torch.float32, device=values.device)
        return buffer[: values.numel()].view(values.shape).copy_(values)


class ParameterOptimizer:
    """The optimizer of one parameter, with its states, in blocks of rows.

    It does not hold the parameter: torch holds a parameter's hook, so a hook that held the parameter
    would keep the weights and the states for as long as the process lives.
    """

    def __init__(
        self, parameter: torch.Tensor, optimizer: OptimizerName, noise: torch.Generator, scratch: Scratch
    ) -> None:
        self._noise, self._scratch = noise, scratch
        self._blocks = [(rows, _block_optimizer(optimizer, parameter.device)) for rows in _row_blocks(parameter)]

    def step(self, parameter: torch.Tensor, gradient: torch.Tensor, learning_rate: float, loss_scale: float) -> bool:
        """Update in place, and use the gradient up; False, and nothing done, where it is not finite."""
        if not torch.isfinite(torch.linalg.vector_norm(gradient, math.inf)):  # one pass, nothing of its size allocated
            return False
        for rows, optimizer in self._blocks:
            block = self._in_float32(gradient[rows], "gradient")
            if loss_scale != 1:
                block.div_(loss_scale)
            self._step_block(optimizer, parameter.data[rows], block, learning_rate)
        return True

    def _step_block(
        self, optimizer: torch.optim.Optimizer, stored: torch.Tensor, gradient: torch.Tensor, learning_rate: float
    ) -> None:
        group = optimizer.param_groups[0]
        block: torch.Tensor = group["params"][0]
        block.data = self._in_float32(stored, "weights")
        block.grad = gradient
        adafactor = isinstance(optimizer, torch.optim.Adafactor)
        group["lr"] = learning_rate / _rms(block.data) if adafactor else learning_rate
        optimizer.step()
        if stored.dtype != torch.float32:
            stored.copy_(round_stochastically(block.data, stored.dtype, self._noise))
        block.data, block.grad = block.data.new_empty(0), None

    def _in_float32(self, values: torch.Tensor, use: str) -> torch.Tensor:
        """What is fp32 already is worked on where it lies."""
        return values if values.dtype == torch.float32 else self._scratch.copy_of(values, use)


def round_stochastically(values: torch.Tensor, dtype: torch.dtype, noise: torch.Generator) -> torch.Tensor:
    """fp32 to numbers that bf16 or fp16 has, up with a probability of the distance from below; the mean is the value.

    They are still in fp32, which holds every number of the 16 bits. Random bits are added below the last bit that is
    kept, then cut off (fp16's subnormals, below 6e-5, are rounded to nearest after that: 3e-8 at most).
    """
    bits = values.contiguous().view(torch.int32)
    spacing = 1 << DROPPED_BITS[dtype]
    random = _random_below(spacing, bits, noise)
    kept = random.add_(bits).bitwise_and_(-spacing).view(torch.float32)
    if dtype == torch.float16:
        kept = kept.clamp_(-LARGEST_FP16, LARGEST_FP16)
    return kept


def _random_below(limit: int, like: torch.Tensor, noise: torch.Generator) -> torch.Tensor:
    """Whole numbers from 0 to `limit` - 1 (a power of two, at most 2^16), in the shape of `like`.

    A processor draws one after the other, so four numbers share a draw of 64 bits: a million take 0.9 ms and
    not 4.5 (`torch.randint`), which was a third of a bf16 update.
    """
    if like.device.type != "cpu":
        return torch.randint(0, limit, like.shape, generator=noise, dtype=torch.int32, device=like.device)
    draws = torch.empty(-(-like.numel() // 4), dtype=torch.int64).random_(-(2**63), None, generator=noise)
    return draws.view(torch.int16)[: like.numel()].view(like.shape).to(torch.int32).bitwise_and_(limit - 1)


def _block_optimizer(name: OptimizerName, device: torch.device) -> torch.optim.Optimizer:
    """One block's optimizer, over a parameter that is empty between steps."""
    block = torch.nn.Parameter(torch.empty(0, device=device, dtype=torch.float32))
    match name:
        case "adamw":
            return torch.optim.AdamW([block], weight_decay=0.0, fused=True)
        case "adafactor":  # eps 1e-16: its square, the floor of the variance, is still a number in fp32
            return torch.optim.Adafactor([block], weight_decay=0.0, eps=(1e-16, SMALLEST_SCALE), foreach=False)
        case _:
            assert_never(name)


def _rms(block: torch.Tensor) -> float:
    """torch's Adafactor multiplies the learning rate by this; divided out, it means what it means for AdamW."""
    return max(SMALLEST_SCALE, float(block.norm(2)) / math.sqrt(block.numel()))


def _row_blocks(parameter: torch.Tensor) -> Iterator[slice]:
    elements = BLOCK_ELEMENTS if parameter.device.type == "cpu" else GPU_BLOCK_ELEMENTS
    rows = max(1, elements * len(parameter) // parameter.numel())
    return (slice(first, first + rows) for first in range(0, len(parameter), rows))
