"""Disk: which saved weights can go.

Weights lie in artifacts/cache/weights/<key>/. A run can make them again (same essays, same config: same key),
so they may go; records, logbook, models and the other cached results never do.
"""

from __future__ import annotations

import secrets
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

from ownvoice.config import Frozen
from ownvoice.runs import stored_runs

# `ownvoice clean` keeps the weights of this many completed runs, the newest: enough to ask again, or to compare.
KEPT_RUNS = 3
# A folder that no record names may belong to a run that is still going on.
SETTLED_SECONDS = 24 * 3600


class Prunable(Frozen):
    """A folder of weights that can be made again."""

    folder: Path
    bytes: int
    reason: str


class Pruning(Frozen):
    """What `ownvoice clean` would remove, largest first, and what it keeps."""

    prunable: tuple[Prunable, ...]
    kept_bytes: int

    @property
    def bytes(self) -> int:
        return sum(each.bytes for each in self.prunable)


def free_bytes(folder: Path) -> int:
    """Free on the disk that a folder is or will be on."""
    return shutil.disk_usage(next(each for each in (folder, *folder.parents) if each.exists())).free


def find_prunable(artifacts: Path, now: float | None = None) -> Pruning:
    """Weights that none of the newest completed runs needs, and that no run can still be writing."""
    newest, older = _runs_by_weights(artifacts)
    now = time.time() if now is None else now
    prunable, kept = [], 0
    for folder in _weights_folders(artifacts):
        size = _bytes_of(folder)
        reason = _reason(folder, newest, older, now)
        if reason:
            prunable.append(Prunable(folder=folder, bytes=size, reason=reason))
        else:
            kept += size
    return Pruning(prunable=tuple(sorted(prunable, key=lambda each: -each.bytes)), kept_bytes=kept)


def prune(pruning: Pruning) -> None:
    """Remove the folders: each gets another name first, so that none is ever found half there."""
    for each in pruning.prunable:
        doomed = each.folder.with_name(f".removing-{secrets.token_hex(4)}")
        each.folder.rename(doomed)
        shutil.rmtree(doomed)


def _runs_by_weights(artifacts: Path) -> tuple[set[str], dict[str, int]]:
    """Keys of the weights of the newest completed runs, and which run the others were made by.

    By key and not by path: an artifacts folder that was moved keeps what it kept before.
    """
    by_key: dict[str, int] = {}
    for run in stored_runs(artifacts / "runs"):  # by number: the newest run that used the weights counts
        if run.record.status == "completed" and run.record.training is not None:
            by_key[Path(run.record.training.weights.path).parent.name] = run.record.number
    newest = set(sorted(by_key, key=lambda key: -by_key[key])[:KEPT_RUNS])
    return newest, {key: number for key, number in by_key.items() if key not in newest}


def _reason(folder: Path, newest: set[str], older: dict[str, int], now: float) -> str:
    """Why a folder can go; empty where it stays."""
    if folder.name in newest:
        return ""
    if folder.name in older:
        return f"Run {older[folder.name]}: older than the newest {KEPT_RUNS} completed runs"
    if folder.name.startswith(".removing-"):
        return "left by a clean that was cut off"
    if now - _last_change(folder) < SETTLED_SECONDS:
        return ""
    return "left by a save that was cut off" if folder.name.endswith(".partial") else "of no completed run"


def _weights_folders(artifacts: Path) -> Iterator[Path]:
    """Plain folders only: a link leads to something that isn't ours."""
    weights = artifacts / "cache" / "weights"
    if weights.is_dir():
        yield from sorted(each for each in weights.iterdir() if each.is_dir() and not each.is_symlink())


def _bytes_of(folder: Path) -> int:
    return sum(file.lstat().st_size for file in folder.rglob("*") if file.is_file() and not file.is_symlink())


def _last_change(folder: Path) -> float:
    return max(each.lstat().st_mtime for each in (folder, *folder.rglob("*")))
