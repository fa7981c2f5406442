"""Finds text that stands in two places: duplicates among the essays, and prompts that the essays give away.

Essays are compared by the share of runs of five words (shingles) that they have in common, measured on
the shorter one (containment; Broder 1997, "On the resemblance and containment of documents").
"""

from __future__ import annotations

import re
import unicodedata
from itertools import combinations

from ownvoice.essays.prompts import Prompts
from ownvoice.records import Pair

SHINGLE_WORDS = 5
NEAR_DUPLICATE = 0.2
"""Containment from which two essays count as one. Unrelated essays of the two authors shipped share 0.3% at
most; one paragraph of 100 words copied into an essay of 450 gives about 0.2."""
LEAST_SHARED_SHINGLES = 8
"""Twelve words in a row: keeps a set phrase from making two very short pieces look alike."""
SAME_TOPIC = 0.7
"""Share of words (Jaccard) from which two topics are one: 'keeps everything' and 'kept everything' are 0.78."""
QUOTED_TOPIC_WORDS = 5
"""A shorter topic, such as 'Insomnia', may stand in any essay by chance."""


def duplicate_essays(pairs: tuple[Pair, ...]) -> list[str]:
    """A line for each two essays that are the same or nearly so; worse where they stand in different splits."""
    shingles = [(pair, shingles_of(pair.essay)) for pair in pairs]
    problems = []
    for (first, left), (second, right) in combinations(shingles, 2):
        how = _likeness(left, right)
        if how is None:
            continue
        leak = "" if first.split == second.split else "; one trains and one validates, so the score would be of memory"
        problems.append(f"{second.source}: essay '{second.id}' {how} '{first.id}' ({first.source}){leak}")
    return problems


def shared_with(own: tuple[Pair, ...], placebo: tuple[Pair, ...]) -> list[str]:
    """A line for each essay of the placebo that is one of the author's own, or nearly so."""
    ours = [(pair, shingles_of(pair.essay)) for pair in own]
    return [
        f"{other.source}: the placebo's essay '{other.id}' {how} the author's '{pair.id}' ({pair.source})"
        for other in placebo
        for pair, shingles in ours
        if (how := _likeness(shingles, shingles_of(other.essay)))
    ]


def _likeness(left: set[tuple[str, ...]], right: set[tuple[str, ...]]) -> str | None:
    """How two essays are one text, in words; None where they aren't."""
    shared = len(left & right)
    containment = shared / min(len(left), len(right)) if shared else 0.0
    if left == right and left:
        return "is the same text as"
    if containment >= NEAR_DUPLICATE and shared >= LEAST_SHARED_SHINGLES:
        return f"shares {containment:.0%} of its five-word runs with"
    return None


def prompt_leaks(pairs: tuple[Pair, ...], prompts: Prompts) -> list[str]:
    """A line for each canary or probe whose topic is a pair's topic, or stands in an essay word for word."""
    problems = []
    essays = [(pair, f" {' '.join(words_of(pair.essay))} ") for pair in pairs]
    for asked in prompts.asked():
        topic = words_of(asked.topic)
        for pair, essay in essays:
            if same_topic(asked.topic, pair.topic):
                how = f"has the topic of pair '{pair.id}' ({pair.source})"
            elif len(topic) >= QUOTED_TOPIC_WORDS and f" {' '.join(topic)} " in essay:
                how = f"has a topic that stands in the essay '{pair.id}' ({pair.source})"
            else:
                continue
            problems.append(f"{prompts.source_of(asked.id)}: {asked.label} {how}: the model would have seen it")
    return problems


def without_leaks(prompts: Prompts, pairs: tuple[Pair, ...]) -> Prompts:
    """Those that no pair gives away: of neutral prompts one may be missed, of her own she is told."""
    sound = {each.id for each in prompts.asked() if not prompt_leaks(pairs, prompts.only({each.id}))}
    return prompts.only(sound)


def repeated_prompts(prompts: Prompts) -> list[str]:
    """A line for each two canaries or probes that ask the same: the second would count one answer twice."""
    return [
        f"{prompts.source_of(second.id)}: {second.label} has the topic of {first.label}"
        for first, second in combinations(prompts.asked(), 2)
        if same_topic(first.topic, second.topic)
    ]


def shared_topics(pairs: tuple[Pair, ...]) -> list[str]:
    """A sentence for each topic that both trains and validates: allowed, but the reader should know."""
    return [
        f"'{a.id}' and '{b.id}' have the same topic and stand in different splits: the validation loss will flatter."
        for a, b in combinations(pairs, 2)
        if a.split != b.split and same_topic(a.topic, b.topic)
    ]


def same_topic(first: str, second: str) -> bool:
    left, right = set(words_of(first)), set(words_of(second))
    return bool(left | right) and len(left & right) / len(left | right) >= SAME_TOPIC


def shingles_of(text: str) -> set[tuple[str, ...]]:
    """Runs of five words; a shorter text is one run."""
    words = words_of(text)
    last = max(len(words) - SHINGLE_WORDS, 0)
    return {tuple(words[at : at + SHINGLE_WORDS]) for at in range(last + 1)} if words else set()


def words_of(text: str) -> list[str]:
    """Words without case, punctuation or the differences of typography."""
    return re.findall(r"\w+", unicodedata.normalize("NFKC", text).casefold())
