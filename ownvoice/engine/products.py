"""Multiplies by weights that are packed for the processor's matrix kernels, while a model answers.

A step of decoding is a few rows times every weight, over and over with the same weights. oneDNN keeps them in the order in
which its kernel reads them, and rounds what it multiplies to bf16 where the processor computes in it. On 2 cores (AMD EPYC)
27 rows of SmolLM2 take 28 ms in bf16 and 44 ms in fp32, where `torch.nn.functional.linear` takes 105.

A row's result doesn't depend on the others, nor on how many they are: so an answer doesn't either
(tests/end_to_end/test_products.py).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import torch
from torch.nn.functional import linear
from transformers.pytorch_utils import Conv1D

from ownvoice.engine.device import Arithmetic
from ownvoice.engine.load import LOW, LoadedModel

SPARE = 14
"""Scores beyond those that are chosen from: rounded to bf16, one of these may lie below another."""
LEAST_ROWS = 2
"""A single row is multiplied by another kernel, which adds up in another order."""


def answering_dtype(device: torch.device, arithmetic: Arithmetic) -> torch.dtype:
    """What is multiplied when a model answers: bf16 on a processor that computes in it, else fp32."""
    low = arithmetic.autocast if device.type == "cpu" else None
    return low if low and _packs(low) else torch.float32


@contextmanager
def packed_products(loaded: LoadedModel, dtype: torch.dtype, chosen_from: int) -> Iterator[None]:
    """While it is open, the model's linear layers multiply by packed weights; afterwards it is as it was.

    In fp32 the packed weights stand in the place of the plain ones, which come back bit for bit; in bf16 beside them. Weights
    that are stored in 16 bits, which is done where memory is short, are not packed. To be opened outside of torch's inference
    mode, which would make weights of them that can't be trained. On a GPU, or where torch comes without oneDNN, nothing is
    packed.

    Args:
        dtype: What is multiplied; sums are in fp32, and rounded to it.
        chosen_from: The next token is one of so many likeliest: their scores are computed anew in fp32, with some to spare, since
            bf16 tells 16.0 from 16.1 only just.
    """
    layers = [module for module in loaded.model.modules() if type(module) in (torch.nn.Linear, Conv1D)]
    packs = loaded.device.type == "cpu" and _packs(dtype)
    head, uses = loaded.model.get_output_embeddings(), Counter(id(layer.weight) for layer in layers)
    with ExitStack() as patched:
        for layer in sorted(
            layers, key=lambda each: -each.weight.numel()
        ):  # a rounded copy is there while it is packed
            if layer.weight.dtype in LOW:
                _multiply_by(layer, _LowLayer(layer, dtype), patched)
            elif packs:
                exact = chosen_from + SPARE if layer is head and dtype != torch.float32 else 0
                packed = _PackedLayer(layer, dtype, exact)
                _multiply_by(layer, packed, patched)
                if dtype == torch.float32 and layer is not head and uses[id(layer.weight)] == 1:
                    patched.callback(packed.put_back)
                    packed.take_the_place()
        yield


def _multiply_by(layer: torch.nn.Module, product: Callable[[torch.Tensor], torch.Tensor], patched: ExitStack) -> None:
    """Until `patched` is closed."""
    before = layer.__dict__.get("forward")

    def restore() -> None:
        del layer.forward
        if before is not None:
            layer.forward = before

    layer.forward = product
    patched.callback(restore)


def _packs(dtype: torch.dtype) -> bool:
    """Whether this build of torch, on this processor, multiplies by packed weights of a dtype."""
    if not torch.backends.mkldnn.is_available():  # type: ignore[no-untyped-call]
        return False
    try:
        _multiply(torch.ones(LEAST_ROWS, 2, dtype=dtype), _pack(torch.ones(2, 2, dtype=dtype)), None)
    except (RuntimeError, AttributeError):  # the processor can't, or this torch has no such operation
        return False
    return True


def _pack(weight: torch.Tensor) -> torch.Tensor:
    packed: torch.Tensor = torch.ops.mkldnn._reorder_linear_weight(weight, 32)
    return packed


def _multiply(rows: torch.Tensor, packed: torch.Tensor, bias: torch.Tensor | None) -> torch.Tensor:
    product: torch.Tensor = torch.ops.mkldnn._linear_pointwise(rows, packed, bias, "none", [], "")
    return product


def _not_alone(rows: torch.Tensor) -> torch.Tensor:
    return rows if len(rows) >= LEAST_ROWS else rows.expand(LEAST_ROWS, -1)


def _weight_of(layer: Any) -> torch.Tensor:
    """(outputs, inputs); GPT-2 has its weights the other way round."""
    weight: torch.Tensor = layer.weight.detach()
    return weight.T if isinstance(layer, Conv1D) else weight


class _LowLayer:
    """Multiplies by weights that are stored in 16 bits, widened or rounded for the one product."""

    def __init__(self, layer: Any, dtype: torch.dtype) -> None:
        self._weight, self._bias, self._dtype = _weight_of(layer), layer.bias, dtype

    def __call__(self, inputs: torch.Tensor) -> torch.Tensor:
        bias = None if self._bias is None else self._bias.detach().to(self._dtype)
        return linear(inputs.to(self._dtype), self._weight.to(self._dtype), bias)


class _PackedLayer:
    """Multiplies by packed weights: (..., inputs) to (..., outputs), in the dtype that is multiplied.

    `exact` so many of a row's results, the highest, are those of fp32, and then all are in fp32.
    """

    def __init__(self, layer: Any, dtype: torch.dtype, exact: int) -> None:
        self._layer, self._dtype, self._bias, self._exact = layer, dtype, layer.bias, exact
        weight = _weight_of(layer)
        self._width = weight.shape[0]
        self._packed = _pack(weight.to(dtype).contiguous())
        self._added = None if self._bias is None else self._bias.detach().to(dtype)

    def take_the_place(self) -> None:
        self._layer.weight.data = self._layer.weight.data.new_empty(0)

    def put_back(self) -> None:
        weight = self._packed.to_dense()
        self._layer.weight.data = weight.T.contiguous() if isinstance(self._layer, Conv1D) else weight

    def __call__(self, inputs: torch.Tensor) -> torch.Tensor:
        rows = inputs.reshape(-1, inputs.shape[-1])
        results = _multiply(_not_alone(rows.to(self._dtype)), self._packed, self._added)[: len(rows)]
        if self._exact:
            results = self._with_the_highest_exact(rows.float(), results.float())
        return results.view(*inputs.shape[:-1], self._width)

    def _with_the_highest_exact(self, rows: torch.Tensor, results: torch.Tensor) -> torch.Tensor:
        highest = results.topk(min(self._exact, self._width)).indices
        weights = _weight_of(self._layer)[_not_alone(highest)].float()
        exact = torch.bmm(weights, _not_alone(rows).unsqueeze(-1)).squeeze(-1)[: len(rows)]
        if self._bias is not None:
            exact += self._bias.detach().float()[highest]
        return results.scatter_(1, highest, exact)
