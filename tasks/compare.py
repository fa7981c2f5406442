"""What the figures say: the verdict, the log's questions, signs, what to try next."""

from __future__ import annotations

from prefect import task
from prefect.logging import get_run_logger

from ownvoice.analysis import analyse
from ownvoice.config import ExperimentConfig
from ownvoice.records import Analysis, Outputs, PairSet, TrainingResult


@task(name="Compare")
def compare(
    pair_set: PairSet, baseline: Outputs, tuned: Outputs, training: TrainingResult, config: ExperimentConfig
) -> Analysis:
    analysis = analyse(pair_set, baseline, tuned, training, config)
    get_run_logger().info(analysis.verdict)
    return analysis
