"""The record of the run and its entry in the log; the same experiment twice adds no second entry."""

from __future__ import annotations

from collections.abc import Callable

from prefect import task
from prefect.artifacts import create_markdown_artifact
from prefect.cache_policies import NO_CACHE

from ownvoice.records import RunRecord
from ownvoice.rendering import render_entry
from ownvoice.runs import WrittenRun, allocate_and_write
from ownvoice.workspace import artifacts_folder


@task(name="Write the logbook", cache_policy=NO_CACHE, persist_result=False)
def write_logbook(build: Callable[[int], RunRecord]) -> WrittenRun:
    """`build` gets the run's number."""
    written = allocate_and_write(artifacts_folder(), build)
    create_markdown_artifact(render_entry(written.record), key="log-entry", description=f"Run {written.record.number}")
    return written
