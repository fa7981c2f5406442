"""What a forward pass keeps for the backward pass, counted tensor by tensor from transformers' own layers.

The residual stream is fp32 on every rung (ownvoice.precision widens 16-bit weights); under autocast the
matrix products read and write 16 bits. `tests/bench/activations.py` holds the counts against torch's
saved-tensor hooks.
"""

from __future__ import annotations

from typing import NamedTuple

from ownvoice.shapes import ModelShape

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
    """Query, key, value and output; on a CPU the fused kernel takes neither grouped keys nor dropout.

    There torch's plain path keeps every weight of the attention: heads times tokens for each position.
    """
    if work.on_gpu or (shape.key_value_heads == shape.heads and not shape.attention_dropout):
        return work.compute * (2 * shape.query_width + 2 * shape.key_width)
    weights = shape.heads * work.tokens * (3 if shape.attention_dropout else 1)
    return FP32 * (weights + 3 * shape.query_width) + work.compute * shape.query_width
