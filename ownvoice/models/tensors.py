"""Reads and writes the tensors of a model's folder one at a time, without torch: as numpy sees them, bf16 widened to fp32."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ownvoice.errors import ModelUnavailable
from ownvoice.models.folder import LENGTH_BYTES, METADATA, StoredTensor, read_header

Array = NDArray[np.floating]
KINDS = {"F32": "<f4", "F16": "<f2", "F64": "<f8"}


class StoredTensors:
    """The tensors of safetensors files by their names; a name stands in one file alone."""

    def __init__(self, files: Sequence[Path]) -> None:
        self._places: dict[str, tuple[Path, int, StoredTensor]] = {}
        for file in files:
            with file.open("rb") as opened:
                begin = LENGTH_BYTES + int.from_bytes(opened.read(LENGTH_BYTES), "little")
            self._places |= {name: (file, begin, tensor) for name, tensor in read_header(file).items()}

    @property
    def names(self) -> list[str]:
        return list(self._places)

    def shape(self, name: str) -> tuple[int, ...]:
        return self._places[name][2].shape

    def read(self, name: str) -> Array:
        """Mapped and not read, but for bf16, which numpy doesn't know: its bits are the upper half of an fp32.

        Raises:
            ModelUnavailable: the tensor holds other numbers than floating ones.
        """
        file, begin, tensor = self._places[name]
        if tensor.dtype == "BF16":
            halves = self._mapped(file, begin, tensor, "<u2")
            return (halves.astype(np.uint32) << 16).view(np.float32)
        if tensor.dtype not in KINDS:
            raise ModelUnavailable(f"{file}: {name} is in {tensor.dtype}", f"BF16 or one of {', '.join(KINDS)}")
        return self._mapped(file, begin, tensor, KINDS[tensor.dtype])

    @staticmethod
    def _mapped(file: Path, begin: int, tensor: StoredTensor, kind: str) -> NDArray[Any]:
        return np.memmap(file, dtype=kind, mode="r", offset=begin + tensor.data_offsets[0], shape=tensor.shape)


def write_tensors(file: Path, shapes: Mapping[str, tuple[int, ...]], read: Callable[[str], Array]) -> None:
    """Write tensors in fp32, each when it is asked for, as the safetensors library lays them out: sorted by name.

    Args:
        shapes: By their names.
        read: Gives a tensor by its name; called once for each, and let go before the next.

    Raises:
        ValueError: a tensor has another shape than it was said to have.
    """
    header: dict[str, Any] = {METADATA: {"format": "pt"}}
    end = 0
    for name in sorted(shapes):
        begin, end = end, end + 4 * math.prod(shapes[name])
        header[name] = {"dtype": "F32", "shape": shapes[name], "data_offsets": (begin, end)}
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % LENGTH_BYTES)
    with file.open("wb") as out:
        out.write(len(text).to_bytes(LENGTH_BYTES, "little") + text)
        for name in sorted(shapes):
            tensor = np.ascontiguousarray(read(name), dtype=KINDS["F32"])
            if tensor.shape != shapes[name]:
                raise ValueError(f"{name} has the shape {tensor.shape}, where {shapes[name]} was expected")
            out.write(tensor.data)
