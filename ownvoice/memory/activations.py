"""Counts what a forward pass keeps for the backward pass, tensor by tensor, from transformers' own layers.

The residual stream is fp32 on every rung (ownvoice.engine.load widens 16-bit weights); under autocast the
matrix products read and write 16 bits. `tests/bench/activations.py` holds the counts against torch's
saved-tensor hooks: one essay is 0.1% off at most, padded batches and LoRA under autocast -4.4% to +6.1%.
"""

from __future__ import annotations

from typing import NamedTuple

from ownvoice.models.shape import ModelShape

FP32 = 4


class Pass(NamedTuple):
    """One forward and backward pass over `essays` of `tokens` each."""

    tokens: int
    essays: int
    compute: int
    """Bytes of an element in matrix products: 4, or under autocast 2."""
    on_gpu: bool
    rank: int = 0
    """Of the adapter; 0 trains the weights themselves. What only frozen weights' gradients need isn't kept."""

    @property
    def positions(self) -> int:
        return self.tokens * self.essays


def layer_bytes(shape: ModelShape, work: Pass) -> int:
    """What one layer keeps between its forward and its backward pass."""
    block = _gpt2(shape, work) if shape.family == "gpt2" else _gated(shape, work)
    return work.positions * (block + _adapters(shape, work) + _attention(shape, work))


def boundary_bytes(shape: ModelShape, work: Pass) -> int:
    """What gradient checkpointing keeps of a layer: its input."""
    return work.positions * shape.hidden * FP32


def gradient_bytes(shape: ModelShape, work: Pass) -> int:
    """Gradients of activations in flight at a layer's worst place: the MLP's product and its two factors."""
    return 3 * work.positions * shape.intermediate * work.compute


def _gated(shape: ModelShape, work: Pass) -> int:
    """Llama: two RMS norms, four projections, and an MLP of gate, its activation, up and their product."""
    norms = 2 * _norm(work) * shape.hidden + (_inputs(work, 3) + _inputs(work, 2)) * shape.hidden
    if shape.family == "gemma3":  # two more norms, after attention and MLP, and one each for queries and keys
        norms += _norm(work) * (2 * shape.hidden + shape.query_width + shape.key_width)
    return norms + 4 * work.compute * shape.intermediate


def _gpt2(shape: ModelShape, work: Pass) -> int:
    """Two layer norms (input and output of each), and a GELU made of five tensors, the last the MLP's product."""
    norms = 2 * (FP32 + _inputs(work, 1)) * shape.hidden
    masks = 2 * shape.hidden * (1 if work.on_gpu else work.compute) if shape.dropout else 0
    return norms + 5 * work.compute * shape.intermediate + masks


def _norm(work: Pass) -> int:
    """RMS norm: its input, and unless its weight is frozen the normed input."""
    return FP32 if work.rank else 2 * FP32


def _inputs(work: Pass, linears: int) -> int:
    """The input that some linear layers share, or under autocast a copy for each."""
    return linears * work.compute if work.compute < FP32 else FP32


def _adapters(shape: ModelShape, work: Pass) -> int:
    linears = 4 if shape.family == "gpt2" else 7
    return linears * work.rank * work.compute


def _attention(shape: ModelShape, work: Pass) -> int:
    """Query, key, value and output; dropout on a CPU takes torch's plain path, which the fused kernel does not.

    The plain path keeps the attention's weights, its dropout and their product, heads times tokens for each
    position, and scaled queries and keys. The value of a single GPT-2 essay is a view that keeps all three.
    """
    if work.on_gpu or not shape.attention_dropout:
        grouped = work.essays == 1  # a batch is padded, and with a mask the keys are repeated for every head
        return work.compute * 2 * (shape.query_width + (shape.key_width if grouped else shape.query_width))
    weights = 3 * shape.heads * work.tokens
    view = 2 * shape.query_width if shape.family == "gpt2" and work.essays == 1 and work.compute == FP32 else 0
    return FP32 * (weights + 3 * shape.query_width + view) + work.compute * shape.query_width
