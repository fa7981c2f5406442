"""llama.cpp as a package brings it, asked as anybody would who was handed a GGUF file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import xllamacpp


def continued(gguf: Path, prompt: str, tokens: int) -> str:
    """Greedily, with its memory of the prompt in fp32: its default halves it, and would decide near-ties otherwise.

    Args:
        prompt: Without what the file says comes first by itself.
    """
    settings = xllamacpp.CommonParams()
    settings.model.path = str(gguf)
    settings.n_ctx, settings.n_parallel, settings.warmup, settings.verbosity = 512, 1, False, 0
    settings.cpuparams.n_threads = settings.cpuparams_batch.n_threads = 1  # its threads wait for each other by spinning
    settings.cache_type_k = settings.cache_type_v = xllamacpp.ggml_type.GGML_TYPE_F32
    settings.flash_attn_type = xllamacpp.llama_flash_attn_type.LLAMA_FLASH_ATTN_TYPE_DISABLED
    server = xllamacpp.Server(settings)
    asked = {"prompt": prompt, "max_tokens": tokens, "temperature": 0, "repeat_penalty": 1.0, "cache_prompt": False}
    answer: dict[str, Any] = server.handle_completions(asked)
    text: str = answer["choices"][0]["text"]
    return text
