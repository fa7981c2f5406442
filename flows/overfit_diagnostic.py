"""The overfitting diagnostic: many epochs on a few pairs, looked at from within."""

from __future__ import annotations

from prefect import flow

from flows.asked import Epochs, Settings, named, with_changes
from flows.refusing import refusing
from flows.series import run_series
from ownvoice.phase_configs import OverfitConfig
from ownvoice.records.run import slug
from ownvoice.report.kept.series import WrittenSeries


def name_of(config: OverfitConfig) -> str:
    """'Series: overfit-diagnostic over 30 epochs, smollm2-135m', as the Prefect UI lists it."""
    return f"Series: overfit-diagnostic over {config.training.epochs} epochs, {slug(config.model)}"


@flow(
    name="ownvoice",
    flow_run_name=named(name_of, "Series: overfit-diagnostic"),
    persist_result=False,
    result_serializer="json",
    validate_parameters=False,
)
def run_overfit_diagnostic(
    config: OverfitConfig,
    model: str | None = None,
    pairs: str | None = None,
    epochs: Epochs = None,
    settings: Settings = None,
) -> WrittenSeries:
    """Fine-tune a model on a few essays for many epochs, and see when it learns them by heart.

    Args:
        config: The experiment; `training.look_every` says how often the model is asked in the midst of it.
        model: Another model than the experiment's: a known name, a hub id (owner/name) or a folder.
        pairs: Other essays than the experiment's: a folder, a file, or hub:owner/name.
        epochs: Another number of passes over the essays than the experiment's.
        settings: Further fields to change, such as training.learning_rate=1e-4; one, or a list of them.
    """
    return refusing(lambda: run_series(with_changes(config, model, pairs, epochs, settings)))
