"""An experiment's settings by their dotted names, as `--set` takes them."""

from __future__ import annotations

from typing import Any

from ownvoice.config import ExperimentConfig


def flatten(config: ExperimentConfig) -> dict[str, Any]:
    """Values are JSON's: a tuple is a list."""
    flat: dict[str, Any] = {}
    groups: list[tuple[str, dict[str, Any]]] = [("", config.model_dump(mode="json"))]
    while groups:
        prefix, values = groups.pop(0)
        for name, value in values.items():
            if isinstance(value, dict):
                groups.append((f"{prefix}{name}.", value))
            else:
                flat[prefix + name] = value
    return flat
