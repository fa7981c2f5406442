"""What the commands print with `--json`: a schema each, told in a line each in docs/json.md."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Literal

from pydantic import BaseModel

from flows import planned
from flows.cli.ended import RunDone
from ownvoice.blind_tests import BlindTest
from ownvoice.frozen import Frozen
from ownvoice.intake.documents import Skipped
from ownvoice.intake.intake import Intake, kinds_of
from ownvoice.memory.plan import MemoryPlan
from ownvoice.models.known import KnownModel
from ownvoice.records.essays import CheckedPairs, PairFigures, Split
from ownvoice.records.model import Kind
from ownvoice.report.log.blocks import Of
from ownvoice.report.terminal.difference import Difference
from ownvoice.report.terminal.listing import Listing
from ownvoice.report.terminal.shown_run import ShownRun
from ownvoice.report.upkeep.cleanup import Prunable
from ownvoice.report.upkeep.removal import Removed
from ownvoice.run.writing import Writing
from ownvoice.voice.findings import VoiceFindings
from ownvoice.voice.score import ScoreReport


class TakenPair(Frozen):
    """A pair file that `ownvoice init` wrote: what it proposes, and why."""

    file: str
    source: str
    topic: str
    topic_from: str
    tier: int
    tier_because: str
    split: Split
    words: int
    warnings: tuple[str, ...]


class TakenIn(Frozen):
    """`ownvoice init`"""

    folder: Path
    pairs: tuple[TakenPair, ...]
    """The new ones."""
    before: int
    """Texts that were taken at an earlier time."""
    left_out: tuple[Skipped, ...]
    taken_out: dict[str, int]
    """How often each kind of thing was taken out of the texts."""
    taken_out_list: Path | None
    """The file in which each stands in full, where there is any."""
    prompts: Path | None
    """What the model will be asked; None where that file was there before."""
    next: tuple[str, ...]
    """Commands."""


class Checked(Frozen):
    """`ownvoice check`"""

    pairs: tuple[PairFigures, ...]
    canaries: int
    probes: int
    notes: tuple[str, ...]
    fingerprint: str
    saved: Path | None
    next: str
    """The command that runs what was checked."""


class Model(Frozen):
    """A row of `ownvoice models`."""

    name: str
    kind: Kind
    method: str
    parameters: int
    context_tokens: int
    licence: str
    note: str
    source: Literal["package index", "hub", "made here"]
    gated: bool
    terms: str | None


class Models(Frozen):
    """`ownvoice models`"""

    models: tuple[Model, ...]


class Logged(Frozen):
    """`ownvoice log`"""

    logbook: Path
    of: Of | None
    """None, with the rest, where there is no run yet."""
    number: int | None
    line: int | None
    """Where the entry stands."""
    entry: str | None
    """In Markdown."""


class Schedule(Frozen):
    phase: str
    on: bool
    cron: str
    """In UTC."""


class Schedules(Frozen):
    """`ownvoice schedule`"""

    schedules: tuple[Schedule, ...]


class Cleaned(Frozen):
    """`ownvoice clean`"""

    removed: bool
    """Else it is what would go."""
    prunable: tuple[Prunable, ...]
    bytes: int
    kept_bytes: int
    free_bytes: int


class Doctor(Frozen):
    """`ownvoice doctor`"""

    facts: dict[str, str]


class Removal(Frozen):
    """`ownvoice rm`"""

    removed: tuple[Removed, ...]
    weights: dict[str, int]
    """Bytes of the trained weights that no run needs any more, by their folders' names; they are still there."""
    logbook: Path


class Reported(Frozen):
    """`ownvoice report`"""

    path: Path
    bytes: int
    runs: tuple[int, ...]


class Opened(Frozen):
    """`ownvoice open`"""

    path: Path
    opened: bool
    """False where no browser was found."""


class WritersOfKind(Frozen):
    name: str
    texts: int
    authors: int


class MeasuredWriters(Frozen):
    """`ownvoice background`"""

    path: Path
    bytes: int
    kinds: tuple[WritersOfKind, ...]
    """What they write, as their files say."""


class Served(Frozen):
    """`ownvoice serve`, once it is ready"""

    api: str
    """The server's address for programs: PREFECT_API_URL."""
    ui: str
    """Its address for a browser."""
    key_file: Path | None
    """Holds PREFECT_API_AUTH_STRING; None: the server asks for none. The key itself is printed nowhere."""
    crashed: int
    """Runs whose process was gone and that were marked so."""
    deployments: tuple[str, ...]


