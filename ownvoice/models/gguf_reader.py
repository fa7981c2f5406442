"""Reads a GGUF file: its settings, and its tensors one at a time, dequantised by the `gguf` package's own rules.

The package's reader makes an array of every piece of every word: 2 s of a processor for SmolLM2's vocabulary and 11 s for
Gemma's, of which this one takes 0.1 and 0.6 s. The format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
"""

from __future__ import annotations

import math
import mmap
import struct
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from gguf import GGML_QUANT_SIZES, GGMLQuantizationType, GGUFValueType, dequantize

from ownvoice.errors import ModelUnavailable
from ownvoice.models.tensors import Array

MAGIC, VERSIONS = b"GGUF", (2, 3)  # version 1 counted in 32 bits
USUAL_ALIGNMENT = 32
ROWS_AT_ONCE = 4096
"""Of a matrix that is dequantised: what it takes meanwhile is twice its own size."""
SCALARS = {
    **{GGUFValueType.UINT8: "B", GGUFValueType.UINT16: "H", GGUFValueType.UINT32: "I", GGUFValueType.UINT64: "Q"},
    **{GGUFValueType.INT8: "b", GGUFValueType.INT16: "h", GGUFValueType.INT32: "i", GGUFValueType.INT64: "q"},
    **{GGUFValueType.FLOAT32: "f", GGUFValueType.FLOAT64: "d", GGUFValueType.BOOL: "?"},
}


class _Quantised(NamedTuple):
    """A tensor as it lies in the file."""

    kind: GGMLQuantizationType
    shape: tuple[int, ...]
    """The slowest dimension first, as numpy has it."""
    offset: int
    """Of its first byte, from the beginning of the data."""


class GgufFile:
    """A file whose content is known and trusted: its hash was checked."""

    settings: dict[str, Any]
    """By their keys: numbers, texts, and lists of them."""

    def __init__(self, file: Path) -> None:
        with file.open("rb") as opened:
            self._bytes = mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ)
        self._at = 0
        if self._take_bytes(4) != MAGIC or self._take("I") not in VERSIONS:
            raise ModelUnavailable(
                f"{file} is no GGUF file of version {' or '.join(map(str, VERSIONS))}", "a GGUF file"
            )
        tensors, settings = self._take("Q"), self._take("Q")
        self.settings = {self._take_text(): self._take_value(GGUFValueType(self._take("I"))) for _ in range(settings)}
        self._tensors = {self._take_text(): self._take_place() for _ in range(tensors)}
        alignment = int(self.settings.get("general.alignment", USUAL_ALIGNMENT))
        self._data = math.ceil(self._at / alignment) * alignment

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Of the tensors, by their names."""
        return {name: tensor.shape for name, tensor in self._tensors.items()}

    def read(self, name: str) -> Array:
        """A tensor in fp32."""
        kind, shape, offset = self._tensors[name]
        elements, size = GGML_QUANT_SIZES[kind]
        row_bytes = shape[-1] // elements * size
        rows = math.prod(shape[:-1])
        stored = np.frombuffer(self._bytes, np.uint8, rows * row_bytes, self._data + offset).reshape(rows, row_bytes)
        plain = np.empty((rows, shape[-1]), np.float32)
        for begin in range(0, rows, ROWS_AT_ONCE):
            some = slice(begin, begin + ROWS_AT_ONCE)
            plain[some] = dequantize(stored[some], kind)
        return plain.reshape(shape)

    def _take_place(self) -> _Quantised:
        dimensions = self._take("I")
        shape = tuple(self._take("Q") for _ in range(dimensions))[::-1]
        return _Quantised(GGMLQuantizationType(self._take("I")), shape, self._take("Q"))

    def _take_value(self, kind: GGUFValueType) -> Any:
        if kind is GGUFValueType.STRING:
            return self._take_text()
        if kind is not GGUFValueType.ARRAY:
            return self._take(SCALARS[kind])
        of, count = GGUFValueType(self._take("I")), self._take("Q")
        return [self._take_value(of) for _ in range(count)]

    def _take_text(self) -> str:
        return self._take_bytes(self._take("Q")).decode("utf-8")

    def _take(self, form: str) -> Any:
        (value,) = struct.unpack("<" + form, self._take_bytes(struct.calcsize("<" + form)))
        return value

    def _take_bytes(self, count: int) -> bytes:
        self._at += count
        return self._bytes[self._at - count : self._at]
