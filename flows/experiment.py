"""The experiment flow: one model, one phase, one config, one numbered entry in the log."""

from __future__ import annotations

from datetime import UTC, datetime

from prefect import flow
from prefect.runtime import flow_run

from flows.placebo import plan_placebo, run_placebo
from flows.resources import device_for_this_run, expected_number, only_one, plan_training, weights_in_use
from flows.server.dead_runs import reconcile, stamp_this_process
from ownvoice.config import ExperimentConfig
from ownvoice.errors import RunFailed
from ownvoice.records import CheckedPairs, Failure, ModelInfo, Outputs, TrainingResult, slug
from ownvoice.report.runs import WrittenRun
from ownvoice.run.cache_keys import experiment_key
from ownvoice.run.plan import Plan, check_key, check_placebo_key, compare_key, fetch_key
from ownvoice.run.session import current_session, open_session
from ownvoice.run.state import Reached
from tasks.ask_model import baseline_answers, tuned_answers
from tasks.check_essays import check_essays, check_placebo
from tasks.compare import compare
from tasks.fetch_model import fetch_model
from tasks.fine_tune import fine_tune
from tasks.read_essays import baseline_likelihood, baseline_prefixes, tuned_likelihood, tuned_prefixes
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
    if config.data.placebo or config.trains_placebo:
        own = reached.checked
        key = check_placebo_key(config, reached.model, own)
        reached.other = steps.run(check_placebo, key, config, own.pair_set, reached.model)
    return reached.model, reached.checked


def measure(reached: Reached, steps: Steps, info: ModelInfo, checked: CheckedPairs) -> None:
    """The baseline, the training, the tuned model, the placebo if there is one, and what they say."""
    plan = Plan(reached.config, info, checked)
    training = plan.training()
    with weights_in_use(training.key):
        descent = plan_training(reached.config, info, checked, training.key)
        placebo = plan_placebo(reached.config, info, reached.other)
        baseline = ask_baseline(reached, steps, plan)
        task = fine_tune.with_options(retries=len(descent.rungs) - 1)
        reached.training = steps.run(task, *training, descent)
        reached.attempts = reached.training.attempts
        tuned = ask_tuned(reached, steps, plan, reached.training)
        if placebo is not None:
            run_placebo(reached, steps, plan, reached.training, placebo)
    comparison = reached.comparison(checked, reached.training, baseline, tuned)
    reached.analysis = steps.run(compare, compare_key(comparison), comparison)


def ask_baseline(reached: Reached, steps: Steps, plan: Plan) -> Outputs:
    """All that is asked of the untuned model, so that it is loaded once; the training starts from it."""
    reached.baseline = steps.run(baseline_answers, *plan.generation())
    if reached.other is not None:
        reached.baseline_likelihoods = steps.run(baseline_likelihood, *plan.likelihood(reached.other.control))
    reached.baseline_prefixes = steps.run(baseline_prefixes, *plan.prefixes())
    return reached.baseline


def ask_tuned(reached: Reached, steps: Steps, plan: Plan, training: TrainingResult) -> Outputs:
    """The same questions to the tuned model, which the worker still holds."""
    reached.tuned = steps.run(tuned_answers, *plan.generation(training))
    if reached.other is not None:
        reached.tuned_likelihoods = steps.run(tuned_likelihood, *plan.likelihood(reached.other.control, training))
    reached.tuned_prefixes = steps.run(tuned_prefixes, *plan.prefixes(training))
    return reached.tuned


def record_run(reached: Reached, steps: Steps, failure: Failure | None) -> WrittenRun:
    """The record of what was reached, and its entry in the log; a completed run is never logged twice."""
    reports, now = tuple(steps.reports), _now()
    reached.waited_seconds = current_session().waited_seconds
    reached.attempts = reached.attempts or tuple(current_session().attempts)
    return write_logbook(lambda number: reached.record(number, reports, failure, now))


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
