"""Tells what carrying out a plan would do: which steps come from the cache, and how long the others took the last time."""

from __future__ import annotations

from collections.abc import Iterable

from pydantic import BaseModel

from ownvoice.frozen import Frozen
from ownvoice.memory.plan import MemoryPlan
from ownvoice.records import RunRecord
from ownvoice.run.plan import RunPlan, Step, Training
from ownvoice.run.stored import find_stored


class ExpectedStep(Frozen):
    name: str
    cached: bool
    seconds: float | None
    """None where nothing tells: a step of this name was never run with this model, or no memory setting fits."""


def expected_steps(
    plan: RunPlan, memory: MemoryPlan, earlier: Iterable[RunRecord], done_before: frozenset[str] = frozenset()
) -> tuple[ExpectedStep, ...]:
    """Every row of the plan, in order; a step that waits for one that must be done must be done itself.

    Args:
        earlier: The runs so far, the newest last.
        done_before: Keys of the steps of runs that go before this one: a step that waits for none is cached by then.
    """
    results: dict[str, BaseModel] = {}
    last = _latest_seconds(plan, earlier)
    expected = []
    for step in plan.steps:
        found = find_stored(step.due(results).key) if all(each in results for each in step.waits_for) else None
        if found is not None:
            results[step.id] = found
        cached = found is not None or (step.key in done_before and not step.waits_for)
        seconds = 0.0 if cached else _training_seconds(memory, step, last.get(step.name))
        expected.append(ExpectedStep(name=step.name, cached=cached, seconds=seconds))
    return tuple(expected)


def _training_seconds(memory: MemoryPlan, step: Step, last: float | None) -> float | None:
    """A training's time is predicted for its memory setting; another step's is what it took the last time."""
    if not isinstance(step, Training):
        return last
    time = memory.rungs[memory.start].time if memory.start is not None else None
    return time.seconds if time else None


def _latest_seconds(plan: RunPlan, earlier: Iterable[RunRecord]) -> dict[str, float]:
    """By the steps' names, from the runs of the same model; the newest counts."""
    return {
        step.name: step.seconds
        for record in earlier
        if record.model_name == plan.experiment.model_name and not record.adopted
        for step in record.steps
        if not step.cached
    }
