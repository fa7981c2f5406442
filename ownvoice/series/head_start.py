"""Says whether an instruct model's head start helps or hurts: base and instruct weights after the same fine-tuning.

Every author's essays train every arm, a model in one of its formats. What counts is specificity: how much nearer an arm's
answers come to an author when it was trained on her than when it was trained on the others. What any essays teach cancels
in that difference, and so does where the arm began. The author is the unit: seeds are averaged, the interval is Student's
over the authors' paired differences, the p value that of all sign flips of them. Equivalent is a difference whose interval
lies within the shift that is worth having.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations, product
from typing import Literal, NamedTuple

import numpy as np

from ownvoice.frozen import Frozen
from ownvoice.records.answers import ModelAnswers
from ownvoice.records.model import Kind
from ownvoice.series.inputs import RunOf, SeriesInputs, WriterTexts
from ownvoice.series.shared_axis import SharedAxis
from ownvoice.voice.asked import BASELINE
from ownvoice.voice.intervals import mean_interval
from ownvoice.voice.results import Interval, Level
from ownvoice.voice.verdict import WORTH_HAVING

LIKELIHOOD_WORTH = 0.01
"""Bits a character, as in `ownvoice.series.scale_up`."""
MOST_FLIPPED = 16
"""Authors whose signs are all flipped: 65,536 ways."""


class ArmOf(Frozen):
    """An arm as it was before any essay, and over all its trainings."""

    name: str
    model: str
    kind: Kind
    """In which way it was asked."""
    format: Literal["own", "plain"]
    learning_rate: float
    trainings: int
    untuned_no_prose: tuple[int, int]
    """Answers of the untuned model that are none, and of how many."""


class CellOf(Frozen):
    """An arm that was trained on an author, over its seeds."""

    arm: str
    author: str
    runs: tuple[int, ...]
    level: float | None
    """Where the tuned answers lie on her axis, in z."""
    gain: float | None
    """Over the untuned arm, in z."""
    specificity: float | None
    """Over the same arm trained on the other authors, in z."""
    held_out: float | None
    """Bits a character that her held-out essays gained beyond third authors'."""
    generic: float | None
    """Bits a character that third authors' essays gained."""
    no_prose: tuple[int, int]
    memorised: Level
    """The worst of the seeds."""


class Effect(Frozen):
    """An arm less another, over the authors."""

    one: str
    other: str
    measure: Literal["specificity", "held_out"]
    by_author: dict[str, float]
    interval: Interval | None
    """None for fewer than two authors."""
    p: float | None
    """Of sign flips, two-sided; with six authors of one sign .031."""

    @property
    def worth(self) -> float:
        return WORTH_HAVING if self.measure == "specificity" else LIKELIHOOD_WORTH

    @property
    def shown(self) -> bool:
        return self.interval is not None and (self.interval.above_zero or self.interval.below_zero)

    @property
    def equivalent(self) -> bool:
        return self.interval is not None and self.interval.within(self.worth)


class HeadStart(Frozen):
    kind: Literal["base-or-instruct"] = "base-or-instruct"
    arms: tuple[ArmOf, ...]
    """Those that have a run; the first is the base that the others are held to."""
    authors: tuple[str, ...]
    seeds: tuple[int, ...]
    words: dict[str, int]
    """Of each answer as many were scored, by author's axis."""
    cells: tuple[CellOf, ...]
    effects: tuple[Effect, ...]
    missing: tuple[str, ...]
    """Arm, author and seed of what no run completed; such an author is left out."""
    conclusion: str

    @property
    def is_drawn(self) -> bool:
        """There is something to draw."""
        return any(cell.specificity is not None for cell in self.cells)


