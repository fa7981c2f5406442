"""How the models of the table are laid out in GGUF: what each tensor is called there, what is done to it, and the settings.
Both ways: embedded models come as GGUF files (`dequantise.py`), and tuned ones can be written as such (`ownvoice.export`).

The names and transforms are those of llama.cpp's own converter (convert_hf_to_gguf.py): queries and keys of a Llama are
permuted to its order of rotation, Gemma's norms are stored with the one that the model adds, GPT-2's matrices are turned.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from ownvoice.models.tensors import Array

Config = dict[str, Any]
Change = Callable[[Array, Config], Array]


class Tensor(NamedTuple):
    """One tensor of a layout; `{n}` in its name is the number of the layer."""

    name: str
    change: Change = lambda tensor, _config: tensor
    undo: Change = lambda tensor, _config: tensor
    """From GGUF's back to safetensors'."""


class Layout(NamedTuple):
    """Of one family."""

    architecture: str
    """As GGUF names it."""
    tensors: dict[str, Tensor]
    """By their names in safetensors, with `#` for the number of the layer."""
    settings: Callable[[Config], dict[str, float | int | bool]]
    """By their keys in GGUF, after the architecture's name."""
    refuses: Callable[[Config], list[str]]
    """What the config asks for that llama.cpp would not do."""
    makes: Callable[[Config], dict[str, Array]] = lambda _config: {}
    """Tensors that follow from the config alone."""


