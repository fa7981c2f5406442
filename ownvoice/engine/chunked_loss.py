"""Cross-entropy from hidden states a chunk of tokens at a time; logits exist for one chunk only.

torch 2.13 has this as `linear_cross_entropy`, but older torch that we support has not, it knows no
capped logits (Gemma 2), and it holds the head's gradient through the whole backward pass.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import torch
from torch.nn.functional import cross_entropy

WORDS_AT_ONCE = 8192  # rows of the head's 16-bit gradient that are made before they are added up in fp32
NOT_TAUGHT = -100  # label of a token that carries no loss, as in torch's cross_entropy


class Head(NamedTuple):
    """How hidden states become logits: a product, and for some models a cap (`cap * tanh(logits / cap)`)."""

    weight: torch.Tensor
    cap: float | None
    chunk_tokens: int
    dtype: torch.dtype
    """Of the product: fp32, or what autocast would take."""

    def logits(self, hidden: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
        product = (hidden @ weight.T).float()
        return product if self.cap is None else self.cap * torch.tanh(product / self.cap)


def chunked_cross_entropy(hidden: torch.Tensor, head: Head, labels: torch.Tensor) -> torch.Tensor:
    """Summed loss in nats: hidden (tokens, width), labels (tokens), `NOT_TAUGHT` where a token counts nothing."""
    total: torch.Tensor = _ChunkedCrossEntropy.apply(hidden, head.weight, labels, head)  # type: ignore[no-untyped-call]
    return total


def losses_in_chunks(hidden: torch.Tensor, head: Head, labels: torch.Tensor) -> torch.Tensor:
    """Loss in nats of each token, without a gradient: hidden (tokens, width), labels (tokens), all of them taught."""
    weight = head.weight.to(head.dtype)
    losses = [
        cross_entropy(head.logits(hidden[rows].to(head.dtype), weight), labels[rows], reduction="none")
        for rows in _chunks(hidden, head)
    ]
    return torch.cat(losses)


class _ChunkedCrossEntropy(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, hidden: torch.Tensor, weight: torch.Tensor, labels: torch.Tensor, head: Head) -> torch.Tensor:
        ctx.save_for_backward(hidden, weight, labels)
        ctx.head = head
        product_weight = weight.to(head.dtype)
        total = torch.zeros((), device=hidden.device)
        for rows in _chunks(hidden, head):
            logits = head.logits(hidden[rows].to(head.dtype), product_weight)
            total += cross_entropy(logits, labels[rows], ignore_index=NOT_TAUGHT, reduction="sum")
        return total

    @staticmethod
    def backward(ctx: Any, *upstream: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor | None, None, None]:
        hidden, weight, labels = ctx.saved_tensors
        head, product_weight = ctx.head, weight.to(ctx.head.dtype)
        of_hidden = torch.empty_like(hidden)
        of_weight = torch.zeros_like(weight, dtype=torch.float32) if ctx.needs_input_grad[1] else None
        for rows in _chunks(hidden, head):
            states = hidden[rows].to(head.dtype)
            of_logits = _gradient_of_logits(head, head.logits(states, product_weight), labels[rows], upstream[0])
            of_hidden[rows] = (of_logits @ product_weight).to(hidden.dtype)
            if of_weight is not None:
                _add_product(of_weight, of_logits, states)
        return of_hidden, None if of_weight is None else of_weight.to(weight.dtype), None, None


def _gradient_of_logits(head: Head, logits: torch.Tensor, labels: torch.Tensor, upstream: torch.Tensor) -> torch.Tensor:
    """Softmax less one at the label, through the cap; nothing where nothing is taught."""
    taught = labels != NOT_TAUGHT
    slope = None if head.cap is None else 1 - (logits / head.cap).square_()
    gradient = torch.softmax(logits, dim=-1)
    gradient[torch.arange(len(labels), device=labels.device), labels.clamp(min=0)] -= 1
    gradient *= (taught * upstream)[:, None]
    return (gradient if slope is None else gradient * slope).to(head.dtype)


def _add_product(of_weight: torch.Tensor, of_logits: torch.Tensor, states: torch.Tensor) -> None:
    if states.dtype == torch.float32:
        of_weight.addmm_(of_logits.T, states)  # no second matrix of the head's size
        return
    for first in range(0, len(of_weight), WORDS_AT_ONCE):
        words = slice(first, first + WORDS_AT_ONCE)
        of_weight[words] += of_logits[:, words].T @ states


def _chunks(hidden: torch.Tensor, head: Head) -> Iterator[slice]:
    return (slice(first, first + head.chunk_tokens) for first in range(0, len(hidden), head.chunk_tokens))
