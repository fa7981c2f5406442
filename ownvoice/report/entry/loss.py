"""The loss for a writer: a table short enough to read, and one sentence on what it shows."""

from __future__ import annotations

from ownvoice.analysis.loss_curve import FLAT_LOSS, best_epoch, validation_rises
from ownvoice.records.analysis import Analysis
from ownvoice.records.run import RunRecord
from ownvoice.records.training import EpochLoss, TrainingResult

MOST_ROWS = 6


def few_epochs(training: TrainingResult) -> TrainingResult:
    """The training with at most six of its epochs: the first, the best, the kept and the last, and some between them."""
    losses = training.losses
    if len(losses) <= MOST_ROWS:
        return training
    best, kept = best_epoch(losses).epoch, training.kept_epoch
    wanted = {losses[0].epoch, losses[-1].epoch, best, *([] if kept is None else [kept])}
    step = (len(losses) - 1) / (MOST_ROWS - len(wanted) + 1)
    wanted |= {losses[round(place * step)].epoch for place in range(1, MOST_ROWS - len(wanted) + 1)}
    return training.model_copy(update={"losses": tuple(row for row in losses if row.epoch in wanted)})


def loss_sentence(record: RunRecord) -> str:
    """How the loss moved on the essays held back, up to the weights that answered; "" without a training."""
    training = record.training
    if training is None or len(training.losses) < 2:
        return ""
    held_out = len([each for each in record.data.figures if each.split == "validation"]) if record.data else 0
    those = "the essay" if held_out == 1 else "the essays"
    kept = training.kept_loss
    losses = tuple(row for row in training.losses if row.epoch <= kept.epoch)
    went = f"On {those} held back it went from {losses[0].validation:.3f} to {kept.validation:.3f}"
    return f"{went}: {_reading(losses, record.analysis)}."


def _reading(losses: tuple[EpochLoss, ...], analysis: Analysis | None) -> str:
    first, last, best = losses[0], losses[-1], best_epoch(losses)
    if not last.validation < float("inf"):
        return "that is no number to learn anything from"
    if validation_rises(losses):
        when = f"after epoch {best.epoch}" if best.epoch else "before training"
        return (
            f"best {when} ({best.validation:.3f}), and worse since, as it fitted those that it learns from too closely"
        )
    if first.validation - last.validation <= FLAT_LOSS:
        return f"no change to speak of (less than {FLAT_LOSS})"
    better = "unseen essays of yours are less of a surprise to it"
    share = analysis.likelier.tuned.generic_share if analysis and analysis.likelier.tuned else None
    if share is None or share <= 0:
        return better
    return f"{better}, and other people's essays gained {min(1.0, share):.0%} as much"
