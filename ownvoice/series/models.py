"""Compares models after the same fine-tuning: which comes nearest to her, and whether training beats asking.

All answers of all models are scored on one axis, prompt by prompt. Losses of models with different tokenizers don't compare;
the likelihood of the same held-out essays in bits a character does. Models of different families differ in more than one
thing, so which of them explains a difference is not for these runs to say.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import Literal

from ownvoice.frozen import Frozen
from ownvoice.records.answers import ModelAnswers, Output
from ownvoice.records.essays import Canary
from ownvoice.records.model import Kind
from ownvoice.records.run import RunRecord
from ownvoice.series.inputs import RunOf, SeriesInputs
from ownvoice.series.shared_axis import SharedAxis, gained, held_out_under
from ownvoice.voice.asked import BASELINE
from ownvoice.voice.likelihood import Contrast
from ownvoice.voice.results import Interval, Level
from ownvoice.voice.verdict import WORTH_HAVING

Way = Literal["untuned", "prompted", "tuned", "placebo"]


class InOneWay(Frozen):
    """A model's answers in one of the ways of asking it."""

    way: Way
    level: Interval | None
    """Where they lie, in z."""
    no_prose: int
    answers: int


class OneModel(Frozen):
    """One model of the comparison."""

    name: str
    run: int
    kind: Kind
    parameters: int
    trainings: int
    ways: tuple[InOneWay, ...]
    gain: Interval | None
    """Tuned - untuned, in z."""
    tuned_minus_prompted: Interval | None
    tuned_minus_placebo: Interval | None
    """Of several placebos the nearest."""
    held_out: Interval | None
    """Bits a character that her held-out essays gained over the untuned model."""
    beyond_others: Contrast | None
    memorised: Level
    direction: str
    """The run's own verdict."""


class Between(Frozen):
    """Two models after the same fine-tuning, prompt by prompt and essay by essay: the first less the second."""

    one: str
    other: str
    tuned: Interval | None
    """In z."""
    likelier: Interval | None
    """Bits a character: above 0 her held-out essays are likelier under the first."""


class AnswerOf(Frozen):
    model: str
    way: Way
    text: str
    """Written by a model: untrusted."""


class CanarySideBySide(Frozen):
    id: str
    topic: str
    answers: tuple[AnswerOf, ...]


class ModelComparison(Frozen):
    kind: Literal["compare"] = "compare"
    words: int
    """Of each answer as many were scored; 0 where the voice can't be measured."""
    models: tuple[OneModel, ...]
    between: tuple[Between, ...]
    canaries: tuple[CanarySideBySide, ...]
    conclusion: str


def measure_comparison(inputs: SeriesInputs) -> ModelComparison:
    """Compare the runs, a model each."""
    axis = _shared_axis(inputs)
    models = tuple(_one_model(axis, inputs, run) for run in inputs.runs)
    between = tuple(_between(axis, inputs, one, other) for one, other in combinations(inputs.runs, 2))
    return ModelComparison(
        words=axis.words,
        models=models,
        between=between,
        canaries=tuple(_side_by_side(canary, inputs.runs) for canary in inputs.pair_set.canaries),
        conclusion=conclude(models, between),
    )


def conclude(models: Sequence[OneModel], between: Sequence[Between]) -> str:
    """What the figures carry, and that the others can't tell."""
    sentences = [_of_two(each) for each in between]
    sentences += [
        _training_or_asking(each.name, each.tuned_minus_prompted) for each in models if each.tuned_minus_prompted
    ]
    if between:
        sentences.append(
            "The models may differ in size, data, instruction and more; which of these explains a difference these runs can't tell."
        )
    return " ".join(sentences) or "One model alone is compared with none."


def _of_two(each: Between) -> str:
    apart, one, other = each.tuned, each.one, each.other
    if apart is None:
        return f"Whether {one} or {other} comes nearer to you was not measured."
    if apart.above_zero:
        return f"Fine-tuned, {one} comes nearer to you than {other} ({apart.in_words()})."
    if apart.below_zero:
        return f"Fine-tuned, {other} comes nearer to you than {one} ({apart.negated.in_words()})."
    if apart.within(WORTH_HAVING):
        return f"Fine-tuned, {one} and {other} come equally near to you, within {WORTH_HAVING} z ({apart.in_words()})."
    return f"These runs can't tell whether {one} or {other} comes nearer to you, fine-tuned ({apart.in_words()})."


