"""The scale-up: the same training on more and more pairs, and where more stopped helping."""

from __future__ import annotations

from prefect import flow
from prefect.runtime import flow_run

from flows.series import run_series
from ownvoice.phase_configs import ScaleUpConfig
from ownvoice.records import slug
from ownvoice.report.series import WrittenSeries


def name_of_run() -> str:
    """'Series: scale-up to 13 pairs, smollm2-135m', as the Prefect UI lists it."""
    parameters = flow_run.parameters
    config = ScaleUpConfig.model_validate(parameters["config"])
    return f"Series: scale-up to {config.sizes[-1]} pairs, {slug(parameters.get('model') or config.model)}"


@flow(name="ownvoice", flow_run_name=name_of_run, persist_result=False, result_serializer="json")
def run_scale_up(config: ScaleUpConfig, model: str | None = None) -> WrittenSeries:
    """Fine-tune a model on more and more of a writer's essays, and see where more stop helping.

    Every size is a run with its own entry in the log; the curve over all of them has another.

    Args:
        config: The experiment, and how many pairs each run trains on.
        model: Another model than the experiment's: a known name, a hub id (owner/name) or a folder.
    """
    return run_series(config, model)
