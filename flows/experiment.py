"""The experiment flow: one model, one phase, one config, one numbered entry in the log."""

from __future__ import annotations

from datetime import UTC, datetime

from prefect import flow
from prefect.runtime import flow_run

from flows.locking import only_one
from flows.plan import Plan, check_key, compare_key, fetch_key, plan_memory
from flows.reached import Reached
from flows.reconcile import reconcile, stamp_this_process
from ownvoice.config import ExperimentConfig
from ownvoice.errors import RunFailed
from ownvoice.plan_table import render_plan
from ownvoice.planner import require_fit
from ownvoice.records import CheckedPairs, Failure, ModelInfo
from ownvoice.run_names import slug
from ownvoice.run_plan import descent_of
from ownvoice.runs import WrittenRun
from tasks.answer_canaries import baseline_answers, tuned_answers
from tasks.caching import experiment_key
from tasks.check_essays import check_essays
from tasks.compare import compare
from tasks.fetch_model import fetch_model
from tasks.fine_tune import fine_tune
from tasks.places import is_stored
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
    with open_session() as session, only_one(key, session.display.say):
        return run_steps(Reached(key=key, config=config, started_at=_now()), Steps())


def run_steps(reached: Reached, steps: Steps) -> WrittenRun:
    """Mistakes in model, config or essays leave no entry; a run that fails after them leaves one.

    Raises:
        UserMistake, NetworkUnavailable: nothing was run.
        RunFailed: the run's entry is in the log.
    """
    info, checked = prepare(reached, steps)
    try:
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
    memory = plan_memory(reached.config, info, checked)
    if not is_stored(training_key):
        require_fit(memory, render_plan(memory))
    key, request = plan.generation()
    reached.baseline = steps.run(baseline_answers, key, request)
    descent = descent_of(memory)
    task = fine_tune.with_options(retries=len(descent.rungs) - 1)
    reached.training = steps.run(task, training_key, training_request, descent)
    key, request = plan.generation(reached.training)
    reached.tuned = steps.run(tuned_answers, key, request)
    inputs = (pair_set, reached.baseline, reached.tuned, reached.training, reached.config)
    reached.analysis = steps.run(compare, compare_key(*inputs), *inputs)


def record_run(reached: Reached, steps: Steps, failure: Failure | None) -> WrittenRun:
    """The record of what was reached, and its entry in the log; a completed run is never logged twice."""
    reports, now = tuple(steps.reports), _now()
    reached.attempts = reached.training.attempts if reached.training else tuple(current_session().attempts)
    return write_logbook(lambda number: reached.record(number, reports, failure, now))


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