def _training_or_asking(name: str, apart: Interval) -> str:
    if apart.above_zero:
        return f"With {name} training beats asking with essays of yours ({apart.in_words()})."
    if apart.below_zero:
        return f"With {name} asking with essays of yours beats training ({apart.negated.in_words()})."
    if apart.within(WORTH_HAVING):
        return (
            f"With {name} training and asking come as far as each other, within {WORTH_HAVING} z ({apart.in_words()})."
        )
    return f"With {name} these runs can't tell training from asking ({apart.in_words()})."


def _shared_axis(inputs: SeriesInputs) -> SharedAxis:
    models, untuned = {}, {}
    for run in inputs.runs:
        for way, answers in _ways(run.record):
            models[_name(inputs, run, way)] = answers
            untuned[_name(inputs, run, way)] = _name(inputs, run, "untuned")
    models.pop(BASELINE)  # is there already
    return SharedAxis(inputs, models, untuned)


def _name(inputs: SeriesInputs, run: RunOf, way: Way) -> str:
    """The first run's untuned model is the baseline of the axis."""
    return BASELINE if run is inputs.runs[0] and way == "untuned" else f"{run.label}: {way}"


def _ways(record: RunRecord) -> Iterator[tuple[Way, tuple[ModelAnswers, ...]]]:
    yield "untuned", (record.baseline,)
    if record.prompted.outputs:
        yield "prompted", (record.prompted,)
    yield "tuned", tuple(record.answers_by_seed().values())
    if record.placebo and record.answers_by_seed(record.placebo):
        yield "placebo", tuple(record.answers_by_seed(record.placebo).values())


def _one_model(axis: SharedAxis, inputs: SeriesInputs, run: RunOf) -> OneModel:
    record = run.record
    there = [way for way, _ in _ways(record)]

    def apart(one: Way, other: Way) -> Interval | None:
        if one not in there or other not in there:
            return None
        return axis.difference(_name(inputs, run, one), _name(inputs, run, other))

    def asked(way: Way) -> InOneWay:
        name = _name(inputs, run, way)
        no_prose, answers = axis.no_prose(name)
        return InOneWay(way=way, level=axis.level(name), no_prose=no_prose, answers=answers)

    untuned = record.baseline.likelihoods
    return OneModel(
        name=run.label,
        run=record.number,
        kind=run.model.kind,
        parameters=run.model.parameters,
        trainings=len(record.answers_by_seed()),
        ways=tuple(asked(way) for way in there),
        gain=apart("tuned", "untuned"),
        tuned_minus_prompted=apart("tuned", "prompted"),
        tuned_minus_placebo=apart("tuned", "placebo"),
        held_out=gained(untuned.own, held_out_under(record)) if untuned else None,
        beyond_others=run.analysis.likelier.tuned,
        memorised=run.findings.memorisation.level,
        direction=run.findings.verdict.direction,
    )


def _between(axis: SharedAxis, inputs: SeriesInputs, one: RunOf, other: RunOf) -> Between:
    return Between(
        one=one.label,
        other=other.label,
        tuned=axis.difference(_name(inputs, one, "tuned"), _name(inputs, other, "tuned")),
        likelier=gained(held_out_under(other.record), held_out_under(one.record)),
    )


def _side_by_side(canary: Canary, runs: Sequence[RunOf]) -> CanarySideBySide:
    answers = [
        AnswerOf(model=run.label, way=way, text=output.text)
        for run in runs
        for way, models in _ways(run.record)
        for output in _to(canary, models[0])
    ]
    return CanarySideBySide(id=canary.id, topic=canary.topic, answers=tuple(answers))


def _to(canary: Canary, model: ModelAnswers) -> tuple[Output, ...]:
    """The first training's answer; none where the model wasn't asked."""
    output = model.canary(canary.id)
    return (output,) if output else ()
