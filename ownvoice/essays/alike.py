"""Which sets are alike, out of many: looked up in an index of their members, in time that grows with their number.

Prefix filtering (Chaudhuri, Ganti and Kaushik 2006, "A primitive operator for similarity joins"): two sets that are
alike share a certain number of members at least; leave out all but one of so many, the most widespread, and they still
share one of those that are left. So a refrain in ten thousand essays is not looked up, and whatever meets is counted.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from ownvoice.essays.index import Index, Members, Numbers, Truths, make_index, spans

MOST_TOLD = 10
"""Of a set that is like more, the first is told alone: 2,000 copies are some 2,000 findings, and not two million."""
FIRST_LOOK = 16
"""So many sets of each member are looked at first, then four times as many: enough for `MOST_TOLD` among copies."""


class Likeness(NamedTuple):
    """When two sets are alike."""

    least: Callable[[Numbers], Numbers]
    """By a set's size: the members, one or more, that it shares at least with any that is alike and no smaller."""
    holds: Callable[[Numbers, Numbers, int], Truths]
    """By the number of members shared, the sizes of the first sets and that of the second."""


class Alike(NamedTuple):
    first: int
    second: int
    shared: int
    first_size: int
    second_size: int
    one_of_many: bool
    """The second set is like more than `MOST_TOLD` earlier ones, and this is the first of them."""


def share_of(share: float, sizes: Numbers) -> Numbers:
    """The smallest whole numbers that are this share of the sizes; no rounding error makes them one more."""
    smallest: Numbers = np.ceil(share * sizes - 1e-6).astype(np.int64)
    return smallest


def find_alike(members: Members, likeness: Likeness, before: Sequence[int]) -> list[Alike]:
    """For each set those among the sets before `before[set]` that it is like, or the first where they are too many."""
    index = make_index(members, likeness.least)
    found = []
    for second in index.within_reach().tolist():
        firsts = _first_alike(index, likeness, second, before[second])
        many = len(firsts) > MOST_TOLD
        found += [firsts[0]._replace(one_of_many=True)] if many else firsts
    return found


def _first_alike(index: Index, likeness: Likeness, second: int, before: int) -> list[Alike]:
    """The first sets that are like `second`, as far as it takes to know that they are too many."""
    mine, look = index.members[index.starts[second] : index.starts[second + 1]], FIRST_LOOK
    while True:
        of_smaller, left_out = index.postings.of(mine[: index.heads[second]], look)
        of_larger, also_left_out = index.head_postings.of(mine, look)
        seen = min(before, left_out, also_left_out)
        met = np.concatenate((of_smaller, of_larger))
        found = _confirmed(index, likeness, np.unique(met[met < seen]), second)
        if len(found) > MOST_TOLD or seen == before:
            return found
        look *= 4


def _confirmed(index: Index, likeness: Likeness, firsts: Numbers, second: int) -> list[Alike]:
    """Those that are alike when all that they share is counted."""
    mine = index.members[index.starts[second] : index.starts[second + 1]]
    begins, lengths = index.starts[firsts], index.starts[firsts + 1] - index.starts[firsts]
    hits = np.concatenate(([0], np.cumsum(np.isin(index.members[spans(begins, lengths)], mine))))
    ends = np.cumsum(lengths)
    shared, sizes, size = hits[ends] - hits[ends - lengths], index.sizes[firsts], int(index.sizes[second])
    holds = likeness.holds(shared, sizes, size)
    rows = zip(firsts[holds].tolist(), shared[holds].tolist(), sizes[holds].tolist(), strict=True)
    return [Alike(first, second, common, first_size, size, False) for first, common, first_size in rows]
