"""The runs on disk, in artifacts/runs, a folder each; `ownvoice.report.kept.shelf` keeps them.

artifacts/runs/3-smoke-test-smollm2-135m/record.json     the record
                                         entry.md        its entry as it went into the logbook
                                         voice.svg       its answers on the VOICE axis
                                         tuned.jsonl     the model's answers; baseline.jsonl, placebo.jsonl ...
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from ownvoice.older_records import upgraded
from ownvoice.records.run import RunRecord, folder_name, picture_path
from ownvoice.report.kept import shelf
from ownvoice.report.kept.shelf import Shelf, Stored, Written
from ownvoice.report.log.logbook import LogbookChange

StoredRun = Stored[RunRecord]
WrittenRun = Written[RunRecord]


def _read(values: Any) -> RunRecord:
    return RunRecord.model_validate_json(json.dumps(upgraded(values)))


def _files_of(record: RunRecord) -> dict[str, str]:
    from ownvoice.report.kept.formats import files_of  # noqa: PLC0415 - who looks for a run draws nothing

    return files_of(record)


def _entry_of(record: RunRecord) -> str:
    from ownvoice.report.entry.entry import render_entry  # noqa: PLC0415 - as above

    return render_entry(record, picture_path(record))


RUNS = Shelf(
    of="run",
    folder="runs",
    read=_read,
    name_of=folder_name,
    files_of=_files_of,
    entry_of=_entry_of,
)


def allocate_and_write(
    artifacts: Path, build: Callable[[int], RunRecord], beside: Sequence[Shelf[Any]] = ()
) -> WrittenRun:
    """See `ownvoice.report.kept.shelf.allocate_and_write`."""
    return shelf.allocate_and_write(RUNS, artifacts, build, beside)


def rewrite_run(artifacts: Path, record: RunRecord) -> LogbookChange:
    """See `ownvoice.report.kept.shelf.rewrite`."""
    return shelf.rewrite(RUNS, artifacts, record)


def write_record(runs_folder: Path, record: RunRecord) -> Path:
    return shelf.write_record(RUNS, runs_folder, record)


def read_record(path: Path) -> RunRecord:
    """Read a record.json, or the one in a run's folder.

    Raises:
        LogbookError: it is missing, or not a record of this version.
    """
    return shelf.read_record(RUNS, path)


def run_folder(runs_folder: Path, number: int) -> Path:
    """Where the run with this number lies.

    Raises:
        LogbookError: there is none.
    """
    return shelf.numbered_folder(RUNS, runs_folder, number)


def find_completed(runs_folder: Path, key: str) -> StoredRun | None:
    """The newest completed run of the very same experiment."""
    return shelf.find_completed(RUNS, runs_folder, key)


def next_number(artifacts: Path) -> int:
    """The number that a run started now would get, if no other finishes first."""
    return shelf.next_number(RUNS, artifacts)


def stored_runs(runs_folder: Path) -> Iterator[StoredRun]:
    """Every run that can be read, by number."""
    return shelf.stored(RUNS, runs_folder)
