"""Gets the model onto this disk: fetched and converted once, from the cache ever after."""

from __future__ import annotations

from prefect import task

from ownvoice.models.prepare import prepare_model
from ownvoice.records.model import ModelInfo
from tasks.reporting import Reporter
from tasks.steps import retry_network


@task(name="Fetch the model", retries=2, retry_delay_seconds=5, retry_condition_fn=retry_network)
def fetch_model(name: str, revision: str | None) -> ModelInfo:
    return prepare_model(name, revision, Reporter("fetch-the-model"))
