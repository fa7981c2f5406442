"""What a comparison reads: all that a run has measured. Light to import; `comparison` does the work."""

from __future__ import annotations

from ownvoice.config import ExperimentConfig
from ownvoice.frozen import Frozen
from ownvoice.records import Outputs, Pair, PairSet, TrainingResult
from ownvoice.voice.likelihood import Contrast
from ownvoice.voice.recall import PrefixMatch


class Likelier(Frozen):
    """What the held-out essays gained in likelihood beyond other authors'; None where it wasn't measured."""

    tuned: Contrast | None = None
    """From the baseline to the tuned model."""
    against_placebo: Contrast | None = None
    """From the placebo's model to the tuned one."""


class Comparison(Frozen):
    """Of one run."""

    config: ExperimentConfig
    pair_set: PairSet
    author: tuple[Pair, ...]
    """All essays of the author, also those that this run leaves out."""
    training: TrainingResult
    baseline: Outputs
    tuned: Outputs
    placebo: Outputs | None = None
    baseline_prefixes: tuple[PrefixMatch, ...] = ()
    tuned_prefixes: tuple[PrefixMatch, ...] = ()
    likelier: Likelier = Likelier()
