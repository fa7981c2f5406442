"""Reads a model folder without torch: what it holds, and whether all of it is there and can be loaded safely.

Tensors are named in the header of each safetensors file and, where a model comes in several, in an index. What header and
index promise must be in the files. That the model needs a tensor which no file has shows only when it is loaded
(`ownvoice.engine.load`).
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

from pydantic import ConfigDict, NonNegativeInt, TypeAdapter

from ownvoice.errors import ModelUnavailable, shown_names
from ownvoice.files import stamp
from ownvoice.frozen import Frozen
from ownvoice.models.known import KnownModel
from ownvoice.parsing import json_of
from ownvoice.records.model import ModelInfo

# The files of weights that transformers looks for: the one, or else those that the index names.
WEIGHTS, INDEX = "model.safetensors", "model.safetensors.index.json"
INFO_FILE = "ownvoice.json"
"""What was noted of a model when it was converted or made here."""
EXPECTED = "a folder with config.json, tokenizer.json and weights in safetensors"
REMEDY = "save it with model.save_pretrained(folder) and tokenizer.save_pretrained(folder), or copy it once more"
LENGTH_BYTES = 8  # of the header's length, little-endian, at the start of a safetensors file
LFS_POINTER = b"version https://git-lfs"
METADATA = "__metadata__"
# Of an element, by its dtype; one that is not known here is left to the library.
BITS = {
    **{"F64": 64, "I64": 64, "U64": 64, "C64": 64, "F32": 32, "I32": 32, "U32": 32},
    **{"F16": 16, "BF16": 16, "I16": 16, "U16": 16, "I8": 8, "U8": 8, "BOOL": 8},
    **{"F8_E5M2": 8, "F8_E4M3": 8, "F8_E8M0": 8, "F8_E4M3FNUZ": 8, "F8_E5M2FNUZ": 8},
    **{"F6_E2M3": 6, "F6_E3M2": 6, "F4": 4},
}


class StoredTensor(Frozen):
    """A tensor as the header of its file tells it; further fields are let be, as the safetensors library does."""

    model_config = ConfigDict(extra="ignore")

    dtype: str
    shape: tuple[NonNegativeInt, ...]
    data_offsets: tuple[NonNegativeInt, NonNegativeInt]
    """Where its bytes begin and end, counted from the end of the header."""

    @property
    def elements(self) -> int:
        return math.prod(self.shape)


Header = dict[str, StoredTensor]
HEADER: TypeAdapter[Header] = TypeAdapter(Header)


def describe_folder(name: str, folder: Path, source: str, revision: str | None, known: KnownModel | None) -> ModelInfo:
    """Describe the model in a folder.

    Raises:
        ModelUnavailable: a file is missing or damaged, or an index names a tensor that no file has.
    """
    model_files(folder)
    config = _read_json(folder / "config.json")
    weights = _weight_files(folder)
    headers = _read_headers(weights)
    _require_indexed(folder, headers)
    stamps = tuple(stamp(file) for file in weights)
    return ModelInfo(
        name=name,
        source=source,
        revision=revision or stamps[0].sha256,
        kind=known.kind if known else ("instruct" if _has_chat_template(folder) else "base"),
        architecture=(config.get("architectures") or ["unknown"])[0],
        parameters=sum(tensor.elements for header in headers.values() for tensor in header.values()),
        context_tokens=_context_tokens(config),
        licence=known.licence if known else "see its model card",
        folder=str(folder),
        files=stamps,
    )


def model_files(folder: Path) -> list[Path]:
    """The files that a local model consists of; other files of weights beside them are not read.

    Raises:
        ModelUnavailable: config, tokenizer or all of the weights are missing.
    """
    missing = [name for name in ("config.json", "tokenizer.json") if not (folder / name).exists()]
    weights = _weight_files(folder)
    if not weights:
        missing.append(WEIGHTS)
    if missing:
        also = "" if weights else _weights_of_another_name(folder)
        raise ModelUnavailable(f"{folder} lacks {', '.join(missing)}{also}", EXPECTED, REMEDY)
    return [folder / "config.json", folder / "tokenizer.json", *weights]


def read_header(weights: Path) -> Header:
    """The tensors of a safetensors file by their names.

    The format: https://github.com/huggingface/safetensors#format. It is checked as the library checks it.

    Raises:
        ModelUnavailable: the header can't be read, or the tensors do not fill the file as it says.
    """
    size = weights.stat().st_size
    with weights.open("rb") as file:
        start = file.read(len(LFS_POINTER))
        length = int.from_bytes(start[:LENGTH_BYTES], "little")
        file.seek(LENGTH_BYTES)
        text = file.read(min(length, size))
    if start == LFS_POINTER:
        found = f"{weights} is a pointer of Git LFS and not the file itself (`git lfs pull` gets it)"
        raise ModelUnavailable(found, "a safetensors file", REMEDY)
    try:
        tensors = HEADER.validate_python({key: value for key, value in json_of(text).items() if key != METADATA})
    except (ValueError, AttributeError):
        raise ModelUnavailable(f"{weights}: its header can't be read", "a safetensors file", REMEDY) from None
    if fault := _fault_of(tensors, size - LENGTH_BYTES - length):
        raise ModelUnavailable(f"{weights} {fault}", "the whole file, as it was saved", REMEDY)
    return tensors


def _fault_of(tensors: Header, data_bytes: int) -> str:
    """The first thing that is wrong with the places of the tensors, which lie end to end; empty where nothing is."""
    reached = 0
    for name, tensor in sorted(tensors.items(), key=lambda item: item[1].data_offsets):
        start, end = tensor.data_offsets
        needed = tensor.elements * BITS.get(tensor.dtype, 0) // 8
        if start != reached:
            return f"is damaged: the tensor {name} begins at byte {start:,}, where {reached:,} was expected"
        if tensor.dtype in BITS and end - start != needed:
            return f"is damaged: the tensor {name} has {end - start:,} bytes, where its shape needs {needed:,}"
        reached = end
    if reached > data_bytes:
        return f"is cut off: {data_bytes:,} bytes of tensors, where its header promises {reached:,}"
    return f"is damaged: {data_bytes - reached:,} bytes after its last tensor" if reached < data_bytes else ""


def _weight_files(folder: Path) -> list[Path]:
    """Those that are there of the files that transformers would load."""
    names = [WEIGHTS] if (folder / WEIGHTS).exists() else sorted(set(_places(folder).values()))
    return [folder / name for name in names if (folder / name).exists()]


def _weights_of_another_name(folder: Path) -> str:
    if others := sorted(file.name for file in folder.glob("*.safetensors")):
        return f" or {INDEX}, the names that are looked for; it has {shown_names(others)}"
    pickled = sorted(file.name for file in folder.glob("*.bin"))
    return f" ({pickled[0]} is a pickle, which can run code when opened and is never read)" if pickled else ""


def _read_headers(weights: list[Path]) -> dict[str, Header]:
    """The header of each file, by its name; all that is wrong with them is told at once."""
    headers: dict[str, Header] = {}
    refused: list[ModelUnavailable] = []
    for file in weights:
        try:
            headers[file.name] = read_header(file)
        except ModelUnavailable as error:
            refused.append(error)
    if refused:
        raise ModelUnavailable("\n".join(error.found for error in refused), refused[0].expected, REMEDY)
    return headers


def _require_indexed(folder: Path, headers: dict[str, Header]) -> None:
    """Every tensor that the index names stands in the file that it names."""
    places = {} if WEIGHTS in headers else _places(folder)
    lacking = sorted(name for name, file in places.items() if name not in headers.get(file, {}))
    if lacking:
        files = sorted({places[name] for name in lacking})
        raise ModelUnavailable(
            f"{folder} lacks {len(lacking)} of the tensors that {INDEX} names, "
            f"in {shown_names(files)}: {shown_names(lacking)}",
            "all files of the model",
            REMEDY,
        )


def _places(folder: Path) -> dict[str, str]:
    """The file of each tensor by the index; empty where there is no index."""
    index = folder / INDEX
    if not index.exists():
        return {}
    try:
        return TypeAdapter(dict[str, str]).validate_python(_read_json(index).get("weight_map"))
    except ValueError:
        raise ModelUnavailable(f"{index}: no weight_map of names", "the file of each tensor", REMEDY) from None


def _read_json(file: Path) -> dict[str, Any]:
    try:
        content = json_of(file.read_text("utf-8"))
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
