"""The comparison: the same essays on several models, each untuned, asked with essays, fine-tuned, and on a placebo."""

from __future__ import annotations

from prefect import flow

from flows.asked import Epochs, Settings, named, with_changes
from flows.refusing import refusing
from flows.series import run_series
from ownvoice.phase_configs import CompareConfig
from ownvoice.records.run import slug
from ownvoice.report.kept.series import WrittenSeries


def name_of(config: CompareConfig) -> str:
    """'Series: compare smollm2-135m and gemma-3-270m', as the Prefect UI lists it."""
    return f"Series: compare {' and '.join(map(slug, config.models))}"


@flow(
    name="ownvoice",
    flow_run_name=named(name_of, "Series: compare"),
    persist_result=False,
    result_serializer="json",
    validate_parameters=False,
)
def run_compare(
    config: CompareConfig,
    model: str | None = None,
    pairs: str | None = None,
    epochs: Epochs = None,
    settings: Settings = None,
) -> WrittenSeries:
    """Fine-tune several models on the same essays, and see which comes nearest and whether training beats asking.

    Args:
        config: The experiment, and the models.
        model: One more model: a known name, a hub id (owner/name) or a folder.
        pairs: Other essays than the experiment's: a folder, a file, or hub:owner/name.
        epochs: Another number of passes over the essays than the experiment's.
        settings: Further fields to change, such as training.learning_rate=1e-4; one, or a list of them.
    """
    return refusing(lambda: run_series(with_changes(config, model, pairs, epochs, settings)))
