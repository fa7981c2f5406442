"""What each step of an experiment is asked, and under which cache key. It knows nothing of Prefect.

A key holds only what its step reads: a new learning rate leaves the baseline answers cached, a pair
that isn't used leaves the training cached.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from ownvoice.config import ExperimentConfig
from ownvoice.free_memory import find_hardware, free_memory, likely_device
from ownvoice.ladder import rungs_for
from ownvoice.models import method_for, model_identity
from ownvoice.planner import Plan as MemoryPlan
from ownvoice.prompts import PromptFormat, example, load_prompt_format, prompt_texts
from ownvoice.records import CheckedPairs, ModelInfo, Outputs, PairSet, TrainingResult
from ownvoice.requests import GenerateRequest, TrainRequest
from ownvoice.run_plan import answering, plan_experiment, sizes_of
from ownvoice.saves import DiskPlan, plan_saves, room_for
from ownvoice.shapes import shape_of
from tasks.caching import cache_key, data_hash, model_hash
from tasks.places import weights_folder, weights_path

# What is saved beside the weights: config, tokenizer and chat template.
SAVED_BESIDE = frozenset({".json", ".jinja", ".txt", ".model"})


class Generation(NamedTuple):
    key: str
    request: GenerateRequest


class Training(NamedTuple):
    key: str
    request: TrainRequest


def fetch_key(config: ExperimentConfig) -> str:
    return cache_key("fetch", model_identity(config.model, config.revision))


def check_key(config: ExperimentConfig, info: ModelInfo) -> str:
    length = str(config.decoding.max_new_tokens)  # a prompt must leave room for its answer
    return cache_key("check", config.data, config.prompt, length, data_hash(config), model_hash(info))


def plan_memory(config: ExperimentConfig, info: ModelInfo, checked: CheckedPairs, worker_bytes: int = 0) -> MemoryPlan:
    """The memory settings that this training may take on what is free now, and what its worker holds already."""
    device = likely_device()
    held = 0 if device == "cuda" else worker_bytes
    sizes = sizes_of(checked.figures)
    asked = answering(config, (*checked.pair_set.canaries, *checked.pair_set.probes))
    return plan_experiment(config, shape_of(info), sizes, free_memory(device, held), device, asked)


def plan_disk(config: ExperimentConfig, info: ModelInfo) -> DiskPlan:
    """The ways of saving what this training may give, on the disk that its weights go to."""
    rungs = rungs_for(config.memory, method_for(config), find_hardware(likely_device()))
    beside = sum(file.stat().st_size for file in Path(info.folder).iterdir() if file.suffix in SAVED_BESIDE)
    return plan_saves(shape_of(info), rungs, config, beside, room_for(weights_folder()))


def compare_key(
    pair_set: PairSet, baseline: Outputs, tuned: Outputs, training: TrainingResult, config: ExperimentConfig
) -> str:
    return cache_key("compare", pair_set, baseline, tuned, training, config)


class Plan:
    """The requests of one experiment, made from the checked pairs and the model."""

    def __init__(self, config: ExperimentConfig, info: ModelInfo, checked: CheckedPairs) -> None:
        self._config, self._info, self._checked = config, info, checked
        self._format: PromptFormat = load_prompt_format(Path(info.folder), info.kind)

    def generation(self, training: TrainingResult | None = None) -> Generation:
        """The baseline's answers, or with a training those of the tuned model: only the weights differ."""
        config, info = self._config, self._info
        prompts = prompt_texts(
            self._format,
            config.prompt.instruction,
            self._checked.pair_set,
            info.kind,
            config.decoding.samples_per_probe,
        )
        request = GenerateRequest(
            model_folder=info.folder,
            weights=training.weights.path if training else None,
            prompts=prompts,
            decoding=config.decoding,
        )
        inputs = request.model_copy(update={"model_folder": "", "weights": None})  # by content, not by place
        tuned = training.weights.sha256 if training else None
        return Generation(cache_key("generate", inputs, model_hash(info), tuned), request)

    def training(self) -> Training:
        config, info, pairs = self._config, self._info, self._checked.pair_set
        instruction = config.prompt.instruction
        request = TrainRequest(
            model_folder=info.folder,
            method=method_for(config),
            train=tuple(example(self._format, instruction, pair) for pair in pairs.of("train")),
            validation=tuple(example(self._format, instruction, pair) for pair in pairs.of("validation")),
            training=config.training,
            weights="",
        )
        key = cache_key("train", request.model_copy(update={"model_folder": ""}), config.memory, model_hash(info))
        return Training(key, request.model_copy(update={"weights": str(weights_path(key, request.method))}))
