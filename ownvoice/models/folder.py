"""Reads a model folder without torch: what it holds, and whether all of it is there and can be loaded safely.

Tensors are named in the header of each safetensors file and, where a model comes in several, in an index. What the header
promises must be in the file. That the model needs a tensor which no file has shows only when it is loaded
(`ownvoice.engine.load`).
"""

from __future__ import annotations

import json
import math
import struct
from pathlib import Path
from typing import Any

from ownvoice.errors import ModelUnavailable
from ownvoice.files import stamp
from ownvoice.models.known import KnownModel
from ownvoice.records import ModelInfo

INDEX = "model.safetensors.index.json"
LENGTH_BYTES = 8  # of the header's length, little-endian, at the start of a safetensors file
NAMES_SHOWN = 10
EXPECTED = "a folder with config.json, tokenizer.json and weights in safetensors"
REMEDY = "save it with model.save_pretrained(folder) and tokenizer.save_pretrained(folder), or copy it once more"

Header = dict[str, dict[str, Any]]


def describe_folder(name: str, folder: Path, source: str, revision: str | None, known: KnownModel | None) -> ModelInfo:
    """A model folder's figures.

    Raises:
        ModelUnavailable: a file is missing or cut off, or an index names a tensor that no file has.
    """
    model_files(folder)
    config = _read_json(folder / "config.json")
    weights = sorted(folder.glob("*.safetensors"))
    headers = {file.name: read_header(file) for file in weights}
    _require_indexed(folder, headers)
    stamps = tuple(stamp(file) for file in weights)
    return ModelInfo(
        name=name,
        source=source,
        revision=revision or stamps[0].sha256,
        kind=known.kind if known else ("instruct" if _has_chat_template(folder) else "base"),
        architecture=(config.get("architectures") or ["unknown"])[0],
        parameters=sum(math.prod(tensor["shape"]) for header in headers.values() for tensor in header.values()),
        context_tokens=_context_tokens(config),
        licence=known.licence if known else "see its model card",
        folder=str(folder),
        files=stamps,
    )


def model_files(folder: Path) -> list[Path]:
    """The files that a local model consists of.

    Raises:
        ModelUnavailable: one of them is missing.
    """
    missing = [name for name in ("config.json", "tokenizer.json") if not (folder / name).exists()]
    weights = sorted(folder.glob("*.safetensors"))
    if missing or not weights:
        found = ", ".join([*missing, *([] if weights else ["*.safetensors"])])
        pickled = [file.name for file in folder.glob("*.bin")]
        also = f" ({pickled[0]} is a pickle, which can run code when opened and is never read)" if pickled else ""
        raise ModelUnavailable(f"{folder} lacks {found}{also}", EXPECTED, REMEDY)
    return [folder / "config.json", folder / "tokenizer.json", *weights]


def read_header(weights: Path) -> Header:
    """The tensors of a safetensors file by their names, each with `dtype`, `shape` and `data_offsets`.

    The format: https://github.com/huggingface/safetensors#format.

    Raises:
        ModelUnavailable: the header can't be read, or the file is shorter than it promises.
    """
    size = weights.stat().st_size
    try:
        with weights.open("rb") as file:
            (length,) = struct.unpack("<Q", file.read(LENGTH_BYTES))
            header = json.loads(file.read(min(length, size)))
        tensors = {name: tensor for name, tensor in header.items() if name != "__metadata__"}
        end = LENGTH_BYTES + length + max((tensor["data_offsets"][1] for tensor in tensors.values()), default=0)
    except (ValueError, struct.error, KeyError, TypeError, AttributeError, IndexError):
        raise ModelUnavailable(f"{weights}: its header can't be read", "a safetensors file", REMEDY) from None
    if end > size:
        found = f"{weights} is cut off: {size:,} bytes, where its header promises {end:,}"
        raise ModelUnavailable(found, "the whole file", REMEDY)
    return tensors


def shown_names(names: list[str]) -> str:
    """The first ten, and how many more there are."""
    more = len(names) - NAMES_SHOWN
    return ", ".join(names[:NAMES_SHOWN]) + (f" and {more} more" if more > 0 else "")


def _require_indexed(folder: Path, headers: dict[str, Header]) -> None:
    """Every tensor that the index names stands in the file that it names."""
    if not (folder / INDEX).exists():
        return
    places: dict[str, str] = _read_json(folder / INDEX).get("weight_map", {})
    lacking = sorted(name for name, file in places.items() if name not in headers.get(file, {}))
    if lacking:
        files = sorted({places[name] for name in lacking})
        found = (
            f"{folder} lacks {len(lacking)} tensors that {INDEX} names in {shown_names(files)}: {shown_names(lacking)}"
        )
        raise ModelUnavailable(found, "all files of the model", REMEDY)


def _read_json(file: Path) -> dict[str, Any]:
    try:
        content = json.loads(file.read_text("utf-8"))
    except ValueError as error:
        raise ModelUnavailable(f"{file}: {error}", "JSON", REMEDY) from None
    if not isinstance(content, dict):
        raise ModelUnavailable(f"{file}: not an object", "a JSON object", REMEDY)
    return content


def _has_chat_template(folder: Path) -> bool:
    settings = folder / "tokenizer_config.json"
    return (folder / "chat_template.jinja").exists() or (
        settings.exists() and bool(_read_json(settings).get("chat_template"))
    )


def _context_tokens(config: dict[str, Any]) -> int:
    for key in ("max_position_embeddings", "n_positions", "n_ctx"):
        if isinstance(value := config.get(key), int):
            return value
    return 1024
