"""Ranks the runs of a sweep: by what the tuned model has over the placebo's, and never one that memorised.

All runs are scored on one axis. The best of many runs is partly luck, so it is called the best only where it is above 0 and
leads the second in the very figure that they are ranked by, prompt by prompt; else the runs can't tell.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from ownvoice.frozen import Frozen
from ownvoice.series.inputs import RunOf, SeriesInputs
from ownvoice.series.shared_axis import SharedAxis
from ownvoice.voice.results import Interval, Level


class Tried(Frozen):
    """One run of the sweep."""

    label: str
    run: int
    specificity: Interval | None
    """Tuned - placebo, in z; of several placebos the nearest. None without one."""
    gain: Interval | None
    """Tuned - untuned, in z."""
    validation_after: float
    memorised: Level
    direction: str
    """The run's own verdict."""

    @property
    def objective(self) -> Interval | None:
        """None where the run can't be the best: it memorised, or nothing was measured."""
        return None if self.memorised == "fail" else self.specificity or self.gain


class Sweep(Frozen):
    kind: Literal["sweep"] = "sweep"
    words: int
    """Of each answer as many were scored; 0 where the voice can't be measured."""
    tried: tuple[Tried, ...]
    """The highest first, then those that can't be the best."""
    with_placebo: bool
    lead: Interval | None
    """Of the first over the second, in the figure that they are ranked by, in z; None where there is no second."""
    conclusion: str

    @property
    def first(self) -> Tried | None:
        return next((each for each in self.tried if each.objective), None)


def measure_sweep(inputs: SeriesInputs) -> Sweep:
    """Rank the runs that completed."""
    axis = SharedAxis.of_runs_and_placebos(inputs)
    ranked = sorted((_tried(axis, inputs, run) for run in inputs.runs), key=_rank)
    able = [each for each in ranked if each.objective]
    lead = _lead(axis, inputs, *able[:2]) if len(able) > 1 else None
    with_placebo = any(each.specificity for each in ranked)
    return Sweep(
        words=axis.words,
        tried=tuple(ranked),
        with_placebo=with_placebo,
        lead=lead,
        conclusion=conclude(able, len(ranked), lead, with_placebo),
    )


def conclude(able: Sequence[Tried], of: int, lead: Interval | None, with_placebo: bool) -> str:
    """In one or two sentences, with the figures. `able` are the runs that can be the best, the highest first."""
    what = (
        "over the same model trained on another writer"
        if with_placebo
        else "over the untuned model, which form alone may bring"
    )
    objective = able[0].objective if able else None
    if objective is None:
        return f"None of the {of} runs can be the best: each memorised, or could not be measured."
    first = f"{able[0].label} gained most {what} ({objective.in_words()})"
    if not objective.above_zero:
        return f"None of the {of} runs is shown to gain anything {what}; highest: {able[0].label} ({objective.in_words()})."
    if lead is None:
        return f"{first}; there is no other run to hold it against."
    if lead.above_zero:
        return f"Best of {of} runs: {first}, {lead.in_words()} more than the next, {able[1].label}."
    return f"Highest of {of} runs: {first}; these runs can't tell it from the next, {able[1].label} (lead {lead.in_words()})."


def _rank(tried: Tried) -> tuple[bool, float]:
    return (tried.objective is None, -(tried.objective.mean if tried.objective else 0.0))


def _lead(axis: SharedAxis, inputs: SeriesInputs, first: Tried, second: Tried) -> Interval | None:
    runs = {run.label: run for run in inputs.runs}
    held_against = [_over(axis, inputs, runs[each.label]) for each in (first, second)]
    return axis.difference_of_differences((first.label, held_against[0]), (second.label, held_against[1]))


def _over(axis: SharedAxis, inputs: SeriesInputs, run: RunOf) -> str:
    """The model that a run's objective is the difference to: the nearest placebo's, else its own untuned one."""
    apart = {name: axis.difference(run.label, name) for name in axis.placebos_of(run)}
    measured = {name: found.mean for name, found in apart.items() if found}
    return min(measured, key=lambda name: measured[name]) if measured else axis.untuned_of(inputs, run)


def _tried(axis: SharedAxis, inputs: SeriesInputs, run: RunOf) -> Tried:
    over, untuned = _over(axis, inputs, run), axis.untuned_of(inputs, run)
    return Tried(
        label=run.label,
        run=run.record.number,
        specificity=axis.difference(run.label, over) if over != untuned else None,
        gain=axis.difference(run.label, untuned),
        validation_after=run.training.kept_loss.validation,
        memorised=run.findings.memorisation.level,
        direction=run.findings.verdict.direction,
    )