def measure_head_start(inputs: SeriesInputs) -> HeadStart:
    """Compare the arms over the authors whose cells all have a run."""
    table = _Table(inputs)
    missing = [
        (arm, writer.name, seed)
        for writer in inputs.writers
        for arm in table.arms
        for seed in table.missing(arm, writer.name)
    ]
    whole = [writer for writer in inputs.writers if writer.name not in {author for _, author, _ in missing}]
    axes = {writer.name: table.axis_of(writer, whole) for writer in whole}
    cells = tuple(_cell(table, axes[writer.name], arm, writer, whole) for writer in whole for arm in table.arms)
    effects = tuple(
        effect_of(cells, one, other, measure)
        for measure in ("specificity", "held_out")
        for other, one in combinations(table.arms, 2)
    )
    return HeadStart(
        arms=tuple(_arm(table, arm, next(iter(axes.values()), None)) for arm in table.arms if table.has_run(arm)),
        authors=tuple(writer.name for writer in whole),
        seeds=inputs.seeds,
        words={name: axis.words for name, axis in axes.items()},
        cells=cells,
        effects=effects,
        missing=tuple(f"{arm}, {author}, seed {seed}" for arm, author, seed in missing),
        conclusion=conclude(table.arms, effects),
    )


class _Where(NamedTuple):
    """A cell of the design."""

    arm: str
    author: str


class _Table:
    """The runs by their cells, and all answers on each author's axis."""

    def __init__(self, inputs: SeriesInputs) -> None:
        self._inputs = inputs
        self.arms = tuple(arm.name for arm in inputs.arms)
        self.models = {arm.name: arm for arm in inputs.arms}
        names = {(arm.model, arm.format): arm.name for arm in inputs.arms}
        writers = {writer.pairs: writer.name for writer in inputs.writers}
        self.runs: dict[_Where, list[RunOf]] = {}
        for run in inputs.runs:
            config = run.record.config
            where = _Where(names[config.model, config.prompt.format], writers[config.data.pairs])
            self.runs.setdefault(where, []).append(run)

    def missing(self, arm: str, author: str) -> list[int]:
        """Seeds of a cell without a completed run."""
        there = {run.record.config.training.seed for run in self.runs.get(_Where(arm, author), ())}
        return [seed for seed in self._inputs.seeds if seed not in there]

    def has_run(self, arm: str) -> bool:
        return any(where.arm == arm for where in self.runs)

    def untuned(self, arm: str) -> ModelAnswers:
        """The same for all authors, who are asked the same."""
        return next(runs[0].record.baseline for where, runs in self.runs.items() if where.arm == arm)

    def answers(self, where: _Where) -> tuple[ModelAnswers, ...]:
        """A training each."""
        return tuple(each for run in self.runs[where] for each in run.record.answers_by_seed().values())

    def axis_of(self, writer: WriterTexts, trained_on: Sequence[WriterTexts]) -> SharedAxis:
        """Of all arms, untuned and trained on each of the authors, towards one of them."""
        models: dict[str, tuple[ModelAnswers, ...]] = {}
        untuned = {}
        for arm in self.arms:
            models[untuned_of(arm, self.arms)] = (self.untuned(arm),)
            untuned[untuned_of(arm, self.arms)] = untuned_of(arm, self.arms)
            for each in trained_on:
                models[tuned_of(arm, each.name)] = self.answers(_Where(arm, each.name))
                untuned[tuned_of(arm, each.name)] = untuned_of(arm, self.arms)
        models.pop(BASELINE)
        first = self.runs[_Where(self.arms[0], writer.name)][0]
        seen = {"pair_set": writer.pair_set, "author": writer.author, "trained": (), "runs": (first,)}
        return SharedAxis(self._inputs.model_copy(update=seen), models, untuned)


def untuned_of(arm: str, arms: Sequence[str]) -> str:
    """The first arm's untuned model is the axis' baseline."""
    return BASELINE if arm == arms[0] else f"{arm}, untuned"


def tuned_of(arm: str, author: str) -> str:
    return f"{arm}, trained on {author}"


