"""Finds saved weights and leftovers that can go, and removes them.

Weights lie in artifacts/cache/weights/<key>/. A run can make them again (same essays, same config: same key),
so they may go; records, logbook, models and the other cached results never do.
"""

from __future__ import annotations

import secrets
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

from ownvoice.files import UNFINISHED, folder_bytes, is_held, unless_held
from ownvoice.frozen import Frozen
from ownvoice.report.kept.runs import stored_runs

# `ownvoice clean` keeps the weights of this many completed runs, the newest: enough to ask again, or to compare.
KEPT_RUNS = 3
# A folder that no record names may belong to a run that failed and is tried again: the same command takes it.
SETTLED_SECONDS = 24 * 3600
# A file that is being written has its name for seconds; an hour later a kill left it.
UNFINISHED_SECONDS = 3600
PARTIAL, REMOVING = ".partial", ".removing-"


class Prunable(Frozen):
    """A folder of weights that can be made again, or a file that was never finished."""

    path: Path
    bytes: int
    reason: str


class Pruning(Frozen):
    """What `ownvoice clean` would remove, largest first, and what it keeps."""

    prunable: tuple[Prunable, ...]
    kept_bytes: int

    @property
    def bytes(self) -> int:
        return sum(each.bytes for each in self.prunable)


def find_prunable(artifacts: Path, models: Path, now: float | None = None) -> Pruning:
    """Weights that none of the newest completed runs needs and no run uses or writes, and what kills left."""
    newest, older = _runs_by_weights(artifacts)
    now = time.time() if now is None else now
    prunable, kept = [], 0
    for folder in _weights_folders(artifacts):
        size = folder_bytes(folder)
        held = is_held(weights_lock(artifacts, folder.name))
        reason = "" if held else _reason(folder, newest, older, now)
        if reason:
            prunable.append(Prunable(path=folder, bytes=size, reason=reason))
        else:
            kept += size
    prunable += [*_unfinished_files(artifacts, now), *_cut_off_fetches(models, now), *_left_looks(artifacts, now)]
    return Pruning(prunable=tuple(sorted(prunable, key=lambda each: -each.bytes)), kept_bytes=kept)


def prune(artifacts: Path, pruning: Pruning) -> None:
    """Remove what a run has not taken into use since; a folder gets another name first, so that none is half there."""
    for each in pruning.prunable:
        if not each.path.is_dir():
            each.path.unlink(missing_ok=True)
            continue
        with unless_held(weights_lock(artifacts, each.path.name)) as free:
            if free and each.path.exists():
                doomed = each.path.with_name(f"{REMOVING}{secrets.token_hex(4)}")
                each.path.rename(doomed)
                shutil.rmtree(doomed)


def weights_lock(artifacts: Path, name: str) -> Path:
    """Held by every run that uses the weights or writes them; `name` is their folder's."""
    return artifacts / "locks" / f"{name.removesuffix(PARTIAL)}.lock"


def _runs_by_weights(artifacts: Path) -> tuple[set[str], dict[str, int]]:
    """Keys of the weights of the newest completed runs, and which run the others were made by.

    By key and not by path: an artifacts folder that was moved keeps what it kept before.
    """
    by_key: dict[str, int] = {}
    for run in stored_runs(artifacts / "runs"):  # by number: the newest run that used the weights counts
        if run.record.status == "completed" and not run.record.adopted:
            by_key |= {Path(each.weights.path).parent.name: run.record.number for each in run.record.trainings}
    latest = sorted(set(by_key.values()))[-KEPT_RUNS:]
    newest = {key for key, number in by_key.items() if number in latest}
    return newest, {key: number for key, number in by_key.items() if key not in newest}


def _reason(folder: Path, newest: set[str], older: dict[str, int], now: float) -> str:
    """Why a folder can go; empty where it stays."""
    if folder.name in newest:
        return ""
    if folder.name in older:
        return f"Run {older[folder.name]}: older than the newest {KEPT_RUNS} completed runs"
    if folder.name.startswith(REMOVING):
        return "left by a removal that was cut off"
    if folder.name.endswith(PARTIAL):
        return "left by a save that was cut off"
    return "" if now - _last_change(folder) < SETTLED_SECONDS else "of no completed run"


def _unfinished_files(artifacts: Path, now: float) -> list[Prunable]:
    """What `ownvoice.files.write_atomically` was writing when it was killed, and sets that were being saved."""
    files = [file for file in artifacts.rglob(f".*{UNFINISHED}") if not file.is_symlink()]
    reason = "left by a write that was cut off"
    return [
        Prunable(path=file, bytes=folder_bytes(file) or file.lstat().st_size, reason=reason)
        for file in files
        if now - file.lstat().st_mtime > UNFINISHED_SECONDS
    ]


def _cut_off_fetches(models: Path, now: float) -> list[Prunable]:
    """A model that was being fetched or converted when it was killed."""
    folders = [*models.glob(".fetch-*"), *models.glob(f"*{PARTIAL}")]
    return [
        Prunable(path=folder, bytes=folder_bytes(folder), reason="left by a fetch that was cut off")
        for folder in folders
        if folder.is_dir() and not folder.is_symlink() and now - _last_change(folder) > SETTLED_SECONDS
    ]


def _left_looks(artifacts: Path, now: float) -> list[Prunable]:
    """Of trainings that were cut off and not taken up again."""
    return [
        Prunable(path=folder, bytes=folder_bytes(folder), reason="looks of a training that was cut off")
        for folder in sorted((artifacts / "cache" / "looks").glob("*"))
        if folder.is_dir() and not folder.is_symlink() and now - _last_change(folder) > SETTLED_SECONDS
    ]


def _weights_folders(artifacts: Path) -> Iterator[Path]:
    """Plain folders only: a link leads to something that isn't ours."""
    weights = artifacts / "cache" / "weights"
    if weights.is_dir():
        yield from sorted(each for each in weights.iterdir() if each.is_dir() and not each.is_symlink())


def _last_change(folder: Path) -> float:
    return max(each.lstat().st_mtime for each in (folder, *folder.rglob("*")))
