"""The experiment: one frozen config that every later step depends on; `ownvoice.experiment_files` reads it from TOML.

Each field states its trade-off once, here; the same text stands in the form of the Prefect UI.
"""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, field_validator, model_validator

from ownvoice import phases
from ownvoice.backends import Backend
from ownvoice.frozen import Frozen
from ownvoice.ladder import Allowed, Method
from ownvoice.text import Order, OverLength, PairField

PATH_KEYS = ("pairs", "prompts", "placebo", "placebos", "third_authors", "background")
NEAREST = "nearest"
SEEDS = 2**32
"""As many as every library takes; larger numbers Prefect's database can't hold, and its list of runs fails from then on."""
THIRD_AUTHORS = "data/placebos"
"""Counts as none where it isn't there; another folder that is named must be."""


class DataConfig(Frozen):
    pairs: str = Field(
        "data/sample_author/pairs",
        description="The writer's essays: a folder of Markdown files with front matter, a .jsonl, .csv, .parquet or .arrow "
        "file, a saved data set, or one of the hub (hub:owner/name, with @revision if you like).",
    )
    columns: dict[PairField, str] = Field(
        default_factory=dict,
        description='What a table\'s columns are called, where not as here: essay = "text"; others are passed over.',
    )
    prompts: str = Field(
        "",
        description="File with the canaries (answered in full in the log) and the probes (they carry the statistics); "
        "empty takes prompts.toml in the essays' folder or beside it, else neutral ones.",
    )
    tiers: tuple[Literal[1, 2, 3, 4], ...] = Field(
        (1, 2, 3, 4),
        min_length=1,
        description="Tiers to use: 1 is closest to the voice, 4 are smoke-test pieces; all where these hold no essay.",
    )
    train_pairs: int | None = Field(
        None, ge=1, description="Train on at most so many pairs, the first of `order`; empty uses all of them."
    )
    order: Order = Field(
        "tier",
        description="Which pairs come first: `tier` those closest to the voice; `across tiers` one of each tier in turn, "
        "drawn by a hash, so that more pairs hold all those of fewer.",
    )
    over_length: OverLength = Field(
        "error",
        description="An essay longer than the model's context: stop, truncate it, split it in parts, or drop it.",
    )
    placebo: str = Field(
        NEAREST,
        description="Another writer's essays in the same register and form: gains on them are no voice. `nearest` takes "
        "of the third authors the one who is most like the writer; empty for none.",
    )
    placebos: str = Field(
        "",
        description="A folder with a folder or file of essays for each writer, all trained in the place of the placebo "
        "where a run trains it: each costs a training, and one odd writer decides less.",
    )
    third_authors: str = Field(
        THIRD_AUTHORS,
        description="A folder of the same form, whose writers are only measured: what they gain is no voice; empty for none.",
    )
    background: str = Field(
        "",
        description="Other writers in the genre, a folder for each or a .npz of figures: the scale of the voice; "
        "empty takes the shipped ones.",
    )
    control_essays: int = Field(
        8,
        ge=1,
        description="How many essays of other writers are scored, untrained on: more narrows the contrast's interval.",
    )

    @property
    def named_placebo(self) -> str:
        """Empty also where the nearest one is still to be chosen (`ownvoice.essays.nearest_placebo`)."""
        return "" if self.placebo == NEAREST else self.placebo

    @field_validator("columns")
    @classmethod
    def each_column_once(cls, columns: dict[PairField, str]) -> dict[PairField, str]:
        if len(set(columns.values())) < len(columns) or "" in columns.values():
            raise ValueError("each must name a column, and no two the same")
        return columns


class PromptConfig(Frozen):
    instruction: str = Field(
        "Write a personal essay on the topic below.",
        min_length=1,
        description="Stands before every topic, in training and in the canaries alike.",
    )
    format: Literal["own", "plain"] = Field(
        "own",
        description="own asks an instruct model in its chat template and a base model in plain text; plain asks both in "
        "plain text, which tells the template's work from the weights'.",
    )


class LoraConfig(Frozen):
    rank: int = Field(16, ge=1, le=512, description="Size of the adapter: more can learn more and costs memory.")
    alpha: int = Field(32, ge=1, description="Scale of the adapter's output; twice the rank is usual.")
    dropout: float = Field(0.0, ge=0, lt=1, description="Share of adapter inputs dropped: above 0 resists overfitting.")


