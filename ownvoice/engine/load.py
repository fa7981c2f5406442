"""Load a model from a local folder: safetensors only, no remote code, fp32 weights unless a rung asks for less.

Weights in 16 bits are only stored so: products are as if they were fp32. A model in bf16 throughout also keeps its
residual stream in bf16, and on a processor without bf16 instructions a training step took 128 s instead of 6."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Literal, NamedTuple

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from ownvoice.errors import ModelUnavailable, shown_names

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
    _require_whole(folder, model, loading)
    if device.type == "cpu":
        _leave_the_file(model)
    return model.eval() if precision == "4-bit" else model.to(device).eval()


def _leave_the_file(model: torch.nn.Module) -> None:
    """Weights that lie in the file's pages stay there as long as any of them does, though packed ones take their place."""
    for weight in model.parameters():
        weight.data = weight.data.clone()


def _require_whole(folder: str, model: torch.nn.Module, loading: dict[str, Any]) -> None:
    """transformers only warns, and goes on with random numbers in the place of what is missing.

    Raises:
        ModelUnavailable: with the names of the tensors.
    """
    other = [f"{name} ({[*found]}, not {[*needed]})" for name, found, needed in loading["mismatched_keys"]]
    problems = {
        "lacks {} of the model's tensors": sorted(loading["missing_keys"]),
        "has {} of the model's tensors in another size": sorted(other),
        "has {} that the model of its config has no place for": _left_over(model, loading["unexpected_keys"]),
    }
    told = [f"{what.format(len(names))}: {shown_names(names)}" for what, names in problems.items() if names]
    if told:
        raise ModelUnavailable(
            f"{folder} {'; it '.join(told)}",
            "the tensors of the model in its config.json",
            "save it with model.save_pretrained(folder), or copy it once more",
        )


def _left_over(model: torch.nn.Module, unexpected: Iterable[str]) -> list[str]:
    """Tensors for modules that the model has: of a layer more than its config counts, or a bias that it goes without.

    Others do no harm: buffers of older versions, and what stands beside the language model, such as one that sees.
    """
    prefix = f"{model.base_model_prefix}."  # some files go without it
    modules = {_module_of(name.removeprefix(prefix)) for name, _ in model.named_parameters(remove_duplicate=False)}
    return sorted(name for name in unexpected if _module_of(name.removeprefix(prefix)) in modules)


def _module_of(tensor: str) -> str:
    """The same for every layer: `h.#.ln_1` of `h.11.ln_1.weight`."""
    return re.sub(r"\b\d+\b", "#", tensor.rpartition(".")[0])


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
