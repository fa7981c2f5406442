"""The sweep: every combination of some settings, ranked by what they brought of the voice."""

from __future__ import annotations

from prefect import flow
from prefect.runtime import flow_run

from flows.series import run_series
from ownvoice.phase_configs import SweepConfig
from ownvoice.records import slug
from ownvoice.report.series import WrittenSeries


def name_of_run() -> str:
    """'Series: sweep over learning_rate and epochs, smollm2-135m', as the Prefect UI lists it."""
    parameters = flow_run.parameters
    config = SweepConfig.model_validate(parameters["config"])
    names = " and ".join(name.rpartition(".")[2] for name in config.grid) or "nothing"
    return f"Series: sweep over {names}, {slug(parameters.get('model') or config.model)}"


@flow(name="ownvoice", flow_run_name=name_of_run, persist_result=False, result_serializer="json")
def run_sweep(config: SweepConfig, model: str | None = None) -> WrittenSeries:
    """Fine-tune a model with every combination of some settings, and rank what came of it.

    Args:
        config: The experiment, and the values to try.
        model: Another model than the experiment's: a known name, a hub id (owner/name) or a folder.
    """
    return run_series(config, model)
