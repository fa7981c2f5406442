"""The loss of a batch: logits at once, or in chunks where the rung asks for it and the model's head allows it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
from torch.nn.functional import cross_entropy

from ownvoice.engine.batches import Batch, Tokens, batch_of
from ownvoice.engine.chunked_loss import NOT_TAUGHT, Head, chunked_cross_entropy, losses_in_chunks
from ownvoice.engine.device import Arithmetic
from ownvoice.engine.load import LoadedModel

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

    def _whole(self, batch: Batch) -> torch.Tensor:
        labels = batch.labels[:, batch.first_taught :].flatten()
        return cross_entropy(self._logits(batch), labels, ignore_index=NOT_TAUGHT, reduction="sum")

    def _logits(self, batch: Batch) -> torch.Tensor:
        """Only from the first taught token on: the prompt's would be thrown away."""
        keep = batch.ids.shape[1] - batch.first_taught + 1
        logits: torch.Tensor = self._loaded.model(
            input_ids=batch.ids, attention_mask=batch.mask, logits_to_keep=keep, use_cache=False
        ).logits
        return logits[:, :-1].flatten(0, 1).float()

    def _chunked(self, batch: Batch, head: Head) -> torch.Tensor:
        labels = batch.labels[:, batch.first_taught :].flatten()
        return chunked_cross_entropy(self._taught_states(batch), head, labels)

    def _taught_states(self, batch: Batch) -> torch.Tensor:
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
