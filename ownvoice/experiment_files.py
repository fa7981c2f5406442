"""Reads an experiment from a TOML file and from `key=value` settings; every problem is told at once.

Example (data/experiments/smoke-test.toml):  phase = "smoke-test", model = "smollm2-135m", and the groups [data], [prompt],
[training], [memory], [decoding].
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import ValidationError

from ownvoice.config import PATH_KEYS, ExperimentConfig
from ownvoice.errors import ConfigError
from ownvoice.parsing import toml_of
from ownvoice.phase_configs import config_class


def load_experiment(path: Path, settings: tuple[str, ...] = (), model: str | None = None) -> ExperimentConfig:
    """Read an experiment from a TOML file, then apply `key=value` settings (dotted keys, TOML values).

    Raises:
        ConfigError: with every problem of the file and the settings at once.
    """
    try:
        values = toml_of(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigError(f"{path}: {error}", "a readable TOML file in UTF-8", "see data/experiments/") from error
    _relative_to(path.resolve().parent, values)
    for setting in settings:
        apply_setting(values, setting)
    return parse_experiment(values, str(path)).with_model(model)


def _relative_to(folder: Path, values: dict[str, Any]) -> None:
    """Paths in a file mean what lies beside it, if it does; else the project's."""
    if isinstance(authors := values.get("authors"), list):
        values["authors"] = [_beside(folder, each) if isinstance(each, str) else each for each in authors]
    data = values.get("data")
    if not isinstance(data, dict):
        return
    for key in PATH_KEYS:
        named = data.get(key)
        if isinstance(named, str) and named:
            data[key] = _beside(folder, named)


def _beside(folder: Path, named: str) -> str:
    try:
        place = (folder / Path(named).expanduser()).resolve(strict=True)
    except (OSError, ValueError, RuntimeError):  # a name that no file can have
        return named
    return str(place)


def parse_experiment(values: dict[str, Any], origin: str) -> ExperimentConfig:
    """Validate as the phase has it; a mistake lists every wrong field, and the valid names where a name was wrong."""
    kind = config_class(values.get("phase"))
    try:
        return kind.model_validate(values)
    except ValidationError as error:
        problems = [": ".join([origin, *_place(e), _explain(e, kind)]) for e in error.errors()]
        raise ConfigError("\n".join(problems), "a config as in data/experiments/", "mend the fields named") from None


def apply_setting(values: dict[str, Any], setting: str) -> None:
    """Set a dotted key, as in `training.learning_rate=1e-4`; a value that isn't TOML counts as text."""
    key, separator, text = setting.partition("=")
    if not separator or not key.strip():
        raise ConfigError(f"--set {setting}", "key=value, such as training.epochs=5", "see data/experiments/ for keys")
    try:
        value = toml_of(f"value = {text}")["value"]
    except ValueError:
        value = text.strip()
    *groups, field = key.strip().split(".")
    for group in groups:
        values = values.setdefault(group, {})
        if not isinstance(values, dict):
            raise ConfigError(
                f"--set {setting}: {group} is no group", "a group such as training", "see data/experiments/"
            )
    values[field] = value


def _place(error: Any) -> list[str]:
    return [".".join(map(str, error["loc"]))] if error["loc"] else []


def _explain(error: Any, kind: type[ExperimentConfig]) -> str:
    if error["type"] != "extra_forbidden":
        found = f" (found {error['input']!r})" if error["loc"] else ""  # of the whole config it would be all of it
        return f"{error['msg'].removeprefix('Value error, ')}{found}"
    model: Any = kind
    for name in error["loc"][:-1]:
        model = model.model_fields[name].annotation
    return f"no such field; the fields here are {', '.join(model.model_fields)}"
