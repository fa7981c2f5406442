"""The output layer with its cross entropy, a block of words at a time: no table of all logits in fp32 is ever made.

What is kept for the backward pass are the products as they were made, 16 bits each under autocast, or nothing: then they are
made again. torch's cross_entropy has several tables of tokens times words in fp32 at once: of 900 tokens and Gemma 3's 262,144
words 0.9 GiB each.

torch 2.13 has chunks as `linear_cross_entropy`, but older torch that we support has not, it knows no capped logits
(Gemma 2), and it holds the head's gradient through the whole backward pass.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import torch

from ownvoice.engine.tied import TiedGradient

BLOCK_ELEMENTS = 2**21
"""Logits of a block, 8 MiB in fp32: it stays in the processor's cache, and its products run at their full rate."""


class Head(NamedTuple):
    """How hidden states become logits: a product, and for some models a cap (`cap * tanh(logits / cap)`)."""

    weight: torch.Tensor
    cap: float | None
    dtype: torch.dtype
    """The dtype of the product: fp32, or what autocast would take."""
    keeps_logits: bool
    """Between forward and backward pass; else they are made twice."""
    tied: TiedGradient | None = None
    """Where the weight's gradient goes, if the embedding's is added to it."""

    def logits(self, states: torch.Tensor) -> torch.Tensor:
        """All of them, in fp32: states (tokens, width) to (tokens, words)."""
        return self.capped((states.to(self.dtype) @ self.weight.to(self.dtype).T).float())

    def capped(self, product: torch.Tensor) -> torch.Tensor:
        return product if self.cap is None else self.cap * torch.tanh(product / self.cap)


def summed_loss(hidden: torch.Tensor, head: Head, labels: torch.Tensor) -> torch.Tensor:
    """In nats, with its gradient: hidden (tokens, width), labels (tokens)."""
    total: torch.Tensor = _HeadLoss.apply(hidden, head.weight, labels, head)  # type: ignore[no-untyped-call]
    return total


def losses(hidden: torch.Tensor, head: Head, labels: torch.Tensor) -> torch.Tensor:
    """In nats, of each token, without a gradient: hidden (tokens, width), labels (tokens)."""
    normaliser, own = _read(hidden.to(head.dtype), head, labels, None)
    return normaliser - own


class _HeadLoss(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, hidden: torch.Tensor, weight: torch.Tensor, labels: torch.Tensor, head: Head) -> torch.Tensor:
        ctx.head, ctx.kept = head, [] if head.keeps_logits else None
        normaliser, own = _read(hidden.to(head.dtype), head, labels, ctx.kept)
        ctx.save_for_backward(hidden, weight, labels, normaliser)
        return (normaliser - own).sum()

    @staticmethod
    def backward(ctx: Any, *upstream: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor | None, None, None]:
        hidden, weight, labels, normaliser = ctx.saved_tensors
        head, states = ctx.head, hidden.to(ctx.head.dtype)
        of_states = torch.zeros_like(states, dtype=torch.float32)
        of_weight = torch.empty_like(weight) if ctx.needs_input_grad[1] else None
        for number, words in enumerate(_blocks(weight, len(states))):
            block = weight[words].to(head.dtype)
            if ctx.kept is None:
                product = states @ block.T
            else:
                product, ctx.kept[number] = ctx.kept[number], None
            of_logits = _gradient(head, product, labels - words.start, normaliser, upstream[0])
            of_states += of_logits @ block
            if of_weight is not None:
                of_weight[words] = of_logits.T @ states
        if of_weight is not None and head.tied:
            head.tied.wait(of_weight)
            of_weight = None
        return of_states.to(hidden.dtype), of_weight, None, None


def _read(
    states: torch.Tensor, head: Head, labels: torch.Tensor, kept: list[torch.Tensor] | None
) -> tuple[torch.Tensor, torch.Tensor]:
    """Of each token the logarithm of what its softmax divides by, and its label's logit; the products go into `kept`."""
    normalisers, own = [], torch.zeros(len(states), device=states.device)
    for words in _blocks(head.weight, len(states)):
        product = states @ head.weight[words].to(head.dtype).T
        if kept is not None:
            kept.append(product)
        logits = head.capped(product.float())
        inside, place = _place(labels - words.start, logits.shape[1])
        own = torch.where(inside, logits.gather(1, place)[:, 0], own)
        normalisers.append(logits.logsumexp(-1))
    return torch.stack(normalisers).logsumexp(0), own


def _gradient(
    head: Head, product: torch.Tensor, labels: torch.Tensor, normaliser: torch.Tensor, upstream: torch.Tensor
) -> torch.Tensor:
    """Of a block's product: softmax less one at the label, through the cap. `labels` count from the block's first word."""
    logits = head.capped(product.float())
    slope = None if head.cap is None else 1 - (logits / head.cap).square_()
    gradient = torch.sub(logits, normaliser[:, None]).exp_()
    inside, place = _place(labels, gradient.shape[1])
    gradient.scatter_add_(1, place, -inside.to(gradient.dtype)[:, None])
    gradient *= upstream
    return (gradient if slope is None else gradient * slope).to(head.dtype)


def _place(labels: torch.Tensor, words: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Whether a label lies in the block (tokens), and where (tokens, 1): without a choice that a GPU would have to wait for."""
    place = labels.clamp(0, words - 1)
    return place == labels, place[:, None]


def _blocks(weight: torch.Tensor, tokens: int) -> Iterator[slice]:
    words = max(1, BLOCK_ELEMENTS // max(1, tokens))
    return (slice(first, min(first + words, len(weight))) for first in range(0, len(weight), words))
