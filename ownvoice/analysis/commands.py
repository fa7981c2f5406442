"""The command that runs an experiment again, with a change: what a person copies from the log."""

from __future__ import annotations

import json
import shlex
from typing import Any

from ownvoice.config import ExperimentConfig, Phase, load_experiment
from ownvoice.paths import ROOT
from ownvoice.settings import flatten

# Of the essays, the prompts and the machine, not of the phase: they go along to another phase.
CARRIED = (
    "data.pairs",
    "data.prompts",
    "data.placebo",
    "data.background",
    "prompt.instruction",
    "training.method",
    "memory.allow",
)


def again(config: ExperimentConfig, **changes: Any) -> str:
    """The same experiment with settings changed; a dotted key is written with two underscores.

    Every setting that differs from the phase's own file stands in the command, so that it repeats this very run.
    """
    return _command(config.phase, flatten(config) | _dotted(changes))


def in_phase(config: ExperimentConfig, phase: Phase, model: str | None = None) -> str:
    """The same essays in another phase, or on another model, with that phase's settings."""
    wanted = flatten(_own_file(phase)) | {key: value for key, value in flatten(config).items() if key in CARRIED}
    if model is not None:
        wanted |= {"model": model, "revision": None, "training.method": None}
    else:
        wanted |= {"model": config.model, "revision": config.revision}
    return _command(phase, wanted)


def _command(phase: Phase, wanted: dict[str, Any]) -> str:
    usual = flatten(_own_file(phase))
    words = ["ownvoice", "run", phase]
    if wanted["model"] != usual["model"]:
        words += ["--model", wanted["model"]]
    for key, value in wanted.items():
        # What is None can't be set, and is what a file leaves out.
        if key not in ("phase", "model") and value != usual.get(key) and value is not None:
            words += ["--set", f"{key}={_as_toml(value)}"]
    return shlex.join(words)


def _own_file(phase: Phase) -> ExperimentConfig:
    return load_experiment(ROOT / "data" / "experiments" / f"{phase}.toml")


def _dotted(changes: dict[str, Any]) -> dict[str, Any]:
    return {key.replace("__", "."): value for key, value in changes.items()}


def _as_toml(value: object) -> str:
    """A value as `--set` reads it; texts need no quotes there."""
    return value if isinstance(value, str) else json.dumps(value)
