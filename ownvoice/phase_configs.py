"""The configs of phases that are made of several runs: an experiment's, and what is different from run to run."""

from __future__ import annotations

from typing import Any, Literal, Self

from pydantic import Field, ValidationError, field_validator, model_validator

from ownvoice.config import DataConfig, ExperimentConfig, TrainingConfig
from ownvoice.errors import ConfigError
from ownvoice.frozen import Frozen
from ownvoice.settings import flat

NEUTRAL = "data/neutral/prompts.toml"
"""The same questions for every writer, on nobody's own subjects."""


class SpreadConfig(Frozen):
    """Where the runs of a series run. It says nothing of what they are, and no key or record holds it."""

    over: Literal["here", "dask", "pool"] = Field(
        "here",
        description="here runs one after the other; dask spreads them over processes or a cluster (the extra `dask`); pool "
        "over Prefect workers, which needs a server that goes on, and `ownvoice deploy`.",
    )
    at_once: int = Field(
        2,
        ge=1,
        le=1000,
        description="How many runs at once: on one device their trainings wait for each other all the same. A Dask cluster "
        "that runs already has its own number.",
    )
    address: str = Field(
        "",
        description="Of a Dask scheduler that runs already, such as tcp://10.0.0.5:8786; empty starts processes on this "
        "machine.",
    )
    pool: str = Field("ownvoice", min_length=1, description="The Prefect work pool whose workers take the runs.")


class SeriesConfig(ExperimentConfig):
    """What the configs of all series have."""

    spread: SpreadConfig = SpreadConfig()


class ScaleUpConfig(SeriesConfig):
    """The same experiment on more and more of the pairs."""

    phase: Literal["scale-up"] = "scale-up"
    data: DataConfig = DataConfig(order="across tiers")
    sizes: tuple[int, ...] = Field(
        (3, 6, 13),
        min_length=1,
        description="How many pairs each run trains on; the pairs of a smaller run are some of a larger one's. More sizes "
        "draw the curve finer, each for a run.",
    )

    @field_validator("sizes")
    @classmethod
    def _each_once(cls, sizes: tuple[int, ...]) -> tuple[int, ...]:
        if min(sizes) < 1 or len(set(sizes)) < len(sizes):
            raise ValueError("each must be 1 or more, and no two the same")
        return tuple(sorted(sizes))

    @field_validator("data", mode="before")
    @classmethod
    def _across_tiers_unless_said(cls, data: Any) -> Any:
        return {"order": "across tiers"} | data if isinstance(data, dict) else data

    @field_validator("data")
    @classmethod
    def _across_tiers(cls, data: DataConfig) -> DataConfig:
        if data.order != "across tiers":
            raise ValueError(
                'data.order must be "across tiers": the pairs of a smaller run are some of a larger one\'s'
            )
        return data

    @classmethod
    def alone(cls, run: ExperimentConfig) -> ScaleUpConfig:
        """The series of one run, to do it again."""
        data = run.data.model_copy(update={"train_pairs": None, "order": "across tiers"})
        sizes = (run.data.train_pairs,) if run.data.train_pairs else cls.model_fields["sizes"].default
        return cls(**_plain(run) | {"data": data, "sizes": sizes})


class OverfitConfig(SeriesConfig):
    """One training, many epochs on a few pairs, looked at from within."""

    phase: Literal["overfit-diagnostic"] = "overfit-diagnostic"
    training: TrainingConfig = TrainingConfig(epochs=30, keep="best", look_every=3)

    @field_validator("training", mode="before")
    @classmethod
    def _looks_unless_said(cls, training: Any) -> Any:
        if not isinstance(training, dict):
            return training
        epochs = training.get("epochs", 30)
        looks = min(3, epochs) if isinstance(epochs, int) else 3
        return {"epochs": 30, "keep": "best", "look_every": looks} | training

    @field_validator("training")
    @classmethod
    def _looks(cls, training: TrainingConfig) -> TrainingConfig:
        if not 1 <= training.look_every <= training.epochs:
            raise ValueError("look_every must be 1 or more, and no more than the epochs")
        return training


class SeveralModels(SeriesConfig):
    """What the configs have that name several models."""

    @field_validator("revision")
    @classmethod
    def _no_revision(cls, revision: str | None) -> str | None:
        if revision is not None:
            raise ValueError("a revision is of one model, and several are compared")
        return revision


class CompareConfig(SeveralModels):
    """The same experiment on several models."""

    phase: Literal["compare"] = "compare"
    models: tuple[str, ...] = Field(
        ("smollm2-135m", "gemma-3-270m"),
        min_length=1,
        description="Names from `ownvoice models`, hub ids or folders; each is a run. `model` itself is not read.",
    )

    @field_validator("models")
    @classmethod
    def _each_model_once(cls, models: tuple[str, ...]) -> tuple[str, ...]:
        if len(set(models)) < len(models) or "" in models:
            raise ValueError("each must name a model, and no two the same")
        return models

    @property
    def models_in_words(self) -> str:
        return " and ".join(self.models)

    def with_model(self, model: str | None) -> Self:
        """One more is compared."""
        models = self.models if not model or model in self.models else (*self.models, model)
        return self.model_copy(update={"models": models})


