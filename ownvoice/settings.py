"""Lists an experiment's settings by their dotted names, as `--set` takes them: as values, and in words."""

from __future__ import annotations

from typing import Any


def flat(config: dict[str, Any]) -> dict[str, Any]:
    """A config's values by their dotted names; `config` is as it stands in JSON, where a tuple is a list."""
    settings: dict[str, Any] = {}
    groups: list[tuple[str, dict[str, Any]]] = [("", config)]
    while groups:
        prefix, values = groups.pop(0)
        for name, value in values.items():
            if isinstance(value, dict) and value:
                groups.append((f"{prefix}{name}.", value))
            else:
                settings[prefix + name] = value
    return settings


def settings_in_words(settings: dict[str, Any], method: str | None) -> dict[str, str]:
    """For a person; what was left to the model says what that was, where it is known (`method`)."""
    words = {name: _in_words(value) for name, value in settings.items()}
    if settings["training.method"] is None:
        words["training.method"] = "the model's own default" + (f" ({method})" if method else "")
    return words


def _in_words(value: object) -> str:
    if value is None or value == {}:
        return "not set"
    if isinstance(value, list):
        return ", ".join(map(_in_words, value))
    if isinstance(value, dict):
        return "(" + ", ".join(f"{name} {_in_words(each)}" for name, each in value.items() if each is not None) + ")"
    return str(value)
