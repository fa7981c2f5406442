"""Requests that a tiny model answers in a second."""

from __future__ import annotations

from pathlib import Path

from ownvoice.config import DecodingConfig, TrainingConfig
from ownvoice.records.answers import Outputs
from ownvoice.worker.client import Worker
from ownvoice.worker.messages import Examples, GenerateRequest, PromptText, TrainRequest
from tests.example_files import Text, examples_of

NONE = Examples(path="", fingerprint="", rows=0)
TRAIN = tuple(
    Text(str(i), f"Write.\n---\nTopic {i}\n\n", f"My mother kept {i} spoons in a drawer. " * 6) for i in range(3)
)
HELD_OUT = (Text("v", "Write.\n---\nTopic v\n\n", "My mother kept a fork in a drawer. " * 6),)
PROMPTS = tuple(PromptText(prompt_id=f"p{i}", sample=0, text=f"Write.\n---\nTopic {i}\n\n") for i in range(3))


def request_to_train(folder: Path, weights: Path, method: str = "full", **training: object) -> TrainRequest:
    settings = {"learning_rate": 1e-3, "epochs": 2, **training}
    return TrainRequest(
        model_folder=str(folder),
        method=method,
        train=examples_of(folder, *TRAIN),
        validation=examples_of(folder, *HELD_OUT),
        training=TrainingConfig.model_validate(settings),
        weights=str(weights),
    )


def settings_of_a_training() -> TrainRequest:
    """For a loop that is given its model and its essays."""
    return TrainRequest(
        model_folder="",
        method="full",
        train=NONE,
        validation=NONE,
        training=TrainingConfig(learning_rate=1e-3, epochs=2),
        weights="",
    )


def request_to_answer(folder: Path, weights: str | None = None) -> GenerateRequest:
    decoding = DecodingConfig(max_new_tokens=24)
    return GenerateRequest(model_folder=str(folder), weights=weights, prompts=PROMPTS, decoding=decoding)


def answers(worker: Worker, folder: Path, weights: str | None = None) -> list[str]:
    outputs = worker.call(request_to_answer(folder, weights), lambda _: None)
    assert isinstance(outputs, Outputs)
    return [output.text for output in outputs.outputs]
