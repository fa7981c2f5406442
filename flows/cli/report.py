"""Makes the report that `ownvoice report` writes: of runs, of series with their runs, or of what was done last."""

from __future__ import annotations

import webbrowser
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from flows.cli.output import as_json
from flows.cli.printed import Reported
from ownvoice.errors import LogbookError
from ownvoice.paths import artifacts_folder
from ownvoice.records.run import RunRecord
from ownvoice.report.kept.runs import read_record, run_folder, stored_runs
from ownvoice.report.kept.series import read_series, series_folder, stored_series
from ownvoice.report.page.file import write_report
from ownvoice.series.record import SeriesRecord


class OfReport(NamedTuple):
    """What stands on the page."""

    runs: Sequence[RunRecord]
    series: Sequence[SeriesRecord]


def report_text(
    runs: tuple[int, ...], series: tuple[int, ...], out: Path | None, json: bool, open_it: bool = False
) -> str:
    """Write the report and say where it is.

    Raises:
        LogbookError: there is no such run or series, all of them at once; or the file is somebody else's.
    """
    artifacts = artifacts_folder()
    shown = chosen(artifacts, runs, series)
    file = write_report(artifacts, shown.runs, shown.series, out)
    if open_it:
        webbrowser.open(file.as_uri())
    if json:
        numbers = tuple(run.number for run in shown.runs)
        return as_json(Reported(path=file, bytes=file.stat().st_size, runs=numbers))
    return str(file)


def chosen(artifacts: Path, runs: tuple[int, ...], series: tuple[int, ...]) -> OfReport:
    """The runs and series by their numbers, the runs of a series among them; else what was finished last."""
    if not runs and not series:
        return _latest(artifacts)
    problems: list[str] = []
    found_series = [each for number in dict.fromkeys(series) if (each := _series(artifacts, number, problems))]
    numbers = [member.run for each in found_series for member in each.runs if member.run is not None]
    found = [run for number in dict.fromkeys((*runs, *numbers)) if (run := _run(artifacts, number, problems))]
    if problems:
        raise LogbookError("\n".join(problems), "numbers of runs and series that are there", "see `ownvoice runs`")
    if not found and not found_series:
        raise LogbookError("none of its runs is there", "a series with runs", "see `ownvoice runs`")
    return OfReport(found, found_series)


def _latest(artifacts: Path) -> OfReport:
    runs = [each.record for each in stored_runs(artifacts / "runs")]
    series = [each.record for each in stored_series(artifacts)]
    if not runs:
        raise LogbookError(f"there is no run in {artifacts}", "one, at least", "try: ownvoice run smoke-test")
    last = max(runs, key=lambda run: run.finished_at)
    of_series = max(series, key=lambda each: each.finished_at, default=None)
    if of_series is None or of_series.finished_at < last.finished_at:
        return OfReport([last], [])
    numbers = {member.run for member in of_series.runs}
    return OfReport([run for run in runs if run.number in numbers], [of_series])


def _run(artifacts: Path, number: int, problems: list[str]) -> RunRecord | None:
    try:
        return read_record(run_folder(artifacts / "runs", number))
    except LogbookError as error:
        problems.append(error.found)
        return None


def _series(artifacts: Path, number: int, problems: list[str]) -> SeriesRecord | None:
    try:
        return read_series(series_folder(artifacts, number))
    except LogbookError as error:
        problems.append(error.found)
        return None
