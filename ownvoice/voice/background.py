"""Keeps what other writers' texts look like, in figures and masked sentences. No text is in it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ownvoice.voice.characters import CharacterScale, Codes, Scale, raw_codes
from ownvoice.voice.shape import FEATURES, measure_shape
from ownvoice.voice.text import MaskedSentence, first_words, mask_text

# Words at which the shape of a background text is kept: once the text is gone it can't be cut again.
CUTS = (50, 75, 100, 150, 200, 300, 400)
LONGEST = CUTS[-1]

Floats = npt.NDArray[np.float64]


def nearest_cut(words: int) -> int:
    """The place in CUTS of the kept length that is nearest."""
    return int(np.abs(np.log(np.array(CUTS) / words)).argmin())


@dataclass(frozen=True, eq=False)
class BackgroundText:
    """One text of another writer, as far as it is kept; it is no other's equal but its own."""

    author: str
    sentences: tuple[MaskedSentence, ...]
    """Shuffled, so that the text can't be put together again."""
    shapes: Floats
    """A row per cut, a column per feature, as `TextShape.row` gives them."""


@dataclass(frozen=True)
class MeasuredText:
    """A background text with what only the making of a background needs."""

    kept: BackgroundText
    raw: Codes


@dataclass(frozen=True, eq=False)
class Background:
    """Texts of other writers, with the scales of the measures that have one for all lengths."""

    name: str
    texts: tuple[BackgroundText, ...]
    characters: CharacterScale
    topic: CharacterScale

    @property
    def authors(self) -> tuple[str, ...]:
        return tuple(sorted({text.author for text in self.texts}))

    def halves(self) -> dict[str, int]:
        """0 or 1 for every author: the texts of one half are scored with models of the other."""
        return {author: number % 2 for number, author in enumerate(self.authors)}

    def shape_rows(self, words: int) -> Floats:
        """The shape of every text, cut to the kept length that is nearest."""
        cut = nearest_cut(words)
        return np.array([text.shapes[cut] for text in self.texts]).reshape(len(self.texts), len(FEATURES))

    def shape_scale(self, words: int) -> Scale:
        return Scale.of(self.shape_rows(words))


def measure_text(author: str, text: str, seed: int) -> MeasuredText:
    """Figures of one text."""
    sentences = mask_text(text)
    order = np.random.default_rng(seed).permutation(len(sentences))
    shapes = np.array([measure_shape(first_words(text, words)).row() for words in CUTS])
    kept = BackgroundText(author, tuple(sentences[place] for place in order), shapes)
    return MeasuredText(kept, raw_codes(text))
