"""Plans runs that don't run yet, with their estimates: for `ownvoice plan`, and for what a series says of itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from ownvoice.config import ExperimentConfig
from ownvoice.essays.check import check_pairs
from ownvoice.essays.others import check_others
from ownvoice.estimates import Expected, RunEstimate
from ownvoice.memory.free import Device, FreeMemory
from ownvoice.memory.plan import plan_memory
from ownvoice.models.prepare import as_asked, find_prepared
from ownvoice.models.prompt_format import reading_of
from ownvoice.records.essays import CheckedOthers
from ownvoice.run.cache_keys import experiment_key
from ownvoice.run.outlook import estimate_run, times_here
from ownvoice.run.plan import RunPlan, Training
from ownvoice.run.resolve import Prepared, resolve
from ownvoice.series.members import Member


class PlannedRun(NamedTuple):
    label: str
    estimate: RunEstimate | None
    """None where the model is not on this disk."""


def plan_here(config: ExperimentConfig) -> RunPlan | None:
    """The plan of the run, where the model is on this disk already.

    Raises:
        PairsError: a mistake in the essays.
    """
    info = find_prepared(config.model, config.revision)
    if info is None:
        return None
    info = as_asked(info, plainly=config.prompt.format == "plain")
    reading = reading_of(info)
    essays = check_pairs(config, reading)
    others = check_others(config, essays, reading) if config.names_others else CheckedOthers()
    return resolve(config, experiment_key(config), Prepared(info, essays, others))


def planned_runs(members: Sequence[Member], room: FreeMemory, device: Device) -> Iterator[PlannedRun]:
    """One after the other; what an earlier one does, a later one takes from the cache."""
    here, done = times_here(device), frozenset[str]()
    for member in members:
        plan = plan_here(member.config)
        if plan is None:
            yield PlannedRun(member.label, None)
            continue
        trainings = {training.id: _at_its_start(training, room, device) for training in plan.trainings}
        yield PlannedRun(member.label, estimate_run(plan, trainings, here, done))
        done |= {step.key for step in plan.steps}


def _at_its_start(training: Training, room: FreeMemory, device: Device) -> Expected | None:
    """Of the memory setting that it would start at."""
    memory = plan_memory(training.demand, room, device)
    return None if memory.start is None else memory.rungs[memory.start].time
