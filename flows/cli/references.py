"""Finds the runs and series that a person names: `3`, `series-1`, or a folder or file with a record."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

from ownvoice.errors import LogbookError
from ownvoice.records.run import RunRecord
from ownvoice.report.kept.runs import StoredRun, read_record, run_folder, stored_runs
from ownvoice.report.kept.series import StoredSeries, read_series, series_folder
from ownvoice.report.kept.shelf import Stored
from ownvoice.report.log.blocks import Of

HOW = "a run's number, or series-1 for a series (see `ownvoice runs`)"


class Named(NamedTuple):
    """What was typed: a run's number or a series'."""

    of: Of
    number: int


def named(typed: str) -> Named:
    """Raises LogbookError: it is no number of a run or a series."""
    match = re.fullmatch(r"(?:(run|series)[- ]?)?(\d{1,6})", typed.strip().lower())
    if match is None:
        raise LogbookError(f"{typed!r} names no run", HOW)
    return Named("series" if match[1] == "series" else "run", int(match[2]))


def find_run(typed: str, artifacts: Path) -> StoredRun:
    """A run by its number, or the one whose record lies at a path.

    Raises:
        LogbookError: there is none, or its record can't be read.
    """
    if (place := Path(typed).expanduser()).exists() and not typed.isdecimal():
        return Stored(folder=place if place.is_dir() else place.parent, record=read_record(place))
    if (name := named(typed)).of == "series":
        raise LogbookError(f"{typed} is a series", "a run's number", "see `ownvoice runs`")
    folder = run_folder(artifacts / "runs", name.number)
    return Stored(folder=folder, record=read_record(folder))


def find_document(typed: str | None, artifacts: Path) -> StoredRun | StoredSeries:
    """A run or a series; the newest run where nothing was typed.

    Raises:
        LogbookError: there is none, or its record can't be read.
    """
    if typed is None:
        return newest_run(artifacts)
    if not Path(typed).exists() and named(typed).of == "series":
        folder = series_folder(artifacts, named(typed).number)
        return Stored(folder=folder, record=read_series(folder))
    return find_run(typed, artifacts)


def newest_run(artifacts: Path) -> StoredRun:
    """Raises LogbookError: there is none yet."""
    runs: list[Stored[RunRecord]] = list(stored_runs(artifacts / "runs"))
    if not runs:
        raise LogbookError("there is no run yet", "one at least", "ownvoice run smoke-test")
    return max(runs, key=lambda run: run.record.number)
