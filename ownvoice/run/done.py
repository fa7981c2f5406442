"""Tells whether every step of a run is done: what the cache has under the very keys that the run would look it up by.

Nothing is noted beforehand, so nothing can have gone stale. The keys are made anew, of the config, the essays, the model's
files, the libraries and the code, in the order in which the flow makes them; each result is read, and the files that it
names are looked at, as where a task takes it from the cache. What is called done here the flow would take from there too.
"""

from __future__ import annotations

from typing import TypeVar

from pydantic import BaseModel

from ownvoice.config import ExperimentConfig
from ownvoice.models.known import find_known
from ownvoice.models.prepare import as_asked, find_prepared
from ownvoice.records.essays import CheckedOthers, CheckedPairs
from ownvoice.records.model import ModelInfo
from ownvoice.records.run import StepReport
from ownvoice.run.cache_keys import check_key, check_others_key, fetch_key
from ownvoice.run.resolve import Prepared, resolve
from ownvoice.run.stored import find_stored, made_on

R = TypeVar("R", bound=BaseModel)


def find_done_steps(config: ExperimentConfig, key: str) -> tuple[StepReport, ...] | None:
    """The steps of a run, in order; None where one of them is still to be done. `key` is the experiment's.

    Raises:
        OwnvoiceError, OSError: what also stops the run, or is told by it.
    """
    cache = _Cache()
    try:
        plan = resolve(config, key, _prepared(config, cache))
        results: dict[str, BaseModel] = {}
        for step in plan.steps:
            results[step.id] = cache.take(step.name, step.due(results).key, BaseModel)
    except _NotThereError:
        return None
    return tuple(cache.taken)


def _prepared(config: ExperimentConfig, cache: _Cache) -> Prepared:
    """As `flows.experiment.prepare` has it."""
    model = as_asked(_model(config, cache), plainly=config.prompt.format == "plain")
    essays = cache.take("Check the essays", check_key(config, model), CheckedPairs)
    if not config.names_others:
        return Prepared(model, essays, CheckedOthers())
    others = cache.take("Check the other writers", check_others_key(config, model, essays), CheckedOthers)
    return Prepared(model, essays, others)


def _model(config: ExperimentConfig, cache: _Cache) -> ModelInfo:
    """As `flows.making.have_model` has it."""
    known = find_known(config.model)
    if known is None or known.made is None:
        return cache.take("Fetch the model", fetch_key(config.model, config.revision), ModelInfo)
    if info := find_prepared(known.name, None):
        return info
    raise _NotThereError


class _NotThereError(Exception):
    """A step is to be done."""


class _Cache:
    """Gives the results of steps, and keeps which were given."""

    def __init__(self) -> None:
        self.taken: list[StepReport] = []

    def take(self, name: str, key: str, kind: type[R]) -> R:
        """Raises _NotThereError."""
        result = find_stored(key)
        if not isinstance(result, kind):
            raise _NotThereError
        self.taken.append(StepReport(name=name, seconds=0.0, cached=True, made_on=made_on(key)))
        return result
