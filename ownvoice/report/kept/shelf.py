"""Keeps numbered documents on disk: a folder each, never overwritten, and in step with the logbook.

    artifacts/runs/3-smoke-test-smollm2-135m/record.json     the record
                                             entry.md        its entry as it went into the logbook
                                             ...             what else is made from the record

`entry.md` is written last: a folder without it is one whose entry a crash kept out of the logbook; while a document is
rewritten, `.entry-before.md` is there in its place. The kinds of documents are in `ownvoice.report.kept.runs` and
`ownvoice.report.kept.series`.
"""

from __future__ import annotations

import json
import re
import secrets
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

from ownvoice.errors import LogbookError
from ownvoice.files import exclusive, flush_folder, write_atomically
from ownvoice.parsing import json_of
from ownvoice.report.kept.entry_files import BEFORE, ENTRY, entry_as_logged, read_entry, set_entry_aside
from ownvoice.report.kept.numbers import last_number, note_number
from ownvoice.report.log.blocks import LogEntry, Of, notes_in, with_notes
from ownvoice.report.log.logbook import (
    LOGBOOK_NAME,
    LogbookChange,
    add_entry,
    completed_in,
    find_entry,
    lock_of,
    numbers_in,
    renew_entry,
    require_usable,
)

_NUMBERED = re.compile(r"(\d{1,6})-")
UNFINISHED = ".unfinished-"
SHELVES = ("runs", "series")
"""Their folders in the artifacts."""


class Numbered(Protocol):
    """What every record has."""

    @property
    def number(self) -> int: ...
    @property
    def key(self) -> str: ...
    @property
    def status(self) -> str: ...
    def model_dump(self, *, mode: str) -> dict[str, Any]: ...


R = TypeVar("R", bound=Numbered)


@dataclass(frozen=True)
class Stored(Generic[R]):
    """A folder and the record in it."""

    folder: Path
    record: R


@dataclass(frozen=True)
class Written(Generic[R]):
    """What `allocate_and_write` did; `log.added` is False where the document was there already."""

    folder: Path
    record: R
    log: LogbookChange


@dataclass(frozen=True)
class Shelf(Generic[R]):
    """One kind of document: where it lies, how it is read, and what is made from it."""

    of: Of
    folder: str
    """In the artifacts folder."""
    read: Callable[[Any], R]
    """From JSON's values.

    Raises:
        ValueError, KeyError, TypeError: they are no record.
    """
    name_of: Callable[[R], str]
    """Of its folder, beginning with its number."""
    files_of: Callable[[R], dict[str, str]]
    """All but record.json; ENTRY among them."""
    entry_of: Callable[[R], str]
    """As it goes into the logbook."""

    @property
    def word(self) -> str:
        """'Run'"""
        return self.of.capitalize()

    def at(self, artifacts: Path) -> Path:
        return artifacts / self.folder


def allocate_and_write(
    shelf: Shelf[R], artifacts: Path, build: Callable[[int], R], beside: Sequence[Shelf[Any]] = ()
) -> Written[R]:
    """Give the document the next free number, write its record, then its entry; safe beside other processes.

    `build` gets the number. A completed one whose key is on disk already is not written again: the stored one comes back.
    One whose folder somebody removed, and not its entry, gets its number back, and its entry is renewed where it stands.
    Those whose entry an earlier crash kept out of the logbook get it now; those of the shelves `beside` as well.

    Raises:
        LogbookError: the logbook can't be added to; the record is on disk, and the next run adds the entry.
    """
    folder = shelf.at(artifacts)
    with exclusive(lock_of(artifacts)):
        _remove_unfinished(folder)
        record = build(next_number(shelf, artifacts))
        there = find_completed(shelf, folder, record.key) if record.status == "completed" else None
        if there is None:
            lost = _lost_number(shelf, artifacts, record)
            record = record if lost is None else build(lost)
            there = Stored(folder=write_record(shelf, folder, record), record=record)
            note_number(artifacts, shelf.of, record.number)
        try:
            changes = _repair((shelf, *beside), artifacts)
        except LogbookError as error:
            safe = f"{error.remedy}; the {shelf.of}'s record is safe in {there.folder}"
            raise LogbookError(error.found, error.expected, safe) from None
        number = there.record.number
        log = changes.get((shelf.of, number)) or find_entry(artifacts / LOGBOOK_NAME, shelf.of, number)
        return Written(folder=there.folder, record=there.record, log=log)


