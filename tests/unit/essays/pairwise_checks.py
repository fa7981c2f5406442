"""The checks of essays as they were first written, every two compared: what the quick ones must find as well."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import combinations
from typing import NamedTuple

from ownvoice.essays.alike import MOST_TOLD
from ownvoice.essays.leaks import LEAST_SHARED_SHINGLES, NEAR_DUPLICATE, QUOTED_TOPIC_WORDS
from ownvoice.essays.prompts import Prompts
from ownvoice.essays.topics import same_topic
from ownvoice.essays.words import shingles_of, words_of
from ownvoice.records.essays import Pair


class Finding(NamedTuple):
    second: str
    """The id of the pair of which only so many are told."""
    line: str
    end: str


def told(findings: Iterator[Finding], more: str) -> list[str]:
    """All lines; of a pair that is like too many, the first one, with what is said of the others in it."""
    found = list(findings)
    left = {second: number for second, number in Counter(each.second for each in found).items() if number > MOST_TOLD}
    many, lines = set(left), []
    for second, line, end in found:
        if second not in many or left[second]:
            lines.append(f"{line}{more if second in many else ''}{end}")
        left[second] = 0
    return lines


def duplicate_essays(pairs: tuple[Pair, ...]) -> Iterator[Finding]:
    shingles = [(pair, shingles_of(pair.essay)) for pair in pairs]
    for (first, left), (second, right) in combinations(shingles, 2):
        how = _likeness(left, right)
        if how is None:
            continue
        leak = "" if first.split == second.split else "; one trains and one validates, so the score would be of memory"
        line = f"{second.source}: essay '{second.id}' {how} '{first.id}' ({first.source})"
        yield Finding(second.id, line, leak)


def shared_with(own: tuple[Pair, ...], placebo: tuple[Pair, ...]) -> Iterator[Finding]:
    ours = [(pair, shingles_of(pair.essay)) for pair in own]
    for other in placebo:
        theirs = shingles_of(other.essay)
        for pair, shingles in ours:
            if how := _likeness(shingles, theirs):
                line = (
                    f"{other.source}: the placebo's essay '{other.id}' {how} the author's '{pair.id}' ({pair.source})"
                )
                yield Finding(other.id, line, "")


def _likeness(left: set[tuple[str, ...]], right: set[tuple[str, ...]]) -> str | None:
    shared = len(left & right)
    containment = shared / min(len(left), len(right)) if shared else 0.0
    if left == right and left:
        return "is the same text as"
    if containment >= NEAR_DUPLICATE and shared >= LEAST_SHARED_SHINGLES:
        return f"shares {containment:.0%} of its five-word runs with"
    return None


def prompt_leaks(pairs: tuple[Pair, ...], prompts: Prompts) -> list[str]:
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


def shared_topics(pairs: tuple[Pair, ...]) -> Iterator[Finding]:
    for a, b in combinations(pairs, 2):
        left, right = set(words_of(a.topic)), set(words_of(b.topic))
        if a.split != b.split and left | right and len(left & right) / len(left | right) >= 0.7:
            which = f"'{a.id}' and '{b.id}' have the same topic and stand in different splits"
            second = a if a.split == "validation" else b
            yield Finding(second.id, which, ": the validation loss will flatter.")
