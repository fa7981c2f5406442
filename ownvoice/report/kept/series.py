"""The series on disk, in artifacts/series, a folder each; `ownvoice.report.kept.shelf` keeps them.

artifacts/series/1-scale-up-smollm2-135m/record.json     the record
                                         entry.md        its entry as it went into the logbook
                                         curves.svg      what the runs reached, with intervals
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from ownvoice.markdown import Markdown
from ownvoice.report.kept import shelf
from ownvoice.report.kept.entry_files import ENTRY
from ownvoice.report.kept.runs import RUNS
from ownvoice.report.kept.shelf import Shelf, Stored, Written
from ownvoice.report.pictures.series_curves import curves_of, has_curves
from ownvoice.report.render import render
from ownvoice.report.series_entry.entry import view_of_series_entry
from ownvoice.series.record import MemberRun, SeriesRecord, series_folder_name

CURVES = "curves.svg"
WrittenSeries = Written[SeriesRecord]
StoredSeries = Stored[SeriesRecord]


def allocate_and_write_series(artifacts: Path, build: Callable[[int], SeriesRecord]) -> WrittenSeries:
    """See `ownvoice.report.kept.shelf.allocate_and_write`."""
    return shelf.allocate_and_write(SERIES, artifacts, build, beside=(RUNS,))


def find_completed_series(artifacts: Path, key: str) -> StoredSeries | None:
    """The newest that completed, of the very same runs."""
    return shelf.find_completed(SERIES, SERIES.at(artifacts), key)


def read_series(path: Path) -> SeriesRecord:
    """Read a record.json, or the one in a series' folder.

    Raises:
        LogbookError: it is missing, or not a record of this version.
    """
    return shelf.read_record(SERIES, path)


def series_folder(artifacts: Path, number: int) -> Path:
    """Where the series with this number lies.

    Raises:
        LogbookError: there is none.
    """
    return shelf.numbered_folder(SERIES, SERIES.at(artifacts), number)


def stored_series(artifacts: Path) -> Iterator[StoredSeries]:
    """Every series that can be read, by number."""
    return shelf.stored(SERIES, SERIES.at(artifacts))


def render_series(record: SeriesRecord, curves: str = CURVES, runs: str | None = "../../runs/") -> str:
    """The entry, ending in one line end.

    Args:
        curves: Where the drawing is found from where the entry stands, a path or a data URI.
        runs: Where the runs' folders are found from there; ends in a slash. None where no file can be reached.
    """
    links = {run.run: _link(run, runs) for run in record.runs if run.run}
    return render("series_entry.md.j2", view_of_series_entry(record, links, curves if has_curves(record) else ""))


def _link(run: MemberRun, runs: str | None) -> str:
    name = f"Run {run.run}"
    return name if runs is None else Markdown(f"[{name}]({runs}{run.folder}/{ENTRY})")


def _files_of(record: SeriesRecord) -> dict[str, str]:
    curves = curves_of(record)
    return ({CURVES: curves} if curves else {}) | {ENTRY: render_series(record)}


def _read(values: Any) -> SeriesRecord:
    return SeriesRecord.model_validate_json(json.dumps(values))


SERIES = Shelf(
    of="series",
    folder="series",
    read=_read,
    name_of=series_folder_name,
    files_of=_files_of,
    entry_of=lambda record: render_series(record, f"series/{series_folder_name(record)}/{CURVES}", "runs/"),
)
