"""What the runs of a series are compared by. Light to import."""

from __future__ import annotations

from ownvoice.frozen import Frozen
from ownvoice.phase_configs import Arm
from ownvoice.records.analysis import Analysis
from ownvoice.records.essays import Pair, PairSet
from ownvoice.records.model import ModelInfo
from ownvoice.records.run import RunRecord
from ownvoice.records.training import TrainingResult
from ownvoice.voice.findings import VoiceFindings


class RunOf(Frozen):
    """One completed run of the series."""

    label: str
    record: RunRecord

    @property
    def training(self) -> TrainingResult:
        """The first seed's."""
        assert self.record.training is not None, "a completed run was trained"
        return self.record.training

    @property
    def analysis(self) -> Analysis:
        assert self.record.analysis is not None, "a completed run was analysed"
        return self.record.analysis

    @property
    def findings(self) -> VoiceFindings:
        assert self.analysis.findings is not None, "a completed run's answers were examined"
        return self.analysis.findings

    @property
    def model(self) -> ModelInfo:
        assert self.record.model is not None, "a completed run has its model"
        return self.record.model

    @property
    def pairs(self) -> int:
        """Trained on."""
        assert self.record.data is not None, "a completed run has read its essays"
        return sum(each.split == "train" for each in self.record.data.figures)


class WriterTexts(Frozen):
    """One of several writers whose essays are trained on."""

    name: str
    pairs: str
    """Where they lie, as the runs' configs have it."""
    pair_set: PairSet
    author: tuple[Pair, ...]
    """All essays of this writer."""


class SeriesInputs(Frozen):
    """All that a comparison of the runs reads; a run's record holds no essay."""

    phase: str
    pair_set: PairSet
    """Of the last run, with all the prompts."""
    trained: tuple[Pair, ...] = ()
    """Those that any of the runs trained on, where these are others than the last run's."""
    author: tuple[Pair, ...]
    """All essays of the author."""
    background: str = ""
    """Where the figures or texts of other writers lie; the shipped ones where it is empty."""
    runs: tuple[RunOf, ...]
    arms: tuple[Arm, ...] = ()
    """Where the runs are of several models in one format or another, and of several writers."""
    writers: tuple[WriterTexts, ...] = ()
    seeds: tuple[int, ...] = ()
    """With which each arm is trained on each writer."""

    @property
    def all_trained(self) -> tuple[Pair, ...]:
        return self.trained or self.pair_set.of("train")
