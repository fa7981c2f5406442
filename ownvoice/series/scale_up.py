"""Says what more pairs bring: the same training on 3, 6, 13 of them, and where more stopped helping.

Helped is what is shown: VOICE nearer to the author, or her held-out essays likelier, with the 95% interval above 0, and
neither of them shown to be worse. Stopped is shown as well: no larger size brings anything worth having beyond it, neither in
VOICE nor in likelihood. What lies between is open, and said to be.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import Literal

from ownvoice.frozen import Frozen
from ownvoice.series.inputs import RunOf, SeriesInputs
from ownvoice.series.shared_axis import SharedAxis, gained, held_out_under
from ownvoice.voice.asked import BASELINE
from ownvoice.voice.likelihood import Contrast
from ownvoice.voice.results import Interval, Level
from ownvoice.voice.verdict import WORTH_HAVING

HELD_OUT_WORTH = 0.01
"""Bits a character. Thirteen essays brought SmolLM2 .042 to .112 on 8 authors' held-out essays, and another seed moves that by
.001 (standard deviation over 3 seeds, tests/known/cells)."""
BITS = "bits a character"


class Size(Frozen):
    """One run of the series."""

    pairs: int
    """It trained on."""
    run: int
    """Its number."""
    trainings: int
    validation_before: float
    validation_after: float
    """Loss in nats a token, of the first training."""
    voice: Interval | None
    """Tuned - baseline, in z."""
    held_out: Interval | None
    """Bits a character that her held-out essays gained over the untuned model."""
    beyond_others: Contrast | None
    """The same beyond what third authors' essays gained."""
    memorised: Level
    longest_run: int
    """Words in a row that an answer shares with a training essay."""
    direction: str
    """The run's own verdict."""


class Growth(Frozen):
    """From one size to a larger one, the same prompts and essays."""

    fewer: int
    more: int
    voice: Interval | None
    held_out: Interval | None

    @property
    def _measured(self) -> list[Interval]:
        return [each for each in (self.voice, self.held_out) if each is not None]

    @property
    def hurt(self) -> bool:
        return any(each.below_zero for each in self._measured)

    @property
    def helped(self) -> bool:
        return any(each.above_zero for each in self._measured) and not self.hurt

    @property
    def brought_nothing(self) -> bool:
        """Nothing worth having is left in either interval."""
        voice, held_out = self.voice, self.held_out
        return (
            voice is not None and held_out is not None and voice.high < WORTH_HAVING and held_out.high < HELD_OUT_WORTH
        )


Growing = Literal["stopped", "not yet", "can't tell"]


class ScaleUp(Frozen):
    """What the sizes say together."""

    kind: Literal["scale-up"] = "scale-up"
    words: int
    """Of each answer as many were scored; 0 where the voice can't be measured."""
    sizes: tuple[Size, ...]
    growth: tuple[Growth, ...]
    """From every size to every larger one."""
    growing: Growing
    stopped_at: int | None
    """Pairs beyond which more brought nothing worth having."""
    conclusion: str


def measure_scale_up(inputs: SeriesInputs) -> ScaleUp:
    """Compare the runs, smallest first."""
    axis, runs = SharedAxis.of_runs(inputs), inputs.runs
    larger = ((fewer, more) for fewer, more in combinations(runs, 2) if fewer.pairs < more.pairs)
    growth = tuple(_growth(axis, fewer, more) for fewer, more in larger)
    growing, stopped = find_stop(growth)
    return ScaleUp(
        words=axis.words,
        sizes=tuple(_size(axis, run) for run in runs),
        growth=growth,
        growing=growing,
        stopped_at=stopped,
        conclusion=conclude(growth),
    )


def find_stop(growth: Sequence[Growth]) -> tuple[Growing, int | None]:
    """Whether more pairs stopped helping, and the smallest size beyond which none of the larger ones brought anything."""
    smaller = sorted({each.fewer for each in growth})
    stopped = [size for size in smaller if all(each.brought_nothing for each in growth if each.fewer == size)]
    if stopped:
        return "stopped", stopped[0]
    last = _last_step(growth)
    return ("not yet", None) if last is not None and last.helped else ("can't tell", None)


def conclude(growth: Sequence[Growth]) -> str:
    """In one or two sentences, with the figures."""
    last = _last_step(growth)
    if last is None:
        return "One size says nothing of growth: name several (sizes = [3, 6, 13])."
    growing, stopped = find_stop(growth)
    if growing == "stopped":
        step = next(each for each in growth if each.fewer == stopped and each.more == last.more)
        worse = f" {last.more} even did worse than {stopped}." if step.hurt else ""
        return (
            f"More pairs stopped helping at {stopped}: no larger size brought anything worth having beyond them "
            f"({last.more} pairs: {_figures(step)}; worth having are {WORTH_HAVING} z, or {HELD_OUT_WORTH} {BITS}).{worse}"
        )
    if growing == "not yet":
        return f"More pairs haven't stopped helping yet: {last.more} did better than {last.fewer} ({_figures(last)})."
    open_step = f"from {last.fewer} to {last.more} pairs these runs can't tell ({_figures(last)})"
    to_largest = (each for each in growth if each.more == last.more)
    if helped := next((each for each in to_largest if each.helped), None):
        return f"{last.more} pairs did better than {helped.fewer} ({_figures(helped)}); where more stop helping is open: {open_step}."
    return f"Whether more pairs help is open: {open_step}."


def _last_step(growth: Sequence[Growth]) -> Growth | None:
    """From the last size but one to the largest."""
    return max(growth, key=lambda each: (each.more, each.fewer), default=None)


def _figures(step: Growth) -> str:
    voice = f"VOICE {step.voice.in_words()}" if step.voice else "VOICE not measured"
    held_out = f"held-out essays {step.held_out.in_words(BITS, 3)}" if step.held_out else "no likelihood"
    return f"{voice}; {held_out}"


def _growth(axis: SharedAxis, fewer: RunOf, more: RunOf) -> Growth:
    return Growth(
        fewer=fewer.pairs,
        more=more.pairs,
        voice=axis.difference(more.label, fewer.label),
        held_out=gained(held_out_under(fewer.record), held_out_under(more.record)),
    )


def _size(axis: SharedAxis, run: RunOf) -> Size:
    losses, untuned, memorisation = run.training.losses, run.record.baseline.likelihoods, run.findings.memorisation
    return Size(
        pairs=run.pairs,
        run=run.record.number,
        trainings=len(run.record.answers_by_seed()),
        validation_before=losses[0].validation,
        validation_after=run.training.kept_loss.validation,
        voice=axis.difference(run.label, BASELINE),
        held_out=gained(untuned.own, held_out_under(run.record)) if untuned else None,
        beyond_others=run.analysis.likelier.tuned,
        memorised=memorisation.level,
        longest_run=memorisation.longest_run,
        direction=run.findings.verdict.direction,
    )
