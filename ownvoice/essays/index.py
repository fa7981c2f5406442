"""An index of sets: which set has which members, and which sets have a member."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.signedinteger[Any]]
Truths = NDArray[np.bool_]
NONE = sys.maxsize


class Members(NamedTuple):
    """What sets are made of, in the order of the sets: `keys[n]` is a member of the set `owners[n]`; may repeat."""

    keys: Numbers
    owners: Numbers
    sets: int


class Postings(NamedTuple):
    """The sets that have a member, ascending: `sets[starts[member] : starts[member + 1]]`."""

    sets: Numbers
    starts: Numbers

    def of(self, members: Numbers, most: int) -> tuple[Numbers, int]:
        """The first `most` sets of each member, and the earliest set that this left out, if any."""
        begins, ends = self.starts[members], self.starts[members + 1]
        stops = np.minimum(ends, begins + most)
        left_out = self.sets[stops[stops < ends]]
        return self.sets[spans(begins, stops - begins)], int(left_out.min()) if len(left_out) else NONE


class Index(NamedTuple):
    """What two sets can share: a member that one set alone has is counted in its size and left out."""

    sizes: Numbers
    """Of each set, the members counted that no other set has."""
    members: Numbers
    """Of one set after the other, those that another set has too, the rarest first; numbered by how rare they are."""
    starts: Numbers
    """Where each set's begin, and the end."""
    heads: Numbers
    """How many of a set's are left when the most widespread are left out."""
    postings: Postings
    head_postings: Postings
    """Of the heads alone."""

    def within_reach(self) -> Numbers:
        """The sets that share a member with any set's head: of 10,000 unrelated essays, none."""
        is_in_a_head = np.diff(self.head_postings.starts) > 0
        places = np.flatnonzero(is_in_a_head[self.members])
        return np.unique(np.searchsorted(self.starts, places, side="right") - 1)


def make_index(members: Members, least: Callable[[Numbers], Numbers]) -> Index:
    """`least`: by a set's size, the members that any likeness takes; the most widespread ones fewer are no head."""
    owners, numbers = _each_once(members)
    sizes, sets_of = np.bincount(owners, minlength=members.sets), np.bincount(numbers)
    rarity = np.empty(len(sets_of), np.int64)
    rarity[np.argsort(sets_of, kind="stable")] = np.arange(len(sets_of))
    elsewhere = sets_of[numbers] > 1
    owners, numbers = owners[elsewhere], rarity[numbers[elsewhere]]
    by_set = np.lexsort((numbers, owners))
    owners, numbers = owners[by_set], numbers[by_set]
    starts = _starts(owners, members.sets)
    heads = np.maximum(np.diff(starts) - least(sizes) + 1, 0)
    in_head = np.arange(len(owners)) - starts[owners] < heads[owners]
    postings = _postings(numbers, owners, len(sets_of))
    head_postings = _postings(numbers[in_head], owners[in_head], len(sets_of))
    return Index(sizes, numbers, starts, heads, postings, head_postings)


def _each_once(members: Members) -> tuple[Numbers, Numbers]:
    """The owner of each member and the member's number, by number and then by owner; no two rows the same."""
    order = np.argsort(members.keys, kind="stable")
    keys, owners = members.keys[order], members.owners[order]
    is_new = differs(keys)
    once = is_new | differs(owners)
    return owners[once], np.cumsum(is_new)[once] - 1


def _postings(numbers: Numbers, owners: Numbers, count: int) -> Postings:
    order = np.argsort(numbers, kind="stable")
    return Postings(sets=owners[order], starts=_starts(numbers, count))


def spans(begins: Numbers, lengths: Numbers) -> Numbers:
    """Every place of spans that lie anywhere, one span after the other."""
    return np.repeat(begins - (np.cumsum(lengths) - lengths), lengths) + np.arange(lengths.sum())


def _starts(numbers: Numbers, count: int) -> Numbers:
    """Where the rows of each number begin once they are in its order, and the end."""
    return np.concatenate(([0], np.cumsum(np.bincount(numbers, minlength=count))))


def differs(numbers: Numbers) -> Truths:
    """Where a number isn't the one before it."""
    return np.concatenate((np.ones(min(len(numbers), 1), bool), numbers[1:] != numbers[:-1]))
