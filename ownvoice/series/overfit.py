"""Says when a training began to learn essays by heart, and at which epoch it should have stopped.

Both are read off one training that was looked at from within. The onset lies between two looks; the best epoch is that of
the lowest validation loss, which is measured after every one.
"""

from __future__ import annotations

from typing import Literal

from ownvoice.analysis.compare import essays_of, texts_of
from ownvoice.analysis.loss_curve import FLAT_LOSS, best_epoch, validation_rises
from ownvoice.frozen import Frozen
from ownvoice.records.essays import PairSet
from ownvoice.records.run import RunRecord
from ownvoice.records.training import EpochLoss, Look, TrainingResult
from ownvoice.series.inputs import RunOf, SeriesInputs
from ownvoice.series.shared_axis import SharedAxis
from ownvoice.voice.asked import BASELINE
from ownvoice.voice.copying import Memorisation, measure_memorisation
from ownvoice.voice.results import Interval, Level

FEW = 5
"""Held-out essays: fewer say little of where another one would turn."""


class LookFigures(Frozen):
    """What was seen after an epoch."""

    epoch: int
    voice: Interval | None
    """Over the untuned model, in z."""
    verbatim_tokens: int
    """The most that a continuation of an essay's beginning has of it in a row."""
    longest_run: int
    """Words in a row that an answer shares with a training essay."""
    memorised: Level


class OverfitDiagnostic(Frozen):
    kind: Literal["overfit-diagnostic"] = "overfit-diagnostic"
    pairs: int
    held_out: int
    """Essays that the validation loss is of."""
    words: int
    """Of each answer as many were scored; 0 where the voice can't be measured."""
    losses: tuple[EpochLoss, ...]
    looks: tuple[LookFigures, ...]
    best_epoch: int
    """0 where training only hurt the held-out essays."""
    kept_epoch: int | None
    """The epoch whose weights lie on the disk; None: the last."""
    weights: str
    """Their place."""
    onset: int | None
    """The first look at which the model recites an essay; None where it never did."""
    before_onset: int
    """The look before it, or 0: the onset lies between them."""
    recited: str
    """The proof at the onset, in a sentence with the span: written by a model, untrusted."""
    conclusion: str


def measure_overfitting(inputs: SeriesInputs) -> OverfitDiagnostic:
    """Of the one run of the series."""
    run, pairs = inputs.runs[0], inputs.pair_set
    training = run.training
    axis = SharedAxis.of_looks(inputs, training.looks)
    found = {look.epoch: _memorised(pairs, run.record, look) for look in training.looks}
    looks = tuple(_figures(axis, epoch, memorised) for epoch, memorised in found.items())
    onset = next((look.epoch for look in looks if look.memorised == "fail"), None)
    before = max((look.epoch for look in looks if onset is not None and look.epoch < onset), default=0)
    return OverfitDiagnostic(
        pairs=run.pairs,
        held_out=len(pairs.of("validation")),
        words=axis.words,
        losses=training.losses,
        looks=looks,
        best_epoch=best_epoch(training.losses).epoch,
        kept_epoch=training.kept_epoch,
        weights=training.weights.path,
        onset=onset,
        before_onset=before,
        recited=found[onset].reason if onset is not None else "",
        conclusion=f"{_stop(run, len(pairs.of('validation')))} {_onset(training, onset, before)}",
    )


def _stop(run: RunOf, held_out: int) -> str:
    losses, best = run.training.losses, best_epoch(run.training.losses)
    of = f"With {run.pairs} pair{'s' * (run.pairs != 1)}"
    few = f" ({held_out} held-out essay{'s' * (held_out != 1)}: another may turn at another epoch)" * (held_out < FEW)
    if max(row.validation for row in losses) - best.validation < FLAT_LOSS:
        return f"{of} the validation loss did not move (from {losses[0].validation:.3f} to {losses[-1].validation:.3f}){few}."
    if not validation_rises(losses):
        return (
            f"{of} {losses[-1].epoch} epochs did not overfit in this training: the validation loss was lowest, "
            f"{best.validation:.3f}, at epoch {best.epoch} and hardly rose{few}."
        )
    if best.epoch == 0:
        return f"{of} this training only hurt the held-out essays: the validation loss was {best.validation:.3f} before it{few}."
    return (
        f"{of} this training did best on the held-out essays at epoch {best.epoch}, so stop there: validation loss "
        f"{losses[0].validation:.3f} before, {best.validation:.3f} then, {losses[-1].validation:.3f} at epoch {losses[-1].epoch}{few}."
    )


def _onset(training: TrainingResult, onset: int | None, before: int) -> str:
    if onset is None:
        last = training.looks[-1].epoch if training.looks else 0
        return f"No essay was recited up to epoch {last}."
    return f"An essay was first known by heart between epoch {before} and {onset}."


def _memorised(pairs: PairSet, record: RunRecord, look: Look) -> Memorisation:
    untuned, tuned = texts_of(pairs, record.baseline), texts_of(pairs, look.answers)
    trained, held_out = essays_of(pairs.of("train")), essays_of(pairs.of("validation"))
    return measure_memorisation(trained, held_out, untuned.all, tuned.all, tuned.prefixes, untuned.prefixes)


def _figures(axis: SharedAxis, epoch: int, memorised: Memorisation) -> LookFigures:
    return LookFigures(
        epoch=epoch,
        voice=axis.difference(f"epoch {epoch}", BASELINE),
        verbatim_tokens=max((match.verbatim_tokens for match in memorised.prefixes), default=0),
        longest_run=memorised.longest_run,
        memorised=memorised.level,
    )
