"""The reader of GGUF files, against the package that writes them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from gguf import GGMLQuantizationType, GGUFWriter, dequantize, quantize

from ownvoice.errors import ModelUnavailable
from ownvoice.models import gguf_reader
from ownvoice.models.gguf_reader import GgufFile

NUMBERS = np.random.default_rng(7)
KINDS = [
    *(GGMLQuantizationType.Q4_1, GGMLQuantizationType.Q5_0, GGMLQuantizationType.Q8_0),
    *(GGMLQuantizationType.F16, GGMLQuantizationType.F32),
]
TEXTS = ["a", "\u2581den", "\n", ""]


def write(file: Path, tensors: dict[str, tuple[Any, GGMLQuantizationType]]) -> None:
    writer = GGUFWriter(None, "llama")
    writer.add_block_count(30)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_add_bos_token(False)
    writer.add_token_list(TEXTS)
    writer.add_token_types([3, 1, 1, 4])
    writer.add_token_scores([0.0, -0.5, -1.0, -1.5])
    for name, (stored, kind) in tensors.items():
        writer.add_tensor(name, stored, raw_dtype=kind)
    writer.write_header_to_file(file)
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def test_every_kind_of_number_is_read_as_the_package_reads_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gguf_reader, "ROWS_AT_ONCE", 3)
    whole = NUMBERS.standard_normal((7, 64), dtype=np.float32)
    stored = {kind.name: quantize(whole, kind) for kind in KINDS}
    tensors: dict[str, tuple[Any, GGMLQuantizationType]] = {kind.name: (stored[kind.name], kind) for kind in KINDS}
    write(tmp_path / "m.gguf", {**tensors, "vector": (whole[0], GGMLQuantizationType.F32)})
    file = GgufFile(tmp_path / "m.gguf")
    assert file.shapes == {**{kind.name: (7, 64) for kind in KINDS}, "vector": (64,)}
    for kind in KINDS:
        assert np.array_equal(file.read(kind.name), dequantize(stored[kind.name], kind)), kind.name
        assert np.abs(file.read(kind.name) - whole).max() < 0.3
    assert np.array_equal(file.read("vector"), whole[0])


def test_settings_are_numbers_texts_and_lists_of_them(tmp_path: Path) -> None:
    write(tmp_path / "m.gguf", {})
    settings = GgufFile(tmp_path / "m.gguf").settings
    assert settings["general.architecture"] == "llama"
    assert settings["llama.block_count"] == 30
    assert settings["llama.attention.layer_norm_rms_epsilon"] == pytest.approx(1e-5)
    assert settings["tokenizer.ggml.add_bos_token"] is False
    assert settings["tokenizer.ggml.tokens"] == TEXTS
    assert settings["tokenizer.ggml.token_type"] == [3, 1, 1, 4]
    assert settings["tokenizer.ggml.scores"] == [0.0, -0.5, -1.0, -1.5]


def test_another_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "m.gguf").write_bytes(b"PK\x03\x04 and so on")
    with pytest.raises(ModelUnavailable, match="does not begin as one"):
        GgufFile(tmp_path / "m.gguf")
