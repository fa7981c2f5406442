"""The plan of a run is a value: made without Prefect, compared, looked up in the cache, and carried out row by row."""

from __future__ import annotations

import pytest
from prefect import flow, task
from prefect.logging import disable_run_logger

from flows.experiment import execute, prepare
from flows.planned import plan_here
from ownvoice.records.answers import Likelihoods
from ownvoice.run.cache_keys import experiment_key
from ownvoice.run.outlook import estimate_run, times_here
from ownvoice.run.plan import Question, RunPlan
from ownvoice.run.resolve import resolve
from ownvoice.run.session import open_session
from ownvoice.run.state import RunState
from ownvoice.worker.messages import Examples, LikelihoodRequest
from tasks.kinds import KINDS
from tasks.steps import Steps
from tests.flow.studio import Studio

NONE = Examples(path="", fingerprint="", rows=0)


def plan_of(studio: Studio, control: bool = False, **training: object) -> RunPlan:
    plan = plan_here(studio.config(control, **training))
    assert plan is not None
    return plan


def test_the_same_inputs_give_the_same_plan(studio: Studio) -> None:
    assert plan_of(studio) == plan_of(studio)
    assert plan_of(studio).experiment.key == studio.run().record.key


def test_only_what_depends_on_a_setting_has_another_key(studio: Studio) -> None:
    plans = plan_of(studio), plan_of(studio, learning_rate=1e-4)
    keys, others = ({step.id: step.key for step in plan.steps} for plan in plans)
    assert [step for step in keys if keys[step] != others[step]] == ["tuned/train"]


def test_a_placebo_is_rows_of_the_plan_and_asked_in_the_same_words(studio: Studio) -> None:
    plain, control = plan_of(studio).steps, plan_of(studio, control=True).steps
    more = [step for step in control if step.id not in {each.id for each in plain}]
    assert [step.id for step in more] == ["placebo/train", "placebo/generate", "placebo/likelihood"]
    by_id = {step.id: step for step in control}
    for kind in ("generate", "likelihood"):
        requests = [by_id[f"{model}/{kind}"].request for model in ("baseline", "tuned", "placebo")]
        assert requests[0] == requests[1] == requests[2]


def test_another_worker_takes_nothing_from_the_cache_that_this_one_made(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = plan_of(studio)
    monkeypatch.setenv("OWNVOICE_WORKER", "another-worker")
    second = plan_of(studio)
    assert first.experiment.key != second.experiment.key
    unchanged = [one.id for one, other in zip(first.steps, second.steps, strict=True) if one.key == other.key]
    assert unchanged == ["run/compare"]  # its key holds the figures, whoever made them


def test_the_outlook_tells_what_the_cache_has_and_what_waits_for_what_it_has_not(studio: Studio) -> None:
    studio.run()

    def cached(plan: RunPlan) -> dict[str, bool]:
        return {step.name: step.cached for step in estimate_run(plan, {}, times_here("cpu")).steps}

    assert all(cached(plan_of(studio)).values())
    changed = cached(plan_of(studio, learning_rate=1e-4))
    assert [name for name in changed if changed[name]] == [
        "Baseline answers to the canaries",
        "Baseline likelihood",
        "Baseline prefix probe",
    ]


def test_a_further_kind_of_step_is_a_row_and_a_task(studio: Studio) -> None:
    """How likely the held-out essays are under the tuned model once the control essays are left out."""

    @task
    def own_alone(_step: Question, request: LikelihoodRequest) -> Likelihoods:
        with disable_run_logger():
            result = KINDS["likelihood"].fn(_step, request.model_copy(update={"control": NONE}))
        assert isinstance(result, Likelihoods)
        return result

    @flow
    def carry_out() -> RunState:
        config, steps = studio.config(), Steps()
        with open_session():
            plan = resolve(config, experiment_key(config), prepare(config, steps))
            asked = next(step for step in plan.steps if step.id == "tuned/likelihood")
            row = asked.model_copy(update={"name": "Own essays alone", "kind": "own-alone", "key": "own-alone-1"})
            state = RunState(plan.model_copy(update={"steps": (*plan.steps, row)}), "2026-11-24T09:00:00+00:00")
            execute(state, steps, {**KINDS, "own-alone": own_alone})
            return state

    result = carry_out().results["tuned/own-alone"]
    assert isinstance(result, Likelihoods)
    assert (len(result.own), len(result.control)) == (1, 0)
    assert studio.record(1).steps[-1].name == "Own essays alone"
