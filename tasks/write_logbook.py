"""Writes the record of the run and its entry in the log; the same experiment twice adds no second entry."""

from __future__ import annotations

import base64
from collections.abc import Callable
from pathlib import Path

from prefect import task
from prefect.artifacts import create_markdown_artifact
from prefect.cache_policies import NO_CACHE

from ownvoice.paths import PICTURE_NAME, artifacts_folder
from ownvoice.records.run import RunRecord
from ownvoice.report.entry.entry import render_entry
from ownvoice.report.kept.runs import WrittenRun, allocate_and_write
from ownvoice.report.kept.series import CURVES, SERIES, WrittenSeries, allocate_and_write_series, render_series
from ownvoice.series.record import SeriesRecord
from tasks.reporting import show_series


@task(name="Write the logbook", cache_policy=NO_CACHE, persist_result=False)
def write_logbook(build: Callable[[int], RunRecord]) -> WrittenRun:
    """`build` gets the run's number."""
    written = allocate_and_write(artifacts_folder(), build, beside=(SERIES,))
    entry = render_entry(written.record, _as_data(written.folder / PICTURE_NAME), quotes_her=False)
    number = written.record.number
    create_markdown_artifact(entry, key="log-entry", description=f"Run {number}. {_look_at(f'{number}')}")
    return written


@task(name="Write the logbook: series", cache_policy=NO_CACHE, persist_result=False)
def write_series(build: Callable[[int], SeriesRecord]) -> WrittenSeries:
    """`build` gets the series' number."""
    written = allocate_and_write_series(artifacts_folder(), build)
    entry = render_series(written.record, _as_data(written.folder / CURVES), runs=None)
    number = written.record.number
    create_markdown_artifact(
        entry, key="series-entry", description=f"Series {number}. {_look_at(f'--series {number}')}"
    )
    show_series(written.record)
    return written


def _look_at(what: str) -> str:
    """No page of a server can lead to a file on this disk: browsers refuse it."""
    return f"To look at it as a page, with plots: `ownvoice report {what} --open`"


def _as_data(picture: Path) -> str:
    """The UI shows no files of this disk; it shows pictures that stand in the text itself."""
    if not picture.exists():
        return ""
    return f"data:image/svg+xml;base64,{base64.b64encode(picture.read_bytes()).decode()}"
