"""Tells whether a person edited the entry.md in a folder of a run or a series, and keeps what she wrote there."""

from __future__ import annotations

import posixpath
import re
import shutil
from pathlib import Path

from ownvoice.files import flush_folder, free_place
from ownvoice.report.log.blocks import digest
from ownvoice.report.log.logbook import LOGBOOK_NAME, digests_in

ENTRY = "entry.md"
BEFORE = ".entry-before.md"
"""What the entry was, while the document is being rewritten."""
EDITED = "entry-edited-by-hand"


def set_entry_aside(artifacts: Path, folder: Path, rendered: str) -> None:
    """From now on the document counts as being rewritten. An entry.md that was edited is kept under a name of its own.

    Args:
        rendered: The entry.md that its record makes.
    """
    if not is_entry_ours(artifacts, folder, rendered):
        shutil.copy2(folder / ENTRY, free_place(folder / f"{EDITED}.md"))
    (folder / ENTRY).replace(folder / BEFORE)
    flush_folder(folder)


def is_entry_ours(artifacts: Path, folder: Path, rendered: str) -> bool:
    """Whether nobody edited the entry.md, but for notes: it is as it is rendered now, or was when it was logged."""
    text = read_entry(folder / ENTRY)
    if digest(text) == digest(rendered):
        return True
    return digest(entry_as_logged(text, folder, artifacts)) in digests_in(artifacts / LOGBOOK_NAME)


def entry_as_logged(entry: str, folder: Path, artifacts: Path) -> str:
    """An entry.md with its links as they are found from the logbook."""
    place = folder.relative_to(artifacts).as_posix()
    return re.sub(r"\]\(([^():#\s]+)\)", lambda link: f"]({posixpath.normpath(f'{place}/{link[1]}')})", entry)


def read_entry(path: Path) -> str:
    return path.read_bytes().decode("utf-8", errors="replace")
