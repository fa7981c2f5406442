"""`ownvoice serve` and `ownvoice deploy` as programs start them: what stands on stdout is JSON, and nothing else."""

from __future__ import annotations

import json
import signal

import pytest
from prefect import get_client

from flows.cli.printed import Served
from flows.cli.serving import deploy_text
from ownvoice.phases import NAMES
from tests.flow.studio import Studio

SERVED = tuple(f"ownvoice/{name}" for name in NAMES)


def test_serve_tells_in_one_line_when_it_is_ready_and_nothing_more_on_stdout(studio: Studio) -> None:
    serving = studio.command("serve", "--json")
    assert serving.stdout
    told = Served.model_validate_json(serving.stdout.readline())
    assert serving.poll() is None
    assert (told.api, told.ui) == (studio.server, studio.server.removesuffix("/api"))
    assert told.deployments == SERVED
    with get_client(sync_client=True) as client:
        assert all(client.read_deployment_by_name(name) for name in told.deployments)
    serving.send_signal(signal.SIGTERM)
    output, errors = serving.communicate(timeout=60)
    assert (serving.returncode, output) == (0, ""), errors
    assert "Traceback" not in errors


def test_deploy_tells_its_deployments_and_what_starts_a_worker(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PREFECT_API_URL", studio.server)
    told = json.loads(deploy_text("a-pool", json=True))
    assert told == {
        "pool": "a-pool",
        "api": studio.server,
        "deployments": [*SERVED, "ownvoice/run-on-a-pool"],
        "next": "prefect worker start --pool a-pool",
    }
