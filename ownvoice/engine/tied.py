"""The gradient of a weight that is both embedding and output layer, added up where the output layer's lies.

torch would make the embedding's a second matrix of that size, zeros but for the rows of the tokens that were read, and the sum
a third: of Gemma 3, 640 MiB each. Here the output layer's, which comes first, waits until the embedding's turn.
"""

from __future__ import annotations

from types import TracebackType
from typing import Any

import torch


class TiedGradient:
    """In a `with` block the embedding's forward pass is one whose backward pass adds to what waits, and hands on the sum."""

    def __init__(self, embedding: torch.nn.Embedding) -> None:
        self._embedding = embedding
        self._waiting: torch.Tensor | None = None

    def wait(self, of_output_layer: torch.Tensor) -> None:
        self._waiting = of_output_layer

    def add_rows(self, of_embedding: torch.Tensor) -> torch.Tensor:
        """The sum; `of_embedding` is sparse, with the rows of the tokens that were read."""
        total, self._waiting = self._waiting, None
        assert total is not None, "the output layer's backward pass comes before the embedding's"
        return total.add_(of_embedding)

    def __enter__(self) -> TiedGradient:
        self._hook = self._embedding.register_forward_hook(self._read)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self._hook.remove()

    def _read(self, embedding: torch.nn.Embedding, inputs: tuple[torch.Tensor], _output: torch.Tensor) -> torch.Tensor:
        rows: torch.Tensor = _Rows.apply(embedding.weight, inputs[0], embedding, self)  # type: ignore[no-untyped-call]
        return rows


class _Rows(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, weight: torch.Tensor, ids: torch.Tensor, embedding: torch.nn.Embedding, tied: TiedGradient
    ) -> torch.Tensor:
        sparse, embedding.sparse = embedding.sparse, True
        with torch.enable_grad():
            rows = embedding.forward(ids)  # some models scale what they look up
        embedding.sparse = sparse
        ctx.rows, ctx.weight, ctx.tied = rows, weight, tied
        return rows.detach()

    @staticmethod
    def backward(ctx: Any, *upstream: torch.Tensor) -> tuple[torch.Tensor, None, None, None]:
        (of_weight,) = torch.autograd.grad(ctx.rows, ctx.weight, upstream[0])
        return ctx.tied.add_rows(of_weight), None, None, None
