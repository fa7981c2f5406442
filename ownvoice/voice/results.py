"""The measures' inputs and results, as frozen models that a run's record can hold. Light to import."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from ownvoice.frozen import Frozen
from ownvoice.markdown import shortened

QUOTE_CHARACTERS = 220  # about two sentences: enough to judge by, short enough to read ten of them


class Essay(Frozen):
    """An essay of the author."""

    id: str
    text: str


class AnswerText(Frozen):
    """An answer of a model, with the topic that it was asked on."""

    prompt_id: str
    sample: int
    topic: str
    text: str
    cut_off: bool = False
    """True where the length limit ended the answer and not the model."""


class AnswerRow(Frozen):
    """An answer as it stands in a file of answers, one JSON object on a line; see `ownvoice.voice.answer_files`."""

    id: str = ""
    """A short name of the prompt for messages; else its text names it."""
    prompt: str
    """The topic that was asked."""
    sample: int | None = Field(default=None, ge=0)
    """Tells answers to one prompt apart; else they are numbered from 0 in their order."""
    seed: int | None = None
    """Of the drawing, for whoever asks the model again: no verdict depends on it."""
    text: str
    canary: bool = False
    """Read for copying, loops and traits, and no part of the statistics."""
    cut_off: bool = False
    """The length limit ended the answer and not the model."""
    training: int | None = None
    """The training's seed; none where the file holds the answers of one training."""


class Quote(Frozen):
    """Words of an answer, on one line. Written by a model: untrusted."""

    prompt_id: str
    sample: int
    text: str


def quote_from(answer: AnswerText, text: str) -> Quote:
    line = shortened(" ".join(text.split()), QUOTE_CHARACTERS)
    return Quote(prompt_id=answer.prompt_id, sample=answer.sample, text=line)


Level = Literal["none", "warn", "fail"]


class CopyFigure(Frozen):
    """One figure beside what the baseline and the author's own writing reach. Shares are of 1."""

    name: str
    tuned: float
    base: float
    own: float | None = None
    """What the author's own essays share with each other; None where that is not measured."""
    warn_from: float
    fail_from: float | None = None
    level: Level
    in_words: str
    """The figures as a clause without a full stop; it may hold ids, no model text."""


class MeasureScore(Frozen):
    raw: float
    z: float
    """(raw - mean of other authors) / their standard deviation: above 0 is nearer to the author than others are."""


class TextScore(Frozen):
    """One text against the author: all measures, or `why_not` with the reason why there are none."""

    words: int
    """Words of the whole text; what was scored are its first words, as many as the panel's."""
    grammar: MeasureScore | None = None
    characters: MeasureScore | None = None
    shape: MeasureScore | None = None
    topic: float | None = None
    """Raw character 4-grams, cosine -1 to 1: content as well as style, so no part of the voice."""
    voice: float | None = None
    """Plain mean of the three z."""
    why_not: str | None = None


class Others(Frozen):
    """Other authors' texts of the same length, scored against the same essays."""

    background: str
    authors: int
    voices: tuple[float, ...]
    """VOICE of each of their texts, 0 on average."""


class RegisterFit(Frozen):
    """The background that was taken for an author's essays, and whether it fits."""

    background: str
    distance: float
    """Root mean square over the shape features, in the background's deviations, to its three nearest authors."""
    matches: bool
    sentence: str
    nearest: str = ""
    """The nearest register, whether or not it matches."""


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

    @property
    def below_zero(self) -> bool:
        return self.high < 0

    @property
    def negated(self) -> Interval:
        """The other way round: how much the second has over the first."""
        return Interval(mean=-self.mean, low=-self.high, high=-self.low)

    def in_words(self, unit: str = "z", digits: int = 2) -> str:
        """'+0.94 z, 95% interval +0.46 to +1.41'"""
        mean, low, high = (f"{value:+.{digits}f}" for value in (self.mean, self.low, self.high))
        return f"{mean} {unit}, 95% interval {low} to {high}"

    def within(self, bound: float) -> bool:
        """Nothing as large as the bound is left, on either side: equivalence (TOST), shown and not assumed."""
        return -bound < self.low and self.high < bound


