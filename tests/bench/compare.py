"""`make bench`: the smoke test against the same work as a plain notebook, and against llama.cpp with Trainer, in turn.

Each pair runs the notebook, then ownvoice in an empty artifacts folder, then llama.cpp on the notebook's prompts; all find the
model on the disk. Prints each pair's ratio, the median and the range, and each stage beside what its arithmetic takes at the
rate of a large product on this machine; writes tests/bench/results/speed.json.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import torch
from limits import product_rate, reading_rate, timed
from same_work import specification

from ownvoice.config import ExperimentConfig
from ownvoice.experiment_files import load_experiment
from ownvoice.export.gguf_file import write_gguf
from ownvoice.ladder import AS_CONFIGURED
from ownvoice.memory.machine import describe_machine, processor_has_bf16
from ownvoice.memory.predict import training_flops
from ownvoice.models.prepare import find_shape, prepare_model
from ownvoice.paths import ROOT, models_folder
from ownvoice.records.run import RunRecord

BENCH = ROOT / "tests" / "bench"
STAGES = {
    "baseline": "Baseline answers to the canaries",
    "training": "Fine-tune",
    "tuned": "Tuned answers to the canaries",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=3, help="how many times each of them runs")
    count = parser.parse_args().pairs
    config = load_experiment(ROOT / "data/experiments/smoke-test.toml")
    info = prepare_model(config.model, config.revision, lambda _: None)
    bf16 = processor_has_bf16()
    limits = {"product": product_rate(torch.bfloat16 if bf16 else torch.float32), "reading": reading_rate()}
    pairs = []
    for number in range(1, count + 1):
        print(f"pair {number} of {count}: the notebook (several minutes)", flush=True)
        with tempfile.TemporaryDirectory() as folder:
            spec = specification(config, info)
            notebook = run_notebook(spec, Path(folder))
            print(f"  {notebook['seconds']:.0f} s; now ownvoice", flush=True)
            ours = run_ownvoice(Path(folder)) | {"prompts": len(spec["prompts"])}
            ratio = notebook["seconds"] / ours["seconds"]
            print(f"  {ours['seconds']:.0f} s: {ratio:.2f} times faster; now llama.cpp", flush=True)
            llama = run_llama(spec, Path(folder))
        pairs.append({"notebook": notebook, "ownvoice": ours, "llama.cpp": llama, "ratio": ratio})
        print(f"  {llama['tokens'] / llama['answers']:.0f} tokens/s", flush=True)
        report(config, pairs, limits)  # of the pairs so far: each takes many minutes


def run_notebook(spec: dict[str, Any], folder: Path) -> dict[str, Any]:
    answer, seconds = run_peer("notebook.py", spec | {"scratch": str(folder / "trainer")}, folder)
    marks = answer["marks"]
    stages = {"baseline": marks["baseline"] - marks["loaded"], "training": marks["trained"] - marks["baseline"]}
    stages["tuned"] = marks["tuned"] - marks["trained"]
    return {"seconds": seconds, "validation_loss": answer["validation_losses"][-1], "stages": stages}


def run_llama(spec: dict[str, Any], folder: Path) -> dict[str, Any]:
    """With matrices of 16 bits, which it is quicker with: in fp32 it took 3.7 times as long."""
    gguf = folder / "model.gguf"
    write_gguf(Path(spec["model_folder"]), gguf, "smollm2", "f16")
    answer, _ = run_peer("llama_answers.py", spec | {"gguf": str(gguf), "threads": os.cpu_count()}, folder)
    return answer


def run_peer(program: str, spec: dict[str, Any], folder: Path) -> tuple[dict[str, Any], float]:
    """What it says, and seconds of the whole process, from start to end."""
    asked, answer = folder / "spec.json", folder / "result.json"
    asked.write_text(json.dumps(spec))
    seconds = timed(lambda: run([sys.executable, str(BENCH / program), str(asked), str(answer)], {}))
    return json.loads(answer.read_text()), seconds


def run_ownvoice(folder: Path) -> dict[str, Any]:
    environment = {"OWNVOICE_ARTIFACTS": str(folder / "artifacts"), "OWNVOICE_MODELS": str(models_folder())}
    command = Path(sys.executable).with_name("ownvoice")
    seconds = timed(lambda: run([str(command), "run", "smoke-test"], environment))
    (record_file,) = (folder / "artifacts" / "runs").glob("*/record.json")
    record = RunRecord.model_validate_json(record_file.read_text())
    assert record.training
    steps = {step.name: step.seconds for step in record.steps}
    return {
        "seconds": seconds,
        "validation_loss": record.training.losses[-1].validation,
        "train_tokens": record.training.train_tokens,
        "train_steps": record.training.steps,
        "steps": steps,
    }


def run(command: list[str], environment: dict[str, str]) -> None:
    quiet = subprocess.DEVNULL
    subprocess.run(command, check=True, cwd=ROOT, env={**os.environ, **environment}, stdout=quiet, stderr=quiet)


def report(config: ExperimentConfig, pairs: list[dict[str, Any]], limits: dict[str, float]) -> None:
    ratios = [pair["ratio"] for pair in pairs]
    peers = [_llama_and_trainer(pair) / pair["ownvoice"]["seconds"] for pair in pairs]
    apart = max(abs(p["ownvoice"]["validation_loss"] / p["notebook"]["validation_loss"] - 1) for p in pairs)
    print(f"ownvoice is {_told(ratios)} faster than the notebook, and {_told(peers)} than llama.cpp with Trainer")
    print(f"validation losses at most {apart:.2%} apart")
    print(
        f"this machine: {limits['product'] / 1e9:.0f} GFLOP/s in a large product, reads {limits['reading'] / 1e9:.0f} GB/s"
    )
    arithmetic = _arithmetic(config, pairs[0]["ownvoice"], limits["product"])
    for stage, name in STAGES.items():
        theirs = statistics.median(pair["notebook"]["stages"][stage] for pair in pairs)
        ours = statistics.median(pair["ownvoice"]["steps"][name] for pair in pairs)
        least = arithmetic[stage]
        print(f"  {stage:9} notebook {theirs:6.1f} s, ours {ours:5.1f} s, arithmetic alone {least:5.1f} s")
    machine = describe_machine().model_dump(include={"processor", "cores", "memory_bytes", "versions"})
    results = BENCH / "results" / "speed.json"
    results.parent.mkdir(exist_ok=True)
    content = {"machine": machine, "limits": limits, "arithmetic": arithmetic, "ratio": statistics.median(ratios)}
    content |= {"ratio_to_llama_and_trainer": statistics.median(peers), "validation_loss_apart": apart, "pairs": pairs}
    results.write_text(json.dumps(content, indent=1) + "\n")


def _llama_and_trainer(pair: dict[str, Any]) -> float:
    """Seconds: the model loaded and all asked by llama.cpp, twice, and the notebook's training."""
    llama = pair["llama.cpp"]
    return float(2 * (llama["load"] + llama["answers"]) + pair["notebook"]["stages"]["training"])


def _arithmetic(config: ExperimentConfig, ours: dict[str, Any], rate: float) -> dict[str, float]:
    """Seconds that each stage's products take at the rate of a large one; answers as if each had all its tokens."""
    shape = find_shape(config.model)
    answers = 2 * shape.matrices * ours["prompts"] * config.decoding.max_new_tokens / rate
    length = ours["train_tokens"] // ours["train_steps"]
    training = training_flops(shape, AS_CONFIGURED, ours["train_tokens"], length) / rate
    return {"baseline": answers, "training": training, "tuned": answers}


def _told(ratios: list[float]) -> str:
    return f"{statistics.median(ratios):.2f} times ({min(ratios):.2f} to {max(ratios):.2f})"


if __name__ == "__main__":
    main()
