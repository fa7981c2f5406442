"""The plan of a run: every step with what it is asked, what its answer is cached under, and what it waits for.

A plan is a value. It is made once (`ownvoice.run.resolve`), printed by `ownvoice plan`, and carried out by
`flows.experiment`; whatever reads it needs no config. Baseline, tuned model and placebo are rows of it. A further seed
or model is more rows, and a new kind of step is a row and a task (`tasks.kinds`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, TypeVar

from pydantic import BaseModel, SerializeAsAny

from ownvoice.analysis.inputs import Comparison, Known
from ownvoice.frozen import Frozen
from ownvoice.memory.demand import Demand
from ownvoice.records import (
    DataSummary,
    Experiment,
    Likelihoods,
    ModelAnswers,
    ModelInfo,
    Outputs,
    PairFigures,
    PrefixMatches,
    TrainingResult,
)
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
    """Whose it is: 'baseline', 'tuned', 'placebo'."""
    request: SerializeAsAny[BaseModel]
    key: str

    @property
    def id(self) -> str:
        """'tuned/train': results go by it."""
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


class Judgement(Step):
    """What all that was measured says; the request holds what is known beforehand, the results come to it."""

    kind: str = "compare"
    model: str = "run"
    request: Known
    measured: tuple[str, ...]
    """Ids of the steps that it reads."""

    @property
    def waits_for(self) -> tuple[str, ...]:
        return self.measured

    def due(self, results: Results) -> Due:
        """Cached by all that is compared, however it came about."""
        placebo = answers_of(results, "placebo")
        comparison = Comparison(
            **dict(self.request),
            training=found(results, "tuned/train", TrainingResult),
            baseline=answers_of(results, "baseline"),
            tuned=answers_of(results, "tuned"),
            placebo=placebo if placebo.outputs else None,
        )
        return Due(extended_key(self.key, comparison.model_copy(update={"background": ""})), comparison)


class RunPlan(Frozen):
    """All that a run does, and all that its record can say beforehand."""

    experiment: Experiment
    model: ModelInfo
    data: DataSummary
    placebo: tuple[PairFigures, ...] = ()
    """The placebo's essays, where one is trained."""
    placebo_notes: tuple[str, ...] = ()
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
