"""Keeps the logbook: an entry per run and per series, a blank template for the next run, and everything a person wrote.

Comment lines mark what is ours:

    <!-- ownvoice:run 1 key=ab12 status=completed text=77aa -->    <!-- ownvoice:run 1 end -->
    <!-- ownvoice:series 1 key=cd34 status=... text=... -->        <!-- ownvoice:series 1 end -->
    <!-- ownvoice:next-run 2 blank=0f3c -->                        <!-- ownvoice:next-run 2 end -->

Only text of our own is ever replaced or taken out: an entry that still hashes to the `text` of its marker
(`ownvoice.report.log.blocks`), and a next-run template that still hashes to its `blank`. An entry that a person edited
stays, and a newer one goes below it. If the marker lines were damaged, the new entry goes to the end and all else stays.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ownvoice.errors import LogbookError
from ownvoice.files import write_atomically
from ownvoice.frozen import Frozen
from ownvoice.report.log.blocks import START, LogEntry, LogName, Of, blocks_in, digest, key_in_marker
from ownvoice.report.log.text import (
    Remains,
    is_of,
    line_of,
    numbers_written,
    with_entry,
    with_removed,
    with_renewed,
)

LOGBOOK_NAME = "EXPERIMENT_LOG.md"


class LogbookChange(Frozen):
    """Where an entry stands: the line of its heading, counted from 1."""

    path: Path
    line: int
    added: bool
    """False where the logbook held it already."""
    renewed: bool = False
    """True where another version of it stood there."""
    below_edited: bool = False
    """True where a person had edited that one: hers stays, and ours stands below it."""


def add_entry(path: Path, entry: LogEntry) -> LogbookChange:
    """Add the entry above the next run's template, and renew the template; the caller holds `lock_of` the folder.

    A number that the logbook holds already changes nothing.

    Raises:
        LogbookError: the file is not UTF-8 text or can't be read or written; it is left as it is.
    """
    text = _read(path)
    if (line := line_of(text, entry)) is not None:
        return LogbookChange(path=path, line=line, added=False)
    changed = with_entry(text, entry)
    _write(path, changed)
    return LogbookChange(path=path, line=line_of(changed, entry) or 1, added=True)


def renew_entry(path: Path, entry: LogEntry, before: Sequence[str] = ()) -> LogbookChange:
    """Put the entry in the place of the one that the logbook has; the caller holds `lock_of` the folder.

    What a person wrote stays: her notes are carried over, and below an entry that she edited ours has a place of its own,
    where the next version replaces it. An entry that she took out stays out.

    Args:
        before: Texts that the entry may have been written with, for entries whose marker has no hash.

    Raises:
        LogbookError: the file is not UTF-8 text or can't be read or written; it is left as it is.
    """
    text = _read(path)
    changed = with_renewed(text, entry, before)
    if changed != text:
        _write(path, changed)
    versions = sum(1 for block in blocks_in(changed) if is_of(block, entry))
    line = line_of(changed, entry) or 1
    return LogbookChange(path=path, line=line, added=False, renewed=changed != text, below_edited=versions > 1)


def remove_entry(path: Path, entry: LogName, before: Sequence[str] = (), on: str = "") -> Remains:
    """Take the entry out, and say what stays in its place: a person's notes, or the entry that she edited.

    Args:
        before: As in `renew_entry`.
        on: The day, as it is told beside what stays.

    Raises:
        LogbookError: the file is not UTF-8 text or can't be read or written; it is left as it is.
    """
    text = _read(path)
    changed, remains = with_removed(text, entry, before, on)
    if changed != text:
        _write(path, changed)
    return remains


def entries_in(path: Path, of: Of) -> frozenset[int]:
    """Numbers of the entries that we wrote and that still have their first marker line; as far as it can be read."""
    text = path.read_bytes().decode("utf-8", errors="replace") if path.exists() else ""
    return frozenset(int(match[2]) for match in START.finditer(text) if match[1] == of)


def completed_in(path: Path, of: Of, key: str) -> frozenset[int]:
    """Numbers under which the logbook has an experiment as completed; as far as it can be read."""
    text = path.read_bytes().decode("utf-8", errors="replace") if path.exists() else ""
    named = (block for block in blocks_in(text) if (block.of, block.key) == (of, key_in_marker(key)))
    return frozenset(block.number for block in named if not block.is_failed)


def digests_in(path: Path) -> frozenset[str]:
    """Of the entries as they were written, as far as that is known."""
    return frozenset(block.digest or digest(block.inside) for block in blocks_in(_read(path)))


def require_usable(path: Path) -> None:
    """Raises LogbookError: the file is not UTF-8 text or can't be read."""
    _read(path)


def lock_of(artifacts: Path) -> Path:
    """The lock for everything that numbers runs or writes to the logbook in an artifacts folder."""
    return artifacts / "locks" / "logbook.lock"


def numbers_in(path: Path, of: Of = "run") -> frozenset[int]:
    """Numbers that the logbook holds, by marker or by a heading that a person wrote (`## Run 4 ...`).

    Reads what it can of a file that isn't UTF-8, so that a run still gets its number.
    """
    if not path.exists():
        return frozenset()
    return numbers_written(path.read_bytes().decode("utf-8", errors="replace"), of)


def find_entry(path: Path, of: Of, number: int) -> LogbookChange:
    """Where the entry stands; line 1 if a person took it out."""
    text = path.read_bytes().decode("utf-8", errors="replace") if path.exists() else ""
    return LogbookChange(path=path, line=line_of(text, LogName(of=of, number=number)) or 1, added=False)


def _read(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8") if path.exists() else ""
    except UnicodeDecodeError as error:
        raise LogbookError(
            f"{path}: byte {error.start} is not UTF-8",
            "a text file in UTF-8",
            "save it as UTF-8 in your editor; nothing was changed, and the next run adds what is missing",
        ) from None
    except OSError as error:
        raise LogbookError(
            f"{path}: {error.strerror}", "a readable file", "make it readable; nothing was changed"
        ) from error


def _write(path: Path, text: str) -> None:
    try:
        write_atomically(path, text)
    except OSError as error:
        raise LogbookError(
            f"{path}: {error.strerror}", "a file that can be written", "free the disk or the file"
        ) from error
