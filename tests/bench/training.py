"""Times a training against transformers' Trainer: the same essays, steps and validations, interleaved in one run.

    python tests/bench/training.py [--model smollm2-135m] [--pairs 3] [--avx2]

Trainer in the arithmetic that ours takes on this machine (bf16 autocast where the processor has it), each in a process of its
own. Prints seconds, the ratio's median and range, what share of a step the arithmetic takes at the rate of a large product, and
how far the validation losses lie apart. `--avx2` switches the processor's newer instructions off. Results: docs/speed.md.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import torch
from limits import product_rate, without_newer_instructions
from same_work import specification

from ownvoice.experiment_files import load_experiment
from ownvoice.ladder import AS_CONFIGURED
from ownvoice.memory.machine import processor_has_bf16
from ownvoice.memory.predict import training_flops
from ownvoice.models.prepare import find_prepared, find_shape
from ownvoice.paths import ROOT
from ownvoice.records.training import TrainingResult
from ownvoice.worker.client import Worker
from ownvoice.worker.messages import TrainRequest

sys.path.append(str(ROOT))
from tests.example_files import Text, examples_of

BENCH = ROOT / "tests" / "bench"


def trainer(spec: dict[str, Any], folder: Path) -> tuple[float, float]:
    """Seconds and the last validation loss of transformers' Trainer."""
    (folder / "spec.json").write_text(json.dumps(spec | {"prompts": [], "scratch": str(folder / "trainer")}))
    subprocess.run(
        [sys.executable, BENCH / "notebook.py", folder / "spec.json", folder / "result.json"],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    result = json.loads((folder / "result.json").read_text())
    return result["marks"]["trained"] - result["marks"]["baseline"], result["validation_losses"][-1]


def ours(spec: dict[str, Any], folder: Path) -> TrainingResult:
    train, validation = (
        examples_of(Path(spec["model_folder"]), *(Text(e["id"], e["prompt"], e["completion"]) for e in spec[part]))
        for part in ("train", "validation")
    )
    request = TrainRequest(
        model_folder=spec["model_folder"],
        method="full",
        train=train,
        validation=validation,
        training=spec["training"],
        weights=str(folder / "model.safetensors"),
        rung=AS_CONFIGURED,
    )
    with Worker() as worker:
        result = worker.call(request, lambda _: None)
    assert isinstance(result, TrainingResult)
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="smollm2-135m")
    parser.add_argument("--pairs", type=int, default=3)
    parser.add_argument("--avx2", action="store_true")
    chosen = parser.parse_args()
    if chosen.avx2:
        without_newer_instructions()
    config = load_experiment(ROOT / "data/experiments/smoke-test.toml").model_copy(update={"model": chosen.model})
    info = find_prepared(chosen.model, None)
    assert info is not None, "run a smoke test with the model first"
    bf16 = processor_has_bf16()
    spec, dtype = specification(config, info) | {"bf16": bf16}, torch.bfloat16 if bf16 else torch.float32
    shape, ratios, shares, apart = find_shape(chosen.model), list[float](), list[float](), 0.0
    for _ in range(chosen.pairs):
        with tempfile.TemporaryDirectory() as folder:
            theirs, their_loss = trainer(spec, Path(folder))
            result = ours(spec, Path(folder))
        length = result.train_tokens // result.steps
        arithmetic = training_flops(shape, AS_CONFIGURED, result.train_tokens, length) / product_rate(dtype)
        ratios.append(result.seconds / theirs)
        shares.append(result.seconds / arithmetic)
        apart = max(apart, abs(result.losses[-1].validation / their_loss - 1))
        print(f"Trainer {theirs:5.1f} s, ours {result.seconds:5.1f} s in {dtype}", flush=True)
    print(f"{statistics.median(ratios):.2f} of Trainer's time ({min(ratios):.2f} to {max(ratios):.2f})")
    print(f"{statistics.median(shares):.2f} times the steps' arithmetic alone; losses at most {apart:.2%} apart")


if __name__ == "__main__":
    main()
