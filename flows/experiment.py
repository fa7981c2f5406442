"""The experiment flow: one model, one phase, one config, one numbered entry in the log."""

from __future__ import annotations

from datetime import UTC, datetime

from prefect import flow
from prefect.runtime import flow_run

from flows.locking import device_for_this_run, expected_number, only_one, weights_in_use
from flows.plan import Plan, check_key, compare_key, fetch_key, plan_disk, plan_memory
from flows.reached import Reached
from flows.reconcile import reconcile, stamp_this_process
from ownvoice.config import ExperimentConfig
from ownvoice.errors import RunFailed
from ownvoice.plan_table import render_plan
from ownvoice.planner import require_fit
from ownvoice.records import CheckedPairs, Failure, ModelInfo
from ownvoice.run_plan import Descent, descent_of
from ownvoice.runs import WrittenRun, slug
from ownvoice.saves import require_room
from ownvoice.shapes import shape_of
from tasks.answer_canaries import baseline_answers, tuned_answers
from tasks.caching import experiment_key
from tasks.check_essays import check_essays
from tasks.compare import compare
from tasks.fetch_model import fetch_model
from tasks.fine_tune import fine_tune
from tasks.places import is_stored
from tasks.reporting import Reporter
from tasks.session import current_session, open_session
from tasks.steps import Steps
from tasks.write_logbook import write_logbook


def name_of_run() -> str:
    """'Run: smoke-test, smollm2-135m', as the Prefect UI lists it."""
    parameters = flow_run.parameters
    config = ExperimentConfig.model_validate(parameters["config"])
    return f"Run: {config.phase}, {slug(parameters.get('model') or config.model)}"


@flow(name="ownvoice", flow_run_name=name_of_run, persist_result=False)
def run_experiment(config: ExperimentConfig, model: str | None = None) -> WrittenRun:
    """Fine-tune a model on a writer's essays and log what came of it.

    Baseline and tuned model answer the same canaries; every step that is done comes from the cache.

    Args:
        config: The experiment.
        model: Another model than the experiment's: a known name, a hub id (owner/name) or a folder.
    """
    config = config.model_copy(update={"model": model}) if model else config
    stamp_this_process(flow_run.id)
    reconcile()
    key = experiment_key(config)
    with open_session() as session, only_one(key, session.display.say), expected_number() as number:
        session.run_name = f"Run {number} ({config.phase}, {slug(config.model)})"
        return run_steps(Reached(key=key, config=config, started_at=_now()), Steps())


def run_steps(reached: Reached, steps: Steps) -> WrittenRun:
    """Mistakes in model, config or essays leave no entry; a run that fails after them leaves one.

    Raises:
        UserMistake, NetworkUnavailable: nothing was run.
        RunFailed: the run's entry is in the log.
    """
    info, checked = prepare(reached, steps)
    try:
        with device_for_this_run():
            measure(reached, steps, info, checked)
    except RunFailed as error:
        failure = Failure(step=steps.current, error=type(error).__name__, message=str(error))
        record_run(reached, steps, failure)
        raise
    return record_run(reached, steps, None)


def prepare(reached: Reached, steps: Steps) -> tuple[ModelInfo, CheckedPairs]:
    """The model on this disk, the essays without a mistake."""
    config = reached.config
    reached.model = steps.run(fetch_model, fetch_key(config), config.model, config.revision)
    reached.checked = steps.run(check_essays, check_key(config, reached.model), config, reached.model)
    return reached.model, reached.checked


def measure(reached: Reached, steps: Steps, info: ModelInfo, checked: CheckedPairs) -> None:
    """Baseline answers, training, tuned answers, and what they say."""
    plan, pair_set = Plan(reached.config, info, checked), checked.pair_set
    training_key, training_request = plan.training()
    with weights_in_use(training_key):
        descent = plan_training(reached.config, info, checked, training_key)
        key, request = plan.generation()
        reached.baseline = steps.run(baseline_answers, key, request)
        task = fine_tune.with_options(retries=len(descent.rungs) - 1)
        reached.training = steps.run(task, training_key, training_request, descent)
        key, request = plan.generation(reached.training)
        reached.tuned = steps.run(tuned_answers, key, request)
    inputs = (pair_set, reached.baseline, reached.tuned, reached.training, reached.config)
    reached.analysis = steps.run(compare, compare_key(*inputs), *inputs)


def plan_training(config: ExperimentConfig, info: ModelInfo, checked: CheckedPairs, key: str) -> Descent:
    """The rungs, and what each saves. Memory is looked at once the device is this run's: what a run that
    had it held is free by then, and nothing that fits afterwards is refused.

    Raises:
        DiskRefused, MemoryRefused: nothing fits, and nothing was loaded.
    """
    disk = plan_disk(config, info)
    if is_stored(key):
        return descent_of(plan_memory(config, info, checked), disk)
    require_room(disk, shape_of(info), config.memory.allow)
    current_session().take_turn(Reporter("wait-for-the-device"))
    memory = plan_memory(config, info, checked, current_session().worker.resident_bytes)
    require_fit(memory, render_plan(memory))
    return descent_of(memory, disk)


def record_run(reached: Reached, steps: Steps, failure: Failure | None) -> WrittenRun:
    """The record of what was reached, and its entry in the log; a completed run is never logged twice."""
    reports, now = tuple(steps.reports), _now()
    reached.waited_seconds = current_session().waited_seconds
    reached.attempts = reached.training.attempts if reached.training else tuple(current_session().attempts)
    return write_logbook(lambda number: reached.record(number, reports, failure, now))


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
