"""The experiment flow: one model, one phase, one config, one numbered entry in the log."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from prefect import Task, flow
from prefect.runtime import flow_run

from flows.asked import Epochs, Settings, named, with_changes
from flows.making import have_model
from flows.outlook import Outlook
from flows.refusing import refusing
from flows.resources import (
    device_for_this_run,
    expected_number,
    only_one,
    only_step,
    plan_descents,
    weights_in_use,
)
from flows.server.dead_runs import reconcile, stamp_this_process
from ownvoice.config import ExperimentConfig
from ownvoice.errors import RunFailed
from ownvoice.essays.nearest_placebo import with_placebo_chosen
from ownvoice.essays.place import have_here
from ownvoice.memory.plan import Descent, following
from ownvoice.models.prepare import as_asked
from ownvoice.records.essays import CheckedOthers, Pair
from ownvoice.records.run import Failure, slug
from ownvoice.records.training import TrainingResult
from ownvoice.report.kept.runs import WrittenRun
from ownvoice.report.kept.shared_runs import share_run
from ownvoice.run.cache_keys import check_key, check_others_key, experiment_key
from ownvoice.run.plan import RunPlan, Training, found
from ownvoice.run.resolve import Prepared, experiment_of, resolve
from ownvoice.run.session import current_session, open_session
from ownvoice.run.state import RunState
from tasks.adopt_run import adopt_run
from tasks.check_essays import check_essays, check_others
from tasks.kinds import KINDS
from tasks.reporting import show_losses, show_run_end, tell
from tasks.steps import Steps
from tasks.worker_lines import heard
from tasks.write_logbook import write_logbook


def name_of(config: ExperimentConfig) -> str:
    """'Run: smoke-test, smollm2-135m', as the Prefect UI lists it."""
    return f"Run: {config.phase}, {slug(config.model)}"


@flow(
    name="ownvoice",
    flow_run_name=named(name_of, "Run"),
    persist_result=False,
    result_serializer="json",
    validate_parameters=False,
)
def run_experiment(
    config: ExperimentConfig,
    model: str | None = None,
    pairs: str | None = None,
    epochs: Epochs = None,
    settings: Settings = None,
) -> WrittenRun:
    """Fine-tune a model on a writer's essays and log what came of it.

    Baseline and tuned models answer the same canaries; every step that is done comes from the cache.

    Args:
        config: The experiment.
        model: Another model than the experiment's: a known name, a hub id (owner/name) or a folder.
        pairs: Other essays than the experiment's: a folder, a file, or hub:owner/name.
        epochs: Another number of passes over the essays than the experiment's.
        settings: Further fields to change, such as training.learning_rate=1e-4; one, or a list of them.
    """
    return refusing(lambda: run_one(with_changes(config, model, pairs, epochs, settings)))


def run_one(config: ExperimentConfig) -> WrittenRun:
    """One run in the flow run that goes on.

    Raises:
        UserMistake, RunFailed: as `prepare` and `execute` do.
    """
    stamp_this_process(flow_run.id)
    reconcile()
    have_here(config.data.pairs, config.data.placebo)
    config = with_placebo_chosen(config)
    key, started_at = experiment_key(config), now()
    with open_session() as session, only_one(key, tell), expected_number() as number:
        session.begin_run()
        session.run_name = f"Run {number} ({config.phase}, {slug(config.model)})"
        if adopted := adopt_run(key, lambda kind: experiment_of(config, key, kind)):
            return adopted
        steps = Steps()
        prepared = prepare(config, steps)
        with heard(session.worker, essays_of(prepared)):
            return execute(RunState(resolve(config, key, prepared), started_at), steps)


def prepare(config: ExperimentConfig, steps: Steps) -> Prepared:
    """The model on this disk, the essays without a mistake.

    Raises:
        UserMistake, NetworkUnavailable: nothing was run, and nothing is logged.
    """
    model = as_asked(have_model(config.model, config.revision, steps), plainly=config.prompt.format == "plain")
    essays = steps.run(check_essays, check_key(config, model), config, model)
    if not config.names_others:
        return Prepared(model, essays, CheckedOthers())
    key = check_others_key(config, model, essays)
    return Prepared(model, essays, steps.run(check_others, key, config, essays, model))


def essays_of(prepared: Prepared) -> Iterator[Pair]:
    """All that the run reads, hers and others'."""
    yield from (*prepared.essays.author, *prepared.essays.pair_set.pairs, *prepared.others.control)
    for placebo in prepared.others.placebos:
        yield from placebo.checked.pair_set.pairs


def execute(state: RunState, steps: Steps, kinds: Mapping[str, Task[..., Any]] = KINDS) -> WrittenRun:
    """Carry out a plan, and log it; a run that fails is logged too, with what it reached.

    Raises:
        UserMistake: nothing fits this machine; nothing was loaded, and nothing is logged.
        RunFailed: the run's entry is in the log.
    """
    try:
        with device_for_this_run(), weights_in_use(state.plan.trainings):
            carry_out(state, steps, kinds)
    except RunFailed as error:
        record_run(state, steps, Failure(step=steps.current, error=type(error).__name__, message=str(error)))
        raise
    return record_run(state, steps, None)


def carry_out(state: RunState, steps: Steps, kinds: Mapping[str, Task[..., Any]]) -> None:
    """Row after row; what doesn't fit is refused before the first of them."""
    plan: RunPlan = state.plan
    descents = plan_descents(plan.trainings)
    outlook = Outlook(plan, descents)
    state.estimate = outlook.estimate
    for step in plan.steps:
        key, request = step.due(state.results)
        training = _training(step, descents, state) if isinstance(step, Training) else contextlib.nullcontext()
        with training, only_step(step, key), outlook.of(step, steps):
            task = kinds[step.kind].with_options(name=step.name)
            result = state.results[step.id] = steps.run(task, key, step, request)
        if isinstance(result, TrainingResult):
            show_losses(step, result)


@contextlib.contextmanager
def _training(step: Training, descents: Mapping[str, Descent], state: RunState) -> Iterator[None]:
    """Its memory settings, and what became of each attempt."""
    descent = descents[step.id]
    if step.like:
        descent = following(descent, found(state.results, step.like, TrainingResult).rung)
    session = current_session()
    session.begin_training(descent)
    try:
        yield
    except RunFailed:
        state.failed_attempts[step.id] = tuple(session.attempts)
        raise


def record_run(state: RunState, steps: Steps, failure: Failure | None) -> WrittenRun:
    """The record of what was reached, and its entry in the log; a completed run is never logged twice."""
    reports, finished_at, waited = tuple(steps.reports), now(), current_session().waited_seconds
    written = write_logbook(lambda number: state.record(number, reports, failure, finished_at, waited))
    show_run_end(written.record)
    share_run(current_session().depot, written)
    return written


def now() -> str:
    """ISO 8601 in UTC."""
    return datetime.now(UTC).isoformat(timespec="seconds")
