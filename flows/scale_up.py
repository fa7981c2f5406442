"""The scale-up: the same training on more and more pairs, and where more stopped helping."""

from __future__ import annotations

from prefect import flow

from flows.asked import Epochs, Settings, named, with_changes
from flows.refusing import refusing
from flows.series import run_series
from ownvoice.phase_configs import ScaleUpConfig
from ownvoice.records.run import slug
from ownvoice.report.kept.series import WrittenSeries


def name_of(config: ScaleUpConfig) -> str:
    """'Series: scale-up to 13 pairs, smollm2-135m', as the Prefect UI lists it."""
    return f"Series: scale-up to {config.sizes[-1]} pairs, {slug(config.model)}"


@flow(
    name="ownvoice",
    flow_run_name=named(name_of, "Series: scale-up"),
    persist_result=False,
    result_serializer="json",
    validate_parameters=False,
)
def run_scale_up(
    config: ScaleUpConfig,
    model: str | None = None,
    pairs: str | None = None,
    epochs: Epochs = None,
    settings: Settings = None,
) -> WrittenSeries:
    """Fine-tune a model on more and more of a writer's essays, and see where more stop helping.

    Every size is a run with its own entry in the log; the curve over all of them has another.

    Args:
        config: The experiment, and how many pairs each run trains on.
        model: Another model than the experiment's: a known name, a hub id (owner/name) or a folder.
        pairs: Other essays than the experiment's: a folder, a file, or hub:owner/name.
        epochs: Another number of passes over the essays than the experiment's.
        settings: Further fields to change, such as training.learning_rate=1e-4; one, or a list of them.
    """
    return refusing(lambda: run_series(with_changes(config, model, pairs, epochs, settings)))