Grid = dict[str, tuple[Any, ...]]


class SweepConfig(SeriesConfig):
    """The same experiment with every combination of some settings."""

    phase: Literal["sweep"] = "sweep"
    grid: Grid = Field(
        default_factory=dict,
        description='Values to try by the setting\'s dotted name, such as "training.learning_rate" = [2e-5, 5e-5]; every '
        "combination is a run.",
    )
    most_runs: int = Field(
        12,
        ge=1,
        le=500,
        description="Where there are more combinations, so many of them are drawn, the same ones each time.",
    )

    @field_validator("grid", mode="before")
    @classmethod
    def _by_dotted_names(cls, grid: Any) -> Any:
        """As `--set grid.training.epochs=[3, 5]` gives it, and as a file may have it."""
        return flat(grid) if isinstance(grid, dict) else grid

    @field_validator("grid")
    @classmethod
    def _each_value_once(cls, grid: Grid) -> Grid:
        problems = [f"{name}: the same in all runs of a sweep" for name in grid if not name.startswith(IN_A_GRID)]
        for name, values in grid.items():
            if not values or len({repr(value) for value in values}) < len(values):
                problems.append(f"{name}: values to try, no two the same (found {list(values)!r})")
        if problems:
            raise ValueError("; ".join(problems))
        return grid

    @model_validator(mode="after")
    def _each_value_holds(self) -> Self:
        problems = [self._problem(name, value) for name, values in self.grid.items() for value in values]
        if found := [problem for problem in problems if problem]:
            raise ValueError("; ".join(found))
        return self

    def _problem(self, name: str, value: Any) -> str:
        try:
            self.with_settings({name: value})
        except ValidationError as error:
            first = error.errors()[0]
            says = "no such field" if first["type"] == "extra_forbidden" else first["msg"].removeprefix("Value error, ")
            return f"grid.{name}: {says} (found {value!r})"
        except ValueError as error:
            return f"grid.{name}: {error} (found {value!r})"
        return ""

    def with_settings(self, settings: dict[str, Any]) -> ExperimentConfig:
        """One run of the sweep.

        Raises:
            ValueError: a setting that there is not, or a value that it can't have (ValidationError).
        """
        values = ExperimentConfig(**_plain(self)).model_dump()
        for name, value in settings.items():
            *groups, field = name.split(".")
            inside = values
            for group in groups:
                inside = inside.setdefault(group, {})
                if not isinstance(inside, dict):
                    raise ValueError("no such field")
            inside[field] = value
        return ExperimentConfig.model_validate(values)


IN_A_GRID = ("training.", "decoding.", "memory.", "prompt.", "data.train_pairs", "data.tiers", "data.order")
"""Other authors, other prompts or another placebo would leave nothing to rank by."""


def _plain(config: ExperimentConfig) -> dict[str, Any]:
    """The values of an experiment's own fields."""
    return {name: getattr(config, name) for name in ExperimentConfig.model_fields}


def trains_here(config: ExperimentConfig) -> bool:
    """Whether the process that is asked for it trains, and none that it sends runs to."""
    return not isinstance(config, SeriesConfig) or config.spread.over == "here"


def places_of(config: ExperimentConfig) -> tuple[str, ...]:
    """Where the essays lie that a phase reads, of a hub as well."""
    writers = config.writers if isinstance(config, BaseOrInstructConfig) else (config.data.pairs,)
    return (*writers, config.data.placebo)


def one_run(config: ExperimentConfig, **changes: Any) -> ExperimentConfig:
    """A run of a series: the experiment without what is the series', with the changes."""
    return ExperimentConfig(**_plain(config) | changes)


class Arm(Frozen):
    """A model in one of the ways that are compared."""

    name: str = Field(min_length=1, description="What tables call it.")
    model: str = Field(min_length=1, description="A name from `ownvoice models`, a hub id or a folder.")
    format: Literal["own", "plain"] = Field("own", description="As prompt.format.")
    learning_rate: float | None = Field(None, gt=0, le=1, description="Where it isn't that of the experiment.")


OF_LORA = 2e-4
"""The usual learning rate of an adapter; 5e-5 moves it little."""


def _two_and_plain(base: str, instruct: str, learning_rate: float | None = None) -> tuple[Arm, ...]:
    """A base model, its own instruct version, and that once more without its chat template."""
    return (
        Arm(name="base", model=base, learning_rate=learning_rate),
        Arm(name="instruct", model=instruct, learning_rate=learning_rate),
        Arm(name="instruct, plain", model=instruct, format="plain", learning_rate=learning_rate),
    )


