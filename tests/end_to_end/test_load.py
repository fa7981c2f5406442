"""A model that isn't whole is refused with the names of what it lacks: it would train on random numbers, and complete."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from tests.end_to_end.tiny_models import save_tiny_gpt2, save_tiny_llama
from tests.end_to_end.writer import SHORT, Writer


@pytest.mark.parametrize("save", [save_tiny_llama, save_tiny_gpt2])
def test_a_model_that_lacks_tensors_is_refused_with_their_names(save, new_writer: Writer, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    folder = save(tmp_path / "model")
    lost = altered(folder, lose_twelve)
    told = new_writer.types("run", "smoke-test", "--model", str(folder), *SHORT, expect=2)
    assert "lacks 12 of the model's tensors" in told
    assert sorted(lost)[0] in told
    assert "and 2 more" in told
    assert not (new_writer.artifacts / "EXPERIMENT_LOG.md").exists()


def test_a_tensor_of_another_size_is_refused_with_its_name(new_writer: Writer, tmp_path: Path) -> None:
    folder = save_tiny_llama(tmp_path / "model")
    (name,) = altered(folder, shrink)
    told = new_writer.types("run", "smoke-test", "--model", str(folder), *SHORT, expect=2)
    assert f"has 1 tensors of another size: {name}" in told


def test_a_lost_shard_is_told_before_anything_is_loaded(new_writer: Writer, tmp_path: Path) -> None:
    folder = save_tiny_llama(tmp_path / "model")
    (folder / "model.safetensors").rename(folder / "model-00001-of-00002.safetensors")
    places = {"model.norm.weight": "model-00001-of-00002.safetensors", "lost": "model-00002-of-00002.safetensors"}
    (folder / "model.safetensors.index.json").write_text(json.dumps({"weight_map": places}))
    told = new_writer.types("run", "smoke-test", "--model", str(folder), *SHORT, expect=2, OWNVOICE_WORKER="false")
    assert "lacks 1 tensors that model.safetensors.index.json names in model-00002-of-00002.safetensors: lost" in told


def layer_names(tensors: dict[str, torch.Tensor]) -> list[str]:
    return sorted(name for name in tensors if ".0." in name or ".1." in name)


def lose_twelve(tensors: dict[str, torch.Tensor]) -> list[str]:
    names = layer_names(tensors)[:12]
    for name in names:
        del tensors[name]
    return names


def shrink(tensors: dict[str, torch.Tensor]) -> list[str]:
    name = layer_names(tensors)[0]
    tensors[name] = torch.zeros(3)
    return [name]


def altered(folder: Path, change) -> list[str]:  # type: ignore[no-untyped-def]
    tensors = load_file(folder / "model.safetensors")
    names: list[str] = change(tensors)
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    return names
