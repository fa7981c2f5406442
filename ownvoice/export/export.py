"""Writes a run's tuned model into a folder of the writer's, whole or not at all: staged beside it, then renamed."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from ownvoice.errors import ConfigError, DiskRefused, ModelUnavailable
from ownvoice.export.formats import FORMATS
from ownvoice.export.material import Material, Precision
from ownvoice.files import UNFINISHED, disk_full_told, flush_folder, flush_tree, free_bytes
from ownvoice.models.folder import INDEX, model_files
from ownvoice.records.run import slug
from ownvoice.run.tuned_model import TunedModel, untuned_folder
from ownvoice.units import gib
from ownvoice.worker.messages import MergeRequest

Merge = Callable[[MergeRequest], object]
"""Asks the worker, which holds torch."""
BESIDE_WEIGHTS = (
    INDEX,
    "tokenizer_config.json",
    "special_tokens_map.json",
    "chat_template.jinja",
    "generation_config.json",
)
THE_MODEL = "the whole model, for transformers"
BYTES = {"f16": 2, "f32": 4}


class File(NamedTuple):
    """A file or folder that was written."""

    name: str
    bytes: int
    what: str


class Exported(NamedTuple):
    folder: Path
    files: tuple[File, ...]
    left_out: tuple[str, ...]
    """What this model can't be written as, with the reason, a sentence each."""


def require_empty(folder: Path) -> None:
    """Raises ConfigError: something is there, and nothing of a writer's is written over."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ConfigError(f"{folder} is there already", "a folder that is new or empty", "name another one")


def export(tuned: TunedModel, folder: Path, precision: Precision, merge: Merge) -> Exported:
    """The whole model, then every format of the table.

    Raises:
        ConfigError: the folder holds something.
        DiskRefused, DiskFull: there is no room for it; nothing is left of it.
        ModelUnavailable: an adapter whose base model isn't here.
    """
    require_empty(folder)
    _require_room(tuned, folder, precision)
    folder.parent.mkdir(parents=True, exist_ok=True)
    staged = folder.with_name(f".{folder.name[:100]}.{secrets.token_hex(4)}{UNFINISHED}")
    try:
        with disk_full_told(folder):
            staged.mkdir()
            _put_model(tuned, staged, merge)
            files, left_out = _put_formats(Material(tuned, staged, slug(folder.name), precision))
            flush_tree(staged)
        require_empty(folder)
        staged.rename(folder)  # over an empty one as well
        flush_folder(folder.parent)
    finally:
        shutil.rmtree(staged, ignore_errors=True)
    return Exported(folder, files, left_out)


def _put_model(tuned: TunedModel, staged: Path, merge: Merge) -> None:
    if tuned.is_adapter:
        merge(
            MergeRequest(
                model_folder=untuned_folder(tuned), weights=str(tuned.weights), merged_folder=str(staged.resolve())
            )
        )
        return
    for file in model_files(tuned.folder):
        shutil.copyfile(file, staged / file.name)
    for name in BESIDE_WEIGHTS:
        if (tuned.folder / name).is_file():
            shutil.copyfile(tuned.folder / name, staged / name)


def _put_formats(material: Material) -> tuple[tuple[File, ...], tuple[str, ...]]:
    whole = sum(file.stat().st_size for file in material.folder.iterdir())
    files, left_out = [File("model.safetensors ...", whole, THE_MODEL)], []
    for each in FORMATS:
        name = each.of(material)
        if not name:
            continue
        try:
            each.write(material)
        except ModelUnavailable as error:
            (material.folder / name).unlink(missing_ok=True)
            left_out.append(f"{name} is left out: {error.found}.")
        else:
            files.append(File(name, _bytes_of(material.folder / name), each.what))
    return tuple(files), tuple(left_out)


def _require_room(tuned: TunedModel, folder: Path, precision: Precision) -> None:
    parameters = tuned.info.parameters
    model = 4 * parameters if tuned.is_adapter else tuned.training.weights.size
    needed, free = model + BYTES[precision] * parameters, free_bytes(folder.absolute().parent)
    if free < needed:
        raise DiskRefused(
            f"{folder} needs {gib(needed)}, {gib(free)} free on its disk",
            "room for it",
            "name a folder on another disk",
        )


def _bytes_of(path: Path) -> int:
    files = path.rglob("*") if path.is_dir() else (path,)
    return sum(file.stat().st_size for file in files if file.is_file())