ARMS: dict[str, tuple[Arm, ...]] = {
    "made here": (
        Arm(name="base", model="gemma-3-270m"),
        Arm(name="assistant", model="gemma-3-270m-assistant-1"),
        Arm(name="assistant x3", model="gemma-3-270m-assistant-3"),
        Arm(name="documents x3", model="gemma-3-270m-documents-3"),
        Arm(name="assistant x3, plain", model="gemma-3-270m-assistant-3", format="plain"),
    ),
    "smollm2-135m": _two_and_plain("smollm2-135m-base", "smollm2-135m-instruct"),
    "llama-3.2-1b": _two_and_plain("llama-3.2-1b", "llama-3.2-1b-instruct", OF_LORA),
    "gpt2-xl and llama-3.2-1b": (  # two different models: a difference has more than one reason
        Arm(name="gpt2-xl", model="gpt2-xl"),
        Arm(name="llama-3.2-1b-instruct", model="llama-3.2-1b-instruct", learning_rate=OF_LORA),
    ),
}
"""The first of each is the base that the others are held against."""


class BaseOrInstructConfig(SeveralModels):
    """The same experiment on a base model and on instruct versions of it, for several authors and seeds."""

    phase: Literal["base-or-instruct"] = "base-or-instruct"
    data: DataConfig = DataConfig(prompts=NEUTRAL)
    pair: Literal["made here", "smollm2-135m", "llama-3.2-1b", "gpt2-xl and llama-3.2-1b"] = Field(
        "made here",
        description="Which base model, with which instruct version of it: one that is made here of the embedded base by a "
        "generic assistant training, or one of the hub with its own; the last are two different models. Others: `arms`.",
    )
    arms: tuple[Arm, ...] = Field(
        (),
        description="Models and formats to compare in the pair's place; the first is the one that others are held to.",
    )
    authors: tuple[str, ...] = Field(
        (
            "data/sample_author/pairs",
            "data/placebos/columnist",
            "data/placebos/essayist",
            "data/placebos/newsletter",
            "data/placebos/woodworker",
        ),
        description="Writers beside the one of data.pairs, a folder or file of essays each: all are trained on and each "
        "is the others' placebo; more of them tell more, each for another training an arm and seed.",
    )

    @property
    def compared(self) -> tuple[Arm, ...]:
        return self.arms or ARMS[self.pair]

    @property
    def models_in_words(self) -> str:
        return " and ".join(dict.fromkeys(arm.model for arm in self.compared))

    @property
    def writers(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys((self.data.pairs, *self.authors)))

    @field_validator("data", mode="before")
    @classmethod
    def _neutral_prompts_unless_said(cls, data: Any) -> Any:
        return {"prompts": NEUTRAL} | data if isinstance(data, dict) else data

    @field_validator("arms")
    @classmethod
    def _each_arm_once(cls, arms: tuple[Arm, ...]) -> tuple[Arm, ...]:
        if len({arm.name for arm in arms}) < len(arms):
            raise ValueError("no two may have the same name")
        if len({(arm.model, arm.format) for arm in arms}) < len(arms):
            raise ValueError("no two may be the same model in the same format")
        if len(arms) == 1:
            raise ValueError("one is compared with none")
        return arms

    @model_validator(mode="after")
    def _others_as_placebos(self) -> Self:
        if self.control or self.prompted:
            raise ValueError("control and prompted: the other authors are the placebos here, and nobody is prompted")
        if not self.data.prompts:
            raise ValueError("data.prompts: name a file, as all authors are asked the same")
        if len(self.writers) < 2:
            raise ValueError("authors: two or more, as each is the others' placebo")
        return self

    def with_model(self, model: str | None) -> Self:
        """The models are the arms'.

        Raises:
            ConfigError: one is named.
        """
        if model:
            raise ConfigError(
                f"model {model}: base-or-instruct compares several",
                "no model of its own",
                "name a pair (--set pair=smollm2-135m), or the arms in a file of your own (data/experiments/base-or-instruct.toml)",
            )
        return self


CONFIGS: dict[str, type[ExperimentConfig]] = {
    "scale-up": ScaleUpConfig,
    "overfit-diagnostic": OverfitConfig,
    "compare": CompareConfig,
    "sweep": SweepConfig,
    "base-or-instruct": BaseOrInstructConfig,
}


def as_typed(config: ExperimentConfig) -> ExperimentConfig:
    """As a person has to name it: a run of a series is the series of that run alone."""
    if type(config) is not ExperimentConfig:
        return config
    match config.phase:
        case "scale-up":
            return ScaleUpConfig.alone(config)
        case "compare":
            return CompareConfig(**_plain(config) | {"revision": None, "models": (config.model,)})
        case "sweep":
            return SweepConfig(**_plain(config))
        case "base-or-instruct":  # one cell alone is compared with none: it is a run like any other
            return config.model_copy(update={"phase": "smoke-test"})
        case _:
            return config


def config_class(phase: object) -> type[ExperimentConfig]:
    """Of a phase, as a file names it."""
    return CONFIGS.get(phase, ExperimentConfig) if isinstance(phase, str) else ExperimentConfig
