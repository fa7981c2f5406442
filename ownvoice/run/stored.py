"""Stores the results of steps in the cache: as JSON with the model's name, never pickled, and checked when read.

A result that names a file which is missing or altered is no result any more, and neither is a corrupt one: the step is
done again.
"""

from __future__ import annotations

import importlib
import json
from typing import Any, Final

from pydantic import BaseModel

from ownvoice.files import FileStamp, is_intact, write_atomically
from ownvoice.parsing import json_of
from ownvoice.paths import results_folder

RESULTS = {
    "ownvoice.records.analysis": ("Analysis",),
    "ownvoice.records.answers": ("Likelihoods", "Outputs", "PrefixMatches"),
    "ownvoice.records.essays": ("CheckedOthers", "CheckedPairs"),
    "ownvoice.records.model": ("ModelInfo",),
    "ownvoice.records.training": ("TrainingResult",),
    "ownvoice.series.head_start": ("HeadStart",),
    "ownvoice.series.models": ("ModelComparison",),
    "ownvoice.series.overfit": ("OverfitDiagnostic",),
    "ownvoice.series.scale_up": ("ScaleUp",),
    "ownvoice.series.sweep": ("Sweep",),
}
"""What a step may give, by the module that has it: those of series need NumPy, which who reads a run's results doesn't load."""
MODULES = {name: module for module, names in RESULTS.items() for name in names}
SERIALIZER: Final = "ownvoice"
"""As Prefect knows this way of storing, see `tasks.steps`."""
STAMP_FIELDS = frozenset(FileStamp.model_fields)


NOT_STORED = (OSError, ValueError, KeyError, TypeError)


class StaleResult(ValueError):
    """A cached result whose files are gone or altered."""


def as_stored(result: object) -> bytes:
    """`{"model": "Outputs", "value": {...}}`, beside which may stand who made it (`made_on`)."""
    name = type(result).__name__
    if not isinstance(result, BaseModel) or MODULES.get(name) != type(result).__module__:
        raise TypeError(f"{name} is no result; results are {', '.join(MODULES)}")
    return json.dumps({"model": name, "value": result.model_dump(mode="json")}).encode()


def from_stored(content: bytes | str) -> BaseModel:
    """Raises StaleResult, or what reading corrupt JSON raises."""
    stored = json_of(content)
    require_intact_files(stored["value"])
    kind: type[BaseModel] = getattr(importlib.import_module(MODULES[stored["model"]]), stored["model"])
    return kind.model_validate(stored["value"])


def require_intact_files(value: Any) -> None:
    """Raise StaleResult if any file stamp inside the value no longer holds."""
    if isinstance(value, dict):
        if value.keys() == STAMP_FIELDS and not is_intact(FileStamp.model_validate(value)):
            raise StaleResult(value["path"])
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            require_intact_files(item)


def store(key: str, result: BaseModel, made_on: str) -> None:
    """Put a result that another machine made into the cache, as Prefect writes those of this one.

    Raises:
        DiskFull: it is not there.
    """
    stored = json_of(as_stored(result)) | {"made_on": made_on}
    record = {"metadata": {"storage_key": key, "serializer": {"type": SERIALIZER}}, "result": json.dumps(stored)}
    write_atomically(results_folder() / key, json.dumps(record))


def made_on(key: str) -> str:
    """The other machine that made a stored result, in words; empty of what was made here."""
    try:
        return str(json_of(_written_by_prefect(key)).get("made_on", ""))
    except NOT_STORED:
        return ""


def find_stored(key: str) -> BaseModel | None:
    """What the cache has under a key, as Prefect wrote it; None where that is nothing, or holds no longer."""
    try:
        return from_stored(_written_by_prefect(key))
    except NOT_STORED:
        return None


def _written_by_prefect(key: str) -> str:
    """Raises what `NOT_STORED` names, of what Prefect would not take from there as well."""
    record = json_of((results_folder() / key).read_bytes())
    if record["metadata"]["serializer"]["type"] != SERIALIZER or record["metadata"].get("expiration") is not None:
        raise ValueError(f"{key} was not stored by a step")
    text: str = record["result"]
    return text
