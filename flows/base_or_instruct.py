"""Base or instruct: the same essays on a base model and on its instruct versions, for several authors and seeds."""

from __future__ import annotations

from prefect import flow
from prefect.runtime import flow_run

from flows.series import run_series
from ownvoice.phase_configs import BaseOrInstructConfig
from ownvoice.report.series import WrittenSeries


def name_of_run() -> str:
    """'Series: base or instruct, 5 arms, 6 authors', as the Prefect UI lists it."""
    config = BaseOrInstructConfig.model_validate(flow_run.parameters["config"])
    return f"Series: base or instruct, {len(config.compared)} arms, {len(config.writers)} authors"


@flow(name="ownvoice", flow_run_name=name_of_run, persist_result=False, result_serializer="json")
def run_base_or_instruct(config: BaseOrInstructConfig, model: str | None = None) -> WrittenSeries:
    """Fine-tune base and instruct weights on several authors, and see whether the head start helps or hurts.

    Args:
        config: The experiment, the pair of models, and the authors.
        model: Empty: the models are those of the pair, or of the arms.
    """
    return run_series(config, model)
