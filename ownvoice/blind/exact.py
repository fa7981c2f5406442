"""Exact statistics of small counts: the interval of a share, and whether two shares differ.

SciPy has both and isn't needed to run ownvoice; tests hold these against it.
"""

from __future__ import annotations

from collections.abc import Callable
from math import comb
from typing import NamedTuple

CONFIDENCE = 0.95
MOST_TRIALS = 200
HALVINGS = 60  # more than a float between 0 and 1 has digits for


class Bounds(NamedTuple):
    low: float
    high: float


def clopper_pearson(hits: int, trials: int) -> Bounds:
    """The exact 95% interval of a share: C. J. Clopper and E. S. Pearson, Biometrika 26(4), 1934, doi 10.1093/biomet/26.4.404.

    Args:
        hits: 0 to `trials`.
        trials: 1 to 200; a judge is given a few dozen passages.

    Raises:
        ValueError: other numbers.
    """
    if not (0 <= hits <= trials and 1 <= trials <= MOST_TRIALS):
        raise ValueError(f"{hits} of {trials}")
    tail = (1 - CONFIDENCE) / 2
    low = _root(lambda share: _at_least(hits, trials, share) < tail) if hits else 0.0
    high = 1 - _root(lambda share: _at_least(trials - hits, trials, share) < tail) if hits < trials else 1.0
    return Bounds(low, high)


def fisher(hits: int, trials: int, other_hits: int, other_trials: int) -> float:
    """Two-sided p of Fisher's exact test, that two shares are one: all tables that are no likelier than the one found.

    R. A. Fisher, Journal of the Royal Statistical Society 85(1), 1922, doi 10.2307/2340521; two-sided as R and SciPy have it.
    Whole numbers until the last division, so no table is lost to rounding.
    """
    all_hits, total = hits + other_hits, trials + other_trials
    ways = [
        comb(trials, number) * comb(other_trials, all_hits - number)
        for number in range(max(0, all_hits - other_trials), min(trials, all_hits) + 1)
    ]
    found = comb(trials, hits) * comb(other_trials, other_hits)
    return sum(each for each in ways if each <= found) / comb(total, all_hits)


def _at_least(hits: int, trials: int, share: float) -> float:
    return sum(comb(trials, k) * share**k * (1 - share) ** (trials - k) for k in range(hits, trials + 1))


def _root(is_below: Callable[[float], bool]) -> float:
    """Where a condition that holds at 0 and not at 1 ends."""
    low, high = 0.0, 1.0
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if is_below(middle) else (low, middle)
    return (low + high) / 2
