"""Says where things lie: the project's folder, the artifacts, the models, the locks. Environment variables move them."""

from __future__ import annotations

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
EXPERIMENTS = ROOT / "data" / "experiments"
NEUTRAL_PROMPTS = ROOT / "data" / "neutral" / "prompts.toml"
SHIPPED_BACKGROUND = ROOT / "data" / "background" / "background.npz"


def artifacts_folder() -> Path:
    """Logbook, runs, cache and locks; `OWNVOICE_ARTIFACTS` moves it."""
    return Path(os.environ.get("OWNVOICE_ARTIFACTS") or ROOT / "artifacts").resolve()


def models_folder() -> Path:
    """Embedded models, fetched once; `OWNVOICE_MODELS` moves it."""
    return Path(os.environ.get("OWNVOICE_MODELS") or ROOT / "artifacts" / "models").resolve()


def device_locks_folder() -> Path:
    """A lock for each device of this machine, whatever folder the runs write into; `OWNVOICE_LOCKS` moves it."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return Path(os.environ.get("OWNVOICE_LOCKS") or cache / "ownvoice" / "locks").resolve()


def resolve(path: str) -> Path:
    """A path from a config: absolute, or relative to the project's folder."""
    return (ROOT / Path(path).expanduser()).resolve()


def results_folder() -> Path:
    return artifacts_folder() / "cache" / "results"


def essays_folder() -> Path:
    """The checked sets as the worker maps them, a folder each."""
    return artifacts_folder() / "cache" / "essays"


def weights_path(key: str, method: str) -> Path:
    """Where the weights of a training lie: one folder a key, so that none is overwritten."""
    name = "adapter_model.safetensors" if method == "lora" else "model.safetensors"
    return weights_folder() / key / name


def weights_folder() -> Path:
    return artifacts_folder() / "cache" / "weights"


def is_stored(key: str) -> bool:
    """Whether the cache has a result under a key; whether it still holds is seen when it is read."""
    return (results_folder() / key).exists()


PICTURE_NAME = "voice.svg"
PROMPTS_NAME = "prompts.toml"
