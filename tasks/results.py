"""How results lie in the cache: JSON with the model's name, never pickled, and checked when read.

A result that names a file which is missing or altered raises on reading, and so does a corrupt one;
Prefect takes that as a miss and the step is run again.
"""

from __future__ import annotations

import json
from typing import Any, Literal

from prefect.serializers import Serializer
from pydantic import BaseModel, Field

from ownvoice.files import is_intact
from ownvoice.records import (
    Analysis,
    CheckedPairs,
    CheckedPlacebo,
    FileStamp,
    Likelihoods,
    ModelInfo,
    Outputs,
    PrefixMatches,
    TrainingResult,
)

RESULTS = (
    Analysis,
    CheckedPairs,
    CheckedPlacebo,
    Likelihoods,
    ModelInfo,
    Outputs,
    PrefixMatches,
    TrainingResult,
)
ALLOWED: dict[str, type[BaseModel]] = {model.__name__: model for model in RESULTS}
STAMP_FIELDS = frozenset(FileStamp.model_fields)


class StaleResult(ValueError):
    """A cached result whose files are gone or altered."""


class CheckedJSON(Serializer):
    """Result models as JSON: `{"model": "Outputs", "value": {...}}`."""

    type: Literal["ownvoice"] = Field(default="ownvoice", frozen=True)

    def dumps(self, obj: Any) -> bytes:
        name = type(obj).__name__
        if ALLOWED.get(name) is not type(obj):
            raise TypeError(f"{name} is no result; results are {', '.join(ALLOWED)}")
        return json.dumps({"model": name, "value": obj.model_dump(mode="json")}).encode()

    def loads(self, blob: bytes) -> Any:
        content = json.loads(blob)
        require_intact_files(content["value"])
        return ALLOWED[content["model"]].model_validate(content["value"])


def require_intact_files(value: Any) -> None:
    """Raise StaleResult if any file stamp inside the value no longer holds."""
    if isinstance(value, dict):
        if value.keys() == STAMP_FIELDS and not is_intact(FileStamp.model_validate(value)):
            raise StaleResult(value["path"])
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            require_intact_files(item)
