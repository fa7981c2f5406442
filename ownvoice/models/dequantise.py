"""Makes an ordinary folder of an embedded model's GGUF file: weights in fp32, config, tokenizer; without torch.

What is small and fixed, as the file itself is by its hash, is shipped in `data/models`: settings, the chat template, and the
tokenizer without its words. These come from the file. All is bit for bit what transformers makes of it, which takes ten
times as long.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from tokenizers import Tokenizer

from ownvoice.errors import ModelUnavailable
from ownvoice.files import disk_full_told, flush_tree
from ownvoice.models.folder import WEIGHTS
from ownvoice.models.gguf_layouts import LAYOUTS, places
from ownvoice.models.gguf_reader import GgufFile
from ownvoice.models.tensors import write_tensors
from ownvoice.models.words import words_of
from ownvoice.paths import SHIPPED
from ownvoice.worker.messages import Progress, Report

TOKENIZER = "tokenizer.json"
STAGES = ("reading the file", "making the tokenizer", "dequantising the weights", "ready")


def make_folder(name: str, gguf: Path, folder: Path, report: Report) -> None:
    """The folder of an embedded model, by its name; it appears whole or not at all.

    Raises:
        ModelUnavailable: the file has other tensors than its architecture.
        DiskFull: there is no room for it.
    """

    def tell(done: int) -> None:
        total = len(STAGES) - 1
        report(Progress(stage="converting the model", done=done, total=total, unit="steps", note=STAGES[done]))

    partial = folder.with_name(folder.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    try:
        with disk_full_told(folder):
            tell(0)
            file = GgufFile(gguf)
            shutil.copytree(SHIPPED / "data" / "models" / name, partial)
            tell(1)
            _fill_tokenizer(partial / TOKENIZER, file)
            tell(2)
            _write_weights(partial, file)
            flush_tree(partial)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise
    partial.rename(folder)
    tell(3)


def _fill_tokenizer(path: Path, file: GgufFile) -> None:
    """Put the file's words into the shipped tokenizer; its library writes it, and so refuses what it couldn't load."""
    words = words_of(file.settings)
    shipped = json.loads(path.read_text("utf-8"))
    shipped["added_tokens"] = words.added
    shipped["model"] |= {"vocab": words.vocabulary, "merges": words.merges}
    Tokenizer.from_str(json.dumps(shipped)).save(str(path))


def _write_weights(folder: Path, file: GgufFile) -> None:
    config: dict[str, Any] = json.loads((folder / "config.json").read_text("utf-8"))
    layout, shapes = LAYOUTS[config["model_type"]], file.shapes
    found = {
        name: tensor for name, tensor in places(layout, config["num_hidden_layers"]).items() if tensor.name in shapes
    }
    if strange := sorted(set(shapes) - {tensor.name for tensor in found.values()}):
        raise ModelUnavailable(f"{folder.name}: tensors without a place: {', '.join(strange[:5])}", "those of its kind")
    write_tensors(
        folder / WEIGHTS,
        {name: shapes[tensor.name] for name, tensor in found.items()},
        lambda name: found[name].undo(file.read(found[name].name), config),
    )
