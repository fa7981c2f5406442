"""Digests of which cache keys are made."""

from __future__ import annotations

import hashlib
import json

from pydantic import BaseModel


def canonical(value: BaseModel | str | None) -> str:
    """As JSON that is the same whenever the value is."""
    if isinstance(value, BaseModel):
        return json.dumps(value.model_dump(mode="json"), sort_keys=True)
    return json.dumps(value)


def digest(content: bytes) -> str:
    """32 hex digits."""
    return hashlib.sha256(content).hexdigest()[:32]


def extended_key(key: str, content: BaseModel | str) -> str:
    """The key of a step that also depends on what earlier steps gave."""
    return f"{key.rpartition('-')[0]}-{digest(f'{key}{chr(0)}{canonical(content)}'.encode())}"
