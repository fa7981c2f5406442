"""The tables of a training: its losses, and its attempts at the memory settings."""

from __future__ import annotations

from collections.abc import Sequence

from ownvoice.markdown import one_line
from ownvoice.records.training import Attempt, TrainingResult
from ownvoice.report.shown_table import Column, ShownTable
from ownvoice.units import gib, loss

ENDED_CHARACTERS = 300


def loss_table(training: TrainingResult) -> ShownTable:
    return ShownTable(
        columns=(Column("Epoch"), Column("Training loss"), Column("Validation loss")),
        rows=tuple((str(row.epoch), loss(row.training), loss(row.validation)) for row in training.losses),
    )


def attempts_table(attempts: Sequence[Attempt]) -> ShownTable:
    names = (Column("Attempt"), Column("Memory setting", is_figure=False), Column("Predicted peak"), Column("Reached"))
    return ShownTable(
        columns=(*names, Column("Ended", is_figure=False)),
        rows=tuple((str(place), *_attempt(each)) for place, each in enumerate(attempts, start=1)),
    )


def _attempt(attempt: Attempt) -> tuple[str, ...]:
    reached = "not known" if attempt.reached_bytes is None else gib(attempt.reached_bytes)
    return attempt.rung, gib(attempt.predicted_bytes), reached, one_line(attempt.ended, ENDED_CHARACTERS)
