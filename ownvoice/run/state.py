"""Collects what a run has reached so far, and makes the record of it."""

from __future__ import annotations

from dataclasses import dataclass, field

from pydantic import BaseModel

from ownvoice.memory.machine import describe_machine
from ownvoice.records import Analysis, Attempt, Failure, PlaceboRun, RunRecord, StepReport, TrainingResult
from ownvoice.run.plan import RunPlan, answers_of, found_or_none


@dataclass
class RunState:
    """Filled in step by step."""

    plan: RunPlan
    started_at: str
    results: dict[str, BaseModel] = field(default_factory=dict)
    """By the steps' ids."""
    failed_attempts: dict[str, tuple[Attempt, ...]] = field(default_factory=dict)
    """Of a training that reached nothing, by its step's id."""

    def record(
        self,
        number: int,
        steps: tuple[StepReport, ...],
        failure: Failure | None,
        finished_at: str,
        waited_seconds: float,
    ) -> RunRecord:
        """The run's record: figures and prompts of the data, never the essays' texts."""
        plan = self.plan
        return RunRecord(
            **dict(plan.experiment),
            number=number,
            status="failed" if failure else "completed",
            failure=failure,
            started_at=self.started_at,
            finished_at=finished_at,
            model=plan.model,
            data=plan.data,
            baseline=answers_of(self.results, "baseline"),
            training=self._training("tuned/train"),
            failed_attempts=self.failed_attempts.get("tuned/train", ()),
            tuned=answers_of(self.results, "tuned"),
            placebo=self._placebo(),
            analysis=found_or_none(self.results, "run/compare", Analysis),
            machine=describe_machine(),
            waited_seconds=round(waited_seconds, 1),
            steps=steps,
        )

    def _placebo(self) -> PlaceboRun | None:
        if "placebo/train" not in {*self.results, *self.failed_attempts}:
            return None
        return PlaceboRun(
            figures=self.plan.placebo,
            notes=self.plan.placebo_notes,
            training=self._training("placebo/train"),
            failed_attempts=self.failed_attempts.get("placebo/train", ()),
            answers=answers_of(self.results, "placebo"),
        )

    def _training(self, step: str) -> TrainingResult | None:
        return found_or_none(self.results, step, TrainingResult)
