"""Makes an experiment of what was typed: a file or a phase, settings, and paths as seen from where the person stands."""

from __future__ import annotations

import json
from pathlib import Path

from ownvoice.config import PATH_KEYS, ExperimentConfig
from ownvoice.errors import ConfigError
from ownvoice.essays.place import HUB, essays_place
from ownvoice.experiment_files import load_experiment
from ownvoice.models.known import find_known
from ownvoice.paths import EXPERIMENTS


def choose_experiment(name: str, settings: tuple[str, ...], model: str | None) -> ExperimentConfig:
    """Raises ConfigError with every problem of the file and the settings, or the valid names."""
    path = Path(name).expanduser()
    if not path.is_file():
        path = EXPERIMENTS / f"{name}.toml"
    if not path.is_file():
        phases = ", ".join(sorted(file.stem for file in EXPERIMENTS.glob("*.toml")))
        raise ConfigError(f"no experiment {name!r}", f"a TOML file, or one of {phases}", f"see {EXPERIMENTS}")
    absolute = tuple(absolute_setting(setting) for setting in settings)
    return load_experiment(path, absolute, absolute_model(model))


def absolute_model(model: str | None) -> str | None:
    """A folder's absolute path; a name or a hub id as it is."""
    if model is None or find_known(model) or not Path(model).expanduser().is_dir():
        return model
    return str(Path(model).expanduser().resolve())


def essays_typed(essays: str) -> Path:
    """As seen from where the person stands, else from the project, where what is shipped counts as well.

    Raises:
        PairsError: it names the hub and no data set of it.
    """
    here, there = Path(essays).expanduser().resolve(), essays_place(essays)
    return there if essays.startswith(HUB) or (there.exists() and not here.exists()) else here


def absolute_setting(setting: str) -> str:
    """`data.pairs=essays` means the folder beside the person, if there is one; else the project's. Nothing stays nothing."""
    key, _, value = setting.partition("=")
    name = value.strip().strip("\"'")
    if key.strip().removeprefix("data.") in PATH_KEYS and name and Path(name).expanduser().exists():
        return f"{key}={json.dumps(str(Path(name).expanduser().resolve()))}"
    if key.strip() == "model" and (folder := absolute_model(name)):
        return f"{key}={json.dumps(folder)}"
    return setting
