"""The input of a comparison: all that a run has measured. Light to import; `compare` does the work."""

from __future__ import annotations

from ownvoice.config import ExperimentConfig
from ownvoice.frozen import Frozen
from ownvoice.records.answers import ModelAnswers
from ownvoice.records.essays import Pair, PairSet
from ownvoice.records.model import Kind
from ownvoice.records.training import TrainingResult


class Known(Frozen):
    """What is known before anything is measured."""

    config: ExperimentConfig
    """For the next steps' commands, which repeat the run with a change."""
    kind: Kind
    """The model's kind."""
    pair_set: PairSet
    author: tuple[Pair, ...]
    """All essays of the author, also those that this run leaves out."""
    background: str = ""
    """Where the figures or texts of other writers lie; the shipped ones where it is empty."""


class PlaceboAnswers(Frozen):
    """What models answered that were trained on another writer."""

    writer: str
    essays: tuple[Pair, ...] = ()
    """Those that were trained on; none where they aren't known."""
    models: tuple[ModelAnswers, ...]
    """One a training seed, the first first."""


class Comparison(Known):
    """All that a comparison reads: what was known before, and what was measured."""

    training: TrainingResult
    """The first seed's."""
    baseline: ModelAnswers
    prompted: ModelAnswers | None = None
    """The untuned model's with essays before the topic, where it was asked so."""
    tuned: tuple[ModelAnswers, ...]
    """One a training seed, the first first."""
    placebos: tuple[PlaceboAnswers, ...] = ()