def is_in_order(artifacts: Path) -> bool:
    """Whether no crash left anything, on any shelf, that `allocate_and_write` would put right; no record is read."""
    shelves = [artifacts / name for name in SHELVES]
    folders = [each for shelf in shelves for each in _folders(shelf)]
    return (
        (artifacts / LOGBOOK_NAME).exists()
        and all((each / ENTRY).exists() and not (each / BEFORE).exists() for each in folders)
        and not any(True for shelf in shelves for _ in shelf.glob(f"{UNFINISHED}*"))
    )


def rewrite(shelf: Shelf[R], artifacts: Path, record: R) -> LogbookChange:
    """Put a changed record in the place of the stored one with its number and key; safe beside other processes.

    Whatever is made from it is made anew, its entry in the logbook too. What a person wrote there stays, see
    `ownvoice.report.log.logbook.renew_entry`; an entry.md that she edited is kept beside the new one. What a crash leaves
    undone, the next run does.

    Raises:
        LogbookError: there is no such document, it is another experiment's, or the logbook can't be read; nothing was
            changed. Or the logbook can't be written: the record is, and the next run renews the entry.
    """
    with exclusive(lock_of(artifacts)):
        require_usable(artifacts / LOGBOOK_NAME)
        _repair((shelf,), artifacts)
        folder = numbered_folder(shelf, shelf.at(artifacts), record.number)
        before = read_record(shelf, folder)
        if before.key != record.key:
            raise LogbookError(
                f"{folder} is of the experiment {before.key}", f"the same as the new record's, {record.key}", ""
            )
        new, old = shelf.files_of(record), shelf.files_of(before)  # what can't be shown takes the place of nothing
        set_entry_aside(artifacts, folder, old[ENTRY])
        write_atomically(folder / "record.json", _as_json(record))
        for name in old.keys() - new.keys():
            (folder / name).unlink(missing_ok=True)
        return _finish(shelf, artifacts, Stored(folder=folder, record=record))


def write_record(shelf: Shelf[R], folder: Path, record: R) -> Path:
    """Write the record's folder, whole or not at all, and return it.

    Raises:
        LogbookError: a folder with this number exists; nothing is overwritten.
    """
    taken = [each for each in _folders(folder) if _number_of(each) == record.number]
    if taken:
        raise LogbookError(
            f"{taken[0]} exists", f"a free number, not {record.number}", "run again: the next number is free"
        )
    staged = folder / f"{UNFINISHED}{secrets.token_hex(4)}"
    staged.mkdir(parents=True)
    write_atomically(staged / "record.json", _as_json(record))
    for name, text in shelf.files_of(record).items():
        if name != ENTRY:
            write_atomically(staged / name, text)
    place = folder / shelf.name_of(record)
    staged.rename(place)  # fails on a folder that holds anything
    flush_folder(folder)
    return place


def read_record(shelf: Shelf[R], path: Path) -> R:
    """Read a record.json, or the one in a folder.

    Raises:
        LogbookError: it is missing, or not a record of this version.
    """
    file = path / "record.json" if path.is_dir() else path
    try:
        return shelf.read(json_of(file.read_bytes()))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise LogbookError(f"{file}: {error}", "a record that ownvoice wrote", "restore it, or run again") from None


def numbered_folder(shelf: Shelf[R], folder: Path, number: int) -> Path:
    """Where the document with this number lies.

    Raises:
        LogbookError: there is none.
    """
    folders = numbered_folders(folder)
    if number not in folders:
        known = ", ".join(map(str, folders)) or "none yet"
        raise LogbookError(f"there is no {shelf.word} {number}", f"one of: {known}", "see `ownvoice runs`")
    return folders[number]


def numbered_folders(folder: Path) -> dict[int, Path]:
    """Where each document lies, whether or not it can be read, by number."""
    return {_number_of(each): each for each in _folders(folder)}


def find_completed(shelf: Shelf[R], folder: Path, key: str) -> Stored[R] | None:
    """The newest completed one with the very same key; read are only the records that hold it."""
    folders = (each for each in _folders(folder) if _may_have_key(each / "record.json", key))
    there = (each for each in _readable(shelf, folders) if each.record.key == key and each.record.status == "completed")
    return max(there, key=lambda each: each.record.number, default=None)


