"""The deployments on a real server: a form for each phase, wrong parameters refused, schedules as they were left."""

from __future__ import annotations

from typing import Any

import pytest
from prefect import get_client
from prefect.client.schemas.responses import DeploymentResponse
from prefect.exceptions import PrefectHTTPStatusError

from flows.deployments import deployments, register_on
from flows.schedules import all_schedules, is_on, turn
from ownvoice.errors import ConfigError, ServerUnavailable
from ownvoice.paths import ROOT
from ownvoice.phases import NAMES, Phase


@pytest.fixture(scope="module")
def served() -> dict[str, DeploymentResponse]:
    """As they were when they were first served; a test that changes them leaves them so."""
    return serve()


def serve() -> dict[str, DeploymentResponse]:
    """Registered, as `ownvoice serve` does; nothing picks up what is scheduled."""
    for deployment in deployments():
        deployment.apply()
    with get_client(sync_client=True) as client:
        return {name: client.read_deployment_by_name(f"ownvoice/{name}") for name in NAMES}


def form(deployment: DeploymentResponse) -> dict[str, Any]:
    """The fields of the config in the form that the UI shows."""
    schema: dict[str, Any] = deployment.parameter_openapi_schema or {}
    (name,) = [
        name
        for name in schema["definitions"]
        if name.endswith("Config") and "phase" in schema["definitions"][name]["properties"]
    ]
    fields: dict[str, Any] = schema["definitions"][name]["properties"]
    return fields


def create_run(deployment: DeploymentResponse, **config: Any) -> None:
    with get_client(sync_client=True) as client:
        client.create_flow_run_from_deployment(
            deployment.id, parameters={**deployment.parameters, "config": {**deployment.parameters["config"], **config}}
        )


def test_every_phase_is_served_with_its_own_form(served: dict[str, DeploymentResponse]) -> None:
    assert {name: deployment.parameters["config"]["phase"] for name, deployment in served.items()} == {
        n: n for n in NAMES
    }
    assert form(served["scale-up"])["sizes"]["default"] == [3, 6, 13]
    assert "each for a run" in form(served["scale-up"])["sizes"]["description"]
    assert "grid" in form(served["sweep"])
    assert "models" in form(served["compare"])
    assert "sizes" not in form(served["smoke-test"])
    assert form(served["control"])["phase"]["enum"] == list(NAMES)


@pytest.mark.parametrize(
    ("phase", "config", "field"),
    [
        ("scale-up", {"sizes": "many"}, "sizes"),
        ("smoke-test", {"training": {"epochs": 0}}, "epochs"),
        ("smoke-test", {"model": ""}, "model"),
        ("compare", {"models": []}, "models"),
    ],
)
def test_a_wrong_parameter_is_refused_before_anything_is_scheduled(
    served: dict[str, DeploymentResponse], phase: str, config: dict[str, Any], field: str
) -> None:
    with pytest.raises(PrefectHTTPStatusError) as caught:
        create_run(served[phase], **config)
    assert caught.value.response.status_code == 409
    assert field in caught.value.response.text


def test_single_fields_have_a_place_in_the_form_and_are_refused_where_they_are_wrong(
    served: dict[str, DeploymentResponse],
) -> None:
    for deployment in served.values():
        schema = deployment.parameter_openapi_schema or {}
        assert list(schema["properties"]) == ["config", "model", "pairs", "epochs", "settings"]
        assert "Another number of passes" in schema["properties"]["epochs"]["description"]
    deployment = served["smoke-test"]
    for wrong in ({"epochs": 0}, {"epochs": "many"}, {"pairs": 3}, {"settings": 5}):
        with get_client(sync_client=True) as client, pytest.raises(PrefectHTTPStatusError) as caught:
            client.create_flow_run_from_deployment(deployment.id, parameters={**deployment.parameters, **wrong})
        assert caught.value.response.status_code == 409


def test_a_schedule_stays_as_it_was_left_when_the_deployments_are_served_again(
    served: dict[str, DeploymentResponse],
) -> None:
    assert served["scale-up"].schedules[0].schedule.cron == "0 3 * * *"  # type: ignore[union-attr]
    for on in (True, False, True):
        turn("scale-up", on)
        assert [(each.phase, each.on) for each in all_schedules()] == [("scale-up", on)]
        serve()
        assert is_on("scale-up") is on
    turn("scale-up", False)


def test_a_phase_without_a_schedule_is_told_and_so_is_what_nobody_serves(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigError, match="'control' has no schedule"):
        turn("control", True)
    monkeypatch.setattr("flows.schedules.NIGHTLY", (Phase(name="never-served", nightly="0 3 * * *"),))
    with pytest.raises(ServerUnavailable, match="doesn't know ownvoice/never-served"):
        all_schedules()
    assert not is_on("never-served")


def test_deployments_on_a_work_pool_keep_their_schedule_and_one_takes_runs_of_series(
    served: dict[str, DeploymentResponse],
) -> None:
    turn("scale-up", True)
    names = register_on("a-pool")
    assert names == (*(f"ownvoice/{name}" for name in NAMES), "ownvoice/run-on-a-pool")
    with get_client(sync_client=True) as client:
        assert client.read_work_pool("a-pool").type == "process"
        scale_up, one_run = (
            client.read_deployment_by_name(f"ownvoice/{name}") for name in ("scale-up", "run-on-a-pool")
        )
    assert is_on("scale-up")
    assert scale_up.parameters == served["scale-up"].parameters
    assert one_run.entrypoint == "flows.spread.over_pool.run_of_series"
    for each in (scale_up, one_run):
        assert (each.work_pool_name, each.job_variables["working_dir"]) == ("a-pool", str(ROOT))
        assert each.job_variables["env"]["PREFECT_RESULTS_DEFAULT_SERIALIZER"] == "json"
    register_on("a-pool")
    serve()
    turn("scale-up", False)
