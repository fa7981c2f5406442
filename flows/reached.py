"""What a run has reached so far, and the record of it."""

from __future__ import annotations

from dataclasses import dataclass

from ownvoice.config import ExperimentConfig
from ownvoice.machine import describe_machine
from ownvoice.records import (
    Analysis,
    Attempt,
    CheckedPairs,
    DataSummary,
    Failure,
    ModelInfo,
    Outputs,
    RunRecord,
    StepReport,
    TrainingResult,
)


@dataclass
class Reached:
    """Filled in step by step; what is None wasn't reached."""

    key: str
    config: ExperimentConfig
    started_at: str
    model: ModelInfo | None = None
    checked: CheckedPairs | None = None
    baseline: Outputs | None = None
    training: TrainingResult | None = None
    tuned: Outputs | None = None
    analysis: Analysis | None = None
    attempts: tuple[Attempt, ...] = ()
    waited_seconds: float = 0.0

    def record(self, number: int, steps: tuple[StepReport, ...], failure: Failure | None, now: str) -> RunRecord:
        """The run's record: figures and prompts of the data, never the essays' texts."""
        return RunRecord(
            number=number,
            key=self.key,
            status="failed" if failure else "completed",
            failure=failure,
            started_at=self.started_at,
            finished_at=now,
            config=self.config,
            model=self.model,
            data=_summary(self.checked) if self.checked else None,
            baseline=self.baseline,
            training=self.training,
            tuned=self.tuned,
            analysis=self.analysis,
            machine=describe_machine(),
            attempts=self.attempts,
            waited_seconds=round(self.waited_seconds, 1),
            steps=steps,
        )


def _summary(checked: CheckedPairs) -> DataSummary:
    pair_set = checked.pair_set
    return DataSummary(figures=checked.figures, notes=checked.notes, canaries=pair_set.canaries, probes=pair_set.probes)
