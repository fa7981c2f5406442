"""The comparison: the same essays on several models, each untuned, asked with essays, fine-tuned, and on a placebo."""

from __future__ import annotations

from prefect import flow
from prefect.runtime import flow_run

from flows.series import run_series
from ownvoice.phase_configs import CompareConfig
from ownvoice.records import slug
from ownvoice.report.series import WrittenSeries


def name_of_run() -> str:
    """'Series: compare smollm2-135m and gemma-3-270m', as the Prefect UI lists it."""
    config = CompareConfig.model_validate(flow_run.parameters["config"]).with_model(flow_run.parameters.get("model"))
    return f"Series: compare {' and '.join(map(slug, config.models))}"


@flow(name="ownvoice", flow_run_name=name_of_run, persist_result=False, result_serializer="json")
def run_compare(config: CompareConfig, model: str | None = None) -> WrittenSeries:
    """Fine-tune several models on the same essays, and see which comes nearest and whether training beats asking.

    Args:
        config: The experiment, and the models.
        model: One more model: a known name, a hub id (owner/name) or a folder.
    """
    return run_series(config, model)
