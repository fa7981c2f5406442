"""Shows a stored run or series in short: what it found, its figures, where its files are."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from pydantic import Field
from rich.table import Table

from ownvoice.analysis.next_steps import trains_again
from ownvoice.frozen import Frozen
from ownvoice.markdown import one_line, show_invisible
from ownvoice.records.run import RunRecord
from ownvoice.report.entry.short_verdict import verdict_of
from ownvoice.report.kept.shelf import Stored
from ownvoice.report.log.blocks import Of
from ownvoice.report.log.logbook import LOGBOOK_NAME, find_entry
from ownvoice.report.run_figures import ABOUT_Z, Figure, figures_of
from ownvoice.report.tables import WIDTH, as_text
from ownvoice.report.terminal.listing import weights_here
from ownvoice.series.record import SeriesRecord
from ownvoice.units import date, size

REASON = 1000


class ShownRun(Frozen):
    """What `ownvoice show --json` prints."""

    of: Of
    number: int
    phase: str
    model: str
    status: Literal["completed", "failed"]
    date: str
    """Of its end, ISO 8601."""
    verdict: str
    reason: str
    """May quote a model: untrusted."""
    next_steps: tuple[str, ...]
    figures: tuple[Figure, ...] = ()
    """Of a run."""
    runs: dict[str, int | None] = Field(default_factory=dict)
    """Of a series: the numbers of its runs by what they are."""
    folder: Path
    log: Path
    line: int
    """Where its entry stands."""
    weights: dict[str, int] = Field(default_factory=dict)
    """Bytes of its trained weights that are still here, by their files' folders."""
    trains_again: str = ""
    """Of a run: the command that makes its weights once more."""


def shown(stored: Stored[RunRecord] | Stored[SeriesRecord], artifacts: Path) -> ShownRun:
    record, of = stored.record, _of(stored.record)
    entry = find_entry(artifacts / LOGBOOK_NAME, of, record.number)
    values = {
        "of": of,
        "number": record.number,
        "phase": record.phase,
        "model": record.model_name,
        "status": record.status,
        "date": record.finished_at,
        "verdict": verdict_of(record),
        "folder": stored.folder,
        "log": entry.path,
        "line": entry.line,
    }
    if isinstance(record, SeriesRecord):
        runs = {run.label: run.run for run in record.runs}
        return ShownRun(**values, reason="", next_steps=record.next_steps, runs=runs)
    places = artifacts / "cache" / "weights"
    return ShownRun(
        **values,
        reason=_reason(record),
        next_steps=record.analysis.next_steps if record.analysis else (),
        figures=figures_of(record),
        weights={str(places / name): bytes_ for name, bytes_ in weights_here(record, artifacts).items()},
        trains_again=trains_again(record.config),
    )


def render_shown(run: ShownRun) -> str:
    head = f"{run.of.capitalize()} {run.number}: {run.phase}, {run.model}. {date(run.date)}."
    verdict = f"Voice: {run.verdict}." if run.of == "run" and run.status == "completed" else run.verdict
    parts: list[str | Table] = [one_line(head, REASON), "", one_line(verdict, REASON)]
    if run.reason:
        parts.append(one_line(run.reason, REASON))
    if run.figures:
        parts += ["", _figures(run.figures)]
        parts += [ABOUT_Z] if any(figure.unit == "z" for figure in run.figures) else []
    parts += [
        one_line(f"{label}: {f'Run {number}' if number else 'not logged'}", REASON)
        for label, number in run.runs.items()
    ]
    unbroken = [*_places(run), *(f"\nNext: {step}" for step in run.next_steps[:1])]  # to be copied
    return "\n".join([as_text(WIDTH, *parts), "", *map(show_invisible, unbroken)])


def _figures(figures: tuple[Figure, ...]) -> Table:
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0), pad_edge=False)
    for figure in figures:
        table.add_row(figure.name, figure.in_words())
    return table


def _places(run: ShownRun) -> Iterator[str]:
    yield f"Entry:   {run.log}, line {run.line} (`ownvoice log {_number(run)}`)"
    yield f"Folder:  {run.folder}"
    for folder, bytes_ in run.weights.items():
        yield f"Weights: {folder}, {size(bytes_)}"
    if run.of == "run" and run.status == "completed" and not run.weights:
        yield f"Weights: none here any more; `{run.trains_again}` makes them again"


def _number(run: ShownRun) -> str:
    return str(run.number) if run.of == "run" else f"--series {run.number}"


def _of(record: RunRecord | SeriesRecord) -> Of:
    return "run" if isinstance(record, RunRecord) else "series"


def _reason(record: RunRecord) -> str:
    if record.failure is not None:
        return f"It stopped at the step {record.failure.step}: {record.failure.message}"
    findings = record.analysis.findings if record.analysis else None
    return findings.verdict.reason if findings else record.analysis.verdict if record.analysis else ""
