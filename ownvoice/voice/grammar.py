"""Scores whose grammar a text has, by LambdaG (M1; Nini, Halvani, Graner, Gherardi & Ishihara, doi 10.1057/s41599-025-06340-3).

score = (sum log10 p_author - mean over background models of sum log10 p_background) / tokens. Each background model
learns as many random sentences as the author has. Half of the background's authors fill one half of the models:
a background author's own text is scored with the other half, which has never seen that author.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
import numpy.typing as npt

from ownvoice.voice.background import Background
from ownvoice.voice.text import MaskedSentence

ORDER = 6  # VOICE: order 6 and discount .75, as `LambdaGMethod` has them
DISCOUNT = 0.75
PADS = ORDER - 1
START, END, UNSEEN = 0, 1, -1

Ids = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Grams:
    """The n-grams of an order that the pool holds; row g is n-gram number g."""

    keys: Ids
    """Sorted: number of the first n-1 tokens times the vocabulary, plus the last token."""
    prefix: Ids
    suffix: Ids
    middle: Ids
    start: int
    """The number of the n-gram of start marks alone, or `UNSEEN`."""


@dataclass(frozen=True)
class Located:
    """Sentences as numbers of n-grams: `at[n][i]` is the n-gram of order n that ends at place i, `UNSEEN` where none."""

    at: tuple[Ids, ...]
    scored: Ids
    """The places of tokens and end marks: those that have a probability."""
    sentence: Ids
    """The sentence of each scored place."""

    @cached_property
    def grams(self) -> tuple[Ids, ...]:
        """By order, the n-gram that ends at each scored place; read by every model."""
        return tuple(each[self.scored] for each in self.at)

    @cached_property
    def contexts(self) -> tuple[Ids, ...]:
        """By length, the tokens before each scored place."""
        return (self.at[0][self.scored], *(each[self.scored - 1] for each in self.at[1:]))


class Pool:
    """Sentences to choose models from. `vocabulary` is fixed: other tokens are unseen."""

    def __init__(self, sentences: Sequence[Sequence[str]]) -> None:
        tokens = sorted({token for sentence in sentences for token in sentence})
        self._numbers = {token: number for number, token in enumerate(tokens, start=2)}
        self._size = len(tokens) + 2
        self.sentences = len(sentences)
        padded, scored, sentence = self._pad(sentences)
        at: list[Ids] = [np.zeros(len(padded), np.int64)]
        self.grams: list[Grams] = [Grams(*(np.zeros(1, np.int64),) * 4, start=0)]
        for order in range(1, ORDER + 1):
            keys = self._keys(at, padded, order)
            unique, first, ids = np.unique(keys, return_index=True, return_inverse=True)
            before = np.maximum(first - 1, 0)
            shorter, middle = at[-1], at[max(0, order - 2)]
            start = ids[order - 1] if order <= PADS and len(ids) else UNSEEN
            at.append(ids.astype(np.int64))
            self.grams.append(Grams(unique, shorter[before], shorter[first], middle[before], int(start)))
        self.located = Located(tuple(at), scored, sentence)

    def locate(self, sentences: Sequence[Sequence[str]]) -> Located:
        """Other sentences, as numbers of this pool's n-grams."""
        padded, scored, sentence = self._pad(sentences)
        at: list[Ids] = [np.zeros(len(padded), np.int64)]
        for order in range(1, ORDER + 1):
            keys, known = self._keys(at, padded, order), self.grams[order].keys
            found = np.minimum(np.searchsorted(known, keys), len(known) - 1)
            at.append(np.where(known[found] == keys, found, UNSEEN))
        return Located(tuple(at), scored, sentence)

    def _pad(self, sentences: Sequence[Sequence[str]]) -> tuple[Ids, Ids, Ids]:
        padded: list[int] = []
        for sentence in sentences:
            padded += [START] * PADS
            padded += [self._numbers.get(token, UNSEEN) for token in sentence]
            padded.append(END)
        tokens = np.array(padded, np.int64)
        scored = np.flatnonzero(tokens != START)
        lengths = np.array([len(sentence) + 1 for sentence in sentences], np.int64)
        return tokens, scored, np.repeat(np.arange(len(sentences)), lengths)

    def _keys(self, at: list[Ids], tokens: Ids, order: int) -> Ids:
        prefix = np.roll(at[order - 1], 1) if order > 1 else at[0]
        return np.where((prefix == UNSEEN) | (tokens == UNSEEN), UNSEEN, prefix * self._size + tokens)


