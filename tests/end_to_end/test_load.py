"""A model that isn't whole is refused with the names of what it lacks: it would train on random numbers, and complete."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from ownvoice.errors import ModelUnavailable
from ownvoice.worker.client import Worker
from tests.end_to_end.tiny_models import save_tiny_gpt2, save_tiny_llama
from tests.end_to_end.tiny_requests import answers, request_to_train
from tests.end_to_end.writer import SHORT, Writer

Change = Callable[[dict[str, torch.Tensor]], list[str]]
"""Alters the tensors of a file, and names those that it altered."""


@pytest.mark.parametrize("save", [save_tiny_llama, save_tiny_gpt2])
def test_a_model_that_lacks_tensors_is_refused_with_their_names(
    save: Callable[[Path], Path], new_writer: Writer, tmp_path: Path
) -> None:
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
    assert f"has 1 of the model's tensors in another size: {name} ([3], not [" in told


def test_a_lost_shard_is_told_before_anything_is_loaded(new_writer: Writer, tmp_path: Path) -> None:
    folder = save_tiny_llama(tmp_path / "model")
    (folder / "model.safetensors").rename(folder / "model-00001-of-00002.safetensors")
    places = {"model.norm.weight": "model-00001-of-00002.safetensors", "lost": "model-00002-of-00002.safetensors"}
    (folder / "model.safetensors.index.json").write_text(json.dumps({"weight_map": places}))
    told = new_writer.types("run", "smoke-test", "--model", str(folder), *SHORT, expect=2, OWNVOICE_WORKER="false")
    assert (
        "lacks 1 of the tensors that model.safetensors.index.json names, in model-00002-of-00002.safetensors: lost"
        in told
    )


@pytest.mark.parametrize("method", ["full", "lora"])
def test_nothing_is_trained_on_a_model_that_lacks_a_tensor(worker: Worker, tmp_path: Path, method: str) -> None:
    folder = save_tiny_gpt2(tmp_path / "model")
    altered(folder, without("transformer.h.1.ln_1.weight"))
    with pytest.raises(
        ModelUnavailable, match=r"lacks 1 of the model's tensors: transformer\.h\.1\.ln_1\.weight\n"
    ) as told:
        worker.call(request_to_train(folder, tmp_path / "w" / "model.safetensors", method), lambda _: None)
    assert told.value.remedy
    assert not (tmp_path / "w").exists()


def test_of_two_tied_tensors_either_is_enough(worker: Worker, tiny_llama: Path, tmp_path: Path) -> None:
    head_alone, neither = (save_tiny_llama(tmp_path / name) for name in ("head", "neither"))
    altered(head_alone, renamed("model.embed_tokens.weight", "lm_head.weight"))
    assert answers(worker, head_alone) == answers(worker, tiny_llama)
    altered(neither, without("model.embed_tokens.weight"))
    with pytest.raises(ModelUnavailable, match=r"lm_head\.weight, model\.embed_tokens\.weight"):
        answers(worker, neither)


@pytest.mark.parametrize("prefix", ["transformer.", ""])
def test_a_config_with_fewer_layers_than_the_file_is_refused(worker: Worker, tmp_path: Path, prefix: str) -> None:
    """It would answer with half of the model."""
    folder = save_tiny_gpt2(tmp_path / "model")
    altered(folder, with_prefix(prefix))
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"n_layer": 1}))
    with pytest.raises(ModelUnavailable, match=r"has 11 that the model of its config has no place for: .* and 1 more"):
        answers(worker, folder)


def test_what_a_file_holds_beside_the_language_model_does_no_harm(worker: Worker, tmp_path: Path) -> None:
    """An older version's buffer, and a part of a model that also sees."""
    folder = save_tiny_gpt2(tmp_path / "model")
    altered(folder, with_tensors("transformer.h.0.attn.masked_bias", "visual.patch.weight"))
    assert answers(worker, folder)


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


def altered(folder: Path, change: Change) -> list[str]:
    tensors = load_file(folder / "model.safetensors")
    names = change(tensors)
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    return names


def without(name: str) -> Change:
    def change(tensors: dict[str, torch.Tensor]) -> list[str]:
        del tensors[name]
        return [name]

    return change


def renamed(old: str, new: str) -> Change:
    def change(tensors: dict[str, torch.Tensor]) -> list[str]:
        tensors[new] = tensors.pop(old)
        return [new]

    return change


def with_prefix(prefix: str) -> Change:
    def change(tensors: dict[str, torch.Tensor]) -> list[str]:
        names = [*tensors]
        for name in names:
            tensors[name.replace("transformer.", prefix)] = tensors.pop(name)
        return [*tensors]

    return change


def with_tensors(*names: str) -> Change:
    def change(tensors: dict[str, torch.Tensor]) -> list[str]:
        tensors.update({name: torch.zeros(3) for name in names})
        return [*names]

    return change
