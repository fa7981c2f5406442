"""M1: LambdaG (Nini, Halvani, Graner, Gherardi & Ishihara, doi 10.1057/s41599-025-06340-3): whose grammar is likelier?

score = (sum log10 p_author - mean over background models of sum log10 p_background) / tokens. Each background model
learns as many random sentences as the author has. Half of the background's authors fill one half of the models:
a background author's own text is scored with the other half, which has never seen that author.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ownvoice.voice.kneser_ney import Located, Model, Pool
from ownvoice.voice.mask import MaskedSentence

HALVES = 2
MODELS = 30  # half of them from each half of the authors; README of lambdag 0.2.0: num_references=30

Floats = npt.NDArray[np.float64]
Masked = Sequence[MaskedSentence]


@dataclass(frozen=True)
class Batch:
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

    def batch(self, texts: Sequence[Masked]) -> Batch:
        located = self._pool.locate([sentence for text in texts for sentence in text])
        owner = np.repeat(np.arange(len(texts)), [len(text) for text in texts])
        return Batch(located, owner[located.sentence], len(texts))

    def sentences_in(self, essays: Sequence[int]) -> int:
        return int(np.isin(self._essay, essays).sum())

    def own(self, batch: Batch, essays: Sequence[int]) -> Floats:
        """Sum of log10 p of each text under the model of these essays."""
        model = Model(self._pool, np.isin(self._essay, essays))
        return batch.per_text(model.log10_probabilities(batch.located))

    def background(self, batch: Batch, sentences: int, seed: int) -> Floats:
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
