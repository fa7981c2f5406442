"""The files of the sources, in the order of their names, and what is no file to read."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from ownvoice.frozen import Frozen
from ownvoice.intake.documents import Skipped

MAX_DEPTH = 40
LEFT_OUT = frozenset({"__pycache__", "__MACOSX", "node_modules", "Thumbs.db", "desktop.ini"})
"""Made by programs, not by a writer; names that begin with a dot or, as Word's locks do, with ~$ are left out as well."""
BUNDLES = {
    ".pages": "a folder of Pages: save it as .docx",
    ".scriv": "a Scrivener project: compile it to .docx",
    ".rtfd": "a folder of TextEdit: save it as .rtf or .docx",
    ".textbundle": "a text bundle: export it as .md",
}


class Place(Frozen):
    """A file to read."""

    path: Path
    label: str
    """As a person knows it: from the source's own folder on."""


def walk(paths: Sequence[Path]) -> Iterator[Place | Skipped]:
    """All files, each once. Files are only listed here, not opened."""
    names = [_name_of(path) for path in paths]
    seen: set[str] = set()
    for path, name in zip(paths, names, strict=True):
        label = shown(name if names.count(name) == 1 else str(path))
        for found in _walk_source(path, label):
            real = os.path.realpath(found.path) if isinstance(found, Place) else ""
            if not real or real not in seen:
                yield found
            seen.add(real)


def shown(name: str) -> str:
    """A name of the file system as text that can be written, whatever bytes it is made of."""
    return os.fsencode(name).decode("utf-8", "replace")


def _name_of(path: Path) -> str:
    return path.name if path.name not in ("", "..") else Path(os.path.realpath(path)).name


def _walk_source(path: Path, label: str) -> Iterator[Place | Skipped]:
    root = Path(os.path.realpath(path))
    if not os.path.lexists(root):
        yield Skipped(source=label, reason="nothing is there: look whether the name is right")
    elif not _is_folder(root):
        yield Place(path=path, label=label)
    elif bundle := BUNDLES.get(path.suffix.lower()):
        yield Skipped(source=label, reason=bundle)
    else:
        yield from _walk_folder(path, label, root, depth=0)


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:
        return False


def _walk_folder(folder: Path, label: str, root: Path, depth: int) -> Iterator[Place | Skipped]:
    if depth > MAX_DEPTH:
        yield Skipped(source=label, reason=f"more than {MAX_DEPTH} folders deep: give it as a source of its own")
        return
    try:
        with os.scandir(folder) as listed:
            entries = sorted(listed, key=lambda entry: entry.name)
    except OSError as error:
        yield Skipped(source=label, reason=f"can't be listed ({error.strerror}): allow it to be read")
        return
    for entry in entries:
        if not entry.name.startswith((".", "~$")) and entry.name not in LEFT_OUT:
            yield from _walk_entry(entry, f"{label}/{shown(entry.name)}", root, depth)


def _walk_entry(entry: os.DirEntry[str], label: str, root: Path, depth: int) -> Iterator[Place | Skipped]:
    path = Path(entry.path)
    if entry.is_symlink():
        yield from _judged_link(path, label, root)
    elif not entry.is_dir():
        yield Place(path=path, label=label)
    elif bundle := BUNDLES.get(path.suffix.lower()):
        yield Skipped(source=label, reason=bundle)
    else:
        yield from _walk_folder(path, label, root, depth + 1)


def _judged_link(link: Path, label: str, root: Path) -> Iterator[Skipped]:
    """What a link shows inside the source is read where it lies."""
    target = Path(os.path.realpath(link))
    if not os.path.lexists(target):
        yield Skipped(source=label, reason="a link to nothing: delete it, or restore what it shows")
    elif not target.is_relative_to(root):
        yield Skipped(source=label, reason="a link out of its folder: give what it shows as a source of its own")
