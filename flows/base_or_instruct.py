"""Base or instruct: the same essays on a base model and on its instruct versions, for several authors and seeds."""

from __future__ import annotations

from prefect import flow

from flows.asked import Epochs, Settings, named, with_changes
from flows.refusing import refusing
from flows.series import run_series
from ownvoice.phase_configs import BaseOrInstructConfig
from ownvoice.report.kept.series import WrittenSeries


def name_of(config: BaseOrInstructConfig) -> str:
    """'Series: base or instruct, 5 arms, 6 authors', as the Prefect UI lists it."""
    return f"Series: base or instruct, {len(config.compared)} arms, {len(config.writers)} authors"


@flow(
    name="ownvoice",
    flow_run_name=named(name_of, "Series: base or instruct"),
    persist_result=False,
    result_serializer="json",
    validate_parameters=False,
)
def run_base_or_instruct(
    config: BaseOrInstructConfig,
    model: str | None = None,
    pairs: str | None = None,
    epochs: Epochs = None,
    settings: Settings = None,
) -> WrittenSeries:
    """Fine-tune base and instruct weights on several authors, and see whether the head start helps or hurts.

    Args:
        config: The experiment, the pair of models, and the authors.
        model: Empty: the models are those of the pair, or of the arms.
        pairs: Other essays than the experiment's: a folder, a file, or hub:owner/name.
        epochs: Another number of passes over the essays than the experiment's.
        settings: Further fields to change, such as training.learning_rate=1e-4; one, or a list of them.
    """
    return refusing(lambda: run_series(with_changes(config, model, pairs, epochs, settings)))
