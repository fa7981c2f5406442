"""Keeps runs on disk: a folder each, numbered, never overwritten, and in step with the logbook.

    artifacts/runs/3-smoke-test-smollm2-135m/record.json     the record
                                             entry.md        its entry as it went into the logbook
                                             voice.svg       its answers on the VOICE axis
                                             tuned.jsonl     the model's answers; baseline.jsonl, placebo.jsonl ...

`entry.md` is written last: a folder without it is a run whose entry a crash kept out of the logbook.
"""

from __future__ import annotations

import json
import re
import secrets
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

from ownvoice.errors import LogbookError
from ownvoice.files import exclusive, flush_folder, write_atomically
from ownvoice.frozen import Frozen
from ownvoice.older_records import upgraded
from ownvoice.records import RunRecord, folder_name
from ownvoice.report.formats import files_of
from ownvoice.report.logbook import LOGBOOK_NAME, LogbookChange, add_entry, find_entry, lock_of, numbers_in

ENTRY = "entry.md"
_NUMBERED = re.compile(r"(\d{1,6})-")
_UNFINISHED = ".unfinished-"


class StoredRun(Frozen):
    """A run's folder and its record."""

    folder: Path
    record: RunRecord


class WrittenRun(Frozen):
    """What `allocate_and_write` did; `log.added` is False where the run was there already."""

    folder: Path
    record: RunRecord
    log: LogbookChange


def allocate_and_write(artifacts: Path, build: Callable[[int], RunRecord]) -> WrittenRun:
    """Give the run the next free number, write its record, then its entry; safe beside other processes.

    `build` gets the number. A completed run whose key is on disk already is not written again: the stored one
    comes back. Runs whose entry an earlier crash kept out of the logbook get it now.

    Raises:
        LogbookError: the logbook can't be added to; the record is on disk, and the next run adds the entry.
    """
    with exclusive(lock_of(artifacts)):
        _remove_unfinished(artifacts / "runs")
        record = build(next_number(artifacts))
        run = find_completed(artifacts / "runs", record.key) if record.status == "completed" else None
        run = run or StoredRun(folder=write_record(artifacts / "runs", record), record=record)
        try:
            changes = _repair(artifacts)
        except LogbookError as error:
            safe = f"{error.remedy}; the run's record is safe in {run.folder}"
            raise LogbookError(error.found, error.expected, safe) from None
        log = changes.get(run.record.number) or find_entry(artifacts / LOGBOOK_NAME, run.record.number)
        return WrittenRun(folder=run.folder, record=run.record, log=log)


def write_record(runs_folder: Path, record: RunRecord) -> Path:
    """Write a run's folder with record.json, whole or not at all, and return it.

    Raises:
        LogbookError: a folder with this number exists; nothing is overwritten.
    """
    taken = [folder for folder in _folders(runs_folder) if _number_of(folder) == record.number]
    if taken:
        raise LogbookError(
            f"{taken[0]} exists", f"a free number, not {record.number}", "run again: the next number is free"
        )
    staged = runs_folder / f"{_UNFINISHED}{secrets.token_hex(4)}"
    staged.mkdir(parents=True)
    write_atomically(staged / "record.json", _as_json(record))
    for name, text in files_of(record).items():
        if name != ENTRY:
            write_atomically(staged / name, text)
    folder = runs_folder / folder_name(record)
    staged.rename(folder)  # fails on a folder that holds anything
    flush_folder(runs_folder)
    return folder


def read_record(path: Path) -> RunRecord:
    """Read a record.json, or the one in a run's folder.

    Raises:
        LogbookError: it is missing, or not a record of this version.
    """
    file = path / "record.json" if path.is_dir() else path
    try:
        return RunRecord.model_validate_json(json.dumps(upgraded(json.loads(file.read_bytes()))))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise LogbookError(f"{file}: {error}", "a record that ownvoice wrote", "restore it, or run again") from None


def run_folder(runs_folder: Path, number: int) -> Path:
    """Where the run with this number lies.

    Raises:
        LogbookError: there is none.
    """
    folders = {_number_of(folder): folder for folder in _folders(runs_folder)}
    if number not in folders:
        known = ", ".join(map(str, folders)) or "none yet"
        raise LogbookError(f"there is no Run {number}", f"one of: {known}", "see `ownvoice log`")
    return folders[number]


def find_completed(runs_folder: Path, key: str) -> StoredRun | None:
    """The newest completed run of the very same experiment."""
    runs = (run for run in stored_runs(runs_folder) if run.record.key == key and run.record.status == "completed")
    return max(runs, key=lambda run: run.record.number, default=None)


def next_number(artifacts: Path) -> int:
    """The number that a run started now would get, if no other finishes first."""
    in_folders = {_number_of(folder) for folder in _folders(artifacts / "runs")}
    return max({0, *in_folders, *numbers_in(artifacts / LOGBOOK_NAME)}) + 1


def _repair(artifacts: Path) -> dict[int, LogbookChange]:
    """Add the entries that are missing: of a run that crashed before its entry, or of all if the logbook is gone.

    An entry that a person took out of the logbook stays out.
    """
    logbook = artifacts / LOGBOOK_NAME
    rebuild = not logbook.exists()
    changes = {}
    for run in stored_runs(artifacts / "runs"):
        if rebuild or not (run.folder / ENTRY).exists():
            changes[run.record.number] = add_entry(logbook, run.record)
            write_atomically(run.folder / ENTRY, files_of(run.record)[ENTRY])
    return changes


def stored_runs(runs_folder: Path) -> Iterator[StoredRun]:
    """Every run that can be read, by number; a damaged record is no run, and keeps its number taken."""
    for folder in _folders(runs_folder):
        try:
            yield StoredRun(folder=folder, record=read_record(folder))
        except LogbookError:
            continue


def _as_json(record: RunRecord) -> str:
    """Pydantic's own JSON turns NaN into null, and a diverged loss must not read as one that was never measured."""
    return json.dumps(record.model_dump(mode="json"), indent=2, ensure_ascii=False) + "\n"


def _folders(runs_folder: Path) -> list[Path]:
    if not runs_folder.is_dir():
        return []
    return sorted((path for path in runs_folder.iterdir() if _NUMBERED.match(path.name)), key=_number_of)


def _number_of(folder: Path) -> int:
    match = _NUMBERED.match(folder.name)
    return int(match[1]) if match else 0


def _remove_unfinished(runs_folder: Path) -> None:
    """What a crash left half-written, under names that only `write_record` gives; the lock is held."""
    for folder in runs_folder.glob(f"{_UNFINISHED}*"):
        shutil.rmtree(folder)
