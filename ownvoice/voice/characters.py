"""Compares texts by their masked character 3- to 5-grams (M2).

It is Burrows' Delta with the cosine (Smith & Aldridge 2011, Evert et al. 2017).

N-grams stay inside a sentence, so that they don't depend on the order of sentences. The same counting over raw
text and character 4-grams is the topic diagnostic.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ownvoice.voice.text import MaskedSentence, normalise_typography

# Of the mean. The steadiest figure of real texts, the mean length of words, varies by 6%; what varies by less than
# 1% is an effect of the cut (a text of one paragraph has a paragraph of exactly its length) or of rounding.
LEAST_DEVIATION = 0.01

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Scale:
    """Mean and standard deviation of every figure over the background's texts."""

    mean: Floats
    deviation: Floats

    @classmethod
    def of(cls, rows: Floats) -> Scale:
        """Mean and deviation over the rows; what is missing (NaN) is left out."""
        known = np.isfinite(rows)
        count = np.maximum(known.sum(axis=0), 1)
        mean = np.where(known, rows, 0).sum(axis=0) / count
        variance = (np.where(known, rows - mean, 0) ** 2).sum(axis=0) / np.maximum(count - 1, 1)
        deviation = np.sqrt(variance)
        return cls(mean, np.where(deviation > LEAST_DEVIATION * np.abs(mean), deviation, 0.0))

    def z(self, rows: Floats) -> Floats:
        """0 where a figure is missing or the background never varies in it: it then says nothing either way."""
        usable = np.isfinite(rows) & (self.deviation > 0)
        return np.where(usable, (rows - self.mean) / np.where(self.deviation > 0, self.deviation, 1), 0.0)


def cosines(rows: Floats, reference: Floats) -> Floats:
    """The cosine of each row with the reference, -1 to 1; 0 where either has no length."""
    lengths = np.linalg.norm(rows, axis=1) * np.linalg.norm(reference)
    return np.where(lengths > 0, rows @ reference / np.where(lengths > 0, lengths, 1), 0.0)


SIZES = (3, 4, 5)
TOPIC_SIZES = (4,)
MOST_FREQUENT = 2500
BITS = 12  # of a character: five of them fit in 60 bits; what lies above (Chinese, emoji) is folded
_BREAK = "\0"  # n-grams that hold it are none

Codes = npt.NDArray[np.int64]


@dataclass(frozen=True)
class CharacterScale:
    """The n-grams that count, sorted by code, and how often the background has them."""

    codes: Codes
    scale: Scale


def masked_codes(sentences: Sequence[MaskedSentence]) -> Codes:
    """Every 3-, 4- and 5-gram of masked text, as a number."""
    return _codes(_BREAK.join(f" {' '.join(sentence)} " for sentence in sentences), SIZES)


def raw_codes(text: str) -> Codes:
    """Every 4-gram of the text itself in lower case, as a number."""
    return _codes(f" {' '.join(normalise_typography(text).lower().split())} ", TOPIC_SIZES)


def _codes(text: str, sizes: Sequence[int]) -> Codes:
    letters = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32).astype(np.int64) % (1 << BITS)
    found = []
    for size in sizes:
        places = max(0, len(letters) - size + 1)
        code = np.zeros(places, np.int64)
        whole = np.ones(places, bool)
        for offset in range(size):
            letter = letters[offset : offset + places]
            code = (code << BITS) | letter
            whole &= letter != 0
        found.append(code[whole])
    return np.concatenate(found)


def character_scale(texts: Sequence[Codes]) -> CharacterScale:
    """The most frequent n-grams of a background's texts, and their mean and spread."""
    if not sum(len(text) for text in texts):
        return CharacterScale(np.zeros(0, np.int64), Scale(np.zeros(0), np.zeros(0)))
    codes, counts = np.unique(np.concatenate(texts), return_counts=True)
    kept = np.sort(codes[np.argsort(-counts, kind="stable")[:MOST_FREQUENT]])
    return CharacterScale(kept, Scale.of(_frequencies(kept, texts)))


def character_rows(figures: CharacterScale, texts: Sequence[Codes]) -> Floats:
    """A row per text: the z of each n-gram's relative frequency."""
    return figures.scale.z(_frequencies(figures.codes, texts))


def _frequencies(codes: Codes, texts: Sequence[Codes]) -> Floats:
    rows = np.zeros((len(texts), len(codes)))
    for row, text in zip(rows, texts, strict=True):
        if len(codes) and len(text):
            found = np.minimum(np.searchsorted(codes, text), len(codes) - 1)
            row += np.bincount(found[codes[found] == text], minlength=len(codes)) / len(text)
    return rows
