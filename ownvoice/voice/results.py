"""Where answers and essays lie on the VOICE axis: the figures of a run, for its record. Light to import."""

from __future__ import annotations

from ownvoice.config import Frozen
from ownvoice.voice.scores import Others

# With 6 prompts all on one side a two-sided sign-flip test gives p = 2 / 2**6 = .031, with 5 it can't go below .06.
FEWEST_PROMPTS = 6


class Interval(Frozen):
    """A mean with its 95% interval, in the unit of the scores."""

    mean: float
    low: float
    high: float

    @property
    def above_zero(self) -> bool:
        return self.low > 0


class Distances(Frozen):
    """Where the models' answers stand, and how far apart. `placebo` is None without one."""

    prompts: int
    answers: int
    """Scored for every model, all prompts together."""
    baseline: Interval
    tuned: Interval
    tuned_minus_baseline: Interval
    placebo: Interval | None = None
    tuned_minus_placebo: Interval | None = None
    placebo_minus_baseline: Interval | None = None
    held_out: Interval | None = None
    """The author's own essays, each scored against her others."""
    held_out_minus_baseline: Interval | None = None
    index: Interval | None = None
    """V = (tuned - baseline) / (held-out - baseline): 0 is the baseline model, 1 the author's own essay. None where
    the baseline stands so close to her essays that the quotient means nothing."""


class ScoredAnswer(Frozen):
    """`voice` in z units and `topic` as a cosine; None where the answer can't be scored, and `why_not` says why."""

    prompt_id: str
    sample: int
    voice: float | None
    topic: float | None
    why_not: str | None = None


class VoiceFigures(Frozen):
    """Everything on the axis: 0 is what other writers' texts score on average, 1 their standard deviation."""

    words: int
    """Every text was scored on at most so many of its first words."""
    references: int
    """Essays of the author that could be used."""
    others: Others
    held_out: tuple[float, ...]
    """Each of her essays against her others, cut to the same length."""
    baseline: tuple[ScoredAnswer, ...]
    tuned: tuple[ScoredAnswer, ...]
    placebo: tuple[ScoredAnswer, ...] | None
    distances: Distances | None
    topic: Interval | None
    """Topic measure, tuned - baseline."""
