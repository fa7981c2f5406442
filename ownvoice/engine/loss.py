"""Computes the loss of a batch: examples as padded tensors, logits at once, or in chunks where the rung asks for it.

torch 2.13 has chunks as `linear_cross_entropy`, but older torch that we support has not, it knows no capped logits
(Gemma 2), and it holds the head's gradient through the whole backward pass."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple, TypeVar

import torch
from torch.nn.functional import cross_entropy

from ownvoice.engine.device import Arithmetic
from ownvoice.engine.load import LoadedModel
from ownvoice.engine.tokens import Tokens

T = TypeVar("T")


class PaddedBatch(NamedTuple):
    """Tensors of shape (examples, width of the longest), padded on the right."""

    ids: torch.Tensor
    mask: torch.Tensor
    labels: torch.Tensor
    first_taught: int
    """No example has a taught token before this column: logits are wanted only from here on."""


def batch_of(examples: Sequence[Tokens], loaded: LoadedModel) -> PaddedBatch:
    width, device = max(len(example.ids) for example in examples), loaded.device
    pad = loaded.tokenizer.pad_token_id
    ids = torch.tensor([e.ids + [pad] * (width - len(e.ids)) for e in examples], device=device)
    mask = torch.tensor([[1] * len(e.ids) + [0] * (width - len(e.ids)) for e in examples], device=device)
    labels = torch.full_like(ids, NOT_TAUGHT)
    for row, example in enumerate(examples):
        labels[row, example.untaught : len(example.ids)] = ids[row, example.untaught : len(example.ids)]
    return PaddedBatch(ids, mask, labels, min(example.untaught for example in examples))


def split(whole: Sequence[T], size: int | None) -> Iterator[Sequence[T]]:
    """In parts of `size`; None is all in one."""
    size = size or len(whole)
    return (whole[first : first + size] for first in range(0, len(whole), size))


WORDS_AT_ONCE = 8192  # rows of the head's 16-bit gradient that are made before they are added up in fp32
NOT_TAUGHT = -100  # label of a token that carries no loss, as in torch's cross_entropy


class Head(NamedTuple):
    """How hidden states become logits: a product, and for some models a cap (`cap * tanh(logits / cap)`)."""

    weight: torch.Tensor
    cap: float | None
    chunk_tokens: int
    dtype: torch.dtype
    """The dtype of the product: fp32, or what autocast would take."""

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


# Relative difference between the model's own logits and our head's: bf16 products agree to 1e-3 or better.
SAME_LOGITS = 1e-2


class BatchLoss(NamedTuple):
    """`total` is the summed loss in nats over `tokens` taught tokens."""

    total: torch.Tensor
    tokens: int


class LossOfBatch:
    """`chunk_tokens` is None for logits all at once; a head that is no plain product is never chunked."""

    def __init__(self, loaded: LoadedModel, arithmetic: Arithmetic, chunk_tokens: int | None) -> None:
        self._loaded, self._arithmetic = loaded, arithmetic
        self._causal = loaded.model.get_base_model() if hasattr(loaded.model, "get_base_model") else loaded.model
        self._head = self._find_head(chunk_tokens) if chunk_tokens else None

    def __call__(self, examples: Sequence[Tokens]) -> BatchLoss:
        batch = batch_of(examples, self._loaded)
        with self._arithmetic.context(self._loaded.device):
            total = self._whole(batch) if self._head is None else self._chunked(batch, self._head)
        return BatchLoss(total, sum(example.taught for example in examples))

    def of_each_token(self, example: Tokens) -> list[float]:
        """Loss in nats of every taught token of one example, in order; to be called without gradients."""
        batch = batch_of([example], self._loaded)
        labels = batch.labels[0, batch.first_taught :]
        with self._arithmetic.context(self._loaded.device):
            if self._head is None:
                losses = cross_entropy(self._logits(batch), labels, reduction="none")
            else:
                losses = losses_in_chunks(self._taught_states(batch), self._head, labels)
        return losses.tolist()

    def _whole(self, batch: PaddedBatch) -> torch.Tensor:
        labels = batch.labels[:, batch.first_taught :].flatten()
        return cross_entropy(self._logits(batch), labels, ignore_index=NOT_TAUGHT, reduction="sum")

    def _logits(self, batch: PaddedBatch) -> torch.Tensor:
        """Only from the first taught token on: the prompt's would be thrown away."""
        keep = batch.ids.shape[1] - batch.first_taught + 1
        logits: torch.Tensor = self._loaded.model(
            input_ids=batch.ids, attention_mask=batch.mask, logits_to_keep=keep, use_cache=False
        ).logits
        return logits[:, :-1].flatten(0, 1).float()

    def _chunked(self, batch: PaddedBatch, head: Head) -> torch.Tensor:
        labels = batch.labels[:, batch.first_taught :].flatten()
        return chunked_cross_entropy(self._taught_states(batch), head, labels)

    def _taught_states(self, batch: PaddedBatch) -> torch.Tensor:
        return self._hidden(batch.ids, batch.mask)[:, batch.first_taught - 1 : -1].flatten(0, 1)

    def _hidden(self, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        body: Any = self._causal.base_model
        hidden: torch.Tensor = body(input_ids=ids, attention_mask=mask, use_cache=False).last_hidden_state
        return hidden

    def _find_head(self, chunk_tokens: int) -> Head | None:
        """The head, if our logits are the model's own on a few tokens: some models scale theirs, or add a bias."""
        layer = self._causal.get_output_embeddings()
        if not isinstance(layer, torch.nn.Linear) or layer.bias is not None:
            return None
        cap = getattr(self._causal.config, "final_logit_softcapping", None)
        head = Head(layer.weight, cap, chunk_tokens, self._arithmetic.autocast or torch.float32)
        ids = torch.arange(1, 5, device=self._loaded.device)[None]
        with torch.no_grad(), self._arithmetic.context(self._loaded.device):
            own = self._causal(input_ids=ids, use_cache=False).logits.float()
            ours = head.logits(self._hidden(ids, torch.ones_like(ids)).to(head.dtype), head.weight.to(head.dtype))
        return head if (own - ours).norm() <= SAME_LOGITS * own.norm() else None
