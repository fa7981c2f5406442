"""Continues rows of tokens by transformers' `generate`: any model that it knows, rows padded to one width.

For the models that `ownvoice.engine.rows` doesn't know.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import torch
from transformers import (
    GenerationConfig,
    LogitsProcessor,
    LogitsProcessorList,
    StoppingCriteria,
    StoppingCriteriaList,
)

from ownvoice.engine.load import LoadedModel


class Choose(Protocol):
    """Chooses the next token of each row (rows) from its scores (rows, vocabulary)."""

    def __call__(self, scores: torch.Tensor, rows: Sequence[int], step: int, /) -> torch.Tensor: ...


HasEnded = Callable[[int, int], bool]
"""Takes a row's place and its newest token; a row that has ended is continued no further."""


def continue_padded(
    loaded: LoadedModel,
    rows: Sequence[list[int]],
    max_new_tokens: int,
    choose: Choose,
    has_ended: HasEnded,
    on_step: Callable[[], None],
) -> list[list[int]]:
    """The new tokens of every row, with the one that ended it."""
    width, pad = max(map(len, rows)), loaded.tokenizer.pad_token_id
    follower = _Follower(len(rows), choose, has_ended, on_step)
    loaded.model.generate(
        input_ids=torch.tensor([[pad] * (width - len(row)) + row for row in rows], device=loaded.device),
        attention_mask=torch.tensor([[0] * (width - len(row)) + [1] * len(row) for row in rows], device=loaded.device),
        generation_config=GenerationConfig(
            max_new_tokens=max_new_tokens,
            do_sample=False,  # who chooses has sampled already
            cache_implementation="static",  # one allocation, not a longer copy of every layer's cache at every step
            disable_compile=True,
            pad_token_id=pad,
        ),
        logits_processor=LogitsProcessorList([_Chosen(follower)]),
        stopping_criteria=StoppingCriteriaList([_Ended(follower)]),
    )
    return follower.new


class _Follower:
    """What `generate` asks in two places, of one step."""

    def __init__(self, rows: int, choose: Choose, has_ended: HasEnded, on_step: Callable[[], None]) -> None:
        self._choose, self._has_ended, self._on_step = choose, has_ended, on_step
        self._ended, self._step = [False] * rows, 0
        self.new: list[list[int]] = [[] for _ in range(rows)]

    def chosen(self, scores: torch.Tensor) -> torch.Tensor:
        chosen = self._choose(scores.float(), range(len(self.new)), self._step)
        self._step += 1
        self._on_step()
        return chosen

    def ended(self, newest: list[int]) -> list[bool]:
        for row, token in enumerate(newest):
            if not self._ended[row]:
                self.new[row].append(token)
                self._ended[row] = self._has_ended(row, token)
        return self._ended


class _Chosen(LogitsProcessor):  # type: ignore[misc]
    """Leaves the chosen token as the only finite score, for greedy search to pick up."""

    def __init__(self, follower: _Follower) -> None:
        self._follower = follower

    def __call__(self, _input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        return torch.full_like(scores, -torch.inf).scatter_(1, self._follower.chosen(scores)[:, None], 0.0)


class _Ended(StoppingCriteria):  # type: ignore[misc]
    def __init__(self, follower: _Follower) -> None:
        self._follower = follower

    def __call__(self, input_ids: torch.Tensor, _scores: Any, **_: Any) -> torch.Tensor:
        ended = self._follower.ended(input_ids[:, -1].tolist())
        return torch.tensor(ended, dtype=torch.bool, device=input_ids.device)
