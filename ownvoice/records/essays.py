"""Essays and prompts as they are checked, and what a record keeps of them: figures, never the essays' texts."""

from __future__ import annotations

from typing import Literal, get_args

from pydantic import Field

from ownvoice.files import FileStamp
from ownvoice.frozen import Frozen

Split = Literal["train", "validation"]
SPLITS: tuple[Split, ...] = get_args(Split)


class Pair(Frozen):
    """A topic and the writer's essay on it; `source` is file:line, for messages."""

    id: str
    topic: str
    essay: str
    tier: int
    split: Split
    source: str


class Canary(Frozen):
    """A fixed prompt, answered by both models and printed in full."""

    id: str
    topic: str
    instruct_only: bool = False
    facts: tuple[str, ...] = ()
    """What must hold in an answer, in the writer's words; the model is never shown it."""
    contradictions: tuple[str, ...] = ()
    """Patterns that no answer may fit, see `ownvoice.voice.facts`."""


class Probe(Frozen):
    """A further topic, answered several times, that carries the statistics."""

    id: str
    topic: str


class PairSet(Frozen):
    """What a run reads: the chosen pairs (validated), all canaries and all probes."""

    pairs: tuple[Pair, ...]
    canaries: tuple[Canary, ...]
    probes: tuple[Probe, ...]

    @property
    def prompts(self) -> tuple[Canary | Probe, ...]:
        return (*self.canaries, *self.probes)

    def of(self, split: Split) -> tuple[Pair, ...]:
        return tuple(pair for pair in self.pairs if pair.split == split)


class PairFigures(Frozen):
    """One pair in the record: figures, never the essay's text."""

    id: str
    topic: str
    tier: int
    split: Split
    words: int
    tokens: int
    """Tokens of prompt and essay together, as the model sees them."""


class CheckedPairs(Frozen):
    """The result of the check: the set as it will be trained on, its figures and what was changed."""

    pair_set: PairSet
    figures: tuple[PairFigures, ...]
    fingerprint: str = ""
    """Of the pairs: the same essays have the same, in whatever format they were read."""
    notes: tuple[str, ...] = ()
    """What `over_length` changed, and warnings; one sentence each."""
    author: tuple[Pair, ...] = ()
    """All sound essays of the author, whole; her profile is measured on those too that this run leaves out."""
    files: dict[str, FileStamp] = Field(default_factory=dict)
    """The Arrow file of each split, once the set lies where the worker maps it (`ownvoice.essays.dataset`)."""

    @property
    def splits(self) -> dict[str, tuple[Pair, ...]]:
        return {split: self.pair_set.of(split) for split in SPLITS}


class CheckedPlacebo(Frozen):
    """A writer whose essays are trained on beside the author's own."""

    writer: str
    checked: CheckedPairs
    """What the placebo is trained on and validated with, and the author's prompts."""


class CheckedOthers(Frozen):
    """Other writers' essays, checked beside the author's own."""

    placebos: tuple[CheckedPlacebo, ...] = ()
    """None where the run trains none."""
    control: tuple[Pair, ...] = ()
    """Essays that are only measured: no model is trained on them. Ids are `writer/id`."""
    files: dict[str, FileStamp] = Field(default_factory=dict)
    """As in CheckedPairs, of those that are only measured."""

    @property
    def splits(self) -> dict[str, tuple[Pair, ...]]:
        return {"control": self.control}


class DataSummary(Frozen):
    """What the record keeps of the data: figures and prompts; of the essays' texts only `OwnWords`."""

    figures: tuple[PairFigures, ...]
    fingerprint: str = ""
    """As in CheckedPairs; empty in records of before it was taken."""
    notes: tuple[str, ...]
    canaries: tuple[Canary, ...]
    probes: tuple[Probe, ...]
