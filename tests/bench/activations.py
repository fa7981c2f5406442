"""`python tests/bench/activations.py`: what a layer keeps for its backward pass, counted and measured.

The count is ownvoice.memory.activations; the measure is every distinct storage that torch's saved-tensor hooks see
in a model of two layers less those in a model of one (random weights, real widths). Half a minute on a CPU.
"""

from __future__ import annotations

import warnings
from typing import Any, NamedTuple

import torch
from transformers import AutoConfig, AutoModelForCausalLM

from ownvoice.memory.activations import Pass, layer_bytes
from ownvoice.models.known import KNOWN_SHAPES
from ownvoice.models.shape import read_shape

TOKENS = 300
HALF = 2
MODELS: dict[str, dict[str, Any]] = {
    "smollm2-135m": {
        "model_type": "llama",
        "hidden_size": 576,
        "intermediate_size": 1536,
        "num_attention_heads": 9,
        "num_key_value_heads": 3,
    },
    "gpt2": {"model_type": "gpt2", "n_embd": 768, "n_head": 12},
    "gpt2 without dropout": {"model_type": "gpt2", "n_embd": 768, "n_head": 12, "resid_pdrop": 0.0, "attn_pdrop": 0.0},
    "gemma-3-270m": {
        "model_type": "gemma3_text",
        "hidden_size": 640,
        "intermediate_size": 2048,
        "num_attention_heads": 4,
        "num_key_value_heads": 1,
        "head_dim": 256,
    },
}


class Case(NamedTuple):
    essays: int = 1
    autocast: bool = False
    rank: int = 0

    def in_words(self) -> str:
        padded = "" if self.essays == 1 else f", {self.essays} essays, padded"
        lora = f", LoRA of rank {self.rank}" if self.rank else ""
        return f"{'bf16 autocast' if self.autocast else 'fp32'}{padded}{lora}"


CASES = (Case(), Case(essays=2), Case(autocast=True), Case(rank=16), Case(autocast=True, rank=16))


def main() -> None:
    warnings.simplefilter("ignore")
    for name, config in MODELS.items():
        for case in CASES:
            measured = kept_bytes(config, 2, case) - kept_bytes(config, 1, case)
            counted = counted_bytes(name, config, case)
            error = counted / measured - 1
            print(f"{name:22} {case.in_words():36} {measured / 2**20:7.2f} MiB, counted {error:+.1%}", flush=True)


def counted_bytes(name: str, config: dict[str, Any], case: Case) -> int:
    shape = read_shape(name, {"vocab_size": 1000, "num_hidden_layers": 1, **config})
    work = Pass(TOKENS, case.essays, HALF if case.autocast else 4, on_gpu=False, rank=case.rank)
    copies = HALF * shape.layer_matrices if case.autocast else 0
    return layer_bytes(shape, work) + copies


def kept_bytes(config: dict[str, Any], layers: int, case: Case) -> int:
    model = build(config, layers, case.rank)
    weights = {p.untyped_storage().data_ptr() for p in model.parameters()}
    kept: dict[int, torch.Tensor] = {}

    def keep(tensor: torch.Tensor) -> torch.Tensor:
        if tensor.untyped_storage().data_ptr() not in weights:
            kept[tensor.untyped_storage().data_ptr()] = tensor
        return tensor

    ids = torch.randint(5, 900, (case.essays, TOKENS))
    mask = torch.ones_like(ids)
    mask[1:, -50:] = 0
    hooks = torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor)
    with hooks, torch.autocast("cpu", torch.bfloat16, enabled=case.autocast):
        model(input_ids=ids, attention_mask=mask, use_cache=False, logits_to_keep=1)
    return sum(tensor.untyped_storage().nbytes() for tensor in kept.values())


def build(config: dict[str, Any], layers: int, rank: int) -> Any:
    values = {"vocab_size": 1000, "num_hidden_layers": layers, "bos_token_id": 1, "eos_token_id": 2, **config}
    kind = values.pop("model_type")
    model = AutoModelForCausalLM.from_config(AutoConfig.for_model(kind, **values)).train()
    if rank:
        from peft import LoraConfig, get_peft_model

        model = get_peft_model(model, LoraConfig(r=rank, target_modules="all-linear", task_type="CAUSAL_LM"))
    return model


if __name__ == "__main__":
    assert set(MODELS) - {"gpt2 without dropout"} <= set(KNOWN_SHAPES)
    main()
