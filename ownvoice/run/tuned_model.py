"""Finds what a run trained: the weights on this disk, the model that they belong to, and how it wants to be asked."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from ownvoice.analysis.next_steps import again, trains_again
from ownvoice.errors import ModelUnavailable
from ownvoice.files import FileStamp, is_intact
from ownvoice.models.prepare import find_prepared
from ownvoice.models.prompt_format import Reading, load_prompt_format, load_token_counter
from ownvoice.paths import weights_folder
from ownvoice.records.model import ModelInfo
from ownvoice.records.run import RunRecord
from ownvoice.records.training import TrainingResult

EXPECTED = "the trained weights, as the run saved them"


class TunedModel(NamedTuple):
    """The model of a run's first training."""

    record: RunRecord
    info: ModelInfo
    """Of the untuned model, as the run had it."""
    training: TrainingResult
    weights: Path

    @property
    def is_adapter(self) -> bool:
        return self.training.method != "full"

    @property
    def folder(self) -> Path:
        """The tokenizer and the chat template lie beside the weights."""
        return self.weights.parent

    @property
    def reading(self) -> Reading:
        prompt_format = load_prompt_format(self.folder, self.info.kind)
        return Reading(prompt_format, load_token_counter(self.folder), self.info.context_tokens)


def find_tuned_model(record: RunRecord) -> TunedModel:
    """What the run trained, if it still lies here.

    Raises:
        ModelUnavailable: the run trained nothing, or its weights are gone or altered, with the command that makes them.
    """
    training, info = record.training, record.model
    if training is None or info is None:
        raise ModelUnavailable(
            f"Run {record.number} stopped before its training ended: there is no tuned model",
            "a run that was completed",
            again(record.config),
        )
    places = [training.weights.path, str(_beside_runs(training.weights))]
    whole = next((Path(place) for place in places if _is_there(training.weights, place)), None)
    if whole is None:
        raise _gone(record, training, [Path(place) for place in places])
    return TunedModel(record, info, training, whole)


def untuned_folder(tuned: TunedModel) -> str:
    """Where the untuned model lies: asked beside the tuned one, and what an adapter is put on.

    Raises:
        ModelUnavailable: it isn't on this disk, or is another one now.
    """
    info, config = tuned.info, tuned.record.config
    if info.files and all(is_intact(file) for file in info.files):
        return info.folder
    found = find_prepared(config.model, config.revision)
    if found is None or [file.sha256 for file in found.files] != [file.sha256 for file in info.files]:
        raise ModelUnavailable(
            f"{info.name}, the untuned model of Run {tuned.record.number}, is not on this disk"
            + (" as it was then" if found else ""),
            f"its weights, as they were: {info.source}",
            again(config),
        )
    return found.folder


def _beside_runs(weights: FileStamp) -> Path:
    """An artifacts folder that was moved has them under the same name."""
    path = Path(weights.path)
    return weights_folder() / path.parent.name / path.name


def _is_there(weights: FileStamp, place: str) -> bool:
    return is_intact(weights.model_copy(update={"path": place}))


def _gone(record: RunRecord, training: TrainingResult, places: list[Path]) -> ModelUnavailable:
    altered = next((place for place in places if place.exists()), None)
    what = f"{altered} was altered since" if altered else f"the weights of Run {record.number} are gone"
    where = "" if altered else f": {training.weights.path} is not there"
    elsewhere = " Another machine ran it, and has them." if record.adopted else ""
    return ModelUnavailable(
        f"{what}{where}.{elsewhere}",
        f"{EXPECTED} (`ownvoice clean` removes those of older runs)",
        f"{trains_again(record.config)}   (trains again; other steps come from the cache)",
    )
