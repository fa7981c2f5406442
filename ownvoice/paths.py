"""Says where things lie: what is shipped, the project's folder, the artifacts, the models, the locks.

In a clone all of it is the clone's folder. Installed from a wheel, what is shipped lies in the package, the project is the
folder in which the command was typed, and what projects share lies among the user's data. Environment variables move them.
"""

from __future__ import annotations

import os
from pathlib import Path

from platformdirs import user_data_path

PACKAGE = Path(__file__).resolve().parent
INSTALLED = (PACKAGE / "shipped").is_dir()
"""From a wheel, which alone has this folder (`pyproject.toml`); else it is a clone."""

SHIPPED = PACKAGE / "shipped" if INSTALLED else PACKAGE.parent
"""Holds data/, templates/ and docs/ as they come with ownvoice: read, never written."""
EXPERIMENTS = SHIPPED / "data" / "experiments"
NEUTRAL_PROMPTS = SHIPPED / "data" / "neutral" / "prompts.toml"
SHIPPED_BACKGROUND = SHIPPED / "data" / "background" / "background.npz"

ROOT = Path(os.environ.get("OWNVOICE_PROJECT") or (Path.cwd() if INSTALLED else PACKAGE.parent)).resolve()
"""The project's folder, a writer's own; `OWNVOICE_PROJECT` moves it. The same for as long as the process lives."""


def user_folder() -> Path:
    """What a user's projects share, and nobody else's."""
    return user_data_path("ownvoice")


def artifacts_folder() -> Path:
    """Logbook, runs, cache and locks; `OWNVOICE_ARTIFACTS` moves it."""
    return Path(os.environ.get("OWNVOICE_ARTIFACTS") or ROOT / "artifacts").resolve()


def models_folder() -> Path:
    """Embedded models, fetched once; `OWNVOICE_MODELS` moves it."""
    usual = user_folder() / "models" if INSTALLED else ROOT / "artifacts" / "models"
    return Path(os.environ.get("OWNVOICE_MODELS") or usual).resolve()


def device_locks_folder() -> Path:
    """A lock for each device of this machine, whatever folder the runs write into; `OWNVOICE_LOCKS` moves it."""
    return Path(os.environ.get("OWNVOICE_LOCKS") or user_folder() / "locks").resolve()


def depot_place() -> str:
    """What several machines share, a folder or a URL (`ownvoice.run.depot`); empty where `OWNVOICE_DEPOT` names none."""
    return os.environ.get("OWNVOICE_DEPOT", "")


def is_url(place: str) -> bool:
    return "://" in place


def resolve(path: str) -> Path:
    """A path from a config: absolute, or relative to the project's folder; what isn't there may be shipped."""
    own, shipped = ((folder / Path(path).expanduser()).resolve() for folder in (ROOT, SHIPPED))
    return shipped if shipped.exists() and not own.exists() else own


def lock_of_work(name: str) -> Path:
    """Held by the process that has a run, a series or a step in hand; `name` begins with what it is, and holds its key."""
    return artifacts_folder() / "locks" / f"{name}.lock"


def results_folder() -> Path:
    return artifacts_folder() / "cache" / "results"


def prefect_folder() -> Path:
    """What Prefect keeps besides the results of steps: the errors of flows."""
    return artifacts_folder() / "cache" / "prefect"


def essays_folder() -> Path:
    """The checked sets as the worker maps them, a folder each."""
    return artifacts_folder() / "cache" / "essays"


def looks_folder() -> Path:
    """What was seen in the midst of trainings that aren't done yet."""
    return artifacts_folder() / "cache" / "looks"


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