def _may_have_key(record: Path, key: str) -> bool:
    """A record of a hundred runs is parsed in a second, and searched in a hundredth of that."""
    try:
        return json.dumps(key).encode() in record.read_bytes()
    except OSError:
        return False


def next_number(shelf: Shelf[R], artifacts: Path) -> int:
    """The number that a document made now would get, if no other is finished first."""
    in_folders = numbered_folders(shelf.at(artifacts)).keys()
    in_log = numbers_in(artifacts / LOGBOOK_NAME, shelf.of)
    return max({last_number(artifacts, shelf.of), *in_folders, *in_log}) + 1


def _lost_number(shelf: Shelf[R], artifacts: Path, record: R) -> int | None:
    """Of the very same document, whose entry is in the logbook and whose folder is gone."""
    if record.status != "completed":
        return None
    in_folders = numbered_folders(shelf.at(artifacts)).keys()
    logged = completed_in(artifacts / LOGBOOK_NAME, shelf.of, record.key)
    return max(logged - in_folders, default=None)


def stored(shelf: Shelf[R], folder: Path) -> Iterator[Stored[R]]:
    """Every one that can be read, by number; a damaged record is none, and keeps its number taken."""
    yield from _readable(shelf, _folders(folder))


def _readable(shelf: Shelf[R], folders: Iterable[Path]) -> Iterator[Stored[R]]:
    for each in folders:
        try:
            yield Stored(folder=each, record=read_record(shelf, each))
        except LogbookError:
            continue


def log_entry(shelf: Shelf[R], record: R) -> LogEntry:
    text = shelf.entry_of(record)
    return LogEntry(of=shelf.of, number=record.number, key=record.key, status=record.status, text=text)


def _repair(shelves: Sequence[Shelf[Any]], artifacts: Path) -> dict[tuple[Of, int], LogbookChange]:
    """Add the entries that are missing: after a crash before its entry, or of all if the logbook is gone.

    What was being rewritten is finished. An entry that a person took out of the logbook stays out.
    """
    logbook = artifacts / LOGBOOK_NAME
    rebuild = not logbook.exists()
    changes = {}
    for shelf in shelves:
        for each in stored(shelf, shelf.at(artifacts)):
            if (each.folder / BEFORE).exists():
                changes[shelf.of, each.record.number] = _finish(shelf, artifacts, each)
            if rebuild or not (each.folder / ENTRY).exists():
                entry = log_entry(shelf, each.record)
                change = add_entry(logbook, entry)
                changes[shelf.of, each.record.number] = change if change.added else renew_entry(logbook, entry)
                write_atomically(each.folder / ENTRY, shelf.files_of(each.record)[ENTRY])
    return changes


def _finish(shelf: Shelf[R], artifacts: Path, each: Stored[R]) -> LogbookChange:
    """Make everything anew of a document that is being rewritten; its entry.md comes last."""
    before = read_entry(each.folder / BEFORE)
    files = shelf.files_of(each.record)
    for name, text in files.items():
        if name != ENTRY:
            write_atomically(each.folder / name, text)
    known = [entry_as_logged(before, each.folder, artifacts)]
    change = renew_entry(artifacts / LOGBOOK_NAME, log_entry(shelf, each.record), known)
    write_atomically(each.folder / ENTRY, with_notes(files[ENTRY], notes_in(before)) or files[ENTRY])
    (each.folder / BEFORE).unlink()
    return change


def _as_json(record: Numbered) -> str:
    """Pydantic's own JSON turns NaN into null, and a diverged loss must not read as one that was never measured."""
    return json.dumps(record.model_dump(mode="json"), indent=2, ensure_ascii=False) + "\n"


def _folders(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    return sorted((path for path in folder.iterdir() if _NUMBERED.match(path.name)), key=_number_of)


def _number_of(folder: Path) -> int:
    match = _NUMBERED.match(folder.name)
    return int(match[1]) if match else 0


def _remove_unfinished(folder: Path) -> None:
    """What a crash left half-written, under names that only `write_record` gives; the lock is held."""
    for each in folder.glob(f"{UNFINISHED}*"):
        shutil.rmtree(each)
