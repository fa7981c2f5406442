"""A mistake in essays or config ends a flow run as refused, with the one message; and single fields can be changed."""

from __future__ import annotations

from typing import Any

import pytest
from prefect import get_client
from prefect.client.schemas.filters import LogFilter, LogFilterFlowRunId
from prefect.client.schemas.objects import FlowRun, StateType
from prefect.client.schemas.sorting import FlowRunSort
from prefect.deployments.runner import RunnerDeployment
from prefect.exceptions import ParameterTypeError

from flows.asked import with_changes
from flows.experiment import run_experiment
from flows.scale_up import run_scale_up
from flows.spread.over_pool import run_of_series
from ownvoice.config import ExperimentConfig
from ownvoice.errors import ConfigError, PairsError
from tests.flow.studio import Studio
from tests.flow.test_command_line import wait_until


def newest_run() -> FlowRun:
    with get_client(sync_client=True) as client:
        return client.read_flow_runs(sort=FlowRunSort.START_TIME_DESC, limit=1)[0]


def log_of(run: FlowRun) -> list[str]:
    with get_client(sync_client=True) as client:
        only = LogFilter(flow_run_id=LogFilterFlowRunId(any_=[run.id]))
        return [line.message for line in client.read_logs(log_filter=only, limit=200)]


def assert_refused(with_words: str) -> None:
    run = newest_run()
    assert run.state is not None
    assert (run.state_type, run.state_name) == (StateType.CANCELLED, "Refused")
    assert with_words in (run.state.message or "")
    wait_until(lambda: any(line.startswith("Refused, nothing was run: ") for line in log_of(run)))
    assert not [line for line in log_of(run) if "Traceback" in line]


def test_a_mistake_in_the_essays_is_refused_with_every_problem_and_no_traceback(studio: Studio) -> None:
    (studio.essays / "broken.md").write_text("---\ntier: 9\n---\n")
    with pytest.raises(PairsError, match=r"broken\.md") as raised:
        studio.run()
    assert_refused(str(raised.value))
    assert studio.calls() == []
    assert not (studio.artifacts / "runs").exists()


def test_a_series_whose_runs_all_have_the_mistake_is_refused_as_well(studio: Studio) -> None:
    config = studio.scale_up_config(1, 3)
    (studio.essays / "broken.md").write_text("---\ntier: 9\n---\n")
    with pytest.raises(PairsError, match=r"broken\.md"):
        run_scale_up(config)
    assert_refused("broken.md")


def test_what_only_the_flow_can_see_of_a_config_is_refused_with_the_valid_names(studio: Studio) -> None:
    with pytest.raises(ConfigError, match=r"training\.epoch: no such field; the fields here are method, learning_rate"):
        run_experiment(studio.config(), settings="training.epoch=5")
    assert_refused("training.epoch: no such field")
    as_sent: Any = {**studio.config().model_dump(mode="json"), "phase": "no-such-phase"}
    with pytest.raises(ConfigError, match="no such phase"):
        run_experiment(as_sent)
    assert_refused("the phases are smoke-test")


def test_a_run_over_a_pool_is_refused_for_its_essays_and_not_begun_without_a_phase(studio: Studio) -> None:
    (studio.essays / "broken.md").write_text("---\ntier: 9\n---\n")
    with pytest.raises(PairsError, match=r"broken\.md"):
        run_of_series(studio.config())
    assert_refused("broken.md")
    as_sent: Any = {**studio.config().model_dump(mode="json"), "phase": "no-such-phase"}
    with pytest.raises(ParameterTypeError, match="the phases are smoke-test"):
        run_of_series(as_sent)


def test_single_fields_change_the_experiment_and_leave_its_others(studio: Studio) -> None:
    config = studio.config(learning_rate=1e-4)
    asked = with_changes(config, None, "elsewhere", 1, ["training.seed=3", "decoding.top_k=20"])
    assert (asked.training.epochs, asked.training.seed, asked.decoding.top_k) == (1, 3, 20)
    assert (asked.data.pairs, asked.training.learning_rate, asked.model) == ("elsewhere", 1e-4, config.model)
    assert with_changes(config, None, settings="training.epochs=2").training.epochs == 2
    assert with_changes(config, "gpt2").model == "gpt2"
    record = run_experiment(config, epochs=1).record
    assert record.config == config.model_copy(update={"training": config.training.model_copy(update={"epochs": 1})})


def test_a_config_without_a_phase_changes_the_deployments_experiment(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = studio.config(learning_rate=1e-4).model_dump(mode="json") | {"phase": "control"}
    served = run_experiment.to_deployment("control-for-a-test", parameters={"config": whole})
    assert isinstance(served, RunnerDeployment)
    monkeypatch.setenv("PREFECT__RUNTIME__DEPLOYMENT__ID", str(served.apply()))
    asked: ExperimentConfig = with_changes({"training": {"epochs": 1}}, None)
    assert (asked.phase, asked.training.epochs, asked.training.learning_rate) == ("control", 1, 1e-4)
    assert asked.data.tiers == (1,)
