"""Keeps the keys and values of rows that are continued together, and attends to them.

Each row begins at its own first place, so nothing is padded in front; what all rows begin with is kept once.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import torch
from transformers.cache_utils import Cache, CacheLayerMixin
from transformers.integrations.sdpa_attention import sdpa_attention_forward
from transformers.masking_utils import ALL_MASK_ATTENTION_FUNCTIONS, sdpa_mask
from transformers.modeling_utils import ALL_ATTENTION_FUNCTIONS

from ownvoice.engine.load import LoadedModel

BLOCK = 32
"""Places that the keys and values grow by."""
ATTENTION = "ownvoice_rows"
LEAST_ROWS = 8
"""Of a product: fewer than four are multiplied by another kernel in fp32, which adds up in another order."""


class Reading(NamedTuple):
    row: int | None
    """None: what all rows begin with."""


class Stepping(NamedTuple):
    """A token of every row."""

    rows: torch.Tensor
    at: torch.Tensor
    """The places of the tokens, after what all rows begin with."""
    width: int


class RowsCache(Cache):  # type: ignore[misc]
    """Keys and values: once of what all rows begin with, and of each row from there on."""

    def __init__(self, config: Any, rows: int, dtype: torch.dtype) -> None:
        self._config = config
        self.rows, self.dtype = rows, dtype
        self.begun, self.room = 0, 0
        self.place: Reading | Stepping = Reading(None)
        super().__init__(layers=[_Layer(self) for _ in range(self._config.num_hidden_layers)])

    def make_room(self, width: int) -> None:
        """For so many tokens of each row, after what all begin with."""
        if width > self.room:
            self.room = _in_blocks(width)
            for layer in self.layers:
                layer.grow(self.room)

    def states_begun(self) -> list[tuple[torch.Tensor, torch.Tensor]]:
        """Keys and values of what all rows begin with, of each layer."""
        return [layer.begun for layer in self.layers]

    def begin_with(self, tokens: int, states: list[tuple[torch.Tensor, torch.Tensor]]) -> None:
        self.begun = tokens
        for layer, begun in zip(self.layers, states, strict=True):
            layer.begun = begun

    def read(self, loaded: LoadedModel, ids: list[int], row: int | None) -> torch.Tensor:
        """The scores after the last of these tokens, (vocabulary)."""
        self.place = Reading(row)
        places = torch.arange(self.begun, self.begun + len(ids), device=loaded.device)
        read = loaded.model(
            input_ids=torch.tensor([ids], device=loaded.device),
            position_ids=places[None],
            past_key_values=self,
            use_cache=True,
            logits_to_keep=1,
        )
        if row is None:
            self.begun = len(ids)
        scores: torch.Tensor = read.logits[0, -1].float()
        return scores

    def step(self, model: Any, tokens: torch.Tensor, at: torch.Tensor, width: int) -> torch.Tensor:
        """The scores (rows, vocabulary) after one more token of each row, at these places of so many."""
        self.make_room(width - self.begun)
        own = _in_blocks(width - self.begun)
        self.place = Stepping(torch.arange(self.rows, device=at.device), at - self.begun, own)
        stepped = model(
            input_ids=tokens[:, None],
            position_ids=at[:, None],
            attention_mask=self._masks(at, self.begun + own),
            past_key_values=self,
            use_cache=True,
        )
        scores: torch.Tensor = stepped.logits[:, -1].float()
        return scores

    def copy(self, row: int, other: int) -> None:
        for layer in self.layers:
            layer.keys[other], layer.values[other] = layer.keys[row], layer.values[row]

    def keep(self, rows: torch.Tensor) -> None:
        """Lets the other rows go."""
        self.rows = len(rows)
        for layer in self.layers:
            layer.keys, layer.values = layer.keys[rows], layer.values[rows]

    def _masks(self, at: torch.Tensor, width: int) -> torch.Tensor | dict[str, torch.Tensor]:
        """0 where a row's token sees, -inf where it doesn't: (rows, 1, 1, width), one for each kind of layer."""
        places = torch.arange(width, device=at.device)
        ahead = places > at[:, None]
        seen = torch.zeros(len(at), width, device=at.device).masked_fill_(ahead, -torch.inf)[:, None, None]
        if not (kinds := getattr(self._config, "layer_types", None)):
            return seen
        past = (places <= at[:, None] - (self._config.sliding_window or width))[:, None, None]
        return {kind: seen if "full" in kind else seen.masked_fill(past, -torch.inf) for kind in set(kinds)}


class _Layer(CacheLayerMixin):  # type: ignore[misc]
    is_sliding = False

    def __init__(self, cache: RowsCache) -> None:
        super().__init__()
        self._cache = cache
        self.begun: tuple[torch.Tensor, torch.Tensor] | None = None
        """Keys and values of what all rows begin with, (1, heads, tokens, size)."""

    def lazy_initialization(self, key_states: torch.Tensor, value_states: torch.Tensor) -> None:
        cache = self._cache
        self.keys, self.values = (
            states.new_zeros(cache.rows, states.shape[1], cache.room, states.shape[3], dtype=cache.dtype)
            for states in (key_states, value_states)
        )
        self.is_initialized = True

    def grow(self, room: int) -> None:
        if self.is_initialized:
            more = (0, 0, 0, room - self.keys.shape[2])
            self.keys = torch.nn.functional.pad(self.keys, more)
            self.values = torch.nn.functional.pad(self.values, more)

    def update(
        self, key_states: torch.Tensor, value_states: torch.Tensor, *_: Any, **__: Any
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """What the tokens that are read see; of a step each row's own, for what all begin with `_attend` sees by itself."""
        place = self._cache.place
        if isinstance(place, Reading) and place.row is None:
            self.begun = key_states.to(self._cache.dtype), value_states.to(self._cache.dtype)
            return self.begun
        if not self.is_initialized:
            self.lazy_initialization(key_states, value_states)
        if isinstance(place, Stepping):
            self.keys[place.rows, :, place.at] = key_states[:, :, 0].to(self.keys.dtype)
            self.values[place.rows, :, place.at] = value_states[:, :, 0].to(self.values.dtype)
            return self.keys[:, :, : place.width], self.values[:, :, : place.width]
        read = key_states.shape[2]
        keys, values = self.keys[place.row, None, :, :read], self.values[place.row, None, :, :read]
        keys[:], values[:] = key_states, value_states
        if self.begun is None:
            return keys, values
        return torch.cat([self.begun[0], keys], dim=2), torch.cat([self.begun[1], values], dim=2)

    def get_seq_length(self) -> int:
        """Tokens that were read before these."""
        return self._cache.begun

    def get_mask_sizes(self, query_length: int) -> tuple[int, int]:
        return self.get_seq_length() + query_length, 0

    def get_max_length(self) -> int:
        return -1