def _cell(table: _Table, axis: SharedAxis, arm: str, writer: WriterTexts, all_of: Sequence[WriterTexts]) -> CellOf:
    where, tuned = _Where(arm, writer.name), tuned_of(arm, writer.name)
    others = [axis.difference(tuned, tuned_of(arm, other.name)) for other in all_of if other.name != writer.name]
    level, gain = axis.level(tuned), axis.difference(tuned, untuned_of(arm, table.arms))
    runs = table.runs[where]
    beyond = [run.analysis.likelier.tuned for run in runs]
    return CellOf(
        arm=arm,
        author=writer.name,
        runs=tuple(run.record.number for run in runs),
        level=level.mean if level else None,
        gain=gain.mean if gain else None,
        specificity=_mean([each.mean if each else None for each in others]),
        held_out=_mean([each.mean if each else None for each in beyond]),
        generic=_mean([each.control_gain if each else None for each in beyond]),
        no_prose=axis.no_prose(tuned),
        memorised=max((run.findings.memorisation.level for run in runs), key=("none", "warn", "fail").index),
    )


def _mean(values: Sequence[float | None]) -> float | None:
    """None where one of them is missing: a mean of fewer would be another figure."""
    found = [value for value in values if value is not None]
    return float(np.mean(found)) if found and len(found) == len(values) else None


def _arm(table: _Table, arm: str, axis: SharedAxis | None) -> ArmOf:
    own = [run for where, runs in table.runs.items() if where.arm == arm for run in runs]
    return ArmOf(
        name=arm,
        model=table.models[arm].model,
        kind=own[0].model.kind,
        format=table.models[arm].format,
        learning_rate=own[0].record.config.training.learning_rate,
        trainings=len(own),
        untuned_no_prose=axis.no_prose(untuned_of(arm, table.arms)) if axis else (0, 0),
    )


def effect_of(cells: Sequence[CellOf], one: str, other: str, measure: Literal["specificity", "held_out"]) -> Effect:
    values: Mapping[_Where, float | None] = {_Where(cell.arm, cell.author): getattr(cell, measure) for cell in cells}
    by_author = {}
    for author in dict.fromkeys(cell.author for cell in cells):
        first, second = values[_Where(one, author)], values[_Where(other, author)]
        if first is not None and second is not None:
            by_author[author] = first - second
    apart = np.array(list(by_author.values()))
    enough = len(apart) > 1
    return Effect(
        one=one,
        other=other,
        measure=measure,
        by_author=by_author,
        interval=mean_interval(apart[None, :]) if enough else None,
        p=sign_flips(apart.tolist()) if enough and len(apart) <= MOST_FLIPPED else None,
    )


def sign_flips(values: Sequence[float]) -> float:
    """Share of all ways to flip the signs that give a mean as far from 0, or further: exact and two-sided."""
    flipped = np.array(list(product((1, -1), repeat=len(values)))) @ np.array(values)
    return float(np.mean(np.abs(flipped) >= abs(sum(values)) - 1e-12))


def conclude(arms: Sequence[str], effects: Sequence[Effect]) -> str:
    """What each arm's start did, held against the base's, and that what isn't shown is open."""
    against_base = [each for each in effects if each.other == arms[0] and each.measure == "specificity"]
    if not any(each.interval for each in against_base):
        return "Fewer than two authors have all their runs, and answers that can be measured: nothing can be said of the arms yet."
    return " ".join(map(_of_one, against_base))


def _of_one(effect: Effect) -> str:
    apart = effect.interval
    what = f"over {len(effect.by_author)} authors"
    if apart is None:
        return f"Whether {effect.one} comes nearer to its author than {effect.other} does was not measured."
    said = f"{apart.in_words()}{f', p = {effect.p:.3f}' if effect.p is not None else ''}"
    if effect.equivalent:
        return f"{effect.one} and {effect.other} come equally near to their authors, within {WORTH_HAVING} z ({said}; {what})."
    if apart.above_zero:
        return f"{effect.one} comes nearer to its author than {effect.other} does ({said}; {what})."
    if apart.below_zero:
        return f"{effect.one} comes less near to its author than {effect.other} does ({said}; {what})."
    return f"These runs can't tell whether {effect.one} or {effect.other} comes nearer to its author ({said}; {what})."
