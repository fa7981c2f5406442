"""Saves the checked essays in the form that `datasets.load_from_disk` reads: for the worker to map, or where a person wants them."""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from ownvoice.errors import PairsError
from ownvoice.essays.dataset import as_dataset, digest_of
from ownvoice.files import UNFINISHED, FileStamp, disk_full_told, exclusive, flush_folder, flush_tree, stamp
from ownvoice.models.prompt_format import reading_of, tokenizer_file
from ownvoice.paths import essays_folder
from ownvoice.records.essays import CheckedOthers, CheckedPairs
from ownvoice.records.model import ModelInfo

EXPECTED = "a folder that is not there yet, where you may write"
Checked = TypeVar("Checked", CheckedPairs, CheckedOthers)


def laid_for_worker(essays: Checked, instruction: str, info: ModelInfo) -> Checked:
    """The same with the files of its splits, in a folder of the cache that what is in them names.

    Raises:
        DiskFull: nothing is left of it.
    """
    if not any(essays.splits.values()):
        return essays
    dataset = as_dataset(essays.splits, instruction, reading_of(info))
    folder = essays_folder() / _content_of(dataset, tokenizer_file(info))
    with exclusive(essays_folder() / ".lock"), _written_beside(dataset, folder) as beside:
        if _hashes(folder) != _hashes(beside):  # one that is the same stays: a worker may have it mapped
            shutil.rmtree(folder, ignore_errors=True)
            beside.rename(folder)
    return essays.model_copy(update={"files": _arrow_files(folder)})


def laid_others(others: CheckedOthers, instruction: str, info: ModelInfo) -> CheckedOthers:
    """Each placebo in a folder of its own, which another author's run finds again, and what is only measured."""
    placebos = tuple(
        each.model_copy(update={"checked": laid_for_worker(each.checked, instruction, info)})
        for each in others.placebos
    )
    return laid_for_worker(others.model_copy(update={"placebos": placebos}), instruction, info)


def save_at(essays: CheckedPairs, instruction: str, info: ModelInfo, folder: Path) -> None:
    """Write the checked set where a person wants it; raises as `require_free`, or DiskFull: nothing is left of it."""
    require_free(folder)
    try:
        with _written_beside(as_dataset(essays.splits, instruction, reading_of(info)), folder) as beside:
            beside.rename(folder)
    except OSError as error:
        raise PairsError(f"{folder}: can't be written: {error.strerror}", EXPECTED) from None


def require_free(folder: Path) -> None:
    """Raises PairsError where something is there already, or nothing can be."""
    if os.path.lexists(folder):
        raise PairsError(f"{folder}: is there already, and is not overwritten", EXPECTED)
    if "::" in str(folder.resolve()):
        raise PairsError(f"{folder}: `datasets` takes a path with '::' in it for several", EXPECTED)


def _content_of(dataset: Any, tokenizer: Path) -> str:
    """All that decides what the files hold."""
    with tokenizer.open("rb") as file:
        rows: list[list[str]] = [[hashlib.file_digest(file, "sha256").hexdigest()]]
    for split in dataset:
        rows.append([split, dataset[split]._fingerprint, *map(str, dataset[split]["tier"])])
    return digest_of(rows)


@contextmanager
def _written_beside(dataset: Any, folder: Path) -> Iterator[Path]:
    """The set in a folder beside the one it is for, whole and on the disk; gone at the end, if it wasn't renamed."""
    beside = folder.with_name(f".{folder.name[:100]}.{os.getpid()}-{secrets.token_hex(4)}{UNFINISHED}")
    try:
        with disk_full_told(folder):
            folder.parent.mkdir(parents=True, exist_ok=True)
            dataset.save_to_disk(str(beside), num_shards=dict.fromkeys(dataset, 1))
            flush_tree(beside)
        yield beside
        flush_folder(folder.parent)
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def _arrow_files(folder: Path) -> dict[str, FileStamp]:
    """By split: a set that was saved with one file for each."""
    return {file.parent.name: stamp(file) for file in sorted(folder.glob("*/data-*.arrow"))}


def _hashes(folder: Path) -> dict[str, str]:
    return {split: file.sha256 for split, file in _arrow_files(folder).items()}
