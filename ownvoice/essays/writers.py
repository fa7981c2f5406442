"""Finds writers on the disk: a folder in which each has a folder of essays, or a file."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from ownvoice.errors import PairsError
from ownvoice.essays.entries import NO_ESSAY, shown
from ownvoice.essays.place import HUB, essays_place
from ownvoice.essays.read import is_table

PAIRS = "pairs"
"""A writer's essays may lie in a folder of this name, beside the prompts."""
WRITERS = "a folder that holds a folder of essays for each writer, or a file of them"


class Writer(NamedTuple):
    name: str
    place: Path
    """The essays' folder or file."""


def writer_at(named: str) -> Writer:
    """The writer of a set of essays, called by its folder or file."""
    place = essays_place(named)
    if named.startswith(HUB):
        return Writer(named.removeprefix(HUB), place)
    return Writer(place.parent.name if place.name == PAIRS else place.stem, place)


def find_writers(folder: Path) -> tuple[Writer, ...]:
    """All writers in a folder, by their names.

    Raises:
        PairsError: with all that is no writer, one a line.
    """
    if not folder.is_dir():
        raise PairsError(f"{shown(folder)}: {'no folder' if folder.exists() else 'nothing there'}", WRITERS)
    found = [
        path for path in sorted(folder.iterdir()) if path.name[0] not in "._" and path.name.lower() not in NO_ESSAY
    ]
    problems = [f"{shown(path)}: not a writer's folder" for path in found if not (path.is_dir() or is_table(path))]
    names = [path.name if path.is_dir() else path.stem for path in found]
    problems += [f"{shown(folder)}: two writers are called {name!r}" for name in sorted(_twice(names))]
    problems += [] if found else [f"{shown(folder)}: no writer in it"]
    if problems:
        raise PairsError("\n".join(problems), WRITERS, "move it, or begin its name with _")
    return tuple(Writer(name, _essays_in(path)) for name, path in zip(names, found, strict=True))


def _essays_in(path: Path) -> Path:
    return path / PAIRS if (path / PAIRS).is_dir() else path


def _twice(names: list[str]) -> set[str]:
    return {name for name in names if names.count(name) > 1}