def _in_blocks(width: int) -> int:
    return -(-width // BLOCK) * BLOCK


@contextmanager
def attending(model: Any, cache: RowsCache) -> Iterator[None]:
    """While it is open, the model attends by `_attend`; afterwards the cache is empty.

    transformers keeps what is registered with it, and the layers know their cache: keys and values would stay, through the
    next batch and through a training.
    """
    ALL_ATTENTION_FUNCTIONS.register(ATTENTION, functools.partial(_attend, cache))
    before = model.config._attn_implementation
    model.set_attn_implementation(ATTENTION)
    try:
        yield
    finally:
        model.set_attn_implementation(before)
        cache.layers.clear()


def _attend(
    cache: RowsCache,
    module: Any,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: torch.Tensor | None,
    scaling: float | None = None,
    **settings: Any,
) -> tuple[torch.Tensor, None]:
    """Of one token a row: the query heads that share keys are one product, and no key is copied for them; what all rows begin
    with is read once for all of them.

    The same to the bit at any number of rows, which torch's own attention is not.
    """
    if isinstance(cache.place, Reading):
        attended: tuple[torch.Tensor, None] = sdpa_attention_forward(
            module, query.to(key.dtype), key, value, attention_mask, scaling=scaling, **settings
        )
        return attended
    rows, heads, _, size = query.shape
    grouped = query.reshape(rows, key.shape[1], -1, size).to(key.dtype)
    scores = torch.matmul(grouped, key.transpose(2, 3))
    begun = cache.layers[module.layer_idx].begun
    if begun:
        scores = torch.cat([_for_all_rows(grouped, begun[0][0].transpose(1, 2)), scores], dim=-1)
    scores = scores.float().mul_(size**-0.5 if scaling is None else scaling)
    if attention_mask is not None:
        scores += attention_mask
    shares = scores.softmax(-1).to(value.dtype)
    seen = torch.matmul(shares[..., cache.begun :], value)
    if begun:
        seen = seen + _for_all_rows(shares[..., : cache.begun], begun[1][0])
    return seen.reshape(rows, 1, heads, size), None


def _for_all_rows(by_row: torch.Tensor, shared: torch.Tensor) -> torch.Tensor:
    """(rows, key heads, query heads of each, n) times (key heads, n, m), one product for each key head."""
    by_head = by_row.transpose(0, 1).flatten(1, 2)
    number = by_head.shape[1]
    padded = torch.nn.functional.pad(by_head, (0, 0, 0, max(LEAST_ROWS - number, 0)))
    product = torch.matmul(padded, shared)[:, :number]
    return product.reshape(len(product), len(by_row), -1, product.shape[2]).transpose(0, 1)


ALL_MASK_ATTENTION_FUNCTIONS.register(ATTENTION, sdpa_mask)