class TrainingConfig(Frozen):
    method: Method | None = Field(
        None, description="full moves every weight, lora trains a small adapter; empty takes the model's own default."
    )
    learning_rate: float = Field(5e-5, ge=0, le=1, description="Higher moves the voice faster and breaks sooner.")
    epochs: int = Field(3, ge=1, le=1000, description="Passes over the essays: more learns more, then memorises.")
    batch_size: int = Field(
        1, ge=1, description="Essays to one optimizer step: more is smoother and needs more memory."
    )
    loss_on: Literal["essay", "all"] = Field(
        "essay", description="What the model is taught: the essay alone, or the prompt as well."
    )
    seed: int = Field(13, ge=0, lt=SEEDS, description="Fixes the order of the essays and the adapter's first weights.")
    seeds: int = Field(
        1,
        ge=1,
        le=20,
        description="How many trainings, with this seed and those after it: more tells the essays' work from chance's, "
        "and each takes as long again.",
    )
    keep: Literal["last", "best"] = Field(
        "last",
        description="Which epoch's weights are kept: the last, or the one with the lowest validation loss, which takes a "
        "copy of what is trained in memory.",
    )
    look_every: int = Field(
        0,
        ge=0,
        description="Ask the probes, and what is known by heart, after every so many epochs of the training; 0 never. "
        "Shows when memorising starts, and each look takes as long as the answers.",
    )
    lora: LoraConfig = LoraConfig()


class MemoryConfig(Frozen):
    allow: Allowed = Field(
        "rounding",
        description="What may change where memory or disk is short: nothing (exact savings only), rounding (losses within 2%), "
        "or the method as well (full becomes LoRA).",
    )


class EngineConfig(Frozen):
    backend: Backend = Field(
        "single",
        description="What trains: `single` is one process on one device; `accelerate` shares the model and every batch out "
        "over several GPUs (FSDP2): larger batches fit, and the processes talk to each other at every layer.",
    )
    processes: int = Field(
        1,
        ge=1,
        le=64,
        description="How many, with `accelerate`: one for each GPU. On a processor they share its cores, and nothing is gained.",
    )

    @model_validator(mode="after")
    def _several_or_single(self) -> Self:
        if self.backend == "single" and self.processes > 1:
            raise ValueError('processes counts only with backend = "accelerate"; leave it at 1')
        if self.backend != "single" and self.processes < 2:
            raise ValueError(f'processes must be 2 or more with backend = "{self.backend}": one for each GPU')
        return self

    @property
    def is_single(self) -> bool:
        """The default, which stands in no key, record or command: what was made before there were others is the same."""
        return self.backend == "single"


class DecodingConfig(Frozen):
    max_new_tokens: int = Field(
        200, ge=8, le=4096, description="Length limit of an answer; 200 tokens are about 150 words."
    )
    samples_per_probe: int = Field(
        2, ge=1, le=16, description="Answers to each probe: more narrows the intervals and takes longer."
    )
    temperature: float = Field(0.8, gt=0, le=2, description="Lower is safer and more repetitive.")
    top_k: int = Field(50, ge=1, le=1000, description="Only this many likeliest tokens are ever sampled from.")
    top_p: float = Field(0.95, gt=0, le=1, description="Only the likeliest tokens that make up this share of mass.")
    seed: int = Field(
        7, ge=0, lt=SEEDS, description="The same for baseline and tuned, so that only the weights differ."
    )


class ExperimentConfig(Frozen):
    """One experiment: a model, a phase, the essays, how to train and how to ask."""

    phase: str = Field(
        "smoke-test",
        description="What the run is for; it names the run and groups runs in the log.",
        json_schema_extra={"enum": list(phases.NAMES)},
    )
    model: str = Field(
        "smollm2-135m",
        min_length=1,
        description="A name from `ownvoice models`, a hub id such as owner/name, or a local folder of safetensors.",
    )
    revision: str | None = Field(None, description="Hub models only: the commit or tag; empty takes the newest.")
    control: bool = Field(
        False,
        description="Train the placebo as well: as long again for each; only with it can the verdict say voice moved.",
    )
    prompted: bool = Field(
        False,
        description="Ask the untuned model as well, with as many of the training essays before the topic as its context "
        "holds: does training beat asking? Takes a few times as long as its other answers.",
    )
    data: DataConfig = DataConfig()
    prompt: PromptConfig = PromptConfig()
    training: TrainingConfig = TrainingConfig()
    memory: MemoryConfig = MemoryConfig()
    engine: EngineConfig = Field(EngineConfig(), exclude_if=lambda engine: engine.is_single)
    decoding: DecodingConfig = DecodingConfig()

    @field_validator("phase")
    @classmethod
    def _is_a_phase(cls, phase: str) -> str:
        if phases.find_phase(phase) is None:
            raise ValueError(f"no such phase; the phases are {', '.join(phases.NAMES)}")
        return phase

    @model_validator(mode="after")
    def _engine_can_do_it(self) -> Self:
        if self.training.look_every and not self.engine.is_single:
            raise ValueError(
                "training.look_every: one process alone can't be asked in the midst of a training that several share; "
                'set it to 0, or engine.backend = "single"'
            )
        return self

    @property
    def models_in_words(self) -> str:
        return self.model

    def with_model(self, model: str | None) -> Self:
        """On another model, where one is named."""
        return type(self).model_validate(self.model_dump() | {"model": model}) if model else self

    @property
    def trains_placebo(self) -> bool:
        phase = phases.find_phase(self.phase)
        return self.control or (phase is not None and phase.trains_placebo)

    @property
    def names_others(self) -> bool:
        """There are other writers to read, or there should be."""
        return bool(self.data.placebo or self.data.third_authors or self.trains_placebo)
