"""The work pool that Prefect workers take runs from: made, and told what their processes need."""

from __future__ import annotations

import contextlib
from typing import Any

from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import WorkPoolCreate
from prefect.exceptions import ObjectAlreadyExists
from prefect.types.entrypoint import EntrypointType
from prefect.workers.process import ProcessWorker

from flows.project import settings_anywhere
from flows.spread.over_pool import deployment_on, run_of_series
from ownvoice.paths import ROOT


def make_pool(pool: str) -> None:
    """Of processes; one that is there already stays as it is."""
    template = ProcessWorker.get_default_base_job_template()
    with get_client(sync_client=True) as client, contextlib.suppress(ObjectAlreadyExists):
        client.create_work_pool(WorkPoolCreate(name=pool, type="process", base_job_template=template))


def on_pool(pool: str) -> dict[str, Any]:
    """What a deployment is told that workers of a pool carry out: in the project's folder, which is the same on all."""
    return {"work_pool_name": pool, "job_variables": {"env": settings_anywhere(), "working_dir": str(ROOT)}}


def one_run_on(pool: str) -> Any:
    """The deployment that takes any run of a series."""
    return run_of_series.to_deployment(
        deployment_on(pool),
        description=f"A run of a series whose spread.over is pool, and spread.pool {pool}.",
        entrypoint_type=EntrypointType.MODULE_PATH,
        **on_pool(pool),
    )