class Deployed(Frozen):
    """`ownvoice deploy`"""

    pool: str
    api: str
    deployments: tuple[str, ...]
    next: str
    """The command for each machine that is to take runs."""


class BlindTests(Frozen):
    """`ownvoice blind-test --result`"""

    run: int
    tests: tuple[BlindTest, ...]


class ExportedFile(Frozen):
    name: str
    bytes: int
    what: str


class ExportedModel(Frozen):
    """`ownvoice export`"""

    run: int
    folder: Path
    files: tuple[ExportedFile, ...]
    left_out: tuple[str, ...]
    """What the model can't be written as, with the reason."""
    memorised: bool | None
    """Whether it recites an essay; None: never measured."""
    hub: str | None
    """Its address there."""


class PlannedStep(Frozen):
    name: str
    cached: bool
    seconds: float | None
    """None of what comes from the cache, and where no memory setting fits."""


class PlannedRun(Frozen):
    label: str
    """Of a run of a series, else empty."""
    seconds: float | None
    """Of all its steps; None where the model is not on this disk, as of `steps`."""
    steps: tuple[PlannedStep, ...] | None


class MemorySetting(Frozen):
    name: str
    predicted_bytes: int
    fits: bool
    changes: str
    seconds: float | None
    """Of the whole training."""


class Planned(Frozen):
    """`ownvoice plan`"""

    runs: tuple[PlannedRun, ...]
    device: str
    free_bytes: int
    settings: tuple[MemorySetting, ...]
    """Memory settings of the last run's training, from the top of the ladder down."""
    start: str | None
    """Where the training starts; None where nothing fits."""
    reason: str


PRINTED: dict[str, type[BaseModel]] = {
    "run": RunDone,
    "init": TakenIn,
    "check": Checked,
    "plan": Planned,
    "runs": Listing,
    "show": ShownRun,
    "diff": Difference,
    "rm": Removal,
    "report": Reported,
    "open": Opened,
    "blind-test": BlindTests,
    "write": Writing,
    "export": ExportedModel,
    "log": Logged,
    "models": Models,
    "schedule": Schedules,
    "serve": Served,
    "deploy": Deployed,
    "clean": Cleaned,
    "doctor": Doctor,
    "background": MeasuredWriters,
    "score": ScoreReport,
    "judge": VoiceFindings,
}
"""By the commands' names."""


def planned_run(run: planned.PlannedRun) -> PlannedRun:
    steps = run.estimate and tuple(
        PlannedStep(name=step.name, cached=step.cached, seconds=step.expected and step.expected.seconds)
        for step in run.estimate.steps
    )
    return PlannedRun(label=run.label, seconds=run.estimate and run.estimate.seconds, steps=steps)


def plan_as_printed(runs: Iterable[PlannedRun], memory: MemoryPlan) -> Planned:
    settings = tuple(
        MemorySetting(
            name=each.rung.name,
            predicted_bytes=each.peak.total,
            fits=each.fits,
            changes=each.rung.changes,
            seconds=each.time.seconds if each.time else None,
        )
        for each in memory.rungs
    )
    return Planned(
        runs=tuple(runs),
        device=memory.workload.device,
        free_bytes=memory.memory.bytes,
        settings=settings,
        start=None if memory.start is None else settings[memory.start].name,
        reason=memory.reason,
    )


def taken_in_as_printed(intake: Intake, taken_out_list: Path, next_commands: tuple[str, ...]) -> TakenIn:
    named = set(TakenPair.model_fields) - {"file"}
    return TakenIn(
        folder=intake.folder,
        pairs=tuple(
            TakenPair(file=each.file.name, **{name: getattr(each.proposal, name) for name in named})
            for each in intake.written
        ),
        before=intake.before,
        left_out=intake.left_out,
        taken_out=kinds_of(intake.removed),
        taken_out_list=taken_out_list if taken_out_list.exists() else None,
        prompts=intake.prompts,
        next=next_commands,
    )


def checked_as_printed(checked: CheckedPairs, saved: Path | None, next_command: str) -> Checked:
    pairs = checked.pair_set
    return Checked(
        pairs=checked.figures,
        canaries=len(pairs.canaries),
        probes=len(pairs.probes),
        notes=checked.notes,
        fingerprint=checked.fingerprint,
        saved=saved,
        next=next_command,
    )


def model_as_printed(model: KnownModel) -> Model:
    values = {name: getattr(model, name) for name in Model.model_fields if name != "source"}
    return Model(**values, source="made here" if model.made else "package index" if model.packages else "hub")
