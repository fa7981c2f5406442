"""Lists the runs and series on disk, newest last: also those whose record is damaged, and entries whose folder is gone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from pydantic import Field
from rich.table import Table

from ownvoice.errors import LogbookError
from ownvoice.files import folder_bytes
from ownvoice.frozen import Frozen
from ownvoice.markdown import one_line
from ownvoice.records.run import RunRecord
from ownvoice.report.entry.short_verdict import verdict_of
from ownvoice.report.kept.runs import RUNS
from ownvoice.report.kept.series import SERIES
from ownvoice.report.kept.shelf import Shelf, numbered_folders, read_record
from ownvoice.report.log.blocks import Of
from ownvoice.report.log.logbook import LOGBOOK_NAME, entries_in
from ownvoice.report.tables import WIDTH, as_text
from ownvoice.series.record import SeriesRecord
from ownvoice.units import size

LONGEST_VERDICT, LONGEST_NAME = 80, 60


class ListedRun(Frozen):
    """A row: a run or a series. What a damaged record can't tell is empty."""

    of: Of
    number: int
    status: Literal["completed", "failed", "damaged", "folder gone"]
    phase: str = ""
    model: str = ""
    verdict: str
    """Of a run: its direction in the verdict's own words, or what it failed with. Of a series: its conclusion."""
    date: str = ""
    """Of its end, ISO 8601."""
    folder: Path | None = None
    bytes: int = 0
    """Of its folder."""
    weights: dict[str, int] = Field(default_factory=dict)
    """Sizes of the trained weights of a run that are still here, by their folders' names; runs may share some."""

    @property
    def name(self) -> str:
        """'Run 3'"""
        return f"{self.of.capitalize()} {self.number}"


class Listing(Frozen):
    """What `ownvoice runs --json` prints."""

    logbook: Path
    rows: tuple[ListedRun, ...]
    """Newest last."""
    bytes: int
    """All of them, weights that are shared counted once."""


def list_runs(artifacts: Path) -> Listing:
    rows = [*_rows(RUNS, artifacts), *_rows(SERIES, artifacts)]
    rows.sort(key=lambda row: (row.date, row.of, row.number))
    weights = {name: bytes_ for row in rows for name, bytes_ in row.weights.items()}
    in_all = sum(row.bytes for row in rows) + sum(weights.values())
    return Listing(logbook=artifacts / LOGBOOK_NAME, rows=tuple(rows), bytes=in_all)


def render_runs(listing: Listing) -> str:
    """A table; what comes from records is made visible and is no markup."""
    if not listing.rows:
        return "No run yet. Try: ownvoice run smoke-test"
    below = [
        *_explained(listing.rows),
        f"On disk: {size(listing.bytes)}, with the trained weights that are still here.",
    ]
    return as_text(WIDTH, _table(listing.rows), "", *below)


def _table(rows: Sequence[ListedRun]) -> Table:
    table = Table("", "Date", "Phase, model", "Verdict", box=None, padding=(0, 2, 0, 0), pad_edge=False)
    table.add_column("Size", justify="right", no_wrap=True)
    for column in table.columns[:2]:
        column.no_wrap = True
    for row in rows:
        table.add_row(row.name, row.date[:10], _what(row), _verdict(row), size(_bytes_of(row)))
    return table


def _what(row: ListedRun) -> str:
    return one_line(", ".join(part for part in (row.phase, row.model) if part), LONGEST_NAME)


def _verdict(row: ListedRun) -> str:
    return one_line(row.verdict, LONGEST_VERDICT)


def _bytes_of(row: ListedRun) -> int:
    return row.bytes + sum(row.weights.values())


def _explained(rows: Sequence[ListedRun]) -> Iterator[str]:
    if gone := [row.name for row in rows if row.status == "folder gone"]:
        yield f"Only in the log, for the folder is gone: {', '.join(gone)}. `ownvoice rm` takes the entry out as well."
    if damaged := [row.name for row in rows if row.status == "damaged"]:
        yield f"The record can't be read: {', '.join(damaged)}. `ownvoice show` says why."


def _rows(shelf: Shelf[Any], artifacts: Path) -> Iterator[ListedRun]:
    folders = numbered_folders(shelf.at(artifacts))
    for number in sorted(folders.keys() | entries_in(artifacts / LOGBOOK_NAME, shelf.of)):
        if number in folders:
            yield _row(shelf, artifacts, number, folders[number])
        else:
            yield ListedRun(of=shelf.of, number=number, status="folder gone", verdict="its folder is gone")


def _row(shelf: Shelf[Any], artifacts: Path, number: int, folder: Path) -> ListedRun:
    bytes_ = folder_bytes(folder)
    try:
        record: RunRecord | SeriesRecord = read_record(shelf, folder)
    except LogbookError:
        date = datetime.fromtimestamp(folder.stat().st_mtime, UTC).isoformat(timespec="seconds")
        verdict = "its record can't be read"
        return ListedRun(
            of=shelf.of, number=number, status="damaged", verdict=verdict, date=date, folder=folder, bytes=bytes_
        )
    return ListedRun(
        of=shelf.of,
        number=number,
        status=record.status,
        phase=record.phase,
        model=record.model_name,
        verdict=verdict_of(record),
        date=record.finished_at,
        folder=folder,
        bytes=bytes_,
        weights=weights_here(record, artifacts) if isinstance(record, RunRecord) else {},
    )


def weights_here(record: RunRecord, artifacts: Path) -> dict[str, int]:
    """Bytes of each folder of trained weights of the run that is on this disk, by its name."""
    names = dict.fromkeys(Path(each.weights.path).parent.name for each in record.trainings)
    folders = {name: artifacts / "cache" / "weights" / name for name in names}
    return {name: folder_bytes(folder) for name, folder in folders.items() if folder.is_dir()}
