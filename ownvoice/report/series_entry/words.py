"""Words that the entries of all kinds of series share."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

ENOUGH_TRAININGS = 3
BY_CHANCE = "chance alone seldom makes such a difference"
NO_MORE_THAN_CHANCE = "the difference is no larger than what chance makes"
MAY_DIFFER = "and another may come out differently"


class Answered(NamedTuple):
    """What a series says. Names in it are the writer's: untrusted."""

    answer: str
    """A few words, which stand in bold."""
    sentence: str
    trust: str
    """A sentence with its reason, without a full stop."""


def listed(names: Iterable[object]) -> str:
    """'3, 6 and 13'"""
    *first, last = map(str, names)
    return f"{', '.join(first)} and {last}" if first else last


def counted(number: int, thing: str) -> str:
    """'1 run', '3 runs'"""
    return f"{number} {thing}{'s' * (number != 1)}"


def how_well(trainings: int) -> str:
    return "Trust it well" if trainings >= ENOUGH_TRAININGS else "Trust it with care"


def but_few(trainings: int, each: str) -> str:
    """What one training, or two, leave open; "" from three on."""
    if trainings >= ENOUGH_TRAININGS:
        return ""
    return f"; but it is {'one training' if trainings == 1 else f'{trainings} trainings'} {each}, {MAY_DIFFER}"
