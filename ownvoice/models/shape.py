"""A model's sizes from its config.json alone, before any weights are read or even on this disk."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Literal

from ownvoice.config import Frozen
from ownvoice.errors import ModelUnavailable
from ownvoice.models.known import KNOWN_MODELS, find_known
from ownvoice.records import ModelInfo

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


def shape_of(info: ModelInfo) -> ModelShape:
    """The shape of a model that is ready on this disk."""
    shape = _read_file(info.name, Path(info.folder) / "config.json")
    return shape.model_copy(update={"counted": info.parameters})


def find_shape(model: str, revision: str | None = None) -> ModelShape:
    """The shape of a known model, of a folder, or of a hub id that is in this machine's cache; no network.

    Raises:
        ModelUnavailable: it is none of these, or has no config.json that can be read.
    """
    if known := KNOWN_SHAPES.get(model):
        return known
    folder = Path(model).expanduser()
    file = folder / "config.json" if folder.is_dir() else _cached_config(model, revision)
    if file is None or not file.is_file():
        raise ModelUnavailable(
            f"the sizes of {model!r} are not known here",
            f"a folder with a config.json, a hub id that was fetched before, or one of {', '.join(KNOWN_SHAPES)}",
            "see `ownvoice models`",
        )
    return _read_file(folder.name if folder.is_dir() else model, file)


def _read_file(name: str, file: Path) -> ModelShape:
    try:
        return read_shape(name, json.loads(file.read_text("utf-8")))
    except (OSError, ValueError) as error:
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


def _cached_config(hub_id: str, revision: str | None) -> Path | None:
    from huggingface_hub import try_to_load_from_cache  # noqa: PLC0415 - half a second that only hub models pay
    from huggingface_hub.errors import HFValidationError  # noqa: PLC0415

    known = find_known(hub_id)
    try:
        found = try_to_load_from_cache(
            known.hub_id if known and known.hub_id else hub_id, "config.json", revision=revision
        )
    except HFValidationError:
        return None
    return Path(found) if isinstance(found, str) else None


def _known(name: str, **config: Any) -> ModelShape:
    context = next(model.context_tokens for model in KNOWN_MODELS if model.name == name)
    return read_shape(name, {"max_position_embeddings": context, **config})


# The sizes in each model's own config.json; a test holds them against the parameter counts of the known models.
KNOWN_SHAPES: dict[str, ModelShape] = {
    shape.name: shape
    for shape in (
        _known(
            "smollm2-135m",
            model_type="llama",
            num_hidden_layers=30,
            hidden_size=576,
            intermediate_size=1536,
            num_attention_heads=9,
            num_key_value_heads=3,
            vocab_size=49_152,
        ),
        _known(
            "gemma-3-270m",
            model_type="gemma3_text",
            num_hidden_layers=18,
            hidden_size=640,
            intermediate_size=2048,
            num_attention_heads=4,
            num_key_value_heads=1,
            head_dim=256,
            vocab_size=262_144,
        ),
        _known("gpt2", model_type="gpt2", n_layer=12, n_embd=768, n_head=12, vocab_size=50_257),
        _known("gpt2-xl", model_type="gpt2", n_layer=48, n_embd=1600, n_head=25, vocab_size=50_257),
        _known(
            "llama-3.2-1b-instruct",
            model_type="llama",
            num_hidden_layers=16,
            hidden_size=2048,
            intermediate_size=8192,
            num_attention_heads=32,
            num_key_value_heads=8,
            vocab_size=128_256,
        ),
        _known(
            "llama-3.1-8b-instruct",
            model_type="llama",
            num_hidden_layers=32,
            hidden_size=4096,
            intermediate_size=14_336,
            num_attention_heads=32,
            num_key_value_heads=8,
            vocab_size=128_256,
            tie_word_embeddings=False,
        ),
    )
}
