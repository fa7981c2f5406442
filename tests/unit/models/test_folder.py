"""A model folder is read without torch, and what is missing or damaged in it is told."""

from __future__ import annotations

import json
import struct
from pathlib import Path

import pytest

from ownvoice.errors import ModelUnavailable
from ownvoice.models.folder import StoredTensor, describe_folder, model_files, read_header

SHARD, OTHER_SHARD = "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"


def tensor(start: int = 0, end: int = 8, dtype: str = "F32", shape: tuple[int, ...] = (2,)) -> dict[str, object]:
    return {"dtype": dtype, "shape": list(shape), "data_offsets": [start, end]}


def weights(path: Path, tensors: object = None, data: int = 8) -> Path:
    header = json.dumps(tensors or {"w": tensor()}).encode()
    path.write_bytes(struct.pack("<Q", len(header)) + header + bytes(data))
    return path


def model_folder(folder: Path, index: object = None) -> Path:
    (folder / "config.json").write_text("{}")
    (folder / "tokenizer.json").write_text("{}")
    if index is not None:
        (folder / "model.safetensors.index.json").write_text(json.dumps({"weight_map": index}))
    return folder


def test_tensors_are_named_in_the_header(tmp_path: Path) -> None:
    header = {"__metadata__": {"format": "pt"}, "w": tensor(), "empty": tensor(8, 8, shape=(0, 3))}
    assert read_header(weights(tmp_path / "m.safetensors", header)) == {
        "w": StoredTensor(dtype="F32", shape=(2,), data_offsets=(0, 8)),
        "empty": StoredTensor(dtype="F32", shape=(0, 3), data_offsets=(8, 8)),
    }


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"short",
        bytes(8),
        struct.pack("<Q", 3) + b"abc",
        struct.pack("<Q", 2) + b"[]",
        struct.pack("<Q", 9) + b'{"w": {}}',
        struct.pack("<Q", 2**40) + b'{"w": {',
    ],
)
def test_a_header_that_is_none_is_one_clear_message(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "m.safetensors").write_bytes(content)
    with pytest.raises(ModelUnavailable, match="its header can't be read"):
        read_header(tmp_path / "m.safetensors")


def test_a_file_that_is_cut_off_is_told_with_its_bytes(tmp_path: Path) -> None:
    with pytest.raises(ModelUnavailable, match="is cut off: 4 bytes of tensors, where its header promises 8"):
        read_header(weights(tmp_path / "m.safetensors", data=4))


@pytest.mark.parametrize(
    ("tensors", "fault"),
    [
        ({"a": tensor(0, 8), "b": tensor(4, 12)}, "the tensor b begins at byte 4, where 8 was expected"),
        ({"a": tensor(0, 8), "b": tensor(12, 20)}, "the tensor b begins at byte 12, where 8 was expected"),
        ({"a": tensor(8, 0)}, "the tensor a begins at byte 8, where 0 was expected"),
        ({"a": tensor(0, 4)}, "the tensor a has 4 bytes, where its shape needs 8"),
        ({"a": tensor(0, 8, dtype="F16")}, "the tensor a has 8 bytes, where its shape needs 4"),
        ({"a": tensor(0, 8)}, "12 bytes after its last tensor"),
    ],
)
def test_tensors_that_overlap_or_leave_gaps_are_named(tmp_path: Path, tensors: dict[str, object], fault: str) -> None:
    with pytest.raises(ModelUnavailable, match=f"is damaged: {fault}"):
        read_header(weights(tmp_path / "m.safetensors", tensors, data=20))


def test_a_pointer_that_git_left_in_place_of_the_weights_is_told(tmp_path: Path) -> None:
    (tmp_path / "m.safetensors").write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n")
    with pytest.raises(ModelUnavailable, match="git lfs pull"):
        read_header(tmp_path / "m.safetensors")


def test_tensors_that_the_index_names_and_no_file_has_are_named(tmp_path: Path) -> None:
    weights(tmp_path / SHARD)
    folder = model_folder(tmp_path, {"w": SHARD, "v": SHARD, "u": OTHER_SHARD})
    with pytest.raises(ModelUnavailable, match=rf"lacks 2 of the tensors .* in {SHARD}, {OTHER_SHARD}: u, v"):
        describe_folder("m", folder, "folder", None, None)


def test_all_damaged_shards_are_told_at_once(tmp_path: Path) -> None:
    weights(tmp_path / SHARD, data=0)
    weights(tmp_path / OTHER_SHARD, data=1)
    folder = model_folder(tmp_path, {"w": SHARD, "v": OTHER_SHARD})
    with pytest.raises(ModelUnavailable, match=f"{SHARD} is cut off: 0 bytes.*\n.*{OTHER_SHARD} is cut off: 1 bytes"):
        describe_folder("m", folder, "folder", None, None)


@pytest.mark.parametrize("index", [[], ["w"], {"w": 1}])
def test_an_index_without_names_is_one_clear_message(tmp_path: Path, index: object) -> None:
    weights(tmp_path / SHARD)
    folder = model_folder(tmp_path, index)
    with pytest.raises(ModelUnavailable, match="no weight_map of names"):
        describe_folder("m", folder, "folder", None, None)


def test_only_the_files_that_will_be_loaded_count(tmp_path: Path) -> None:
    """Some hub repositories hold the weights a second time, under their maker's name for the file."""
    weights(tmp_path / "model.safetensors")
    weights(tmp_path / "consolidated.safetensors")
    info = describe_folder("m", model_folder(tmp_path), "folder", None, None)
    assert info.parameters == 2
    assert [Path(file.path).name for file in info.files] == ["model.safetensors"]


def test_weights_under_another_name_are_told_before_they_are_looked_for(tmp_path: Path) -> None:
    weights(tmp_path / SHARD)
    with pytest.raises(ModelUnavailable, match=rf"lacks model\.safetensors or .*index\.json.* it has {SHARD}"):
        model_files(model_folder(tmp_path))
