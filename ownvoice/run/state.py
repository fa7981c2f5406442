"""Collects what a run has reached so far, and makes the record of it."""

from __future__ import annotations

from dataclasses import dataclass, field

from pydantic import BaseModel

from ownvoice.estimates import RunEstimate
from ownvoice.memory.machine import describe_machine
from ownvoice.records.analysis import Analysis
from ownvoice.records.run import Failure, PlaceboRun, RunRecord, SeedRun, StepReport
from ownvoice.records.training import Attempt, TrainingResult
from ownvoice.run.plan import PROMPTED, PlannedPlacebo, RunPlan, Seeded, answers_of, found_or_none


@dataclass
class RunState:
    """Filled in step by step."""

    plan: RunPlan
    started_at: str
    results: dict[str, BaseModel] = field(default_factory=dict)
    """By the steps' ids."""
    estimate: RunEstimate | None = None
    """As it was told before the first step; None until then."""
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
        """The run's record: figures and prompts of the data; of the essays' texts only `OwnWords`."""
        plan, first = self.plan, self.plan.tuned[0]
        placebos = tuple(self._placebo(each) for each in plan.placebos if self._is_reached(each.models[0]))
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
            prompted=answers_of(self.results, PROMPTED),
            prompted_with=plan.prompted_with,
            training=self._training(first),
            failed_attempts=self.failed_attempts.get(first.training, ()),
            tuned=answers_of(self.results, first.model),
            seeds=self._seeds(plan.tuned),
            placebo=placebos[0] if placebos else None,
            further_placebos=placebos[1:],
            analysis=found_or_none(self.results, "run/compare", Analysis),
            machine=describe_machine(),
            waited_seconds=round(waited_seconds, 1),
            estimate=self.estimate,
            steps=steps,
        )

    def _placebo(self, planned: PlannedPlacebo) -> PlaceboRun:
        first, checked = planned.models[0], planned.checked
        return PlaceboRun(
            writer=planned.writer,
            figures=checked.figures,
            fingerprint=checked.fingerprint,
            notes=checked.notes,
            training=self._training(first),
            failed_attempts=self.failed_attempts.get(first.training, ()),
            answers=answers_of(self.results, first.model),
            seeds=self._seeds(planned.models),
        )

    def _seeds(self, models: tuple[Seeded, ...]) -> tuple[SeedRun, ...]:
        """What was reached of the seeds after the first."""
        return tuple(
            SeedRun(
                seed=each.seed,
                training=self._training(each),
                failed_attempts=self.failed_attempts.get(each.training, ()),
                answers=answers_of(self.results, each.model),
            )
            for each in models[1:]
            if self._is_reached(each)
        )

    def _is_reached(self, model: Seeded) -> bool:
        return model.training in {*self.results, *self.failed_attempts}

    def _training(self, model: Seeded) -> TrainingResult | None:
        return found_or_none(self.results, model.training, TrainingResult)
