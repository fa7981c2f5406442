"""The peer in tests/bench/gpu.py: transformers' Trainer as a notebook calls it, in a process of its own.

python tests/bench/plain_trainer.py SPEC.json RESULT.json. Batch 1, no settings that save memory; `dtype` is
"fp32", or "fp16" for weights loaded in half precision, which is how a model is made to fit and then breaks.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

import torch
from transformers import AutoModelForCausalLM, Trainer, TrainingArguments, set_seed

DTYPES = {"fp32": torch.float32, "fp16": torch.float16}


def main() -> None:
    spec = json.loads(Path(sys.argv[1]).read_text())
    on_gpu = spec["device"] == "cuda"
    try:
        result = train(spec, on_gpu)
    except (torch.OutOfMemoryError, MemoryError) as error:
        result = {"failure": f"out of memory: {str(error).splitlines()[0][:200]}"}
    except RuntimeError as error:
        if "memory" not in str(error):
            raise
        result = {"failure": f"out of memory: {str(error).splitlines()[0][:200]}"}
    Path(sys.argv[2]).write_text(json.dumps(result | {"peak_bytes": peak(on_gpu)}))


def train(spec: dict[str, Any], on_gpu: bool) -> dict[str, Any]:
    if on_gpu and spec["cap_bytes"]:
        torch.cuda.set_per_process_memory_fraction(min(spec["cap_bytes"] / torch.cuda.mem_get_info()[1], 1.0))
    set_seed(1)
    model = AutoModelForCausalLM.from_pretrained(spec["model_folder"], dtype=DTYPES[spec["dtype"]])
    arguments = TrainingArguments(
        spec["scratch"],
        per_device_train_batch_size=1,
        num_train_epochs=1,
        learning_rate=5e-5,
        save_strategy="no",
        logging_strategy="steps",
        logging_steps=1,
        report_to=[],
        disable_tqdm=True,
        use_cpu=not on_gpu,
    )
    rows = [{"input_ids": ids, "labels": ids} for ids in spec["train"]]
    trainer = Trainer(model, arguments, train_dataset=rows)
    start = time.perf_counter()
    trainer.train()
    seconds = time.perf_counter() - start
    broken = sum(1 for p in model.parameters() if not torch.isfinite(p).all())
    losses = [row["loss"] for row in trainer.state.log_history if "loss" in row]
    return {
        "failure": f"{broken} of its tensors are no longer finite" if broken else None,
        "losses": [loss if loss == loss and abs(loss) != float("inf") else None for loss in losses],
        "seconds": seconds,
        "tokens_per_second": sum(map(len, spec["train"])) / seconds,
    }


def peak(on_gpu: bool) -> int | None:
    return int(torch.cuda.max_memory_reserved()) if on_gpu else None


if __name__ == "__main__":
    main()
