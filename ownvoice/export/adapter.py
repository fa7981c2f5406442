"""Copies a run's LoRA adapter as peft loads it: it names the base model and no folder of this machine."""

from __future__ import annotations

import json
import shutil

from ownvoice.export.material import Material
from ownvoice.models.known import published_as

SETTINGS, WEIGHTS = "adapter_config.json", "adapter_model.safetensors"
FOLDER = "adapter"


def write_adapter(material: Material) -> None:
    """Into a folder of its own: transformers takes an adapter beside whole weights for one that belongs on them."""
    source, target = material.tuned.folder, material.folder / FOLDER
    target.mkdir()
    shutil.copyfile(source / WEIGHTS, target / WEIGHTS)
    settings = json.loads((source / SETTINGS).read_text("utf-8"))
    settings["base_model_name_or_path"] = published_as(material.tuned.info)
    (target / SETTINGS).write_text(json.dumps(settings, indent=2) + "\n", "utf-8")
