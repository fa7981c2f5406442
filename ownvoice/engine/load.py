"""Load a model from a local folder: safetensors only, no remote code, fp32 weights unless a rung asks for less.

Weights in 16 bits are only stored so: products are as if they were fp32. A model in bf16 throughout also keeps its
residual stream in bf16, and on a processor without bf16 instructions a training step took 128 s instead of 6."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal, NamedTuple

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from ownvoice.errors import ModelUnavailable
from ownvoice.models.folder import REMEDY, shown_names

ADAPTER_FILE = "adapter_model.safetensors"
Precision = Literal["fp32", "bf16", "fp16", "4-bit"]
DTYPES = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}
LOW = (torch.bfloat16, torch.float16)


class LoadedModel(NamedTuple):
    """A model on its device with its tokenizer (transformers objects, which carry no useful types)."""

    model: Any
    tokenizer: Any
    device: torch.device

    def encode(self, text: str) -> list[int]:
        """Token ids of a text as it stands: `ownvoice.models.prompt_format` has written begin-of-text where one belongs."""
        ids: list[int] = self.tokenizer(text, add_special_tokens=False).input_ids
        return ids


def load_model(folder: str, device: torch.device, precision: Precision = "fp32") -> LoadedModel:
    """The model of a folder, as prepared by `ownvoice.models.prepare`; no fp32 copy is made on the way to less."""
    tokenizer = AutoTokenizer.from_pretrained(folder, trust_remote_code=False, local_files_only=True)
    if tokenizer.pad_token_id is None:
        tokenizer.pad_token_id = tokenizer.eos_token_id
    return LoadedModel(_load_weights(folder, device, precision), tokenizer, device)


def load_tuned(folder: str, weights: str, device: torch.device) -> LoadedModel:
    """The model of a folder with trained weights: an adapter, or a whole model saved beside its config."""
    trained = Path(weights)
    base = load_model(folder if trained.name == ADAPTER_FILE else str(trained.parent), device)
    if trained.name != ADAPTER_FILE:
        return base
    from peft import PeftModel  # noqa: PLC0415 - 1 s of import that only LoRA pays

    return base._replace(model=PeftModel.from_pretrained(base.model, str(trained.parent)).eval())


def _load_weights(folder: str, device: torch.device, precision: Precision) -> Any:
    settings = _four_bit(device) if precision == "4-bit" else {"dtype": DTYPES[precision]}
    model, loading = AutoModelForCausalLM.from_pretrained(
        folder,
        use_safetensors=True,
        trust_remote_code=False,
        local_files_only=True,
        output_loading_info=True,
        ignore_mismatched_sizes=True,  # told below, with their names
        **settings,
    )
    _require_whole(folder, loading)
    return model.eval() if precision == "4-bit" else model.to(device).eval()


def _require_whole(folder: str, loading: dict[str, Any]) -> None:
    """transformers only warns, and goes on with random numbers in the place of what is missing.

    Raises:
        ModelUnavailable: with the names of the tensors.
    """
    missing, other = sorted(loading["missing_keys"]), sorted(str(key) for key, *_ in loading["mismatched_keys"])
    problems = [f"lacks {len(missing)} of the model's tensors: {shown_names(missing)}"] if missing else []
    problems += [f"has {len(other)} tensors of another size: {shown_names(other)}"] if other else []
    if problems:
        raise ModelUnavailable(
            f"{folder} {'; it '.join(problems)}", "all tensors of the model in its config.json", REMEDY
        )


def _four_bit(device: torch.device) -> dict[str, Any]:
    """Products of 4-bit weights in 16 bits; bitsandbytes' default is fp32."""
    from transformers import BitsAndBytesConfig  # noqa: PLC0415 - only QLoRA, which needs CUDA

    half = torch.bfloat16 if torch.cuda.is_bf16_supported(including_emulation=False) else torch.float16
    quantisation = BitsAndBytesConfig(
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=half,
    )
    return {"dtype": half, "quantization_config": quantisation, "device_map": {"": device}}


def compute_in_float32(model: torch.nn.Module, autocast: torch.dtype | None) -> None:
    """Make every module of a 16-bit model compute as it would with fp32 weights, under `autocast` or without.

    It sees fp32 copies of its own weights while it computes; with gradient checkpointing one layer's copies are
    alive at a time. Under autocast a matrix is left as it is: autocast casts it to 16 bits anyway.
    """
    for module in model.modules():
        low = [name for name, weight in module.named_parameters(recurse=False) if weight.dtype in LOW]
        if isinstance(module, torch.nn.Embedding):
            module.forward = _widen_result(module.forward)  # type: ignore[method-assign]
        elif low and not (autocast and any(module.get_parameter(name).ndim > 1 for name in low)):
            module.forward = _widen_weights(module, module.forward, low)


def _widen_result(forward: Callable[..., Any]) -> Callable[..., Any]:
    """Only the rows that are looked up are widened, not the vocabulary."""
    return lambda *inputs: forward(*inputs).float()


def _widen_weights(module: torch.nn.Module, forward: Callable[..., Any], names: list[str]) -> Callable[..., Any]:
    def widened(*inputs: Any, **settings: Any) -> Any:
        # What stands in the instance's dictionary is found before the module's own parameters.
        module.__dict__.update({name: module.get_parameter(name).float() for name in names})
        try:
            return forward(*inputs, **settings)
        finally:
            for name in names:
                del module.__dict__[name]

    return widened
