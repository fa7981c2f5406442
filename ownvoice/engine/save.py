"""Save a trained model as a folder that appears whole or not at all.

When the disk fills while a trained model is saved, the model is still in memory: the next way of saving is tried at once,
and nothing is trained again."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import torch

from ownvoice.engine.load import LoadedModel
from ownvoice.errors import DiskFull
from ownvoice.files import WAYS_OUT, disk_full_told, flush_folder, flush_tree, free_bytes
from ownvoice.units import gib
from ownvoice.worker.messages import Save

PARTIAL, REMOVING = ".partial", ".removing-"  # as `ownvoice clean` knows them


class Saved(NamedTuple):
    save: Save
    passed_over: str
    """The ways that the disk was too full for, in words; empty where the first one went."""


def save_trained(loaded: LoadedModel, folder: Path, saves: Iterable[Save]) -> Saved:
    """Try each way until one fits; a rounded one leaves the model in memory rounded.

    Raises:
        DiskFull: none did. What was in the folder before is still there, and nothing half written.
    """
    full: list[DiskFull] = []
    for way in saves:
        try:
            _require_room(folder, way)
            if way.rounded:
                _round(loaded.model)
            _write(loaded, folder)
        except DiskFull as error:
            full.append(DiskFull(f"{way.name}: {error.found}", error.expected, error.remedy))
        else:
            return Saved(way, "; ".join(error.found for error in full))
    raise DiskFull("\n".join(error.found for error in full), full[-1].expected, full[-1].remedy)


def _require_room(folder: Path, way: Save) -> None:
    """A disk that others write to as well is not filled to its last byte first."""
    free = free_bytes(folder)
    if free < way.bytes:
        raise DiskFull(f"{folder} needs {gib(way.bytes)}, {gib(free)} free on its disk", "room on its disk", WAYS_OUT)


def _round(model: torch.nn.Module) -> None:
    """What is trained, to bf16, in place and one tensor at a time: a copy of all would need memory that isn't there."""
    for parameter in model.parameters():
        if parameter.requires_grad and parameter.dtype == torch.float32:
            parameter.grad = None
            parameter.data = parameter.data.to(torch.bfloat16)


def _write(loaded: LoadedModel, folder: Path) -> None:
    """The folder of the weights appears whole or not at all."""
    partial = folder.with_name(folder.name + PARTIAL)
    shutil.rmtree(partial, ignore_errors=True)
    try:
        with disk_full_told(folder):
            loaded.model.save_pretrained(partial)
            loaded.tokenizer.save_pretrained(partial)
            flush_tree(partial)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise
    _put_in_place(partial, folder)


def _put_in_place(partial: Path, folder: Path) -> None:
    """Two renames: a folder that holds something can't be replaced in one, and removing takes longer."""
    old = folder.with_name(f"{REMOVING}{secrets.token_hex(4)}")
    if folder.exists():
        folder.rename(old)
    partial.rename(folder)
    flush_folder(folder.parent)
    shutil.rmtree(old, ignore_errors=True)
