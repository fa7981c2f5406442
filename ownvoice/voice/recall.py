"""The prefix probe: how much of an essay a model writes out when it is given the beginning.

50 tokens word for word is what Carlini et al. count as extraction (arXiv 2012.07805, 2202.07646).
"""

from __future__ import annotations

from ownvoice.config import Frozen


class PrefixMatch(Frozen):
    """One training essay, continued greedily from its beginning."""

    id: str
    prefix_tokens: int
    """Of the essay, given after the prompt."""
    verbatim_tokens: int
    """Longest run of the continuation that stands in the rest of the essay, wherever it stands."""
    compared_tokens: int
    """The most that could have been verbatim: the length asked for, or what is left of the essay."""
    text: str
    """The continuation, written by a model."""
    tokens_from_start: int = 0
    """How many of its first tokens are the essay's next ones."""
