"""Tells what a run or a series came to that has ended, or that was done already: the sentence, or all of it as JSON."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

from flows.cli.output import as_json
from ownvoice.frozen import Frozen
from ownvoice.paths import ROOT
from ownvoice.records.run import RunRecord
from ownvoice.report.entry.short_verdict import verdict_of
from ownvoice.report.entry.weights import weights_on_terminal
from ownvoice.report.kept.runs import WrittenRun
from ownvoice.report.log.blocks import Of

if TYPE_CHECKING:
    from ownvoice.report.kept.series import WrittenSeries


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


def told(written: WrittenRun | WrittenSeries, json: bool) -> str:
    return as_json(run_as_printed(written)) if json else where_it_is(written)


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


def where_it_is(written: WrittenRun | WrittenSeries) -> str:
    """'Run 1 is in artifacts/EXPERIMENT_LOG.md (line 12)', whether it is a new one, and where the weights of a run are."""
    path = written.log.path
    place = f"{path.relative_to(ROOT) if path.is_relative_to(ROOT) else path} (line {written.log.line})"
    name = f"{'Run' if isinstance(written.record, RunRecord) else 'Series'} {written.record.number}"
    told = f"{name} is in {place}" if written.log.added else f"Nothing changed since {name}: see {place}"
    if written.log.renewed:
        told = f"{name} is in {place} as before: its folder had been removed, and was made again"
    weights = weights_on_terminal(written.record) if isinstance(written.record, RunRecord) else ""
    return "\n".join(filter(None, (told, weights)))
