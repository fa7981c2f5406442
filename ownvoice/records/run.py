"""The record of a run: the one document that everything a person sees is rendered from."""

from __future__ import annotations

import re
from typing import Literal

from pydantic import Field

from ownvoice.blind_tests import BlindTest
from ownvoice.config import ExperimentConfig
from ownvoice.estimates import RunEstimate
from ownvoice.frozen import Frozen
from ownvoice.paths import PICTURE_NAME
from ownvoice.records.analysis import Analysis
from ownvoice.records.answers import ModelAnswers
from ownvoice.records.essays import DataSummary, PairFigures
from ownvoice.records.model import ModelInfo
from ownvoice.records.training import Attempt, TrainingResult
from ownvoice.voice.results import VoiceFigures


class Machine(Frozen):
    """Where the run took place."""

    system: str
    processor: str
    cores: int
    memory_bytes: int
    disk_free_bytes: int
    gpu: str | None
    versions: dict[str, str]


class StepReport(Frozen):
    """One step of the run, in order."""

    name: str
    seconds: float
    cached: bool
    made_on: str = ""
    """The machine whose result came here through the depot, in words; empty of what this machine did."""


class Failure(Frozen):
    step: str
    error: str
    """The error's class, such as OutOfMemory."""
    message: str


class SeedRun(Frozen):
    """The same training with another seed; what is None wasn't reached."""

    seed: int
    training: TrainingResult | None = None
    failed_attempts: tuple[Attempt, ...] = ()
    answers: ModelAnswers = ModelAnswers()

    @property
    def attempts(self) -> tuple[Attempt, ...]:
        return self.training.attempts if self.training else self.failed_attempts


class PlaceboRun(Frozen):
    """The same training on another author; what is None wasn't reached."""

    writer: str = ""
    """Empty in records of before there could be several."""
    figures: tuple[PairFigures, ...]
    fingerprint: str = ""
    """Of the essays, as in CheckedPairs; empty in records of before it was taken."""
    notes: tuple[str, ...] = ()
    training: TrainingResult | None = None
    failed_attempts: tuple[Attempt, ...] = ()
    answers: ModelAnswers = ModelAnswers()
    seeds: tuple[SeedRun, ...] = ()
    """The trainings with further seeds."""

    @property
    def attempts(self) -> tuple[Attempt, ...]:
        return self.training.attempts if self.training else self.failed_attempts


class Experiment(Frozen):
    """What a run is of: all that its record can say before anything was done."""

    key: str
    """Hash of all that the run depends on: the same key is the same experiment."""
    config: ExperimentConfig
    """As it was given, to run it again; what a person reads of it stands in `settings`."""
    phase: str
    model_name: str
    """As the config names it."""
    settings: dict[str, str]
    """Every setting by its dotted name, as `--set` takes it, in words."""
    prompt: str
    """What the model is shown for a topic; of a chat template, the message that goes into it."""


class RunRecord(Experiment):
    """One numbered experiment. Written for failed runs too, with what was reached."""

    format_version: Literal[2] = 2
    """Records of format 1 are read as well, see `ownvoice.older_records`."""
    number: int = Field(ge=1)
    status: Literal["completed", "failed"]
    failure: Failure | None = None
    started_at: str
    finished_at: str
    model: ModelInfo | None = None
    data: DataSummary | None = None
    baseline: ModelAnswers = ModelAnswers()
    prompted: ModelAnswers = ModelAnswers()
    """The untuned model's, with essays of the author before the topic; not asked in most runs."""
    prompted_with: tuple[str, ...] = ()
    """Their ids, as they stood there."""
    training: TrainingResult | None = None
    failed_attempts: tuple[Attempt, ...] = ()
    """Every try at a training that reached nothing."""
    tuned: ModelAnswers = ModelAnswers()
    seeds: tuple[SeedRun, ...] = ()
    """The trainings with further seeds; `training` and `tuned` are the first one's."""
    placebo: PlaceboRun | None = None
    """None where the config asks for none, or it was not reached."""
    further_placebos: tuple[PlaceboRun, ...] = ()
    analysis: Analysis | None = None
    machine: Machine
    """That ran it, also where the run was adopted."""
    adopted: bool = False
    """True where another machine ran it, and the depot had it; its weights are there."""
    waited_seconds: float = 0.0
    """For another run that used the device; counts in no other time."""
    estimate: RunEstimate | None = None
    """As it was told before the first step; None in records of before it was kept, and where the run didn't get so far."""
    steps: tuple[StepReport, ...] = ()
    blind_tests: tuple[BlindTest, ...] = Field((), exclude_if=lambda tests: not tests)
    """Added when a judge is done, long after the run."""

    @property
    def attempts(self) -> tuple[Attempt, ...]:
        """Every try at the training, also of a run that failed."""
        return self.training.attempts if self.training else self.failed_attempts

    @property
    def placebos(self) -> tuple[PlaceboRun, ...]:
        return (self.placebo, *self.further_placebos) if self.placebo else ()

    @property
    def trainings(self) -> tuple[TrainingResult, ...]:
        """All that were reached: of each seed, on the author and on each placebo."""
        runs: list[RunRecord | SeedRun | PlaceboRun] = [self, *self.seeds]
        for placebo in self.placebos:
            runs += [placebo, *placebo.seeds]
        return tuple(run.training for run in runs if run.training is not None)

    def answers_by_seed(self, placebo: PlaceboRun | None = None) -> dict[int, ModelAnswers]:
        """Of the models that answered, trained on the author or on a placebo."""
        first, further = (placebo.answers, placebo.seeds) if placebo else (self.tuned, self.seeds)
        answers = {self.config.training.seed: first} | {run.seed: run.answers for run in further}
        return {seed: each for seed, each in answers.items() if each.outputs is not None}

    @property
    def figures(self) -> VoiceFigures | None:
        """Where answers and essays lie on the VOICE axis; None where that wasn't reached, or can't be measured."""
        findings = self.analysis.findings if self.analysis else None
        return findings.figures if findings else None


def folder_name(record: RunRecord) -> str:
    return f"{record.number}-{record.phase}-{slug(record.model_name)}"


def picture_path(record: RunRecord) -> str:
    """The drawing of the VOICE axis, from the artifacts folder, where the logbook stands."""
    return f"runs/{folder_name(record)}/{PICTURE_NAME}"


def slug(model: str) -> str:
    """A model's name as part of a folder's name: `owner/name` and local paths give their last part."""
    parts = [part for part in re.split(r"[/\\]+", model) if part.strip(". ")]
    name = re.sub(r"[^a-z0-9.]+", "-", parts[-1].lower() if parts else "").strip("-.")
    return name[:60].rstrip("-.") or "model"
