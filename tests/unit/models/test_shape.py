"""A model's sizes are read from its config alone."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ownvoice.errors import ModelUnavailable
from ownvoice.models.known import KNOWN_SHAPES
from ownvoice.models.prepare import find_shape, shape_of
from ownvoice.models.shape import read_shape
from tests.unit.records_for_tests import model_for_tests


def test_a_folders_config_is_read_without_its_weights(tmp_path: Path) -> None:
    sizes = {"n_layer": 12, "n_embd": 768, "n_head": 12, "vocab_size": 50_257, "n_positions": 1024}
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "gpt2", **sizes}))
    shape = find_shape(str(tmp_path))
    assert shape.parameters == KNOWN_SHAPES["gpt2"].parameters
    assert shape.context_tokens == 1024
    here = model_for_tests().model_copy(update={"folder": str(tmp_path), "parameters": 124_000_000})
    assert shape_of(here).parameters == 124_000_000


def test_a_model_that_is_not_here_is_refused_with_the_known_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(ModelUnavailable, match="gpt2-xl"):
        find_shape("nobody/never-fetched")
    with pytest.raises(ModelUnavailable, match="hidden_size or n_embd"):
        read_shape("half", {"num_attention_heads": 4})
