"""Keeps sheets and sittings in the run's folder; every answer is on the disk before the page goes on.

artifacts/runs/3-smoke-test-smollm2-135m/blind-test/1/sheet.json        the passages, and what each is
                                                      sitting-1.json    a judge's answers
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from ownvoice.blind.sheet import Sheet, Sitting
from ownvoice.errors import BlindTestError
from ownvoice.files import write_atomically
from ownvoice.parsing import json_of

FOLDER = "blind-test"
SHEET = "sheet.json"

F = TypeVar("F", Sheet, Sitting)


@dataclass(frozen=True)
class StoredSheet:
    folder: Path
    sheet: Sheet
    sittings: dict[Path, Sitting]
    """In the order in which they came."""

    @property
    def next_sitting(self) -> Path:
        """Where a further judge's answers go."""
        taken = [int(file.stem.rpartition("-")[2]) for file in self.sittings]
        return self.folder / f"sitting-{max(taken, default=0) + 1}.json"


def tests_folder(run_folder: Path) -> Path:
    return run_folder / FOLDER


def lock_of(artifacts: Path, run: int) -> Path:
    """Held while a page is open or answers are taken in: of two at once one would write over the other."""
    return artifacts / "locks" / f"blind-test-{run}.lock"


def stored_sheets(run_folder: Path) -> list[StoredSheet]:
    """In the order in which they were made.

    Raises:
        BlindTestError: a file of theirs is damaged; answers may be in it, so nothing is made in its place.
    """
    folders = _numbered(tests_folder(run_folder).glob("[0-9]*"))
    return [
        _stored(folder) for folder in folders if (folder / SHEET).exists()
    ]  # a crash may have left the folder alone


def _stored(folder: Path) -> StoredSheet:
    sheet = _read(folder / SHEET, Sheet)
    sittings = {path: _read(path, Sitting) for path in _numbered(folder.glob("sitting-*.json"))}
    for path, sitting in sittings.items():
        known = {passage.id for passage in sheet.passages}
        if sitting.sheet != sheet.id or {each.id for each in sitting.answers} - known:
            raise _damaged(path, "answers to other passages than those of sheet.json")
        if sitting.finished_at and sitting.lacks(sheet.passages):
            raise _damaged(path, "finished, and answers are missing")
    return StoredSheet(folder=folder, sheet=sheet, sittings=sittings)


def add_sheet(run_folder: Path, sheet: Sheet) -> StoredSheet:
    """Write it into a folder of its own."""
    taken = [int(folder.name) for folder in _numbered(tests_folder(run_folder).glob("[0-9]*"))]
    folder = tests_folder(run_folder) / str(max(taken, default=0) + 1)
    _write(folder / SHEET, sheet)
    return StoredSheet(folder, sheet, {})


def write_sitting(path: Path, sitting: Sitting) -> None:
    """Raises DiskFull: the answers before it are still there."""
    _write(path, sitting)


def _write(path: Path, value: Sheet | Sitting) -> None:
    write_atomically(path, json.dumps(value.model_dump(mode="json"), indent=1, ensure_ascii=False) + "\n")


def _read(path: Path, kind: Callable[..., F]) -> F:
    try:
        return kind(**json_of(path.read_bytes()))
    except (OSError, ValueError, TypeError, ValidationError) as error:
        raise _damaged(path, str(error)) from None


def _damaged(path: Path, what: str) -> BlindTestError:
    remedy = "restore it, or move its folder away: its answers are then gone"
    return BlindTestError(f"{path}: {what}", "a file that ownvoice wrote", remedy)


def _numbered(paths: Iterator[Path]) -> list[Path]:
    """Those with a number, by it."""
    found = {path: path.stem.removeprefix("sitting-") for path in paths}
    return sorted((path for path, number in found.items() if number.isdecimal()), key=lambda path: int(found[path]))
