"""Topics that are one, in other words: by the share of the words that they have in common."""

from __future__ import annotations

import numpy as np

from ownvoice.essays.alike import MOST_TOLD, Likeness, find_alike, share_of
from ownvoice.essays.index import Numbers, Truths
from ownvoice.essays.words import number_texts, single_words, words_of
from ownvoice.records.essays import Pair

SAME_TOPIC = 0.7
"""Share of words (Jaccard) from which two topics are one: 'keeps everything' and 'kept everything' are 0.78."""


def same_topic(first: str, second: str) -> bool:
    return is_one_topic(set(words_of(first)), set(words_of(second)))


def is_one_topic(first: set[str], second: set[str]) -> bool:
    """The same for topics that are words already."""
    shared = len(first & second)
    return shared > 0 and shared / (len(first) + len(second) - shared) >= SAME_TOPIC


def shared_topics(pairs: tuple[Pair, ...]) -> list[str]:
    """A sentence for each topic that both trains and validates: allowed, but the reader should know.

    A validation pair whose topic is that of more than `MOST_TOLD` training pairs has one, with the first of them.
    """
    train = [at for at, pair in enumerate(pairs) if pair.split == "train"]
    order = [*train, *(at for at, pair in enumerate(pairs) if pair.split == "validation")]
    before = [0] * len(train) + [len(train)] * (len(order) - len(train))
    topics = single_words(number_texts(pairs[at].topic for at in order))
    sentences = []
    for alike in find_alike(topics, _ONE_TOPIC, before):
        a, b = sorted((order[alike.first], order[alike.second]))
        which = f"'{pairs[a].id}' and '{pairs[b].id}' have the same topic and stand in different splits"
        more = f" (the first of more than {MOST_TOLD} that do)" if alike.one_of_many else ""
        sentences.append((a, b, f"{which}{more}: the validation loss will flatter."))
    return [sentence for _, _, sentence in sorted(sentences)]


def _is_one_topic(shared: Numbers, first_sizes: Numbers, second_size: int) -> Truths:
    holds: Truths = shared / (first_sizes + second_size - shared) >= SAME_TOPIC
    return holds


def _least_shared(sizes: Numbers) -> Numbers:
    return np.maximum(share_of(SAME_TOPIC, sizes), 1)


_ONE_TOPIC = Likeness(least=_least_shared, holds=_is_one_topic)
