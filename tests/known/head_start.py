"""The base-or-instruct study of docs/base-or-instruct.md: what it is run with, and the learning rates of its arms.

    python -m tests.known.head_start prepare --texts FILE FOLDER
    python -m tests.known.head_start rates FOLDER
    ownvoice run FOLDER/experiment.toml

`prepare` lays the authors' pairs and third authors' essays into FOLDER, from this project's own writers and those of FILE
(.jsonl, as `ownvoice background` reads it), with the experiment's file. `rates` trains the development author, who is none
of the study's, at three learning rates on the base and on the assistant, and prints the validation losses: about 4 minutes a
training on 2 cores with bf16, one that is done is passed over. The study goes on from runs that were done elsewhere, at the
same commit and in a project of the same place: `tar -cJf FILE -C artifacts runs` keeps them, `tar -xJf FILE -C artifacts` brings
them back. They quote passages of the authors: no such file belongs into the repository.
"""

from __future__ import annotations

import argparse
import json
import shutil
from collections.abc import Sequence
from pathlib import Path

from ownvoice.essays.check import check_pairs
from ownvoice.essays.saved import laid_for_worker
from ownvoice.experiment_files import load_experiment
from ownvoice.files import write_atomically
from ownvoice.models.prepare import prepare_model
from ownvoice.models.prompt_format import reading_of
from ownvoice.paths import NEUTRAL_PROMPTS
from ownvoice.phase_configs import ARMS
from ownvoice.records.training import TrainingResult
from ownvoice.voice.corpus import Writing, read_writings
from ownvoice.worker.client import Worker
from ownvoice.worker.messages import Examples, TrainRequest
from tests.known.trainings import HELD_OUT, TRAIN, silent, texts_of, write_pairs

AUTHORS = ("sample", "placebo", "washington", "dubois", "jerome", "wellons")
DEVELOPMENT = "russell"
THIRD = ("emerson", "paine", "veblen", "keynes", "irving", "gallant", "wjames", "darwin")
RATES = (5e-6, 1e-5, 2e-5)
CHOSEN = dict.fromkeys((arm.name for arm in ARMS["made here"]), 5e-6)
"""By arm, where it isn't the middle one; see `rates`."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    preparing = commands.add_parser("prepare")
    preparing.add_argument("--texts", type=Path, required=True)
    preparing.add_argument("folder", type=Path)
    commands.add_parser("rates").add_argument("folder", type=Path)
    options = parser.parse_args()
    if options.command == "prepare":
        prepare(options.folder.resolve(), read_writings(options.texts).texts)
    else:
        try_rates(options.folder.resolve())


def prepare(folder: Path, writings: Sequence[Writing]) -> None:
    for name in (*AUTHORS, DEVELOPMENT):
        write_pairs(folder / "authors" / f"{name}.jsonl", name, texts_of(name, writings)[: TRAIN + HELD_OUT])
    for name in THIRD:
        write_pairs(folder / "third" / f"{name}.jsonl", name, texts_of(name, writings)[TRAIN : TRAIN + 2])
    pairs = [str(folder / "authors" / f"{name}.jsonl") for name in AUTHORS]
    settings: dict[str, dict[str, object]] = {
        "": {"phase": "base-or-instruct", "pair": "made here", "authors": pairs},
        "data": {
            "pairs": pairs[0],
            "prompts": str(NEUTRAL_PROMPTS),
            "placebo": "",
            "third_authors": str(folder / "third"),
            "train_pairs": TRAIN,
            "control_essays": len(THIRD),
        },
        "training": {"epochs": 3, "learning_rate": 1e-5, "seeds": 3},
        "decoding": {"samples_per_probe": 2},
    }
    lines = []
    for group, values in settings.items():
        lines += [f"[{group}]"] if group else []
        lines += [f"{name} = {json.dumps(value)}" for name, value in values.items()]
    for arm in ARMS["made here"] if CHOSEN else ():
        rate = CHOSEN.get(arm.name)
        lines += ["[[arms]]", f"name = {json.dumps(arm.name)}", f"model = {json.dumps(arm.model)}"]
        lines += [f"format = {json.dumps(arm.format)}", *([f"learning_rate = {rate}"] if rate else [])]
    write_atomically(folder / "experiment.toml", "\n".join(lines) + "\n")


def try_rates(folder: Path) -> None:
    for arm in (each for each in ARMS["made here"] if each.name in ("base", "assistant x3")):
        for rate in RATES:
            kept = folder / "rates" / f"{arm.name}-{rate}.json"
            if not kept.exists():
                kept.parent.mkdir(exist_ok=True)
                write_atomically(kept, _train(folder, arm.model, rate).model_dump_json())
            losses = TrainingResult.model_validate_json(kept.read_text()).losses
            print(arm.name, rate, " ".join(f"{each.validation:.4f}" for each in losses), flush=True)


def _train(folder: Path, model: str, rate: float) -> TrainingResult:
    settings = (
        f"data.pairs={folder / 'authors' / f'{DEVELOPMENT}.jsonl'}",
        "data.placebo=",
        f"data.prompts={NEUTRAL_PROMPTS}",
        f"model={model}",
        f"training.learning_rate={rate}",
        "training.epochs=3",
        "training.seeds=1",
        "control=false",
        "phase=smoke-test",
    )
    config = load_experiment(Path("data/experiments/control.toml").resolve(), settings)
    with Worker() as worker:
        info = prepare_model(model, None, silent)
        laid = laid_for_worker(check_pairs(config, reading_of(info)), config.prompt.instruction, info)
        weights = folder / "rates" / "weights" / "model.safetensors"
        shutil.rmtree(weights.parent, ignore_errors=True)
        weights.parent.mkdir(parents=True)
        examples = {
            split: Examples(path=file.path, fingerprint=split, rows=len(laid.splits[split]))
            for split, file in laid.files.items()
        }
        request = TrainRequest(
            model_folder=info.folder,
            method="full",
            train=examples["train"],
            validation=examples["validation"],
            training=config.training,
            weights=str(weights),
        )
        result = worker.call(request, silent)
    shutil.rmtree(weights.parent)
    assert isinstance(result, TrainingResult)
    return result


if __name__ == "__main__":
    main()
