"""Finds text that stands in two places: duplicates among the essays, and prompts that the essays give away.

Essays are compared by the share of runs of five words (shingles) that they have in common, measured on
the shorter one (containment; Broder 1997, "On the resemblance and containment of documents").
"""

from __future__ import annotations

from itertools import combinations

import numpy as np

from ownvoice.essays.alike import MOST_TOLD, Alike, Likeness, find_alike, share_of
from ownvoice.essays.index import Numbers, Truths
from ownvoice.essays.prompts import Prompts
from ownvoice.essays.topics import is_one_topic, same_topic
from ownvoice.essays.words import NumberedTexts, number_texts, shingles, words_of
from ownvoice.records.essays import Pair

NEAR_DUPLICATE = 0.2
"""Containment from which two essays count as one. Unrelated essays of the two authors shipped share 0.3% at
most; one paragraph of 100 words copied into an essay of 450 gives about 0.2."""
LEAST_SHARED_SHINGLES = 8
"""Twelve words in a row: keeps a set phrase from making two very short pieces look alike."""
QUOTED_TOPIC_WORDS = 5
"""A shorter topic, such as 'Insomnia', may stand in any essay by chance."""


def duplicate_essays(pairs: tuple[Pair, ...], essays: NumberedTexts) -> list[str]:
    """A line for each two essays that are the same or nearly so; worse where they stand in different splits.

    An essay that is like more than `MOST_TOLD` earlier ones has one line, with the first of them.
    """
    problems = []
    for alike in sorted(find_alike(shingles(essays), _ONE_TEXT, range(len(pairs)))):
        first, second = pairs[alike.first], pairs[alike.second]
        leak = "" if first.split == second.split else "; one trains and one validates, so the score would be of memory"
        how = f"{_how(alike)} '{first.id}' ({first.source}){_and_more(alike)}"
        problems.append(f"{second.source}: essay '{second.id}' {how}{leak}")
    return problems


def shared_with(own: tuple[Pair, ...], placebo: tuple[Pair, ...]) -> list[str]:
    """A line for each essay of the placebo that is one of the author's own, or nearly so; for many alike, one."""
    problems = []
    for alike in _shared(own, placebo):
        pair, other = own[alike.first], placebo[alike.second - len(own)]
        how = f"{_how(alike)} the author's '{pair.id}' ({pair.source}){_and_more(alike)}"
        problems.append(f"{other.source}: the placebo's essay '{other.id}' {how}")
    return problems


def without_shared(pairs: tuple[Pair, ...], others: tuple[Pair, ...]) -> tuple[Pair, ...]:
    """Those that are none of the others, nor nearly so."""
    shared = {alike.second - len(others) for alike in _shared(others, pairs)}
    return tuple(pair for at, pair in enumerate(pairs) if at not in shared)


def _shared(first: tuple[Pair, ...], second: tuple[Pair, ...]) -> list[Alike]:
    before = [0] * len(first) + [len(first)] * len(second)
    return find_alike(shingles(number_texts(pair.essay for pair in (*first, *second))), _ONE_TEXT, before)


def _how(alike: Alike) -> str:
    """How two essays are one text, in words."""
    if alike.shared == alike.first_size == alike.second_size:
        return "is the same text as"
    return f"shares {alike.shared / min(alike.first_size, alike.second_size):.0%} of its five-word runs with"


def _and_more(alike: Alike) -> str:
    """What is added to the line on two essays where more are left untold."""
    return f", the first of more than {MOST_TOLD} that it is like" if alike.one_of_many else ""


def _is_one_text(shared: Numbers, first_sizes: Numbers, second_size: int) -> Truths:
    is_near: Truths = shared / np.minimum(first_sizes, second_size) >= NEAR_DUPLICATE
    is_near &= shared >= LEAST_SHARED_SHINGLES
    is_near |= (shared == first_sizes) & (shared == second_size)
    return is_near


def _least_shared(sizes: Numbers) -> Numbers:
    near = np.maximum(share_of(NEAR_DUPLICATE, sizes), LEAST_SHARED_SHINGLES)
    return np.minimum(near, sizes)  # a text with fewer can only be the same


_ONE_TEXT = Likeness(least=_least_shared, holds=_is_one_text)


def prompt_leaks(pairs: tuple[Pair, ...], essays: NumberedTexts, prompts: Prompts) -> list[str]:
    """A line for each canary or probe whose topic is a pair's topic, or stands in an essay word for word."""
    problems = []
    topics = [set(words_of(pair.topic)) for pair in pairs]
    for asked in prompts.asked():
        topic = words_of(asked.topic)
        different = set(topic)
        quoting = essays.holding(topic) if len(topic) >= QUOTED_TOPIC_WORDS else set()
        has_topic = {at for at, words in enumerate(topics) if is_one_topic(different, words)}
        for at in sorted(has_topic | quoting):
            how = "has the topic of pair" if at in has_topic else "has a topic that stands in the essay"
            place = f"'{pairs[at].id}' ({pairs[at].source})"
            problems.append(f"{prompts.source_of(asked.id)}: {asked.label} {how} {place}: the model would have seen it")
    return problems


def without_leaks(prompts: Prompts, pairs: tuple[Pair, ...], essays: NumberedTexts) -> Prompts:
    """The prompts that no pair gives away. Neutral ones that are given away are left out; of the writer's own each is told."""
    sound = {each.id for each in prompts.asked() if not prompt_leaks(pairs, essays, prompts.only({each.id}))}
    return prompts.only(sound)


def repeated_prompts(prompts: Prompts) -> list[str]:
    """A line for each two canaries or probes that ask the same: the second would count one answer twice."""
    return [
        f"{prompts.source_of(second.id)}: {second.label} has the topic of {first.label}"
        for first, second in combinations(prompts.asked(), 2)
        if same_topic(first.topic, second.topic)
    ]