def _to_rotation_order(heads_key: str) -> tuple[Change, Change]:
    """From halves that are rotated against each other to neighbours that are, head by head, and back."""

    def pairs(tensor: Array, config: Config) -> int:
        return int(tensor.shape[0] // (config.get(heads_key) or config["num_attention_heads"]) // 2)

    def change(tensor: Array, config: Config) -> Array:
        by_halves = tensor.reshape(-1, 2, pairs(tensor, config), *tensor.shape[1:])
        return by_halves.swapaxes(1, 2).reshape(tensor.shape)

    def undo(tensor: Array, config: Config) -> Array:
        by_neighbours = tensor.reshape(-1, pairs(tensor, config), 2, *tensor.shape[1:])
        return by_neighbours.swapaxes(1, 2).reshape(tensor.shape)

    return change, undo


def _plus_one(tensor: Array, _config: Config) -> Array:
    return tensor.astype(np.float32) + 1


def _less_one(tensor: Array, _config: Config) -> Array:
    return tensor.astype(np.float32) - 1


def _turned(tensor: Array, _config: Config) -> Array:
    return tensor.T


PLUS_ONE = _plus_one, _less_one
TURNED = _turned, _turned
QUERIES, KEYS = _to_rotation_order("num_attention_heads"), _to_rotation_order("num_key_value_heads")
_LLAMA_LAYER = {
    "input_layernorm.weight": Tensor("attn_norm.weight"),
    "post_attention_layernorm.weight": Tensor("ffn_norm.weight"),
    "self_attn.v_proj.weight": Tensor("attn_v.weight"),
    "self_attn.v_proj.bias": Tensor("attn_v.bias"),
    "self_attn.o_proj.weight": Tensor("attn_output.weight"),
    "self_attn.o_proj.bias": Tensor("attn_output.bias"),
    "self_attn.q_proj.weight": Tensor("attn_q.weight", *QUERIES),
    "self_attn.q_proj.bias": Tensor("attn_q.bias", *QUERIES),
    "self_attn.k_proj.weight": Tensor("attn_k.weight", *KEYS),
    "self_attn.k_proj.bias": Tensor("attn_k.bias", *KEYS),
    "mlp.gate_proj.weight": Tensor("ffn_gate.weight"),
    "mlp.up_proj.weight": Tensor("ffn_up.weight"),
    "mlp.down_proj.weight": Tensor("ffn_down.weight"),
}
_GEMMA_LAYER = {
    **{name: tensor for name, tensor in _LLAMA_LAYER.items() if name.startswith("mlp.")},
    **{f"self_attn.{part}_proj.weight": Tensor(f"attn_{part}.weight") for part in "qkv"},
    "self_attn.o_proj.weight": Tensor("attn_output.weight"),
    "self_attn.q_norm.weight": Tensor("attn_q_norm.weight", *PLUS_ONE),
    "self_attn.k_norm.weight": Tensor("attn_k_norm.weight", *PLUS_ONE),
    "input_layernorm.weight": Tensor("attn_norm.weight", *PLUS_ONE),
    "post_attention_layernorm.weight": Tensor("post_attention_norm.weight", *PLUS_ONE),
    "pre_feedforward_layernorm.weight": Tensor("ffn_norm.weight", *PLUS_ONE),
    "post_feedforward_layernorm.weight": Tensor("post_ffw_norm.weight", *PLUS_ONE),
}
_GPT2_MATRICES = {
    "attn.c_attn": "attn_qkv",
    "attn.c_proj": "attn_output",
    "mlp.c_fc": "ffn_up",
    "mlp.c_proj": "ffn_down",
}
_GPT2_LAYER = {
    **{f"{name}.weight": Tensor(f"{gguf}.weight", *TURNED) for name, gguf in _GPT2_MATRICES.items()},
    **{f"{name}.bias": Tensor(f"{gguf}.bias") for name, gguf in _GPT2_MATRICES.items()},
    **{f"ln_1.{part}": Tensor(f"attn_norm.{part}") for part in ("weight", "bias")},
    **{f"ln_2.{part}": Tensor(f"ffn_norm.{part}") for part in ("weight", "bias")},
}


def _in_layers(layer: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {f"{prefix}.#.{name}": tensor._replace(name=f"blk.{{n}}.{tensor.name}") for name, tensor in layer.items()}


def _rotated(config: Config) -> dict[str, float | int | bool]:
    """What a model with rotated positions says of itself."""
    head = _head_size(config)
    return {
        "context_length": config["max_position_embeddings"],
        "embedding_length": config["hidden_size"],
        "block_count": config["num_hidden_layers"],
        "feed_forward_length": config["intermediate_size"],
        "attention.head_count": config["num_attention_heads"],
        "attention.head_count_kv": config.get("num_key_value_heads") or config["num_attention_heads"],
        "attention.key_length": head,
        "attention.value_length": head,
        "attention.layer_norm_rms_epsilon": float(config["rms_norm_eps"]),
        "vocab_size": config["vocab_size"],
    }


def _head_size(config: Config) -> int:
    return int(config.get("head_dim") or config["hidden_size"] // config["num_attention_heads"])


def _llama_settings(config: Config) -> dict[str, float | int | bool]:
    base = float(config["rope_parameters"]["rope_theta"])
    return {**_rotated(config), "rope.dimension_count": _head_size(config), "rope.freq_base": base}


def _llama_refuses(config: Config) -> list[str]:
    rotation = config["rope_parameters"]["rope_type"]
    found = [f"rotary positions of the kind {rotation}"] if rotation not in ("default", "llama3") else []
    found += [f"the activation {config['hidden_act']}"] if config["hidden_act"] != "silu" else []
    return [*found, "biases in its feed-forward layers"] if config.get("mlp_bias") else found


def _llama_makes(config: Config) -> dict[str, Array]:
    """Llama 3's slower rotations of long wavelengths, as factors for each pair of dimensions."""
    rope = config["rope_parameters"]
    if rope["rope_type"] != "llama3":
        return {}
    places = np.arange(0, _head_size(config), 2, dtype=np.float32) / _head_size(config)
    wavelengths = 2 * np.pi * rope["rope_theta"] ** places
    low, high, factor = (float(rope[key]) for key in ("low_freq_factor", "high_freq_factor", "factor"))
    turns = rope["original_max_position_embeddings"] / wavelengths
    smooth = np.clip((turns - low) / (high - low), 0, 1)
    return {"rope_freqs.weight": (1 / ((1 - smooth) / factor + smooth)).astype(np.float32)}


def _gemma_settings(config: Config) -> dict[str, float | int | bool]:
    rope = config["rope_parameters"]
    return {
        **_rotated(config),
        "rope.freq_base": float(rope["full_attention"]["rope_theta"]),
        "rope.freq_base_swa": float(rope["sliding_attention"]["rope_theta"]),
        "attention.sliding_window": config["sliding_window"],
    }


def _gemma_refuses(config: Config) -> list[str]:
    kinds = ["full_attention" if n % 6 == 5 else "sliding_attention" for n in range(config["num_hidden_layers"])]
    rotations = {each["rope_type"] for each in config["rope_parameters"].values()}
    asked = {
        "another order of windowed and full attention than one full layer in six": config["layer_types"] != kinds,
        f"rotary positions of the kind {', '.join(sorted(rotations))}": rotations != {"default"},
        "attention scaled by another number than its heads' size": config["query_pre_attn_scalar"]
        != _head_size(config),
        "capped logits": config.get("final_logit_softcapping") or config.get("attn_logit_softcapping"),
        "attention in both directions": config.get("use_bidirectional_attention"),
        "biases in its attention": config.get("attention_bias"),
    }
    return [what for what, is_asked in asked.items() if is_asked]


def _gpt2_settings(config: Config) -> dict[str, float | int | bool]:
    return {
        "context_length": config["n_positions"],
        "embedding_length": config["n_embd"],
        "block_count": config["n_layer"],
        "feed_forward_length": config.get("n_inner") or 4 * config["n_embd"],
        "attention.head_count": config["n_head"],
        "attention.layer_norm_epsilon": float(config["layer_norm_epsilon"]),
        "vocab_size": config["vocab_size"],
    }


def _gpt2_refuses(config: Config) -> list[str]:
    asked = {
        "attention scaled by the layer": config.get("scale_attn_by_inverse_layer_idx"),
        "attention that isn't scaled": not config.get("scale_attn_weights", True),
        f"the activation {config['activation_function']}": config["activation_function"] != "gelu_new",
    }
    return [what for what, is_asked in asked.items() if is_asked]


_ROOT = {
    "model.embed_tokens.weight": Tensor("token_embd.weight"),
    "lm_head.weight": Tensor("output.weight"),
}
LAYOUTS: dict[str, Layout] = {
    "llama": Layout(
        "llama",
        {**_ROOT, "model.norm.weight": Tensor("output_norm.weight"), **_in_layers(_LLAMA_LAYER, "model.layers")},
        _llama_settings,
        _llama_refuses,
        _llama_makes,
    ),
    "gemma3_text": Layout(
        "gemma3",
        {
            **_ROOT,
            "model.norm.weight": Tensor("output_norm.weight", *PLUS_ONE),
            **_in_layers(_GEMMA_LAYER, "model.layers"),
        },
        _gemma_settings,
        _gemma_refuses,
    ),
    "gpt2": Layout(
        "gpt2",
        {
            "transformer.wte.weight": Tensor("token_embd.weight"),
            "transformer.wpe.weight": Tensor("position_embd.weight"),
            "transformer.ln_f.weight": Tensor("output_norm.weight"),
            "transformer.ln_f.bias": Tensor("output_norm.bias"),
            "lm_head.weight": Tensor("output.weight"),
            **_in_layers(_GPT2_LAYER, "transformer.h"),
        },
        _gpt2_settings,
        _gpt2_refuses,
    ),
}
"""By the model_type in config.json."""


def place_of(name: str, layout: Layout) -> Tensor | None:
    """What a tensor of safetensors is in GGUF; None where the layout has no place for it."""
    number = re.search(r"\.(\d+)\.", name)
    tensor = layout.tensors.get(re.sub(r"\.\d+\.", ".#.", name, count=1))
    return tensor and tensor._replace(name=tensor.name.replace("{n}", number[1] if number else ""))


def places(layout: Layout, layers: int) -> dict[str, Tensor]:
    """What every tensor that a model of so many layers can have is in GGUF, by its name in safetensors."""
    names = (name.replace("#", str(n)) for name in layout.tensors for n in (range(layers) if "#" in name else [0]))
    return {name: tensor for name in names if (tensor := place_of(name, layout))}
