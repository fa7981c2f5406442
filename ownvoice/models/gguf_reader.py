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
    """Raises ModelUnavailable where the file is no GGUF file, or not whole: what it says of itself is checked."""

    settings: dict[str, Any]
    """By their keys: numbers, texts, and lists of them."""

    def __init__(self, file: Path) -> None:
        try:
            with file.open("rb") as opened:
                self._bytes = mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ)
            self._at = 0
            self._read_header()
        except (OSError, ValueError, KeyError, TypeError, ArithmeticError, RecursionError) as error:
            raise ModelUnavailable(
                f"{file} can't be read: {error}",
                f"a whole GGUF file of version {' or '.join(map(str, VERSIONS))}",
                "fetch it again",
            ) from None

    def _read_header(self) -> None:
        if self._take_bytes(4) != MAGIC or self._take("I") not in VERSIONS:
            raise ValueError("it does not begin as one")
        tensors, settings = self._take("Q"), self._take("Q")
        self.settings = {self._take_text(): self._take_value(GGUFValueType(self._take("I"))) for _ in range(settings)}
        self._tensors = {self._take_text(): self._take_place() for _ in range(tensors)}
        alignment = int(self.settings.get("general.alignment", USUAL_ALIGNMENT))
        self._data = math.ceil(self._at / alignment) * alignment
        for name, tensor in self._tensors.items():
            if not self._holds(tensor):
                raise ValueError(f"the tensor {name!a} of shape {tensor.shape} does not lie in it")

    def _holds(self, tensor: _Quantised) -> bool:
        if not tensor.shape or 0 in tensor.shape:
            return False
        elements, size = GGML_QUANT_SIZES[tensor.kind]
        blocks, rest = divmod(tensor.shape[-1], elements)
        end = self._data + tensor.offset + math.prod(tensor.shape[:-1]) * blocks * size
        return not rest and end <= len(self._bytes)

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
        if count > len(self._bytes) - self._at:
            raise ValueError("it ends too early")
        self._at += count
        return self._bytes[self._at - count : self._at]
