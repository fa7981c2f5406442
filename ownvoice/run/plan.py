"""The plan of a run: every step with what it is asked, what its answer is cached under, and what it waits for.

A plan is a value. It is made once (`ownvoice.run.resolve`), printed by `ownvoice plan`, and carried out by
`flows.experiment`; whatever reads it needs no config. Baseline, tuned models and placebos are rows of it, each training
seed its own. A new kind of step is a row and a task (`tasks.kinds`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, TypeVar

from pydantic import BaseModel, SerializeAsAny

from ownvoice.analysis.inputs import Comparison, Known, PlaceboAnswers
from ownvoice.frozen import Frozen
from ownvoice.memory.demand import Demand
from ownvoice.records.answers import Likelihoods, ModelAnswers, Outputs, PrefixMatches
from ownvoice.records.essays import CheckedPairs, DataSummary
from ownvoice.records.model import ModelInfo
from ownvoice.records.run import Experiment
from ownvoice.records.training import TrainingResult
from ownvoice.run.digests import extended_key
from ownvoice.worker.messages import GenerateRequest, LikelihoodRequest, PrefixRequest, TrainRequest

Results = Mapping[str, BaseModel]
"""What the steps have given so far, by their ids."""
R = TypeVar("R", bound=BaseModel)


class Due(NamedTuple):
    """A step whose turn has come: what it is asked now that what it waits for is there, and its cache key."""

    key: str
    request: BaseModel


class Step(Frozen):
    """A row of the plan."""

    name: str
    """What a person reads: 'Baseline likelihood'."""
    kind: str
    """Which task does it, by the table in `tasks.kinds`."""
    model: str
    """Whose it is: 'baseline', 'tuned', 'tuned, seed 14', 'placebo', 'placebo columnist'."""
    request: SerializeAsAny[BaseModel]
    key: str

    @property
    def id(self) -> str:
        """'tuned/train', 'tuned, seed 14/train': results go by it."""
        return f"{self.model}/{self.kind}"

    @property
    def waits_for(self) -> tuple[str, ...]:
        """Ids of the steps whose results what it is asked depends on."""
        return ()

    def due(self, results: Results) -> Due:  # noqa: ARG002 - what others wait for
        return Due(self.key, self.request)


class Training(Step):
    """A fine-tuning. Which memory setting it takes is decided when it is known what memory is free."""

    kind: str = "train"
    request: TrainRequest
    demand: Demand
    like: str = ""
    """Id of the training that it is compared with: it starts at the memory setting that that one ended at."""


class Question(Step):
    """What a model is asked that stays as it is: the untuned one, or one that the plan trains."""

    request: GenerateRequest | LikelihoodRequest | PrefixRequest
    weights_of: str = ""
    """Id of the training whose weights are asked; the untuned model's where there is none."""

    @property
    def waits_for(self) -> tuple[str, ...]:
        return (self.weights_of,) if self.weights_of else ()

    def due(self, results: Results) -> Due:
        """Cached by what the weights are, not by where they lie or how they were trained."""
        if not self.weights_of:
            return Due(self.key, self.request)
        weights = found(results, self.weights_of, TrainingResult).weights
        return Due(extended_key(self.key, weights.sha256), self.request.model_copy(update={"weights": weights.path}))


class Seeded(Frozen):
    """A model that is trained with a seed of its own."""

    model: str
    """As the steps name it."""
    seed: int

    @property
    def training(self) -> str:
        """Its training's id."""
        return f"{self.model}/train"


class PlannedPlacebo(Frozen):
    """A writer whose essays are trained on in the author's place."""

    writer: str
    checked: CheckedPairs
    models: tuple[Seeded, ...]
    """One a training seed, the first first."""


class Judgement(Step):
    """What all that was measured says; the request holds what is known beforehand, the results come to it."""

    kind: str = "compare"
    model: str = "run"
    request: Known
    measured: tuple[str, ...]
    """Ids of the steps that it reads."""
    tuned: tuple[Seeded, ...]
    placebos: tuple[PlannedPlacebo, ...]
    prompted: bool = False

    @property
    def waits_for(self) -> tuple[str, ...]:
        return self.measured

    def due(self, results: Results) -> Due:
        """Cached by all that is compared, however it came about."""
        comparison = Comparison(
            **dict(self.request),
            training=found(results, self.tuned[0].training, TrainingResult),
            baseline=answers_of(results, "baseline"),
            prompted=answers_of(results, PROMPTED) if self.prompted else None,
            tuned=tuple(answers_of(results, each.model) for each in self.tuned),
            placebos=tuple(
                PlaceboAnswers(
                    writer=placebo.writer,
                    essays=placebo.checked.pair_set.of("train"),
                    models=tuple(answers_of(results, each.model) for each in placebo.models),
                )
                for placebo in self.placebos
            ),
        )
        return Due(extended_key(self.key, comparison.model_copy(update={"background": ""})), comparison)


PROMPTED = "prompted"
"""Whose the answers are of the untuned model that is shown essays of the author first."""


class RunPlan(Frozen):
    """All that a run does, and all that its record can say beforehand."""

    experiment: Experiment
    model: ModelInfo
    data: DataSummary
    tuned: tuple[Seeded, ...]
    """The author's own models, one a training seed, the first first."""
    placebos: tuple[PlannedPlacebo, ...] = ()
    prompted_with: tuple[str, ...] = ()
    """Ids of the essays that the untuned model is shown before the topic, where it is asked so."""
    steps: tuple[SerializeAsAny[Step], ...]

    @property
    def trainings(self) -> tuple[Training, ...]:
        return tuple(step for step in self.steps if isinstance(step, Training))


def answers_of(results: Results, model: str) -> ModelAnswers:
    """All that a model has answered so far."""
    return ModelAnswers(
        outputs=found_or_none(results, f"{model}/generate", Outputs),
        likelihoods=found_or_none(results, f"{model}/likelihood", Likelihoods),
        prefixes=found_or_none(results, f"{model}/prefixes", PrefixMatches),
    )


def found(results: Results, step: str, kind: type[R]) -> R:
    result = results[step]
    assert isinstance(result, kind)
    return result


def found_or_none(results: Results, step: str, kind: type[R]) -> R | None:
    return found(results, step, kind) if step in results else None
