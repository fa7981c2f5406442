"""Shares the results of steps through the depot, by their cache keys: those that name no file of a disk and hold no essay
(a comparison quotes short passages of hers beside the answers).

A result from there is parsed into the one type that its step gives, and stored here as this package writes it. Its key tells
what it was made from, and nothing of the machine that made it: arithmetic differs, so the result says which one it was.
"""

from __future__ import annotations

import json
from typing import Any

from pydantic import BaseModel, Field

from ownvoice.errors import DiskFull
from ownvoice.frozen import Frozen
from ownvoice.markdown import show_invisible
from ownvoice.memory.machine import describe_machine
from ownvoice.records.analysis import Analysis
from ownvoice.records.answers import Likelihoods, Outputs, PrefixMatches
from ownvoice.run.depot import Depot
from ownvoice.run.stored import find_stored, made_on, store
from ownvoice.series.head_start import HeadStart
from ownvoice.series.models import ModelComparison
from ownvoice.series.overfit import OverfitDiagnostic
from ownvoice.series.scale_up import ScaleUp
from ownvoice.series.sweep import Sweep

# By the step's name, with which its key begins. Fetched models, checked essays and weights stay where they are.
SHARED: dict[str, tuple[type[BaseModel], ...]] = {
    "generate": (Outputs,),
    "likelihood": (Likelihoods,),
    "prefixes": (PrefixMatches,),
    "compare": (Analysis,),
    "compare-runs": (HeadStart, ModelComparison, OverfitDiagnostic, ScaleUp, Sweep),
}
RESULT_BYTES = 32 * 2**20  # the 27 answers of a smoke test are 25 kB


class SharedResult(Frozen):
    """A result as it lies in the depot."""

    key: str
    made_on: str = Field(max_length=300)
    """The machine, in words."""
    model: str
    """The result's type, one of those that the step may give."""
    value: dict[str, Any]


def fetch_result(depot: Depot | None, key: str) -> None:
    """Put into this machine's cache what the depot has under a key, where nothing that holds is stored here."""
    if depot is None or not _types_of(key) or find_stored(key) is not None:
        return
    name = f"results/{key}"
    if (content := depot.read(name, RESULT_BYTES)) is None:
        return
    try:
        shared = SharedResult.model_validate_json(content)
        result = _parsed(shared, key)
    except ValueError as error:
        depot.ignore(name, error)
        return
    try:
        store(key, result, show_invisible(shared.made_on))
    except DiskFull as error:  # the step is done here then, and tells of the disk
        depot.ignore(name, error.found)


def share_result(depot: Depot | None, key: str, result: BaseModel) -> None:
    """Put a result that was made here into the depot."""
    if depot is None or not isinstance(result, _types_of(key)):
        return
    shared = SharedResult(
        key=key, made_on=this_machine(), model=type(result).__name__, value=result.model_dump(mode="json")
    )
    content = json.dumps(shared.model_dump(mode="json")).encode()
    if len(content) <= RESULT_BYTES:
        depot.write(f"results/{key}", content)


def made_elsewhere(key: str) -> str:
    """The other machine that made what the cache has under a key, in words; empty of what was made here."""
    return made_on(key) if _types_of(key) else ""


def this_machine() -> str:
    """In words: 'Linux x86_64, AMD EPYC, 2 cores'; what calculates comes first."""
    machine = describe_machine()
    return ", ".join(filter(None, (machine.gpu, machine.processor, f"{machine.cores} cores", machine.system)))


def _types_of(key: str) -> tuple[type[BaseModel], ...]:
    return SHARED.get(key.rpartition("-")[0], ())


def _parsed(shared: SharedResult, key: str) -> BaseModel:
    """Raises ValueError: it is another key's, or not what the step gives."""
    if shared.key != key:
        raise ValueError(f"it is the result of {shared.key}")
    types = {each.__name__: each for each in _types_of(key)}
    if shared.model not in types:
        raise ValueError(f"it is a {shared.model}, not a {' or '.join(types)}")
    return types[shared.model].model_validate(shared.value)
