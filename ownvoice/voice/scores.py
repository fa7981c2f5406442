"""What the panel says of a text: frozen models, so that a run's record can hold them."""

from __future__ import annotations

from ownvoice.config import Frozen


class MeasureScore(Frozen):
    raw: float
    z: float
    """(raw - mean of other authors) / their standard deviation: above 0 is nearer to the author than others are."""


class TextScore(Frozen):
    """One text against the author: all measures, or `why_not` with the reason why there are none."""

    words: int
    """Of the whole text; what was scored are its first words, as many as the panel's."""
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
