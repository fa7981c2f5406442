"""What the memory benchmarks share: one training in a worker of its own, its memory watched, and models to train.

Random weights of a real shape, with a tokenizer of 600 tokens trained on the sample essays: memory and speed
depend on shapes, and nothing has to be fetched.
"""

from __future__ import annotations

import sys
import threading
import time
from pathlib import Path
from typing import Any

from ownvoice.config import TrainingConfig
from ownvoice.ladder import Rung
from ownvoice.memory.machine import GIBIBYTE
from ownvoice.paths import ROOT
from ownvoice.worker.messages import TrainRequest

sys.path.append(str(ROOT))  # tests.example_files, tests.end_to_end.tiny_models

GPT2_XL: dict[str, Any] = {"model_type": "gpt2", "n_embd": 1600, "n_layer": 48, "n_head": 25}
LLAMA_1B: dict[str, Any] = {
    "model_type": "llama",
    "num_hidden_layers": 16,
    "hidden_size": 2048,
    "intermediate_size": 8192,
    "num_attention_heads": 32,
    "num_key_value_heads": 8,
    "vocab_size": 128_256,
    "max_position_embeddings": 131_072,
    "tie_word_embeddings": True,
}
PROMPT = "Write a personal essay.\n---\n"
IDLE_SECONDS = 1.0


class Watch:
    """Samples a process's memory every five milliseconds: the kernel keeps no peak of VmData."""

    def __init__(self, pid: int) -> None:
        self._path, self._running = Path(f"/proc/{pid}/status"), True
        self.peak_data = self.peak_resident = 0
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def stop(self) -> None:
        self._running = False
        self._thread.join()

    def _run(self) -> None:
        while self._running:
            memory = memory_of(self._path)
            self.peak_data = max(self.peak_data, memory.get("VmData", 0))
            self.peak_resident = max(self.peak_resident, memory.get("VmHWM", 0))
            time.sleep(0.005)


def memory_of(status: Path) -> dict[str, int]:
    """The Vm rows of /proc/PID/status in bytes; empty once the process has ended."""
    try:
        rows = [row.split() for row in status.read_text().splitlines() if row.startswith("Vm")]
    except (OSError, ProcessLookupError):
        return {}
    return {row[0].rstrip(":"): int(row[1]) * 1024 for row in rows}


def wait_until_idle(pid: int) -> dict[str, int]:
    """Memory once nothing was added for a second: torch and transformers are imported."""
    path, since = Path(f"/proc/{pid}/status"), time.monotonic()
    memory = memory_of(path)
    while time.monotonic() - since < IDLE_SECONDS:
        time.sleep(0.05)
        now = memory_of(path)
        if now["VmRSS"] != memory["VmRSS"]:
            memory, since = now, time.monotonic()
    return memory


def request_to_train(folder: str, rung: Rung, steps: int, tokens: int, weights: Path) -> TrainRequest:
    """`steps` texts to train on and one held out, each of `tokens` tokens with its prompt."""
    from transformers import AutoTokenizer

    from tests.example_files import Text, examples_of

    tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    essays = sorted((ROOT / "data/sample_author/pairs").glob("*.md"))
    text = "\n\n".join(essay.read_text() for essay in essays).encode("ascii", "ignore").decode()
    size = tokens - 1 - len(tokenizer(PROMPT, add_special_tokens=False).input_ids)
    texts = texts_of(tokenizer, text, size, steps + 1)
    examples = [Text(str(i), PROMPT, text) for i, text in enumerate(texts)]
    return TrainRequest(
        model_folder=folder,
        method="full",
        train=examples_of(Path(folder), *examples[:steps]),
        validation=examples_of(Path(folder), *examples[steps:]),
        training=TrainingConfig(epochs=1),
        weights=str(weights / "model.safetensors"),
        rung=rung,
    )


def texts_of(tokenizer: Any, text: str, tokens: int, count: int) -> list[str]:
    """`count` parts of the text of `tokens` tokens each, or a token less; a text that is too short is repeated."""
    ids = tokenizer(text, add_special_tokens=False).input_ids
    ids *= 1 + tokens * count // len(ids)
    texts = [tokenizer.decode(ids[first : first + tokens]) for first in range(0, tokens * count, tokens)]
    return [shortened(tokenizer, text, tokens) for text in texts]


def shortened(tokenizer: Any, text: str, tokens: int) -> str:
    """Cut at the end until it has no more than so many tokens: at its edges a part joins up otherwise than the whole."""
    while len(tokenizer(text, add_special_tokens=False).input_ids) > tokens:
        text = text[:-1]
    return text


def save_random(config: dict[str, Any], folder: Path) -> str:
    """Random weights in bf16 of a shape, with its tokenizer."""
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM

    from tests.end_to_end.tiny_models import save_tokenizer

    save_tokenizer(folder, chat=False)
    values = {**config, "bos_token_id": 0, "eos_token_id": 0, "pad_token_id": 0}
    shape = AutoConfig.for_model(values.pop("model_type"), **values)
    torch.manual_seed(1)
    AutoModelForCausalLM.from_config(shape, dtype=torch.bfloat16).save_pretrained(folder)
    return str(folder)


def in_gib(size: int) -> str:
    return f"{size / GIBIBYTE:.2f}"
