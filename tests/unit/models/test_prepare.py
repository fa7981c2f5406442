"""Having a model on this disk: names, folders, terms. No torch and no network."""

from __future__ import annotations

import json
import struct
from pathlib import Path

import pytest

from ownvoice.errors import ModelUnavailable
from ownvoice.models.prepare import accept_terms, model_identity, prepare_model
from ownvoice.worker.messages import Progress


def silent(progress: Progress) -> None:
    """Progress is not looked at."""


def safetensors() -> bytes:
    header = json.dumps({"w": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}}).encode()
    return struct.pack("<Q", len(header)) + header + bytes(24)


FILES = {
    "config.json": json.dumps({"architectures": ["GPT2LMHeadModel"], "n_positions": 1024}).encode(),
    "tokenizer.json": b"{}",
    "model.safetensors": safetensors(),
}


def model_folder(folder: Path, **files: bytes) -> Path:
    folder.mkdir()
    for name, content in {**FILES, **files}.items():
        if content:
            (folder / name).write_bytes(content)
    return folder


@pytest.fixture(autouse=True)
def models_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OWNVOICE_MODELS", str(tmp_path / "models"))


def test_an_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(ModelUnavailable, match=r"smollm2-135m, gemma-3-270m, .*gpt2, gpt2-xl"):
        model_identity("gpt3", None)


def test_a_local_folder_is_described_from_its_headers(tmp_path: Path) -> None:
    folder = model_folder(tmp_path / "mine", **{"chat_template.jinja": b"{{ messages }}"})
    info = prepare_model(str(folder), None, silent)
    assert (info.parameters, info.context_tokens, info.kind, info.name) == (6, 1024, "instruct", "mine")


def test_a_folder_with_pickled_weights_alone_is_refused(tmp_path: Path) -> None:
    folder = model_folder(tmp_path / "mine", **{"model.safetensors": b"", "pytorch_model.bin": b"x"})
    with pytest.raises(ModelUnavailable, match=r"pytorch_model\.bin is a pickle"):
        prepare_model(str(folder), None, silent)


def test_gemma_is_not_fetched_before_its_terms_are_accepted() -> None:
    with pytest.raises(ModelUnavailable, match="prohibited_use_policy") as refused:
        prepare_model("gemma-3-270m", None, silent)
    assert refused.value.remedy == "ownvoice models --accept-terms gemma-3-270m"
    assert "Gemma Terms of Use" in accept_terms("gemma-3-270m").read_text()
    with pytest.raises(ModelUnavailable, match="has no terms"):
        accept_terms("gpt2")
