"""The loss curve in plain sentences. Losses are nats a token; epoch 0 is the model before training."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from ownvoice.frozen import Frozen
from ownvoice.records.training import EpochLoss

# English prose costs a small model 2 to 4 nats a token; a text known by heart costs about 0.1. Under 0.5 a model
# names six tokens in ten at the first guess, which only memory explains.
NEAR_ZERO_LOSS = 0.5
# Two epochs on one held-out essay differ by this much for no reason (dropout, order): less is "flat".
FLAT_LOSS = 0.02


class BestEpoch(Frozen):
    epoch: int
    validation: float


def loss_fell(losses: Sequence[EpochLoss]) -> bool:
    """Training loss from the first to the last epoch; with a single epoch, the validation loss has to tell."""
    trained = [row.training for row in losses if row.training is not None]
    if len(trained) >= 2:
        return trained[-1] < trained[0]
    return len(losses) >= 2 and losses[-1].validation < losses[0].validation


def best_epoch(losses: Sequence[EpochLoss]) -> BestEpoch:
    row = min(losses, key=lambda row: row.validation)
    return BestEpoch(epoch=row.epoch, validation=row.validation)


def validation_rises(losses: Sequence[EpochLoss]) -> bool:
    """Whether the last epoch is worse on the held-out essays than an earlier one was."""
    return bool(losses) and losses[-1].validation > best_epoch(losses).validation + FLAT_LOSS


def is_near_zero(losses: Sequence[EpochLoss]) -> bool:
    return bool(losses) and losses[-1].training is not None and losses[-1].training < NEAR_ZERO_LOSS


def read_losses(losses: Sequence[EpochLoss], held_out: int, learned_by_heart: bool = False) -> str:
    """One to four sentences: how the losses moved, the gap, whether anything was memorised.

    `learned_by_heart`: the answers or the prefix probe showed it, of passages at least; no mean loss can deny it.
    """
    trained = [row for row in losses if row.training is not None]
    if not trained:
        return "There are no losses to read."
    said = (_movement(trained), _validation(losses), _gap(trained[-1], held_out), _memory(losses, learned_by_heart))
    return " ".join(said)


def _movement(trained: Sequence[EpochLoss]) -> str:
    values = [row.training or 0.0 for row in trained]
    if len(values) == 1:
        return f"One epoch, with a training loss of {values[0]:.3f}: there is no curve to read yet."
    smooth = all(later < earlier for earlier, later in pairwise(values))
    how = "fell at every epoch" if smooth else "fell, not at every epoch" if values[-1] < values[0] else "did not fall"
    return f"Training loss {how}: {values[0]:.3f} in the first, {values[-1]:.3f} in the last."


def _validation(losses: Sequence[EpochLoss]) -> str:
    best, last = best_epoch(losses), losses[-1]
    start = f"Validation loss went from {losses[0].validation:.3f} to {last.validation:.3f}"
    if validation_rises(losses):
        return f"{start}; it was lowest, {best.validation:.3f}, at epoch {best.epoch} and has risen since: overfitting."
    if losses[0].validation - last.validation > FLAT_LOSS:
        return f"{start} and {'was lowest at the last epoch' if best.epoch == last.epoch else 'has levelled off'}."
    return f"{start}: flat (less than {FLAT_LOSS} apart)."


def _gap(last: EpochLoss, held_out: int) -> str:
    gap = last.validation - (last.training or 0.0)
    few = f"; with {held_out} held-out essay{'s' * (held_out != 1)} it may be no more than a harder essay"
    return f"At the end validation stands {abs(gap):.3f} {'above' if gap >= 0 else 'below'} training{few * (held_out < 5)}."


def _memory(losses: Sequence[EpochLoss], learned_by_heart: bool) -> str:
    if is_near_zero(losses):
        return f"The training loss is near zero (under {NEAR_ZERO_LOSS}): the essays are being memorised."
    if learned_by_heart:
        return f"It isn't near zero (under {NEAR_ZERO_LOSS}), and still runs of your words come back: a mean doesn't show them."
    return f"Nothing is near zero (under {NEAR_ZERO_LOSS}), so the essays were not memorised as a whole."
