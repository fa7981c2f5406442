"""What the commands print with `--json`: a schema each, told in a line each in docs/json.md."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Literal

from pydantic import BaseModel

from flows import planned
from ownvoice.blind_tests import BlindTest
from ownvoice.frozen import Frozen
from ownvoice.memory.plan import MemoryPlan
from ownvoice.models.known import KnownModel
from ownvoice.records import CheckedPairs, Kind, PairFigures, RunRecord
from ownvoice.report.cleanup import Prunable
from ownvoice.report.difference import Difference
from ownvoice.report.listing import Listing, verdict_of
from ownvoice.report.log_blocks import Of
from ownvoice.report.removal import Removed
from ownvoice.report.runs import WrittenRun
from ownvoice.report.series import WrittenSeries
from ownvoice.report.shown_run import ShownRun
from ownvoice.run.writing import Writing
from ownvoice.voice.findings import VoiceFindings
from ownvoice.voice.score import ScoreReport


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


class RunDone(Frozen):
    """`ownvoice run`"""

    of: Of
    number: int
    folder: Path
    log: Path
    line: int
    """Where its entry stands."""
    new: bool
    """False where nothing had changed since, and nothing was run."""
    status: Literal["completed", "failed"]
    verdict: str
    """Of a series: its conclusion."""
    runs: tuple[int, ...]
    """Of a series: the numbers of its runs."""


class Reported(Frozen):
    """`ownvoice report`"""

    path: Path
    bytes: int
    runs: tuple[int, ...]


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
    "check": Checked,
    "plan": Planned,
    "runs": Listing,
    "show": ShownRun,
    "diff": Difference,
    "rm": Removal,
    "report": Reported,
    "blind-test": BlindTests,
    "write": Writing,
    "export": ExportedModel,
    "log": Logged,
    "models": Models,
    "schedule": Schedules,
    "clean": Cleaned,
    "doctor": Doctor,
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


def run_as_printed(written: WrittenRun | WrittenSeries) -> RunDone:
    record, log = written.record, written.log
    of_run = isinstance(record, RunRecord)
    return RunDone(
        of="run" if of_run else "series",
        number=record.number,
        folder=written.folder,
        log=log.path,
        line=log.line,
        new=log.added or log.renewed,
        status=record.status,
        verdict=verdict_of(record),
        runs=() if isinstance(record, RunRecord) else tuple(run.run for run in record.runs if run.run),
    )
