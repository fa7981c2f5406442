"""What one model answered: to canaries and probes, on essays' likelihood, on what it knows by heart."""

from __future__ import annotations

from ownvoice.frozen import Frozen
from ownvoice.voice.likelihood import EssayLikelihood
from ownvoice.voice.recall import PrefixMatch


class Output(Frozen):
    """One answer of a model."""

    prompt_id: str
    sample: int
    text: str
    tokens: int
    """Tokens generated, the end-of-text token not counted."""
    cut_off: bool
    """True where the length limit ended the answer and not the model."""


class Outputs(Frozen):
    """All answers of one model (baseline or tuned): canaries first (sample 0), then the probes."""

    outputs: tuple[Output, ...]
    seconds: float
    tokens_per_second: float
    peak_bytes: int

    def canary(self, prompt_id: str) -> Output | None:
        return next((o for o in self.outputs if o.prompt_id == prompt_id and o.sample == 0), None)


class Likelihoods(Frozen):
    """Essays under one model (baseline, tuned or placebo-tuned), measured as the validation loss is."""

    own: tuple[EssayLikelihood, ...]
    """The author's held-out essays."""
    control: tuple[EssayLikelihood, ...]
    """Essays of other authors."""
    seconds: float
    peak_bytes: int


class PrefixMatches(Frozen):
    """The prefix probe of one model: every training essay that is long enough."""

    matches: tuple[PrefixMatch, ...]
    seconds: float
    peak_bytes: int


class ModelAnswers(Frozen):
    """All that one model (baseline, tuned or placebo) was asked; None was not asked, or not reached."""

    outputs: Outputs | None = None
    likelihoods: Likelihoods | None = None
    prefixes: PrefixMatches | None = None

    def canary(self, prompt_id: str) -> Output | None:
        return self.outputs.canary(prompt_id) if self.outputs else None
