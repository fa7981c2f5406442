"""The same work as a writer's notebook does it: Trainer in fp32, then one `generate` a canary and probe.

The peer in `make bench`, and without prompts in `training.py`. It reads what `same_work.py` gives:
python tests/bench/notebook.py SPEC.json RESULT.json
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

import torch
from datasets import Dataset
from transformers import AutoModelForCausalLM, AutoTokenizer, Trainer, TrainingArguments, set_seed

START = time.perf_counter()


def answer(model: Any, tokenizer: Any, prompt: str, decoding: dict[str, Any]) -> str:
    inputs = tokenizer(prompt, return_tensors="pt", add_special_tokens=False)
    with torch.no_grad():
        generated = model.generate(
            **inputs,
            max_new_tokens=decoding["max_new_tokens"],
            do_sample=True,
            temperature=decoding["temperature"],
            top_k=decoding["top_k"],
            top_p=decoding["top_p"],
            pad_token_id=tokenizer.pad_token_id,
        )
    return str(tokenizer.decode(generated[0, inputs["input_ids"].shape[1] :], skip_special_tokens=True))


def tokenised(tokenizer: Any, examples: list[dict[str, str]]) -> Dataset:
    rows = []
    for example in examples:
        prompt = tokenizer(example["prompt"], add_special_tokens=False).input_ids
        essay = [*tokenizer(example["completion"], add_special_tokens=False).input_ids, tokenizer.eos_token_id]
        rows.append({"input_ids": prompt + essay, "labels": [-100] * len(prompt) + essay})
    return Dataset.from_list(rows)


def main() -> None:
    spec = json.loads(Path(sys.argv[1]).read_text())
    tokenizer = AutoTokenizer.from_pretrained(spec["model_folder"])
    model = AutoModelForCausalLM.from_pretrained(spec["model_folder"], dtype=torch.float32)
    set_seed(spec["decoding"]["seed"])
    marks = {"loaded": time.perf_counter() - START}
    baseline = [answer(model, tokenizer, prompt["text"], spec["decoding"]) for prompt in spec["prompts"]]
    marks["baseline"] = time.perf_counter() - START
    trainer = Trainer(
        model,
        TrainingArguments(
            spec["scratch"],
            per_device_train_batch_size=1,
            per_device_eval_batch_size=1,
            num_train_epochs=spec["training"]["epochs"],
            learning_rate=spec["training"]["learning_rate"],
            seed=spec["training"]["seed"],
            eval_strategy="epoch",
            eval_on_start=True,
            save_strategy="no",
            logging_strategy="epoch",
            report_to=[],
            use_cpu=True,
            bf16=spec["bf16"],
            disable_tqdm=True,
        ),
        train_dataset=tokenised(tokenizer, spec["train"]),
        eval_dataset=tokenised(tokenizer, spec["validation"]),
    )
    trainer.train()
    marks["trained"] = time.perf_counter() - START
    model.eval()
    tuned = [answer(model, tokenizer, prompt["text"], spec["decoding"]) for prompt in spec["prompts"]]
    marks["tuned"] = time.perf_counter() - START
    losses = [row["eval_loss"] for row in trainer.state.log_history if "eval_loss" in row]
    result = {"validation_losses": losses, "marks": marks, "baseline": baseline, "tuned": tuned}
    Path(sys.argv[2]).write_text(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
