"""The answers of a scale-up and of an overfitting diagnostic, in words for a writer."""

from __future__ import annotations

from ownvoice.analysis.loss_curve import FLAT_LOSS, best_epoch, validation_rises
from ownvoice.report.series_entry.words import (
    BY_CHANCE,
    NO_MORE_THAN_CHANCE,
    Answered,
    but_few,
    counted,
    how_well,
    listed,
)
from ownvoice.series.overfit import FEW, OverfitDiagnostic
from ownvoice.series.scale_up import Growth, ScaleUp

AN_EPOCH = "an epoch is one pass over the essays"


def of_sizes(found: ScaleUp) -> Answered:
    last = max(found.growth, key=lambda each: (each.more, each.fewer), default=None)
    if last is None:
        only = (
            f"{found.sizes[0].pairs} essays are the only number that was tried." if found.sizes else "none was tried."
        )
        return Answered(
            "Open", only, "Trust nothing of growth yet, because there is no other number to hold it against"
        )
    recited = [size.pairs for size in found.sizes if size.memorised == "fail"]
    answered = _growing(found, last)
    if not recited:
        return answered
    by_heart = f"with {listed(recited)} essays it learned some by heart, which looks like you and proves nothing"
    if last.more in recited:
        return Answered("Open", f"{by_heart}.", "Trust that, because it gave your own words back")
    return answered._replace(trust=f"{answered.trust}; and {by_heart}")


def _growing(found: ScaleUp, last: Growth) -> Answered:
    trainings = found.sizes[0].trainings
    if found.growing == "stopped" and found.stopped_at is not None:
        worse = next((each for each in found.growth if each.fewer == found.stopped_at and each.more == last.more), last)
        though = f"; {last.more} even did worse" if worse.hurt else ""
        return Answered(
            f"More essays stopped helping at {found.stopped_at}",
            f"no larger number, up to {last.more}, brought anything worth having{though}.",
            f"{how_well(trainings)}, because chance leaves no room for a gain worth having{but_few(trainings, 'a size')}",
        )
    form = "" if all(size.direction == "voice moved" for size in found.sizes) else _FORM
    shown = f"{how_well(trainings)}, because {BY_CHANCE}{but_few(trainings, 'a size')}{form}"
    if last.helped:
        return Answered("More essays still help", f"{_did(last)}.", shown)
    if last.hurt and not _gains(last):
        return Answered("More essays did harm", f"{_did(last)}.", shown)
    helped = next((each for each in found.growth if each.more == last.more and each.helped), None)
    apart = (
        f"{_did(last)}, so which is better" if last.hurt else f"whether {last.more} essays do better than {last.fewer}"
    )
    return Answered(
        "Open",
        f"{apart} these runs can't tell{f'; {_did(helped)}' if helped else ''}.",
        f"Trust no leaning between {last.fewer} and {last.more}, because {_why_open(last)}",
    )


_FORM = "; and whether it is your voice or only the form of an essay is another question"


def _did(step: Growth) -> str:
    """'the model that learned from 13 essays writes more like you than that of 3'"""
    parts = [*_gains(step), *_losses(step)]
    return f"the model that learned from {step.more} essays {' but '.join(parts)} than that of {step.fewer}"


def _gains(step: Growth) -> list[str]:
    voice = step.voice is not None and step.voice.above_zero
    held_out = step.held_out is not None and step.held_out.above_zero
    parts = ["writes more like you"] * voice + ["is less surprised by unseen essays of yours"] * held_out
    return [" and ".join(parts)] if parts else []


def _losses(step: Growth) -> list[str]:
    voice = step.voice is not None and step.voice.below_zero
    held_out = step.held_out is not None and step.held_out.below_zero
    parts = ["writes less like you"] * voice + ["is more surprised by unseen essays of yours"] * held_out
    return [" and ".join(parts)] if parts else []


def _why_open(step: Growth) -> str:
    if step.voice is None and step.held_out is None:
        return "neither the voice nor the unseen essays could be measured"
    return "one measure speaks for it and one against" if step.hurt else NO_MORE_THAN_CHANCE


def of_epochs(found: OverfitDiagnostic) -> Answered:
    those = f"the {counted(found.held_out, 'essay')} held back to test it" if found.held_out != 1 else _ONE
    answer, sentence = _stop(found, those)
    few = found.held_out < FEW
    how = "Trust it roughly" if few else "Trust it with care"
    turns = "another essay might turn at another epoch" if few else "another may turn earlier or later"
    trust = f"{how}, because it is one training on {counted(found.pairs, 'essay')} and {counted(found.held_out, 'essay')} to test it, and {turns}"
    return Answered(answer, f"{sentence}; {_by_heart(found)}.", trust)


_ONE = "the one essay held back to test it"


def _stop(found: OverfitDiagnostic, those: str) -> tuple[str, str]:
    losses, best, last = found.losses, best_epoch(found.losses), found.losses[-1].epoch
    if max(row.validation for row in losses) - best.validation < FLAT_LOSS:
        return "Open", f"over {last} epochs ({AN_EPOCH}) nothing changed for {those}"
    if not validation_rises(losses):
        return f"No need to stop before epoch {last}", f"({AN_EPOCH}) it hardly did worse on {those} to the end"
    if best.epoch == 0:
        return "This training only did harm", f"it was best on {those} before the first epoch ({AN_EPOCH})"
    return f"Stop after epoch {best.epoch}", f"from then on ({AN_EPOCH}) it did worse on {those}"


def _by_heart(found: OverfitDiagnostic) -> str:
    if not found.looks:
        return "whether it learned any by heart was not looked at"
    if found.onset is None:
        return f"up to epoch {found.looks[-1].epoch} it knew none of your essays by heart"
    before = f", and not yet after {found.before_onset}" if found.before_onset else ""
    return f"after epoch {found.onset} it knew an essay by heart{before}"
