"""A figure of copying, with what it is judged by."""

from __future__ import annotations

from typing import Literal

from ownvoice.config import Frozen

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
