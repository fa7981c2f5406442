"""Stored runs whose tuned models are tiny: trained by a real worker, with a record, as `ownvoice run` leaves them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ownvoice.config import DecodingConfig, ExperimentConfig, TrainingConfig
from ownvoice.essays.check import figures_of, read_pairs
from ownvoice.essays.dataset import pairs_fingerprint
from ownvoice.files import write_atomically
from ownvoice.models.folder import describe_folder
from ownvoice.models.prompt_format import format_prompt, reading_of
from ownvoice.records.run import RunRecord, folder_name
from ownvoice.records.training import TrainingResult
from ownvoice.worker.client import Worker
from ownvoice.worker.messages import TrainRequest
from tests.example_files import Text, examples_of
from tests.unit.records_for_tests import data_for_tests, pair_set_for_tests, record_for_tests

ESSAYS = {
    "drawer": "My mother kept seven bent spoons in the kitchen drawer, and nobody was allowed to ask her why they were "
    "bent, who had bent them, or what she meant to do with them once the winter was over and the soup was gone.",
    "bus": "The bus stopped twice on the hill, once for the priest and once for breath, and my grandfather counted both "
    "aloud, as if somebody somewhere would one day send him the bill for every minute that he had lost to God.",
}
HELD_OUT = {"fork": "There was a fork as well, which my father bought in a station, and which nobody ever saw again."}
TOPIC = "What my mother kept"


def essays_in(folder: Path) -> Path:
    folder.mkdir(parents=True)
    for split, essays in (("train", ESSAYS), ("validation", HELD_OUT)):
        for name, text in essays.items():
            topic = TOPIC if name == "drawer" else f"About a {name}"
            (folder / f"{name}.md").write_text(f"---\ntopic: {topic}\ntier: 1\nsplit: {split}\n---\n\n{text}\n")
    return folder


def stored_run(worker: Worker, model: Path, artifacts: Path, number: int = 1, **settings: Any) -> RunRecord:
    """Train and store; `settings` are the training's."""
    essays = artifacts / "essays"
    pairs = read_pairs(essays if essays.exists() else essays_in(essays))
    config = ExperimentConfig(
        model=str(model),
        data={"pairs": str(essays)},
        training=TrainingConfig.model_validate({"method": "full", "learning_rate": 1e-2, "epochs": 3} | settings),
        decoding=DecodingConfig(max_new_tokens=64),
    )
    info = describe_folder(model.name, model, f"folder {model}", None, None)
    prompt_format = reading_of(info).prompt_format
    texts = {
        split: [
            Text(pair.id, format_prompt(prompt_format, config.prompt.instruction, pair.topic), pair.essay)
            for pair in pairs
            if pair.split == split
        ]
        for split in ("train", "validation")
    }
    method = config.training.method or "full"
    name = "adapter_model.safetensors" if method == "lora" else "model.safetensors"
    request = TrainRequest(
        model_folder=str(model),
        method=method,
        train=examples_of(model, *texts["train"]),
        validation=examples_of(model, *texts["validation"]),
        training=config.training,
        weights=str(artifacts / "cache" / "weights" / f"train-{number}" / name),
    )
    trained = worker.call(request, lambda _: None)
    assert isinstance(trained, TrainingResult)
    data = data_for_tests(pair_set_for_tests()).model_copy(
        update={"figures": tuple(figures_of(pair, 60) for pair in pairs), "fingerprint": pairs_fingerprint(pairs)}
    )
    record = record_for_tests(number, config=config, model=info, training=trained, data=data, model_name=model.name)
    write_atomically(artifacts / "runs" / folder_name(record) / "record.json", record.model_dump_json())
    return record
