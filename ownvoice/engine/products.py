"""Multiplies by weights that are packed for the processor's matrix kernels, while a model answers.

A step of decoding is a few rows times every weight, over and over with the same weights. oneDNN keeps them in the order in
which its kernel reads them, and rounds what it multiplies to bf16 where the processor computes in it. On 2 cores (AMD EPYC)
27 rows of SmolLM2 take 28 ms in bf16 and 44 ms in fp32, where `torch.nn.functional.linear` takes 105.

A row's result doesn't depend on the others, nor on how many they are: so an answer doesn't either
(tests/end_to_end/test_products.py).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from transformers.pytorch_utils import Conv1D

from ownvoice.engine.device import Arithmetic
from ownvoice.engine.load import LoadedModel

EXACT = 64
"""Scores of a row, the highest, that are computed anew in fp32: bf16 tells 16.0 from 16.1 only just, and one is chosen of
so many at most."""
LEAST_ROWS = 2
"""A single row is multiplied by another kernel, which adds up in another order."""


def answering_dtype(device: torch.device, arithmetic: Arithmetic) -> torch.dtype:
    """What is multiplied when a model answers: bf16 on a processor that computes in it, else fp32."""
    low = arithmetic.autocast if device.type == "cpu" else None
    return low if low and _packs(low) else torch.float32


@contextmanager
def packed_products(loaded: LoadedModel, dtype: torch.dtype) -> Iterator[None]:
    """While it is open, the model's linear layers multiply by packed weights; afterwards it is as it was.

    In fp32 the packed weights stand in the place of the plain ones, which come back bit for bit; in bf16 beside them. To be
    opened outside of torch's inference mode, which would make weights of them that can't be trained. On a GPU, or where torch
    comes without oneDNN, nothing is changed.

    Args:
        dtype: What is multiplied; sums are in fp32.
    """
    if loaded.device.type != "cpu" or not _packs(dtype):
        yield
        return
    head, packed = loaded.model.get_output_embeddings(), list[_PackedLayer]()
    try:
        layers = [module for module in loaded.model.modules() if type(module) in (torch.nn.Linear, Conv1D)]
        for module in sorted(
            layers, key=lambda layer: -layer.weight.numel()
        ):  # a rounded copy is there while it is packed
            packed.append(_PackedLayer(module, dtype, is_head=module is head))
        yield
    finally:
        while packed:
            packed.pop().unpack()


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


class _PackedLayer:
    """A layer whose `forward` multiplies by its packed weights, until they are unpacked."""

    def __init__(self, module: Any, dtype: torch.dtype, *, is_head: bool) -> None:
        self._module, self._before = module, module.__dict__.get("forward")
        self._dtype, self._bias = dtype, module.bias
        # GPT-2 has its weights as (inputs, outputs).
        self._weight: torch.Tensor = module.weight.detach().T if isinstance(module, Conv1D) else module.weight.detach()
        self._packed = _pack(self._weight.to(dtype).contiguous())
        self._added = None if self._bias is None else self._bias.detach().to(dtype)
        self._width = self._weight.shape[0]
        module.forward = self._scores if is_head and dtype != torch.float32 else self._product
        self._stands_alone = (
            self._weight.dtype == dtype == torch.float32 and not is_head
        )  # a head may be the embedding too
        if self._stands_alone:
            self._weight = module.weight.data = self._weight.new_empty(0)

    def unpack(self) -> None:
        if self._stands_alone:
            weight = self._packed.to_dense()
            self._module.weight.data = weight.T.contiguous() if isinstance(self._module, Conv1D) else weight
        del self._module.forward
        if self._before is not None:
            self._module.forward = self._before

    def _product(self, inputs: torch.Tensor) -> torch.Tensor:
        """(..., inputs) to (..., outputs), in the dtype that is multiplied."""
        rows = inputs.reshape(-1, inputs.shape[-1])
        number = rows.shape[0]
        rounded = rows.to(self._dtype)
        result = _multiply(_not_alone(rounded), self._packed, self._added)
        return result[:number].view(*inputs.shape[:-1], self._width)

    def _scores(self, inputs: torch.Tensor) -> torch.Tensor:
        """The product in fp32, the highest of it exactly."""
        rows, scores = inputs.reshape(-1, inputs.shape[-1]).float(), self._product(inputs).float()
        flat = scores.view(-1, self._width)
        highest = flat.topk(min(EXACT, self._width)).indices
        weights = self._weight[_not_alone(highest)].float()
        exact = torch.bmm(weights, _not_alone(rows).unsqueeze(-1)).squeeze(-1)[: len(rows)]
        if self._bias is not None:
            exact += self._bias.detach().float()[highest]
        flat.scatter_(1, highest, exact)
        return scores
