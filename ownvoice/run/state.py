"""What a run has reached so far, and the record of it."""

from __future__ import annotations

from dataclasses import dataclass

from ownvoice.analysis.inputs import Comparison, Likelier
from ownvoice.config import ExperimentConfig
from ownvoice.memory.machine import describe_machine
from ownvoice.records import (
    Analysis,
    Attempt,
    CheckedPairs,
    CheckedPlacebo,
    DataSummary,
    Failure,
    Likelihoods,
    ModelInfo,
    Outputs,
    PlaceboRun,
    PrefixMatches,
    RunRecord,
    StepReport,
    TrainingResult,
)
from ownvoice.voice.likelihood import Contrast, contrast

NO_PLACEBO = (
    "The config names no placebo (data.placebo is empty), so there are no essays by others to compare the gain with."
)


@dataclass
class Reached:
    """Filled in step by step; what is None wasn't reached."""

    key: str
    config: ExperimentConfig
    started_at: str
    model: ModelInfo | None = None
    checked: CheckedPairs | None = None
    other: CheckedPlacebo | None = None
    """The placebo author's essays; None also where the config names none."""
    baseline: Outputs | None = None
    training: TrainingResult | None = None
    tuned: Outputs | None = None
    baseline_likelihoods: Likelihoods | None = None
    tuned_likelihoods: Likelihoods | None = None
    baseline_prefixes: PrefixMatches | None = None
    tuned_prefixes: PrefixMatches | None = None
    placebo: PlaceboRun | None = None
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
            baseline_likelihoods=self.baseline_likelihoods,
            tuned_likelihoods=self.tuned_likelihoods,
            contrast=between(self.baseline_likelihoods, self.tuned_likelihoods),
            no_contrast=self._no_contrast(),
            baseline_prefixes=self.baseline_prefixes,
            tuned_prefixes=self.tuned_prefixes,
            placebo=self.placebo,
            analysis=self.analysis,
            machine=describe_machine(),
            attempts=self.attempts,
            waited_seconds=round(self.waited_seconds, 1),
            steps=steps,
        )

    def comparison(
        self, checked: CheckedPairs, training: TrainingResult, baseline: Outputs, tuned: Outputs
    ) -> Comparison:
        """What the analysis reads of all this."""
        return Comparison(
            config=self.config,
            pair_set=checked.pair_set,
            author=checked.author,
            training=training,
            baseline=baseline,
            tuned=tuned,
            placebo=self.placebo.outputs if self.placebo else None,
            baseline_prefixes=self.baseline_prefixes.matches if self.baseline_prefixes else (),
            tuned_prefixes=self.tuned_prefixes.matches if self.tuned_prefixes else (),
            likelier=Likelier(
                tuned=between(self.baseline_likelihoods, self.tuned_likelihoods),
                against_placebo=self.placebo.contrast if self.placebo else None,
            ),
        )

    def _no_contrast(self) -> str:
        if not self.config.data.placebo:
            return NO_PLACEBO
        return "" if self.baseline_likelihoods and self.tuned_likelihoods else "The run did not get so far."


def between(before: Likelihoods | None, after: Likelihoods | None) -> Contrast | None:
    """What the author's held-out essays gain from one model to the other, beyond other authors'."""
    if before is None or after is None:
        return None
    return contrast(before.own, after.own, before.control, after.control)


def _summary(checked: CheckedPairs) -> DataSummary:
    pair_set = checked.pair_set
    return DataSummary(figures=checked.figures, notes=checked.notes, canaries=pair_set.canaries, probes=pair_set.probes)
