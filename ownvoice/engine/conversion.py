"""Turn a GGUF file into an ordinary model folder, once, so that every later load takes a fraction of a second."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from ownvoice.files import flush_tree
from ownvoice.full_disk import disk_full_told
from ownvoice.worker.client import Report
from ownvoice.worker.messages import ConvertRequest, Progress


def convert_gguf(request: ConvertRequest, report: Report) -> None:
    """Dequantise to fp32 and save config, tokenizer and safetensors; the folder appears whole or not at all.

    Raises:
        DiskFull: there is no room for it.
    """
    gguf, folder = Path(request.gguf), Path(request.model_folder)
    partial = folder.with_name(folder.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    stages = ("reading the tokenizer", "dequantising the weights", "saving safetensors")

    def tell(done: int) -> None:
        report(Progress(stage="converting the model", done=done, total=3, unit="steps", note=(*stages, "ready")[done]))

    tell(0)
    tokenizer = AutoTokenizer.from_pretrained(gguf.parent, gguf_file=gguf.name)
    tell(1)
    model = AutoModelForCausalLM.from_pretrained(gguf.parent, gguf_file=gguf.name, dtype=torch.float32)
    tell(2)
    _forget_quantisation(model)
    try:
        with disk_full_told(folder):
            model.save_pretrained(partial)
            tokenizer.save_pretrained(partial)
            flush_tree(partial)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise
    partial.rename(folder)
    tell(3)


def _forget_quantisation(model: Any) -> None:
    """The weights are plain fp32 by now; left in place, the note makes transformers refuse to train them."""
    del model.config.quantization_config
    model.hf_quantizer = None
    model.is_quantized = False
