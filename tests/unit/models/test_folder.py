"""A model folder is read without torch, and what is missing or cut off in it is told."""

from __future__ import annotations

import json
import struct
from pathlib import Path

import pytest

from ownvoice.errors import ModelUnavailable
from ownvoice.models.folder import describe_folder, read_header, shown_names

TENSORS = {"w": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}}


def weights(path: Path, tensors: object = TENSORS, data: int = 8) -> Path:
    header = json.dumps(tensors).encode()
    path.write_bytes(struct.pack("<Q", len(header)) + header + bytes(data))
    return path


def test_tensors_are_named_in_the_header(tmp_path: Path) -> None:
    assert read_header(weights(tmp_path / "m.safetensors")) == TENSORS


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"short",
        bytes(8),
        struct.pack("<Q", 3) + b"abc",
        struct.pack("<Q", 2) + b"[]",
    ],
)
def test_a_header_that_is_none_is_one_clear_message(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "m.safetensors").write_bytes(content)
    with pytest.raises(ModelUnavailable, match="its header can't be read"):
        read_header(tmp_path / "m.safetensors")


def test_a_file_that_is_cut_off_is_told_with_its_bytes(tmp_path: Path) -> None:
    with pytest.raises(ModelUnavailable, match="is cut off: 73 bytes, where its header promises 77"):
        read_header(weights(tmp_path / "m.safetensors", data=4))


def test_tensors_that_the_index_names_and_no_file_has_are_named(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    (tmp_path / "tokenizer.json").write_text("{}")
    weights(tmp_path / "model-1.safetensors")
    (tmp_path / "model.safetensors.index.json").write_text(
        json.dumps({"weight_map": {"w": "model-1.safetensors", "v": "model-1.safetensors", "u": "model-2.safetensors"}})
    )
    with pytest.raises(ModelUnavailable, match=r"lacks 2 tensors .* in model-1.safetensors, model-2.safetensors: u, v"):
        describe_folder("m", tmp_path, "folder", None, None)


def test_of_many_names_ten_are_shown() -> None:
    assert shown_names([f"t{n}" for n in range(12)]).endswith("t9 and 2 more")
