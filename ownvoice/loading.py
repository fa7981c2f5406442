"""Load a model from a local folder: safetensors only, no remote code, fp32 weights."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

ADAPTER_FILE = "adapter_model.safetensors"


class LoadedModel(NamedTuple):
    """A model on its device with its tokenizer (transformers objects, which carry no useful types)."""

    model: Any
    tokenizer: Any
    device: torch.device

    def encode(self, text: str) -> list[int]:
        """Token ids of a text as it stands: `ownvoice.prompts` has written begin-of-text where one belongs."""
        ids: list[int] = self.tokenizer(text, add_special_tokens=False).input_ids
        return ids


def load_model(folder: str, device: torch.device) -> LoadedModel:
    """The model of a folder, as prepared by `ownvoice.models`."""
    tokenizer = AutoTokenizer.from_pretrained(folder, trust_remote_code=False, local_files_only=True)
    if tokenizer.pad_token_id is None:
        tokenizer.pad_token_id = tokenizer.eos_token_id
    return LoadedModel(_load_weights(folder, device), tokenizer, device)


def load_tuned(folder: str, weights: str, device: torch.device) -> LoadedModel:
    """The model of a folder with trained weights: an adapter, or a whole model saved beside its config."""
    trained = Path(weights)
    base = load_model(folder if trained.name == ADAPTER_FILE else str(trained.parent), device)
    if trained.name != ADAPTER_FILE:
        return base
    from peft import PeftModel  # noqa: PLC0415 - 1 s of import that only LoRA pays

    return base._replace(model=PeftModel.from_pretrained(base.model, str(trained.parent)).eval())


def _load_weights(folder: str, device: torch.device) -> Any:
    model = AutoModelForCausalLM.from_pretrained(
        folder, dtype=torch.float32, use_safetensors=True, trust_remote_code=False, local_files_only=True
    )
    return model.to(device).eval()
