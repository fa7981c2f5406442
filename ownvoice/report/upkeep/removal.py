"""Removes runs and series: folder and entry go together, and what a person wrote stays, in the logbook or in a folder of its own.

The order is safe: the number is noted as given, the entry goes, the folder goes last. After a crash the same command goes on.
"""

from __future__ import annotations

import contextlib
import secrets
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from ownvoice.errors import LogbookError
from ownvoice.files import exclusive, free_place, is_held, unless_held
from ownvoice.frozen import Frozen
from ownvoice.records.run import RunRecord
from ownvoice.report.kept.entry_files import BEFORE, ENTRY, entry_as_logged, is_entry_ours, read_entry
from ownvoice.report.kept.numbers import note_number
from ownvoice.report.kept.series import StoredSeries, stored_series
from ownvoice.report.kept.shelf import UNFINISHED, Shelf, numbered_folders, read_record
from ownvoice.report.log.blocks import LogName, Of, notes_in
from ownvoice.report.log.logbook import (
    LOGBOOK_NAME,
    entries_in,
    find_entry,
    lock_of,
    numbers_in,
    remove_entry,
    require_usable,
)
from ownvoice.report.log.text import Remains
from ownvoice.report.page.file import REPORTS
from ownvoice.report.upkeep.cleanup import weights_lock

KEPT_FOLDER = "kept-by-hand"
"""In the artifacts folder: what lay in the folder of a run that was removed, and wasn't made from its record."""


class Removed(Frozen):
    """What became of a run or a series."""

    of: Of
    number: int
    remains: Remains
    """Of its entry in the logbook."""
    line: int
    """Where that stands; 1 where nothing does."""
    kept: tuple[Path, ...]
    """Files that a person had put into its folder, where they are now."""


def remove(shelf: Shelf[Any], artifacts: Path, number: int, on: str) -> Removed:
    """Take a document off the shelf and its entry out of the logbook; an entry whose folder is gone already, as well.

    The weights of a run stay: others may need them, and `ownvoice clean` tells which can go.

    Args:
        on: The day, as the logbook tells it where something stays.

    Raises:
        LogbookError: there is neither folder nor entry, or the logbook can't be read or written; nothing was removed.
    """
    logbook, name = artifacts / LOGBOOK_NAME, LogName(of=shelf.of, number=number)
    with exclusive(lock_of(artifacts)):
        require_usable(logbook)
        folder = numbered_folders(shelf.at(artifacts)).get(number)
        if folder is None and number not in entries_in(logbook, shelf.of):
            by_hand = number in numbers_in(logbook, shelf.of)
            found = (
                f"{name.name} has no folder, and its entry is by hand now" if by_hand else f"there is no {name.name}"
            )
            raise LogbookError(found, "the number of one that is there", f"see `ownvoice runs`, or edit {logbook}")
        note_number(artifacts, shelf.of, number)
        foreign = _not_ours(shelf, artifacts, folder) if folder else []
        remains = remove_entry(logbook, name, _as_logged(artifacts, folder) if folder else (), on)
        kept = tuple(_moved_aside(file, artifacts / KEPT_FOLDER / file.parent.name) for file in foreign)
        if folder:
            doomed = folder.with_name(f"{UNFINISHED}{secrets.token_hex(4)}")  # the next run removes what a crash leaves
            folder.rename(doomed)
            shutil.rmtree(doomed)
        (artifacts / REPORTS / f"{shelf.of}-{number}.html").unlink(missing_ok=True)  # it quotes what the models repeat
        line = find_entry(logbook, shelf.of, number).line
    return Removed(of=shelf.of, number=number, remains=remains, line=line, kept=kept)


@contextlib.contextmanager
def unless_in_use(artifacts: Path, runs: Iterable[RunRecord]) -> Iterator[list[str]]:
    """Hold the runs' experiments, and say which of them something goes on with: a sentence each.

    A series that goes on may rest on any run, for it compares what it finds at its end.
    """
    locks = artifacts / "locks"
    with contextlib.ExitStack() as holding:
        busy = ["a series is running, and may rest on any run" for lock in locks.glob("series-*.lock") if is_held(lock)]
        for run in runs:
            if not holding.enter_context(unless_held(locks / f"{run.key}.lock")):
                busy.append(f"Run {run.number}: the same experiment is running")
            elif any(is_held(weights_lock(artifacts, Path(each.weights.path).parent.name)) for each in run.trainings):
                busy.append(f"Run {run.number}: its weights are in use")
            elif not holding.enter_context(unless_held(locks / f"blind-test-{run.number}.lock")):
                busy.append(f"Run {run.number}: its blind test is open")
        yield busy


def resting_on(artifacts: Path, runs: Iterable[int]) -> list[StoredSeries]:
    """The stored series that any of these runs is a part of."""
    removed = set(runs)
    return [each for each in stored_series(artifacts) if removed & {run.run for run in each.record.runs}]


def _as_logged(artifacts: Path, folder: Path) -> list[str]:
    files = [folder / name for name in (ENTRY, BEFORE) if (folder / name).exists()]
    return [entry_as_logged(read_entry(file), folder, artifacts) for file in files]


def _not_ours(shelf: Shelf[Any], artifacts: Path, folder: Path) -> list[Path]:
    """What isn't made from the record; of a record that can't be read nothing but itself is known to be ours."""
    try:
        made = shelf.files_of(read_record(shelf, folder))
    except LogbookError:
        made = {}
    ours = {"record.json", BEFORE, *made.keys() - {ENTRY}}
    entry = folder / ENTRY
    if entry.exists() and not notes_in(read_entry(entry)) and is_entry_ours(artifacts, folder, made.get(ENTRY, "")):
        ours.add(ENTRY)
    return sorted(path for path in folder.iterdir() if path.name not in ours)


def _moved_aside(path: Path, folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return path.rename(free_place(folder / path.name))
