"""Which essays are held out: enough to validate with, chosen by what they say, so that the same essays give the same split.

Nested: an essay that comes later never moves one that is there.
"""

from __future__ import annotations

import hashlib

# One essay of three is held out, two from eight on, then one in six up to eight: enough for an interval, too few to miss.
ONE_FROM, TWO_FROM, ONE_IN, MOST_HELD_OUT = 2, 8, 6, 8


def held_out_of(essays: int) -> int:
    """How many of so many essays validate."""
    if essays < ONE_FROM:
        return 0
    return 1 if essays < TWO_FROM else min(MOST_HELD_OUT, max(2, essays // ONE_IN))


def seeded_rank(essay: str) -> bytes:
    """An order that has nothing to do with what an essay is about, and is the same on every machine."""
    return hashlib.sha256(essay.strip().encode()).digest()
