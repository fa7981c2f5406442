"""Read a model folder without torch: what it holds, and whether it can be loaded safely."""

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


def describe_folder(name: str, folder: Path, source: str, revision: str | None, known: KnownModel | None) -> ModelInfo:
    """Read a model folder's figures without torch; refuse one that can't be loaded safely."""
    config = _read_config(folder)
    weights = sorted(folder.glob("*.safetensors"))
    stamps = tuple(stamp(file) for file in weights)
    return ModelInfo(
        name=name,
        source=source,
        revision=revision or stamps[0].sha256,
        kind=known.kind if known else ("instruct" if _has_chat_template(folder) else "base"),
        architecture=(config.get("architectures") or ["unknown"])[0],
        parameters=sum(_count_parameters(file) for file in weights),
        context_tokens=_context_tokens(config),
        licence=known.licence if known else "see its model card",
        folder=str(folder),
        files=stamps,
    )


def model_files(folder: Path) -> list[Path]:
    """The files that a local model consists of; refuses a folder that lacks one of them."""
    missing = [name for name in ("config.json", "tokenizer.json") if not (folder / name).exists()]
    weights = sorted(folder.glob("*.safetensors"))
    if missing or not weights:
        found = ", ".join([*missing, *([] if weights else ["*.safetensors"])])
        pickled = [file.name for file in folder.glob("*.bin")]
        also = f" ({pickled[0]} is a pickle, which can run code when opened and is never read)" if pickled else ""
        raise ModelUnavailable(
            f"{folder} lacks {found}{also}",
            "a folder with config.json, tokenizer.json and weights in safetensors",
            "save it with model.save_pretrained(folder) and tokenizer.save_pretrained(folder)",
        )
    return [folder / "config.json", folder / "tokenizer.json", *weights]


def _read_config(folder: Path) -> dict[str, Any]:
    model_files(folder)
    config: dict[str, Any] = json.loads((folder / "config.json").read_text("utf-8"))
    return config


def _has_chat_template(folder: Path) -> bool:
    settings = folder / "tokenizer_config.json"
    if (folder / "chat_template.jinja").exists():
        return True
    return settings.exists() and bool(json.loads(settings.read_text("utf-8")).get("chat_template"))


def _context_tokens(config: dict[str, Any]) -> int:
    for key in ("max_position_embeddings", "n_positions", "n_ctx"):
        if isinstance(value := config.get(key), int):
            return value
    return 1024


def _count_parameters(weights: Path) -> int:
    """From the header of a safetensors file: 8 bytes of length, then JSON with every tensor's shape."""
    with weights.open("rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(length))
    total = 0
    for name, tensor in header.items():
        if name != "__metadata__":
            total += math.prod(tensor["shape"])
    return total
