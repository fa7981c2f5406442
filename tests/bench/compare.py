"""`make bench`: the smoke test against the same work as a plain notebook, in turn, in one run.

Each pair runs the notebook, then ownvoice in an empty artifacts folder; both find the model on the
disk. Prints each pair's ratio and writes tests/bench/results/speed.json.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from ownvoice.config import ExperimentConfig
from ownvoice.essays.check import check_pairs
from ownvoice.experiment_files import load_experiment
from ownvoice.memory.machine import describe_machine
from ownvoice.models.prepare import prepare_model
from ownvoice.models.prompt_format import PromptFormat, format_prompt, prompt_texts, reading_of
from ownvoice.paths import ROOT, models_folder
from ownvoice.records import ModelInfo, Pair, RunRecord

BENCH = ROOT / "tests" / "bench"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=1, help="how many times each of the two runs")
    count = parser.parse_args().pairs
    config = load_experiment(ROOT / "data/experiments/smoke-test.toml")
    info = prepare_model(config.model, config.revision, lambda _: None)
    pairs = []
    for number in range(1, count + 1):
        print(f"pair {number} of {count}: the notebook (several minutes)", flush=True)
        with tempfile.TemporaryDirectory() as folder:
            notebook = run_notebook(config, info, Path(folder))
            print(f"  {notebook['seconds']:.0f} s; now ownvoice", flush=True)
            ours = run_ownvoice(Path(folder))
        pairs.append({"notebook": notebook, "ownvoice": ours, "ratio": notebook["seconds"] / ours["seconds"]})
        print(f"  {ours['seconds']:.0f} s: {pairs[-1]['ratio']:.2f} times faster", flush=True)
    report(pairs)


def run_notebook(config: ExperimentConfig, info: ModelInfo, folder: Path) -> dict[str, Any]:
    spec, result = folder / "spec.json", folder / "notebook.json"
    spec.write_text(json.dumps(specification(config, info) | {"scratch": str(folder / "trainer")}))
    seconds = timed([sys.executable, str(BENCH / "notebook.py"), str(spec), str(result)], {})
    answer = json.loads(result.read_text())
    return {"seconds": seconds, "validation_loss": answer["validation_losses"][-1], "marks": answer["marks"]}


def run_ownvoice(folder: Path) -> dict[str, Any]:
    environment = {"OWNVOICE_ARTIFACTS": str(folder / "artifacts"), "OWNVOICE_MODELS": str(models_folder())}
    command = Path(sys.executable).with_name("ownvoice")
    seconds = timed([str(command), "run", "smoke-test"], environment)
    (record_file,) = (folder / "artifacts" / "runs").glob("*/record.json")
    record = RunRecord.model_validate_json(record_file.read_text())
    assert record.training
    steps = {step.name: step.seconds for step in record.steps}
    return {"seconds": seconds, "validation_loss": record.training.losses[-1].validation, "steps": steps}


def specification(config: ExperimentConfig, info: ModelInfo) -> dict[str, Any]:
    """The prompts and essays exactly as ownvoice gives them to the model."""
    reading = reading_of(info)
    form = reading.prompt_format
    pair_set = check_pairs(config, reading).pair_set
    instruction = config.prompt.instruction
    prompts = prompt_texts(form, instruction, pair_set, info.kind, config.decoding.samples_per_probe)
    return {
        "model_folder": info.folder,
        "prompts": [prompt.model_dump() for prompt in prompts],
        "train": [as_shown(form, instruction, pair) for pair in pair_set.of("train")],
        "validation": [as_shown(form, instruction, pair) for pair in pair_set.of("validation")],
        "training": config.training.model_dump(),
        "decoding": config.decoding.model_dump(),
    }


def as_shown(form: PromptFormat, instruction: str, pair: Pair) -> dict[str, str]:
    return {"id": pair.id, "prompt": format_prompt(form, instruction, pair.topic), "completion": pair.essay}


def timed(command: list[str], environment: dict[str, str]) -> float:
    """Seconds of a whole process, from start to end."""
    start = time.perf_counter()
    subprocess.run(command, check=True, cwd=ROOT, env={**os.environ, **environment}, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def report(pairs: list[dict[str, Any]]) -> None:
    ratio = statistics.median(pair["ratio"] for pair in pairs)
    ours, theirs = pairs[-1]["ownvoice"]["validation_loss"], pairs[-1]["notebook"]["validation_loss"]
    difference = 100 * abs(ours - theirs) / theirs
    print(f"ownvoice is {ratio:.2f} times faster (median of {len(pairs)})")
    print(f"validation loss {ours:.4f}, notebook {theirs:.4f}: {difference:.2f}% apart")
    machine = describe_machine().model_dump(include={"processor", "cores", "memory_bytes", "versions"})
    results = BENCH / "results" / "speed.json"
    results.parent.mkdir(exist_ok=True)
    content = {"machine": machine, "ratio": ratio, "validation_loss_apart_percent": difference, "pairs": pairs}
    results.write_text(json.dumps(content, indent=1) + "\n")


if __name__ == "__main__":
    main()
