"""What a record keeps of blind tests: figures of who took which passages for the author's, never the passages. Light to import."""

from __future__ import annotations

from typing import Literal, get_args

from ownvoice.frozen import Frozen

Source = Literal["own", "tuned", "baseline", "prompted", "placebo"]
"""Who wrote a passage: the author, or one of the run's models."""
SOURCES: tuple[Source, ...] = get_args(Source)

SHOWN = 0.05
"""Of p: below it a difference is called shown."""


class Taken(Frozen):
    """How often passages of one source were taken for the author's, with the exact 95% interval of the share."""

    source: Source
    passages: int
    taken: int
    low: float
    high: float
    certain: int
    """Of those taken, the ones that the judge was certain of."""
    answers: int = 0
    """All that the model gave; 0 of the author's own."""
    too_short: int = 0
    """Of these, too short to be shown: the others' length would have given them away."""


class Difference(Frozen):
    """The tuned model's passages beside those of another source, by Fisher's exact test."""

    source: Source
    p: float
    """Two-sided: the chance of a difference as large, were the passages taken without regard to who wrote them."""
    needed: int | None
    """How often the tuned ones would have had to be taken for p < .05, the other source's as they were: at most so often
    beside the author's own, at least beside a model's. None: no number would have done."""


class Apart(Frozen):
    """A passage on which the judge and VOICE disagree."""

    source: Source
    topic: str
    sample: int
    taken: bool
    """By the judge; VOICE holds the contrary."""
    voice: float


class BesideVoice(Frozen):
    """The judge beside VOICE, over the models' passages that have a VOICE of their own, in z units."""

    own: float
    """Mean of the author's essays, each against the others."""
    near_from: float
    """Half way from other writers (0) to her essays: from there on VOICE takes a passage for hers."""
    passages: int
    agreed: int
    apart: tuple[Apart, ...]


class BlindTest(Frozen):
    """One judge's answers to one set of passages."""

    sheet: str
    """Its id; two judges may have been given the same."""
    judge: str = ""
    """Empty where it is the author; else as typed: untrusted."""
    finished_at: str
    seed: int
    """Of the choice and the order of the passages."""
    words: int
    """About so many in each passage."""
    essays: int
    """Of the author, from which her passages come; 0 where none could be used."""
    from_within: int
    """Of her passages, those that don't begin where an essay begins."""
    trained_on: bool
    """True where no essay of hers was left that the model hadn't been trained on."""
    taken: tuple[Taken, ...]
    differences: tuple[Difference, ...]
    beside_voice: BesideVoice | None = None

    def of(self, source: Source) -> Taken | None:
        return next((each for each in self.taken if each.source == source), None)
