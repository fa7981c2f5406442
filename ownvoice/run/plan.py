"""What each step of an experiment is asked, and under which cache key. It knows nothing of Prefect.

A key holds only what its step reads: a new learning rate leaves the baseline answers cached, a pair
that isn't used leaves the training cached.
"""

from __future__ import annotations

from pathlib import Path
from typing import Generic, NamedTuple, TypeVar

from ownvoice.analysis.inputs import Comparison
from ownvoice.config import ExperimentConfig
from ownvoice.ladder import rungs_for
from ownvoice.memory.free import find_hardware, free_memory, likely_device
from ownvoice.memory.plan import MemoryPlan, answering, plan_experiment, sizes_of
from ownvoice.memory.saves import DiskPlan, plan_saves, room_for
from ownvoice.models.prepare import method_for, model_identity
from ownvoice.models.prompt_format import PromptFormat, example, load_prompt_format, prompt_texts
from ownvoice.models.shape import shape_of
from ownvoice.paths import weights_folder, weights_path
from ownvoice.records import CheckedPairs, ModelInfo, Pair, TrainingResult
from ownvoice.run.cache_keys import background_hash, cache_key, data_hash, model_hash, placebo_hash
from ownvoice.worker.messages import Example, GenerateRequest, LikelihoodRequest, PrefixRequest, TrainRequest

# What is saved beside the weights: config, tokenizer and chat template.
SAVED_BESIDE = frozenset({".json", ".jinja", ".txt", ".model"})

R = TypeVar("R")
Reading = GenerateRequest | LikelihoodRequest | PrefixRequest
"""What a model is asked that stays as it is."""


class Step(NamedTuple, Generic[R]):
    """What a step is asked, and the key that its answer is cached under."""

    key: str
    request: R


def fetch_key(config: ExperimentConfig) -> str:
    return cache_key("fetch", model_identity(config.model, config.revision))


def check_key(config: ExperimentConfig, info: ModelInfo) -> str:
    length = str(config.decoding.max_new_tokens)  # a prompt must leave room for its answer
    data = config.data.model_copy(update={"placebo": "", "control_essays": 1})  # the author's own check reads neither
    return cache_key("check", data, config.prompt, length, data_hash(config), model_hash(info))


def check_placebo_key(config: ExperimentConfig, info: ModelInfo, own: CheckedPairs) -> str:
    trains = str(config.trains_placebo)
    texts = (data_hash(config), placebo_hash(config))
    return cache_key("check-placebo", config.data, config.prompt, trains, own.pair_set, *texts, model_hash(info))


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


def compare_key(comparison: Comparison) -> str:
    return cache_key("compare", comparison, background_hash(comparison.config))


class Plan:
    """The requests of one experiment, made from the checked pairs and the model."""

    def __init__(self, config: ExperimentConfig, info: ModelInfo, checked: CheckedPairs) -> None:
        self._config, self._info, self._checked = config, info, checked
        self._format: PromptFormat = load_prompt_format(Path(info.folder), info.kind)

    def generation(self, training: TrainingResult | None = None) -> Step[GenerateRequest]:
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
        return Step(self._reading_key("generate", request, training), request)

    def likelihood(self, control: tuple[Pair, ...], training: TrainingResult | None = None) -> Step[LikelihoodRequest]:
        """Held-out and control essays under the baseline or a tuned model; independent of how it was trained."""
        request = LikelihoodRequest(
            model_folder=self._info.folder,
            weights=training.weights.path if training else None,
            own=self._examples(self._checked.pair_set.of("validation")),
            control=self._examples(control),
        )
        return Step(self._reading_key("likelihood", request, training), request)

    def prefixes(self, training: TrainingResult | None = None) -> Step[PrefixRequest]:
        request = PrefixRequest(
            model_folder=self._info.folder,
            weights=training.weights.path if training else None,
            examples=self._examples(self._checked.pair_set.of("train")),
        )
        return Step(self._reading_key("prefixes", request, training), request)

    def training(self) -> Step[TrainRequest]:
        config, info, pairs = self._config, self._info, self._checked.pair_set
        request = TrainRequest(
            model_folder=info.folder,
            method=method_for(config),
            train=self._examples(pairs.of("train")),
            validation=self._examples(pairs.of("validation")),
            training=config.training,
            weights="",
        )
        key = cache_key("train", request.model_copy(update={"model_folder": ""}), config.memory, model_hash(info))
        return Step(key, request.model_copy(update={"weights": str(weights_path(key, request.method))}))

    def _examples(self, pairs: tuple[Pair, ...]) -> tuple[Example, ...]:
        return tuple(example(self._format, self._config.prompt.instruction, pair) for pair in pairs)

    def _reading_key(self, step: str, request: Reading, training: TrainingResult | None) -> str:
        """By what is asked and what the weights are, not by where they lie or how they were trained."""
        inputs = request.model_copy(update={"model_folder": "", "weights": None})
        return cache_key(step, inputs, model_hash(self._info), training.weights.sha256 if training else None)
