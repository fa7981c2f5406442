"""Files of weights, against the library that others read them with."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save

from ownvoice.models.tensors import Array, StoredTensors, write_tensors

TENSORS: dict[str, Array] = {
    "b.10": np.arange(6, dtype=np.float32).reshape(2, 3),
    "b.2": np.arange(4, dtype=np.float32).reshape(2, 2).T,
    "a": np.array([0.1, -0.0, np.inf], dtype=np.float32),
}
SHAPES = {name: tensor.shape for name, tensor in TENSORS.items()}


def test_a_file_is_byte_for_byte_as_the_library_writes_it(tmp_path: Path) -> None:
    write_tensors(tmp_path / "model.safetensors", SHAPES, TENSORS.__getitem__)
    whole = {name: np.ascontiguousarray(tensor) for name, tensor in TENSORS.items()}
    assert (tmp_path / "model.safetensors").read_bytes() == save(whole, metadata={"format": "pt"})


def test_what_was_written_is_read(tmp_path: Path) -> None:
    write_tensors(tmp_path / "model.safetensors", SHAPES, TENSORS.__getitem__)
    stored = StoredTensors([tmp_path / "model.safetensors"])
    assert all(np.array_equal(stored.read(name), tensor) for name, tensor in TENSORS.items())


def test_a_tensor_of_another_shape_than_said_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"b\.2 has the shape \(2, 2\), where \(4,\) was expected"):
        write_tensors(tmp_path / "model.safetensors", {**SHAPES, "b.2": (4,)}, TENSORS.__getitem__)
