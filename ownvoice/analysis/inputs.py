"""The input of a comparison: all that a run has measured. Light to import; `compare` does the work."""

from __future__ import annotations

from ownvoice.config import ExperimentConfig
from ownvoice.frozen import Frozen
from ownvoice.records import Kind, ModelAnswers, Pair, PairSet, TrainingResult


class Known(Frozen):
    """What is known before anything is measured."""

    config: ExperimentConfig
    """For the next steps' commands, which repeat the run with a change."""
    kind: Kind
    """Of the model."""
    pair_set: PairSet
    author: tuple[Pair, ...]
    """All essays of the author, also those that this run leaves out."""
    background: str = ""
    """Where the figures or texts of other writers lie; the shipped ones where it is empty."""


class Comparison(Known):
    """That, and what was measured."""

    training: TrainingResult
    baseline: ModelAnswers
    tuned: ModelAnswers
    placebo: ModelAnswers | None
