"""What the peers are given to do: an experiment's prompts and essays exactly as ownvoice gives them to the model."""

from __future__ import annotations

from typing import Any

from ownvoice.config import ExperimentConfig
from ownvoice.essays.check import check_pairs
from ownvoice.models.prompt_format import PromptFormat, format_prompt, prompt_texts, reading_of
from ownvoice.records.essays import Pair
from ownvoice.records.model import ModelInfo


def specification(config: ExperimentConfig, info: ModelInfo) -> dict[str, Any]:
    """The model's folder, prompts, essays and settings, for a peer in another process."""
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
        "bf16": False,
    }


def as_shown(form: PromptFormat, instruction: str, pair: Pair) -> dict[str, str]:
    return {"id": pair.id, "prompt": format_prompt(form, instruction, pair.topic), "completion": pair.essay}
