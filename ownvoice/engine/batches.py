"""Examples as token ids, and batches of them as padded tensors."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import torch

from ownvoice.config import TrainingConfig
from ownvoice.engine.chunked_loss import NOT_TAUGHT
from ownvoice.engine.load import LoadedModel
from ownvoice.worker.messages import Example


class Tokens(NamedTuple):
    """One example as ids; the first `untaught` of them carry no loss."""

    ids: list[int]
    untaught: int

    @property
    def taught(self) -> int:
        return len(self.ids) - self.untaught


class Batch(NamedTuple):
    """Tensors of shape (examples, width of the longest), padded on the right."""

    ids: torch.Tensor
    mask: torch.Tensor
    labels: torch.Tensor
    first_taught: int
    """No example has a taught token before this column: logits are wanted only from here on."""


def tokenise(loaded: LoadedModel, example: Example, config: TrainingConfig) -> Tokens:
    """Prompt, completion and end-of-text as ids."""
    prompt = loaded.encode(example.prompt)
    completion = [*loaded.encode(example.completion), loaded.tokenizer.eos_token_id]
    # The first token has nothing before it to be predicted from, so it is never taught.
    untaught = len(prompt) if config.loss_on == "essay" else 1
    return Tokens(prompt + completion, max(untaught, 1))


def batch_of(examples: Sequence[Tokens], loaded: LoadedModel) -> Batch:
    width, device = max(len(example.ids) for example in examples), loaded.device
    pad = loaded.tokenizer.pad_token_id
    ids = torch.tensor([e.ids + [pad] * (width - len(e.ids)) for e in examples], device=device)
    mask = torch.tensor([[1] * len(e.ids) + [0] * (width - len(e.ids)) for e in examples], device=device)
    labels = torch.full_like(ids, NOT_TAUGHT)
    for row, example in enumerate(examples):
        labels[row, example.untaught : len(example.ids)] = ids[row, example.untaught : len(example.ids)]
    return Batch(ids, mask, labels, min(example.untaught for example in examples))


def split(examples: Sequence[Tokens], size: int | None) -> Iterator[Sequence[Tokens]]:
    """In parts of `size`; None is all in one."""
    size = size or len(examples)
    return (examples[first : first + size] for first in range(0, len(examples), size))
