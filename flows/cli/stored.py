"""Finds the stored run that was typed: by its number, or by a folder or file with its record."""

from __future__ import annotations

from pathlib import Path

from ownvoice.paths import artifacts_folder
from ownvoice.records import RunRecord
from ownvoice.report.runs import read_record, run_folder


def record_typed(run: str) -> RunRecord:
    """Raises LogbookError where there is no such run."""
    runs = artifacts_folder() / "runs"
    return read_record(run_folder(runs, int(run)) if run.isdecimal() else Path(run).expanduser())
