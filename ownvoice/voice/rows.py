"""Texts as the measures take them, and the three raw scores against an author."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ownvoice.voice.background import Background
from ownvoice.voice.characters import character_rows, masked_codes, raw_codes
from ownvoice.voice.mask import MaskedSentence, cut_sentences, mask_text
from ownvoice.voice.scale import cosines
from ownvoice.voice.shape import measure_shape
from ownvoice.voice.typography import pieces_of

# Enough for sigma (60 texts or more), and no author counts for more than another.
TEXTS_PER_AUTHOR = 8

Floats = npt.NDArray[np.float64]
Masked = tuple[MaskedSentence, ...]


@dataclass(frozen=True)
class Rows:
    """A row per text: z by the background's mean and deviation."""

    sentences: tuple[Masked, ...]
    characters: Floats
    shape: Floats

    def and_also(self, others: Rows) -> Rows:
        return Rows(
            self.sentences + others.sentences,
            np.vstack([self.characters, others.characters]),
            np.vstack([self.shape, others.shape]),
        )

    def cosines_to(self, references: Rows, essays: Sequence[int]) -> Floats:
        """Two rows, characters and shape: the cosine with the mean of the essays."""
        return np.array(
            [
                cosines(self.characters, references.characters[essays].mean(axis=0)),
                cosines(self.shape, references.shape[essays].mean(axis=0)),
            ]
        )


def rows_of(texts: Sequence[str], background: Background, words: int) -> Rows:
    """Texts of any length; their shape is taken as the background's is, at `words` words."""
    sentences = tuple(mask_text(text) for text in texts)
    shapes = np.array([_mean_shape(text, words) for text in texts])
    return Rows(
        sentences,
        character_rows(background.characters, [masked_codes(each) for each in sentences]),
        background.shape_scale(words).z(shapes),
    )


def _mean_shape(text: str, words: int) -> Floats:
    """Over pieces of `words` words: a paragraph of 400 words can't be seen in a text that is cut at 150."""
    rows = np.array([measure_shape(piece).row() for piece in pieces_of(text, words)])
    known = np.isfinite(rows)
    sums, counts = np.where(known, rows, 0).sum(axis=0), known.sum(axis=0)
    return np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)


def rows_of_others(background: Background, words: int) -> tuple[Rows, list[str]]:
    """Texts of the background cut to `words`, and the author of each."""
    taken: dict[str, int] = {}
    places = []
    for place, text in enumerate(background.texts):
        taken[text.author] = taken.get(text.author, 0) + 1
        if taken[text.author] <= TEXTS_PER_AUTHOR:
            places.append(place)
    sentences = tuple(cut_sentences(background.texts[place].sentences, words) for place in places)
    characters = character_rows(background.characters, [masked_codes(each) for each in sentences])
    shape = background.shape_scale(words).z(background.shape_rows(words)[places])
    return Rows(sentences, characters, shape), [background.texts[place].author for place in places]


def topic_cosines(texts: Sequence[str], references: Sequence[str], background: Background) -> Floats:
    """The topic diagnostic: raw character 4-grams, where content words count."""
    reference = character_rows(background.topic, [raw_codes(text) for text in references]).mean(axis=0)
    return cosines(character_rows(background.topic, [raw_codes(text) for text in texts]), reference)