class Distances(Frozen):
    """Where the models' answers stand, and how far apart. `placebo` is None without one."""

    prompts: int
    answers: int
    """The tuned models', all prompts and trainings together."""
    trainings: int = 1
    """Of different seeds; with one, the intervals speak for this training."""
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
    training: int = 0
    """Which of the model's trainings, from 0."""


PLACEBO = "placebo: "
"""Before a writer's name, for the models that were trained on him."""


class OnProfile(Frozen):
    """What the tuned answers gained on another writer's profile, in z."""

    name: str
    gain: float


class Rank(Frozen):
    """The tuned answers' gain on her profile among their gains on other writers', all profiles made alike."""

    gain: float
    others: int
    ahead: int
    """Other writers on whose profile they gained as much or more."""
    nearest: tuple[OnProfile, ...]
    """Those with the most gain."""
    mean: float
    deviation: float
    """Of the gains on the others' profiles."""

    @property
    def p(self) -> float:
        """The chance of so high a rank for a model that learned nothing of hers."""
        return (self.ahead + 1) / (self.others + 1)

    @property
    def ahead_by(self) -> float:
        """How far the gain on her profile lies above the mean of the others', in their deviations."""
        return (self.gain - self.mean) / self.deviation if self.deviation else 0.0


class TwoByTwo(Frozen):
    """Each model's gain on each author's profile, both made alike."""

    tuned_on_hers: Interval
    placebo_on_hers: Interval
    tuned_on_theirs: Interval
    placebo_on_theirs: Interval


class AgainstPlacebo(Frozen):
    """One placebo writer: his model's answers on her profile, and his essays beside hers."""

    writer: str
    answers: int = 0
    """All prompts and trainings together."""
    level: Interval
    tuned_minus_placebo: Interval
    placebo_minus_baseline: Interval
    topic: Interval | None = None
    """Topic measure, tuned - placebo."""
    two_by_two: TwoByTwo | None = None
    """None where his essays aren't known."""
    nearer_than: float | None = None
    """Share of the writers at hand whose texts are shaped less like hers than his; None as above."""


class Prompted(Frozen):
    """Asking with essays of hers before the topic, beside training on them; measured apart, so that no verdict hangs on it."""

    answers: int
    level: Interval
    minus_baseline: Interval
    tuned_minus_prompted: Interval
    copied_share: float
    """Of its answers' words, those that stand in a training essay in runs of four or more: they don't count."""
    no_prose: int
    """Answers that are none."""


class NoProse(Frozen):
    """Answers of a model that are no prose; each counts as its worst one that is, and no better than the untuned average."""

    model: str
    answers: int
    of: int
    reasons: tuple[str, ...]
    """The first ones, each once."""

    @property
    def whose(self) -> str:
        """'the model trained on woodworker'"""
        return (
            f"the model trained on {self.model.removeprefix(PLACEBO)}"
            if self.model.startswith(PLACEBO)
            else f"the {self.model} model"
        )


class VoiceFigures(Frozen):
    """Everything on the axis: 0 is what other writers' texts score on average, 1 their standard deviation.

    Answers are scored without the runs of words that stand in a training essay, and all on the same number of words.
    """

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
    """Of the placebo that comes nearest to her."""
    distances: Distances | None
    topic: Interval | None
    """Topic measure, tuned - baseline."""
    against: tuple[AgainstPlacebo, ...] = ()
    """Every placebo, nearest to her first."""
    rank: Rank | None = None
    unseen: Interval | None = None
    """Tuned - baseline against those essays alone that were not trained on, where there are 3 or more."""
    copied_share: float = 0.0
    """Of the tuned answers' words, those that stand in a training essay in runs of four or more: they don't count."""
    no_prose: tuple[NoProse, ...] = ()
    prompted: Prompted | None = None
    """None where it wasn't asked, or can't be measured."""
    caveats: tuple[str, ...] = ()
