"""The overfitting diagnostic: many epochs on a few pairs, looked at from within."""

from __future__ import annotations

from prefect import flow
from prefect.runtime import flow_run

from flows.series import run_series
from ownvoice.phase_configs import OverfitConfig
from ownvoice.records import slug
from ownvoice.report.series import WrittenSeries


def name_of_run() -> str:
    """'Series: overfit-diagnostic over 30 epochs, smollm2-135m', as the Prefect UI lists it."""
    parameters = flow_run.parameters
    config = OverfitConfig.model_validate(parameters["config"])
    model = slug(parameters.get("model") or config.model)
    return f"Series: overfit-diagnostic over {config.training.epochs} epochs, {model}"


@flow(name="ownvoice", flow_run_name=name_of_run, persist_result=False, result_serializer="json")
def run_overfit_diagnostic(config: OverfitConfig, model: str | None = None) -> WrittenSeries:
    """Fine-tune a model on a few essays for many epochs, and see when it learns them by heart.

    Args:
        config: The experiment; `training.look_every` says how often the model is asked in the midst of it.
        model: Another model than the experiment's: a known name, a hub id (owner/name) or a folder.
    """
    return run_series(config, model)
