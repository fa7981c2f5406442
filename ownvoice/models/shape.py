"""Reads a model's sizes from its config.json alone, before any weights are read or even on this disk."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from ownvoice.errors import ModelUnavailable
from ownvoice.frozen import Frozen
from ownvoice.parsing import json_of

Family = Literal["llama", "gpt2", "gemma3"]


class ModelShape(Frozen):
    """The sizes that memory and time follow from. Counts are elements, not bytes."""

    name: str
    family: Family
    """Which layer it is made of; a transformer that is none of the three counts as llama's."""
    layers: int
    hidden: int
    intermediate: int
    heads: int
    key_value_heads: int
    head_size: int
    vocabulary: int
    positions: int
    """Rows of a learned position table; 0 where positions are rotated in."""
    tied: bool
    """The output layer is the embedding."""
    context_tokens: int
    dropout: float = 0.0
    attention_dropout: float = 0.0
    attention_bias: bool = False
    counted: int | None = None
    """Parameters as counted in the files of weights, where they are on this disk; else the formula's."""

    @property
    def drops(self) -> bool:
        """Whether it drops activations at random in training."""
        return self.dropout > 0 or self.attention_dropout > 0

    @property
    def query_width(self) -> int:
        return self.heads * self.head_size

    @property
    def key_width(self) -> int:
        return self.key_value_heads * self.head_size

    @property
    def embedding(self) -> int:
        """Elements of the embedding, the largest tensor of a small model."""
        return self.vocabulary * self.hidden

    @property
    def layer_matrices(self) -> int:
        """Elements of one layer's weight matrices, those that LoRA adapts and autocast converts."""
        attention = self.hidden * (2 * self.query_width + 2 * self.key_width)
        return attention + (2 if self.family == "gpt2" else 3) * self.hidden * self.intermediate

    @property
    def matrices(self) -> int:
        """Elements that a token is multiplied with: all layers and the output layer."""
        return self.layers * self.layer_matrices + self.embedding

    @property
    def parameters(self) -> int:
        if self.counted is not None:
            return self.counted
        tables = self.embedding * (1 if self.tied else 2) + self.positions * self.hidden
        return tables + self.layers * (self.layer_matrices + self._layer_vectors()) + self._norm()

    def adapter(self, rank: int) -> int:
        """Elements of a LoRA adapter on every linear layer: rank times (inputs plus outputs) of each."""
        attention = 4 * self.hidden + 2 * self.query_width + 2 * self.key_width
        projections = 2 if self.family == "gpt2" else 3
        if self.family == "gpt2":  # query, key and value are one matrix
            attention = 2 * self.hidden + self.query_width * 2 + 2 * self.key_width
        return rank * self.layers * (attention + projections * (self.hidden + self.intermediate))

    def _norm(self) -> int:
        return self.hidden * (2 if self.family == "gpt2" else 1)

    def _layer_vectors(self) -> int:
        """Norms and biases of one layer."""
        queries = self.query_width + 2 * self.key_width
        if self.family == "gpt2":
            return 2 * self._norm() + queries + self.hidden + self.intermediate + self.hidden
        norms = 4 * self.hidden + 2 * self.head_size if self.family == "gemma3" else 2 * self.hidden
        return norms + (queries if self.attention_bias else 0)


def read_shape(name: str, config: dict[str, Any]) -> ModelShape:
    """The shape in a transformers config.json, under the names that llama, gpt2 and gemma3 use.

    Raises:
        ModelUnavailable: it lacks one of the sizes.
    """
    config = {**config, **config.get("text_config", {})}
    heads, hidden = _size(name, config, "num_attention_heads", "n_head"), _size(name, config, "hidden_size", "n_embd")
    family = _family(str(config.get("model_type", "")))
    return ModelShape(
        name=name,
        family=family,
        layers=_size(name, config, "num_hidden_layers", "n_layer"),
        hidden=hidden,
        intermediate=config.get("intermediate_size") or config.get("n_inner") or 4 * hidden,
        heads=heads,
        key_value_heads=config.get("num_key_value_heads") or heads,
        head_size=config.get("head_dim") or hidden // heads,
        vocabulary=_size(name, config, "vocab_size"),
        positions=_context(config) if family == "gpt2" else 0,
        tied=config.get("tie_word_embeddings", True),
        context_tokens=_context(config),
        dropout=config.get("resid_pdrop", 0.1) if family == "gpt2" else 0.0,
        attention_dropout=config.get("attn_pdrop", 0.1) if family == "gpt2" else config.get("attention_dropout", 0.0),
        attention_bias=bool(config.get("attention_bias")) or config.get("model_type") == "qwen2",
    )


def read_shape_file(name: str, file: Path) -> ModelShape:
    try:
        return read_shape(name, json_of(file.read_text("utf-8")))
    except (OSError, ValueError, TypeError, AttributeError) as error:  # no object, or no numbers where sizes should be
        raise ModelUnavailable(f"{file}: {error}", "a config.json of transformers", "fetch the model again") from error


def _family(model_type: str) -> Family:
    if model_type.startswith("gpt2"):
        return "gpt2"
    return "gemma3" if model_type.startswith("gemma3") else "llama"


def _size(name: str, config: dict[str, Any], *keys: str) -> int:
    for key in keys:
        if isinstance(value := config.get(key), int) and value > 0:
            return value
    raise ModelUnavailable(
        f"{name}: its config.json has no {' or '.join(keys)}", "the config of a language model", "see its model card"
    )


def _context(config: dict[str, Any]) -> int:
    keys = ("max_position_embeddings", "n_positions", "n_ctx")
    return next((config[key] for key in keys if isinstance(config.get(key), int)), 1024)