class Model:
    """The counts of the chosen sentences, and the probabilities that follow from them."""

    def __init__(self, pool: Pool, chosen: npt.NDArray[np.bool_]) -> None:
        located, grams = pool.located, pool.grams
        places = located.scored[chosen[located.sentence]]
        sizes = [len(each.keys) + 1 for each in grams]  # one more, so that UNSEEN (-1) reads a count of 0
        self.count = [np.zeros(1)]
        self.before, self.after, self.around = ([np.zeros(size) for size in sizes] for _ in range(3))
        for order in range(1, ORDER + 1):
            count = np.zeros(sizes[order])
            present, times = np.unique(located.at[order][places], return_counts=True)
            count[present] = times
            _count_into(self.before[order - 1], grams[order].suffix[present])
            _count_into(self.after[order - 1], grams[order].prefix[present])
            if order >= 2:
                _count_into(self.around[order - 2], grams[order].middle[present])
            if grams[order].start != UNSEEN:
                count[grams[order].start] = chosen.sum()
            self.count.append(count)
        self.types = np.count_nonzero(self.count[1])  # the start mark among them, which stands for the package's <unk>

    def log10_probabilities(self, located: Located) -> Floats:
        """The log10 probability of every scored place, given the five tokens before it."""
        probability: Floats = np.full(len(located.scored), 1.0 / self.types)
        seen = np.arange(len(located.scored))
        for length in range(ORDER):
            if length:  # where the model doesn't know the tokens before, it knows no more of them either
                seen = seen[self.count[length][located.contexts[length][seen]] > 0]
            gram, context = located.grams[length + 1][seen], located.contexts[length][seen]
            top = length == ORDER - 1
            own = self.count[length + 1][gram] if top else self.before[length + 1][gram]
            total = self.count[length][context] if top else self.around[length][context]
            mixed = np.maximum(0, own - DISCOUNT) + DISCOUNT * self.after[length][context] * probability[seen]
            probability[seen] = mixed / total
        return np.log10(probability)


def _count_into(counts: Floats, grams: Ids) -> None:
    """A model has few of the pool's n-grams: only theirs are touched."""
    present, times = np.unique(grams, return_counts=True)
    counts[present] = times


HALVES = 2
MODELS = 30  # half of them from each half of the authors; README of lambdag 0.2.0: num_references=30

Masked = Sequence[MaskedSentence]


@dataclass(frozen=True)
class LocatedTexts:
    """Texts to score, located in the pool."""

    located: Located
    text: npt.NDArray[np.int64]
    """The text of each scored place."""
    texts: int

    def per_text(self, values: Floats) -> Floats:
        return np.bincount(self.text, weights=values, minlength=self.texts).astype(np.float64)

    @property
    def tokens(self) -> Floats:
        return np.maximum(np.bincount(self.text, minlength=self.texts), 1).astype(float)


class Grammar:
    """Models over one pool: the background's sentences, then those of each of the author's essays."""

    def __init__(self, background: Masked, half: npt.NDArray[np.int64], essays: Sequence[Masked]) -> None:
        self._pool = Pool([*background, *(sentence for essay in essays for sentence in essay)])
        self._half = half
        lengths = [len(essay) for essay in essays]
        self._essay = np.concatenate([np.full(len(background), -1), np.repeat(np.arange(len(essays)), lengths)])

    def batch(self, texts: Sequence[Masked]) -> LocatedTexts:
        located = self._pool.locate([sentence for text in texts for sentence in text])
        owner = np.repeat(np.arange(len(texts)), [len(text) for text in texts])
        return LocatedTexts(located, owner[located.sentence], len(texts))

    def sentences_in(self, essays: Sequence[int]) -> int:
        return int(np.isin(self._essay, essays).sum())

    def own(self, batch: LocatedTexts, essays: Sequence[int]) -> Floats:
        """Sum of log10 p of each text under the model of these essays."""
        model = Model(self._pool, np.isin(self._essay, essays))
        return batch.per_text(model.log10_probabilities(batch.located))

    def background(self, batch: LocatedTexts, sentences: int, seed: int) -> Floats:
        """Mean over the models of each half of the sum of log10 p: a row per half, a column per text."""
        sums = np.zeros((HALVES, batch.texts))
        for number in range(MODELS):
            half = number % HALVES
            choices = np.flatnonzero(self._half == half)
            random = np.random.default_rng((seed, number))
            chosen = np.zeros(self._pool.sentences, bool)
            chosen[random.choice(choices, size=min(sentences, len(choices)), replace=False)] = True
            sums[half] += batch.per_text(Model(self._pool, chosen).log10_probabilities(batch.located))
        return sums / (MODELS // HALVES)


@lru_cache(maxsize=2)  # one of an author's essays, one of all profiles: what is scored changes, and they stay
def grammar_of(background: Background, essays: tuple[Masked, ...]) -> Grammar:
    """Over all sentences of the background, by its halves, and those of these essays."""
    halves = background.halves()
    pool = [(sentence, halves[text.author]) for text in background.texts for sentence in text.sentences]
    return Grammar([sentence for sentence, _ in pool], np.array([half for _, half in pool]), essays)
