"""Measures that the product does not use, beside which its own are judged: Burrows' Delta and content words alone.

`rows` has a row per text; texts taken together are the mean of their rows, which is what `score` scores.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from ownvoice.voice.characters import Scale, cosines
from ownvoice.voice.text import FUNCTION_WORDS, tokenize

MOST_FREQUENT = 150  # words of Burrows' Delta (Burrows 2002)
MOST_CONTENT_WORDS = 5000

Floats = npt.NDArray[np.float64]
Counts = Counter[str]


def words_of(text: str) -> Counts:
    """Words in lower case, with how often each occurs."""
    tokens = (token for paragraph in tokenize(text) for sentence in paragraph for token in sentence)
    return Counter(token.text.lower() for token in tokens if token.is_word)


class BurrowsDelta:
    """Minus the mean absolute difference of z over the most frequent words of the background."""

    def __init__(self, background: Sequence[Counts], references: Sequence[Counts]) -> None:
        self._words = [word for word, _ in sum(background, Counter()).most_common(MOST_FREQUENT)]
        self._scale = Scale.of(self._rates(background))
        self._author = self.rows(references).mean(axis=0)

    def rows(self, texts: Sequence[Counts]) -> Floats:
        return self._scale.z(self._rates(texts))

    def score(self, rows: Floats) -> Floats:
        distances: Floats = np.abs(rows - self._author).mean(axis=1)
        return -distances

    def _rates(self, texts: Sequence[Counts]) -> Floats:
        return np.array([[text[word] / max(1, text.total()) for word in self._words] for text in texts])


class ContentWords:
    """Cosine of square-root counts of content words, weighted by how few of the background's texts have the word."""

    def __init__(self, background: Sequence[Counts], references: Sequence[Counts]) -> None:
        found = Counter(word for text in [*background, *references] for word in text if word not in FUNCTION_WORDS)
        self._words = {word: place for place, (word, _) in enumerate(found.most_common(MOST_CONTENT_WORDS))}
        texts = len(background) + len(references)
        self._weights = np.log(1 + texts / np.array([found[word] for word in self._words]))
        self._author = self.rows(references).mean(axis=0)

    def score(self, rows: Floats) -> Floats:
        return cosines(rows, self._author)

    def rows(self, texts: Sequence[Counts]) -> Floats:
        rows = np.zeros((len(texts), len(self._words)))
        for row, text in zip(rows, texts, strict=True):
            for word, count in text.items():
                if word in self._words:
                    row[self._words[word]] = np.sqrt(count)
        return rows * self._weights
