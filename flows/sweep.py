"""The sweep: every combination of some settings, ranked by what they brought of the voice."""

from __future__ import annotations

from prefect import flow

from flows.asked import Epochs, Settings, named, with_changes
from flows.refusing import refusing
from flows.series import run_series
from ownvoice.phase_configs import SweepConfig
from ownvoice.records.run import slug
from ownvoice.report.kept.series import WrittenSeries


def name_of(config: SweepConfig) -> str:
    """'Series: sweep over learning_rate and epochs, smollm2-135m', as the Prefect UI lists it."""
    names = " and ".join(name.rpartition(".")[2] for name in config.grid) or "nothing"
    return f"Series: sweep over {names}, {slug(config.model)}"


@flow(
    name="ownvoice",
    flow_run_name=named(name_of, "Series: sweep"),
    persist_result=False,
    result_serializer="json",
    validate_parameters=False,
)
def run_sweep(
    config: SweepConfig,
    model: str | None = None,
    pairs: str | None = None,
    epochs: Epochs = None,
    settings: Settings = None,
) -> WrittenSeries:
    """Fine-tune a model with every combination of some settings, and rank what came of it.

    Args:
        config: The experiment, and the values to try.
        model: Another model than the experiment's: a known name, a hub id (owner/name) or a folder.
        pairs: Other essays than the experiment's: a folder, a file, or hub:owner/name.
        epochs: Another number of passes over the essays than the experiment's.
        settings: Further fields to change, such as training.learning_rate=1e-4; one, or a list of them.
    """
    return refusing(lambda: run_series(with_changes(config, model, pairs, epochs, settings)))
