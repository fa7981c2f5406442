"""Computes the loss of a batch: examples as padded tensors, the output layer with its loss by blocks (`ownvoice.engine.head`)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from typing import Any, NamedTuple, TypeVar

import torch
from torch.nn import Parameter
from torch.nn.functional import cross_entropy

from ownvoice.engine.device import Arithmetic
from ownvoice.engine.head import Head, losses, summed_loss
from ownvoice.engine.load import LoadedModel
from ownvoice.engine.tied import TiedGradient
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


NOT_TAUGHT = -100  # label of a token that carries no loss, as in torch's cross_entropy
# Relative difference between the model's own logits and our head's: bf16 products agree to 1e-3 or better.
SAME_LOGITS = 1e-2


class BatchLoss(NamedTuple):
    """`total` is the summed loss in nats over `tokens` taught tokens."""

    total: torch.Tensor
    tokens: int


class LossOfBatch:
    """A head that is no plain product, or whose weight is shared out among processes, is the model's own: all logits at once."""

    def __init__(self, loaded: LoadedModel, arithmetic: Arithmetic, keeps_logits: bool = True) -> None:
        self._loaded, self._arithmetic = loaded, arithmetic
        self._causal = loaded.model.get_base_model() if hasattr(loaded.model, "get_base_model") else loaded.model
        self._head = self._find_head(keeps_logits)

    def __call__(self, examples: Sequence[Tokens]) -> BatchLoss:
        batch = batch_of(examples, self._loaded)
        labels = batch.labels[:, batch.first_taught :].flatten()
        with self._arithmetic.context(self._loaded.device):
            if self._head is None:
                total = cross_entropy(self._logits(batch), labels, ignore_index=NOT_TAUGHT, reduction="sum")
            else:
                with self._head.tied if self._head.tied and torch.is_grad_enabled() else nullcontext():
                    states = self._taught_states(batch)
                if len(examples) > 1:
                    states, labels = states[labels != NOT_TAUGHT], labels[labels != NOT_TAUGHT]
                total = summed_loss(states, self._head, labels)
        return BatchLoss(total, sum(example.taught for example in examples))

    def of_each_token(self, example: Tokens) -> list[float]:
        """Loss in nats of every taught token of one example, in order; to be called without gradients."""
        batch = batch_of([example], self._loaded)
        labels = batch.labels[0, batch.first_taught :]
        with self._arithmetic.context(self._loaded.device):
            if self._head is None:
                return cross_entropy(self._logits(batch), labels, reduction="none").tolist()
            return losses(self._taught_states(batch), self._head, labels).tolist()

    def _logits(self, batch: PaddedBatch) -> torch.Tensor:
        """Only from the first taught token on: the prompt's would be thrown away."""
        keep = batch.ids.shape[1] - batch.first_taught + 1
        logits: torch.Tensor = self._loaded.model(
            input_ids=batch.ids, attention_mask=batch.mask, logits_to_keep=keep, use_cache=False
        ).logits
        return logits[:, :-1].flatten(0, 1).float()

    def _taught_states(self, batch: PaddedBatch) -> torch.Tensor:
        return self._hidden(batch.ids, batch.mask)[:, batch.first_taught - 1 : -1].flatten(0, 1)

    def _hidden(self, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        body: Any = self._causal.base_model
        hidden: torch.Tensor = body(input_ids=ids, attention_mask=mask, use_cache=False).last_hidden_state
        return hidden

    def _find_head(self, keeps_logits: bool) -> Head | None:
        """The head, if our logits are the model's own on a few tokens: some models scale theirs, or add a bias."""
        layer = self._causal.get_output_embeddings()
        if not isinstance(layer, torch.nn.Linear) or layer.bias is not None or type(layer.weight) is not Parameter:
            return None
        cap = getattr(self._causal.config, "final_logit_softcapping", None)
        embedding = self._causal.get_input_embeddings()
        shared = isinstance(embedding, torch.nn.Embedding) and embedding.weight is layer.weight
        tied = TiedGradient(embedding) if shared and layer.weight.requires_grad else None
        head = Head(layer.weight, cap, self._arithmetic.autocast or torch.float32, keeps_logits, tied)
        ids = torch.arange(1, 5, device=self._loaded.device)[None]
        with torch.no_grad(), self._arithmetic.context(self._loaded.device):
            own = self._causal(input_ids=ids, use_cache=False).logits.float()
            ours = head.logits(self._hidden(ids, torch.ones_like(ids)))
        return head if (own - ours).norm() <= SAME_LOGITS * own.norm() else None
