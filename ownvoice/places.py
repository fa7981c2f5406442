"""Where the cache lies; it moves with `OWNVOICE_ARTIFACTS`."""

from __future__ import annotations

from pathlib import Path

from ownvoice.paths import artifacts_folder


def results_folder() -> Path:
    return artifacts_folder() / "cache" / "results"


def weights_path(key: str, method: str) -> Path:
    """Where the weights of a training lie: one folder a key, so that none is overwritten."""
    name = "adapter_model.safetensors" if method == "lora" else "model.safetensors"
    return weights_folder() / key / name


def weights_folder() -> Path:
    return artifacts_folder() / "cache" / "weights"


def is_stored(key: str) -> bool:
    """Whether the cache has a result under a key; whether it still holds is seen when it is read."""
    return (results_folder() / key).exists()
