"""Writes a model's folder as one GGUF file, tokenizer and chat template in it: what llama.cpp and Ollama load.

Of the architectures of the table of known models; llama.cpp's own converter knows more, and comes with no package.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from gguf import GGUFWriter, LlamaFileType

from ownvoice.errors import ModelUnavailable
from ownvoice.export.material import Precision
from ownvoice.export.vocabulary import PIECES, Vocabulary, read_vocabulary
from ownvoice.models.folder import model_files
from ownvoice.models.gguf_layouts import LAYOUTS, Layout, place_of
from ownvoice.models.tensors import Array, StoredTensors

FILE_TYPES = {"f16": LlamaFileType.MOSTLY_F16, "f32": LlamaFileType.ALL_F32}
EXPECTED = f"a model of one of the kinds {', '.join(LAYOUTS)}, as ownvoice saves it"


class _Placed(NamedTuple):
    """A tensor on its way into the file."""

    name: str
    shape: tuple[int, ...]
    dtype: np.dtype[Any]


def write_gguf(folder: Path, file: Path, name: str, precision: Precision) -> None:
    """Matrices in `precision`; norms, biases and positions in fp32 either way, as llama.cpp wants them.

    Raises:
        ModelUnavailable: the model or its tokenizer is of a kind that isn't known here, with all that speaks against it.
    """
    config = json.loads((folder / "config.json").read_text("utf-8"))
    layout = _layout_of(config)
    stored = StoredTensors([each for each in model_files(folder) if each.suffix == ".safetensors"])
    _require_known(stored, layout)
    vocabulary = read_vocabulary(folder, config["vocab_size"])
    writer = GGUFWriter(None, layout.architecture)
    _add_settings(writer, name, config, layout, precision)
    _add_vocabulary(writer, vocabulary, folder)
    for placed in _placed(stored, layout, config, precision):
        size = int(np.prod(placed.shape)) * placed.dtype.itemsize
        writer.add_tensor_info(placed.name, placed.shape, placed.dtype, size)
    try:
        writer.write_header_to_file(file)
        writer.write_kv_data_to_file()
        writer.write_ti_data_to_file()
        for tensor in _tensors(stored, layout, config, precision):
            writer.write_tensor_data(tensor)
    finally:
        writer.close()


def _layout_of(config: dict[str, Any]) -> Layout:
    kind = config.get("model_type")
    layout = LAYOUTS.get(str(kind))
    if layout is None:
        raise ModelUnavailable(f"GGUF files of a {kind} are not written here", EXPECTED)
    if refused := layout.refuses(config):
        raise ModelUnavailable(f"this {kind} asks for {'; '.join(refused)}", EXPECTED)
    return layout


def _require_known(stored: StoredTensors, layout: Layout) -> None:
    unknown = [name for name in stored.names if place_of(name, layout) is None]
    if unknown:
        raise ModelUnavailable(f"tensors without a place in the file: {', '.join(unknown[:5])}", EXPECTED)


def _placed(stored: StoredTensors, layout: Layout, config: dict[str, Any], precision: Precision) -> Iterator[_Placed]:
    """Names and sizes, without reading a weight: a change turns a matrix at most."""
    for name, made in layout.makes(config).items():
        yield _Placed(name, made.shape, np.dtype(np.float32))
    for name in stored.names:
        tensor = place_of(name, layout)
        assert tensor is not None, "was required"
        like = np.broadcast_to(np.float32(0), stored.shape(name))
        yield _Placed(tensor.name, tensor.change(like, config).shape, _dtype(tensor.name, len(like.shape), precision))


def _tensors(stored: StoredTensors, layout: Layout, config: dict[str, Any], precision: Precision) -> Iterator[Array]:
    """In the same order, one in memory at a time."""
    yield from layout.makes(config).values()
    for name in stored.names:
        tensor = place_of(name, layout)
        assert tensor is not None, "was required"
        changed = tensor.change(stored.read(name), config)
        yield np.ascontiguousarray(changed, dtype=_dtype(tensor.name, changed.ndim, precision))


def _dtype(name: str, dimensions: int, precision: Precision) -> np.dtype[Any]:
    whole = dimensions < 2 or name.startswith("position_embd") or precision == "f32"
    return np.dtype(np.float32 if whole else np.float16)


def _add_settings(writer: GGUFWriter, name: str, config: dict[str, Any], layout: Layout, precision: Precision) -> None:
    writer.add_name(name)
    writer.add_file_type(FILE_TYPES[precision])
    for key, value in layout.settings(config).items():
        full = f"{layout.architecture}.{key}"
        add = writer.add_float32 if isinstance(value, float) else writer.add_uint32
        add(full, value)


def _add_vocabulary(writer: GGUFWriter, vocabulary: Vocabulary, folder: Path) -> None:
    writer.add_tokenizer_model(vocabulary.model)
    writer.add_token_list(vocabulary.tokens)
    writer.add_token_types(vocabulary.types)
    if vocabulary.model == PIECES:
        writer.add_token_scores(vocabulary.scores)
        writer.add_add_space_prefix(False)
    else:
        writer.add_tokenizer_pre(vocabulary.split)
        writer.add_token_merges(vocabulary.merges)
    for name, token in vocabulary.special.items():
        writer.add_uint32(f"tokenizer.ggml.{SPECIAL[name]}_token_id", token)
    writer.add_add_bos_token(vocabulary.adds_bos)
    writer.add_add_eos_token(False)
    if ends := _further_end(folder, vocabulary):
        writer.add_eot_token_id(ends)
    template = folder / "chat_template.jinja"
    if template.is_file():
        writer.add_chat_template(template.read_text("utf-8"))


SPECIAL = {"bos": "bos", "eos": "eos", "unk": "unknown", "pad": "padding"}


def _further_end(folder: Path, vocabulary: Vocabulary) -> int | None:
    """Another token that ends an answer, as Llama 3's end of turn beside its end of text."""
    file = folder / "generation_config.json"
    found = json.loads(file.read_text("utf-8")).get("eos_token_id") if file.is_file() else None
    ends = found if isinstance(found, list) else [found]
    return next((end for end in ends if isinstance(end, int) and end != vocabulary.special.get("eos")), None)
