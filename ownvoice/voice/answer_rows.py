"""A row of a file of answers, with the training that it is of where a file holds the answers of several."""

from __future__ import annotations

from ownvoice.voice.results import AnswerRow


class TrainedAnswerRow(AnswerRow):
    """As `ownvoice.voice.answer_files` reads it, and a run writes it."""

    training: int | None = None
    """The training's seed; none where the file holds the answers of one training."""
