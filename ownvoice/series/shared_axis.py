"""Puts models on one axis: the same words of each answer, the same scale, differences prompt by prompt."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from math import log
from pathlib import Path
from types import MappingProxyType
from typing import Self

import numpy as np

from ownvoice.analysis.compare import essays_of, material_of, texts_of
from ownvoice.errors import VoiceError
from ownvoice.records.answers import ModelAnswers
from ownvoice.records.run import RunRecord
from ownvoice.records.training import Look
from ownvoice.series.inputs import RunOf, SeriesInputs
from ownvoice.voice.asked import BASELINE
from ownvoice.voice.intervals import mean_interval
from ownvoice.voice.library import open_library
from ownvoice.voice.likelihood import EssayLikelihood, mean_of
from ownvoice.voice.material import ModelTexts
from ownvoice.voice.measure import Axis
from ownvoice.voice.results import Interval

FEWEST_ESSAYS = 2


class SharedAxis:
    """The untuned model and others by their labels, one answer set a training; what can't be measured is None.

    What stands in an essay that any run of the series trained on counts for none of them.
    """

    def __init__(
        self,
        inputs: SeriesInputs,
        models: Mapping[str, Sequence[ModelAnswers]],
        untuned: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        """`untuned` names what a model was before, where that isn't the first run's untuned model."""
        self._axis = _axis(inputs, models, untuned)

    @classmethod
    def of_runs(cls, inputs: SeriesInputs) -> Self:
        """The tuned model of each run."""
        return cls(inputs, {run.label: tuple(run.record.answers_by_seed().values()) for run in inputs.runs})

    @classmethod
    def of_runs_and_placebos(cls, inputs: SeriesInputs) -> Self:
        """The tuned model of each run, and those that it trained on other writers."""
        models: dict[str, Sequence[ModelAnswers]] = {}
        untuned: dict[str, str] = {}
        for run in inputs.runs:
            before = cls.untuned_of(inputs, run)
            if before != BASELINE:
                models[before] = (run.record.baseline,)
            models[run.label] = tuple(run.record.answers_by_seed().values())
            for placebo, name in zip(run.record.placebos, cls.placebos_of(run), strict=True):
                models[name] = tuple(run.record.answers_by_seed(placebo).values())
            untuned |= dict.fromkeys((before, run.label, *cls.placebos_of(run)), before)
        return cls(inputs, models, untuned)

    @staticmethod
    def untuned_of(inputs: SeriesInputs, run: RunOf) -> str:
        """Another than the first run's where it was asked otherwise: with another decoding, or another instruction."""
        first, own = inputs.runs[0].record.baseline.outputs, run.record.baseline.outputs
        same = first is not None and own is not None and first.outputs == own.outputs
        return BASELINE if same else f"{run.label}, untuned"

    @staticmethod
    def placebos_of(run: RunOf) -> tuple[str, ...]:
        """What the models are called that a run trained on other writers."""
        return tuple(f"{run.label}, placebo {placebo.writer}" for placebo in run.record.placebos)

    @classmethod
    def of_looks(cls, inputs: SeriesInputs, looks: Iterable[Look]) -> Self:
        """The model in the midst of one training, by `epoch N`."""
        return cls(inputs, {f"epoch {look.epoch}": (look.answers,) for look in looks})

    @property
    def words(self) -> int:
        """Of each answer as many were scored; 0 where the voice can't be measured."""
        return self._axis.words if self._axis else 0

    def level(self, model: str) -> Interval | None:
        """Where the model's answers lie, in z."""
        return self._axis.level(model) if self._axis else None

    def no_prose(self, model: str) -> tuple[int, int]:
        """How many of the model's answers are none, and of how many."""
        return self._axis.no_prose(model) if self._axis else (0, 0)

    def difference(self, one: str, other: str) -> Interval | None:
        """How much nearer to her the first model's answers lie than the other's, in z."""
        return self._axis.difference(one, other) if self._axis else None

    def difference_of_differences(self, first: tuple[str, str], second: tuple[str, str]) -> Interval | None:
        """How much more the first model has over its other than the second has over its own, prompt by prompt, in z."""
        return self._axis.difference_of_differences(first, second) if self._axis else None


def _axis(
    inputs: SeriesInputs, models: Mapping[str, Sequence[ModelAnswers]], untuned: Mapping[str, str]
) -> Axis | None:
    """None where none of the essays can be measured: in another language, or too short."""
    pairs, first = inputs.pair_set, inputs.runs[0].record.baseline
    material = material_of(pairs, inputs.author, first, (), ())
    material = material.model_copy(update={"training": essays_of(inputs.all_trained)})
    texts: dict[str, Sequence[ModelTexts]] = {BASELINE: (texts_of(pairs, first),)}
    texts |= {name: tuple(texts_of(pairs, each) for each in trainings) for name, trainings in models.items()}
    library = open_library(Path(inputs.background) if inputs.background else None)
    try:
        return Axis(material, texts, {}, library, untuned=untuned)
    except VoiceError:
        return None


def held_out_under(record: RunRecord) -> tuple[EssayLikelihood, ...]:
    """The author's held-out essays under the tuned model; of several trainings the mean."""
    own = [each.likelihoods.own for each in record.answers_by_seed().values() if each.likelihoods]
    return mean_of(own) if own else ()


def gained(before: Sequence[EssayLikelihood], after: Sequence[EssayLikelihood]) -> Interval | None:
    """Bits a character that the same essays gained from one model to another, with the interval over the essays.

    None for others: where a model's context cut them at another place.
    """
    same = [(each.id, each.characters) for each in before] == [(each.id, each.characters) for each in after]
    if not same or len(after) < FEWEST_ESSAYS or not all(each.characters for each in after):
        return None
    gains = [(b.nats - a.nats) / log(2) / a.characters for b, a in zip(before, after, strict=True)]
    return mean_interval(np.array([gains]))
