"""Continues rows of tokens, a token of each at a step, over keys and values that every row keeps from its own start on.

transformers' `generate` pads all rows to one width and attends to all places that the longest may come to fill. Here each
prompt is read by itself, so nothing is padded; the keys and values grow in blocks; a row that has ended leaves; and every row
sees the same shapes whichever rows are continued beside it, so an answer doesn't depend on its batch.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import torch

from ownvoice.engine.load import LoadedModel
from ownvoice.engine.padded import Choose, HasEnded, continue_padded
from ownvoice.engine.rows_cache import RowsCache, attending

MOST_HELD = 0.75
"""Rows that have ended leave once so few of those held go on: each time all keys and values are copied."""
SHORTEST_SHARED = 256
"""Tokens: what is shorter is read with each row as fast."""
# Whose masks and positions are known here, and tested; others are asked by transformers' `generate`.
MODELS = frozenset({"gemma3_text", "gpt2", "llama"})


def likeliest(scores: torch.Tensor, _rows: Sequence[int], _step: int) -> torch.Tensor:
    """Greedy decoding."""
    return scores.argmax(-1)


class Shared(NamedTuple):
    """What all rows of a request begin with, read once for all its batches."""

    tokens: int
    states: list[tuple[torch.Tensor, torch.Tensor]]
    """Keys and values of each layer."""


def read_shared(loaded: LoadedModel, rows: Sequence[list[int]], dtype: torch.dtype) -> Shared | None:
    """None where the rows have less in common than is worth it, or the model is not known here."""
    tokens, config = tokens_shared(rows), _config(loaded)
    if not tokens or config.model_type not in MODELS:
        return None
    cache = RowsCache(config, 0, dtype)
    with attending(loaded.model, cache):
        cache.read(loaded, rows[0][:tokens], row=None)
        return Shared(tokens, cache.states_begun())


def tokens_shared(rows: Sequence[list[int]]) -> int:
    """So many tokens all rows begin with; 0 where there are fewer than are worth reading by themselves."""
    if len(rows) < 2:
        return 0
    differs = next((i for i, tokens in enumerate(zip(*rows, strict=False)) if len(set(tokens)) > 1), None)
    shared = min(len(row) for row in rows) - 1 if differs is None else differs
    return shared if shared >= SHORTEST_SHARED else 0


def continue_rows(
    loaded: LoadedModel,
    rows: Sequence[list[int]],
    max_new_tokens: int,
    choose: Choose,
    has_ended: HasEnded,
    *,
    width: int,
    dtype: torch.dtype = torch.float32,
    shared: Shared | None = None,
    on_step: Callable[[], None] = lambda: None,
) -> list[list[int]]:
    """The new tokens of every row, with the one that ended it.

    Args:
        width: Tokens of the longest row of the request, of which these may be a part: every part sees the same shapes.
        dtype: Of keys and values.
        shared: What all rows of the request begin with.
    """
    config = _config(loaded)
    if config.model_type not in MODELS:
        return continue_padded(loaded, rows, max_new_tokens, choose, has_ended, on_step)
    new: list[list[int]] = [[] for _ in rows]
    held, ended = list(range(len(rows))), set[int]()
    cache = RowsCache(config, len(rows), dtype)
    if shared:
        cache.begin_with(shared.tokens, shared.states)
    cache.make_room(width - cache.begun)
    with attending(loaded.model, cache):
        scores = _read(loaded, rows, cache)
        for step in range(max_new_tokens):
            chosen = choose(scores, held, step)
            on_step()
            for row, token in zip(held, chosen.tolist(), strict=True):
                if row not in ended:
                    new[row].append(token)
                    if has_ended(row, token):
                        ended.add(row)
            if len(ended) == len(rows) or step + 1 == max_new_tokens:
                break
            going = [place for place, row in enumerate(held) if row not in ended]
            if len(going) <= MOST_HELD * len(held):
                kept = torch.tensor(going, device=loaded.device)
                cache.keep(kept)
                chosen, held = chosen[kept], [held[place] for place in going]
            at = torch.tensor([len(rows[row]) + step for row in held], device=loaded.device)
            scores = cache.step(loaded.model, chosen, at, width + step + 1)
    return new


def _config(loaded: LoadedModel) -> Any:
    return loaded.model.config.get_text_config(decoder=True)


def _read(loaded: LoadedModel, rows: Sequence[list[int]], cache: RowsCache) -> torch.Tensor:
    """Reads the prompts, each by itself and once; the scores of what follows them, (rows, vocabulary)."""
    first: dict[tuple[int, ...], int] = {}
    scores: list[torch.Tensor] = []
    for row, ids in enumerate(rows):
        same = first.setdefault(tuple(ids), row)
        if same == row:
            scores.append(cache.read(loaded, ids[cache.begun :], row))
        else:
            cache.copy(same, row)
            scores.append(scores[same])
    return torch.stack(scores)
