"""The layouts of GGUF, there and back."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from ownvoice.models.gguf_layouts import LAYOUTS, places

CONFIG: dict[str, Any] = {"num_attention_heads": 4, "num_key_value_heads": 2, "num_hidden_layers": 2}


@pytest.mark.parametrize("kind", LAYOUTS)
def test_every_tensor_comes_back_as_it_was(kind: str) -> None:
    found = places(LAYOUTS[kind], layers=2)
    assert len({tensor.name for tensor in found.values()}) == len(found), "no two have one place"
    for tensor in found.values():
        for shape in ((16,), (16, 6)):
            values = (np.arange(math.prod(shape), dtype=np.float32) / 1024).reshape(shape)
            if len(shape) < 2 and tensor.name.endswith("weight") and "norm" not in tensor.name:
                continue  # a matrix
            back = tensor.undo(tensor.change(values, CONFIG), CONFIG)
            assert back.shape == shape
            assert np.array_equal(back, values), tensor.name


def test_queries_and_keys_are_turned_by_their_own_heads() -> None:
    found = places(LAYOUTS["llama"], layers=1)
    rows = np.arange(16, dtype=np.float32)[:, None]
    queries = found["model.layers.0.self_attn.q_proj.weight"].change(rows, CONFIG)
    keys = found["model.layers.0.self_attn.k_proj.weight"].change(rows, CONFIG)
    assert queries[:4, 0].tolist() == [0, 2, 1, 3], "four heads of four rows"
    assert keys[:8, 0].tolist() == [0, 4, 1, 5, 2, 6, 3, 7], "two heads of eight"
