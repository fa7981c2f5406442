"""Asks whether what was gained is hers, and not just anyone's: the gain on her profile among the gains on other writers'.

A model that learned the register, or nothing of hers, gains on her profile as on any other of her register: each is as
likely to come first, so p = (r + 1) / (N + 1) with r of N others ahead of her holds whatever the measure's faults (General
Impostors: Koppel & Winter 2014, doi 10.1002/asi.22954). All profiles are made alike: of as many texts each, shapes cut to
the same length, hers among them. The same profiles give the halves of the 2 x 2: each model on each author.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from ownvoice.voice.background import LONGEST, Background, BackgroundText, measure_text, nearest_cut
from ownvoice.voice.characters import character_rows, cosines, masked_codes
from ownvoice.voice.grammar import HALVES, grammar_of
from ownvoice.voice.panel import Rows, rows_of_others, standardised
from ownvoice.voice.shape import measure_shape
from ownvoice.voice.text import first_words, mask_text, why_unreadable

PROFILE_TEXTS = 8
"""The fewest texts that a writer of the shipped background has: no profile is surer than another."""
OTHERS_TEXTS = 3  # of each writer, for the spread: 60 texts or more

Floats = npt.NDArray[np.float64]
Profile = Sequence[BackgroundText]


def profile_of(name: str, essays: Sequence[str]) -> tuple[BackgroundText, ...]:
    """An author's essays as the background keeps texts; those that can't be measured are left out."""
    return _profile_of(name, tuple(essays))


@lru_cache(maxsize=8)
def _profile_of(name: str, essays: tuple[str, ...]) -> tuple[BackgroundText, ...]:
    readable = [essay for essay in essays if not why_unreadable(essay)][:PROFILE_TEXTS]
    return tuple(measure_text(name, first_words(essay, LONGEST), seed).kept for seed, essay in enumerate(readable))


def profiles_in(texts: Sequence[BackgroundText], authors: Sequence[str], number: int) -> dict[str, Profile]:
    """The first so many texts of each of these authors."""
    return {author: [text for text in texts if text.author == author][:number] for author in authors}


class Profiles:
    """Scores texts on many profiles at once, each in units of other writers' spread on it."""

    def __init__(self, background: Background, profiles: Mapping[str, Profile], words: int, seed: int = 0) -> None:
        self._background, self._words, self._seed = background, words, seed
        texts = [(name, text) for name, profile in profiles.items() for text in profile]
        self._places = {name: [place for place, (of, _) in enumerate(texts) if of == name] for name in profiles}
        halves = background.halves()
        self._half = {name: halves.get(name) for name in profiles}
        self._grammar = grammar_of(background, tuple(text.sentences for _, text in texts))
        codes = [masked_codes(text.sentences) for _, text in texts]
        self._characters = character_rows(background.characters, codes)
        self._shape = background.shape_scale(words).z(_shapes([text for _, text in texts], nearest_cut(words)))
        self._others, self._authors = rows_of_others(background, words, OTHERS_TEXTS)
        self._other_half = 1 - np.array([halves[author] for author in self._authors])

    def score(self, texts: Sequence[str]) -> dict[str, Floats]:
        """VOICE of every text on every profile; texts that can't be scored are the caller's to leave out."""
        if not texts:
            return {name: np.zeros(0) for name in self._places}
        rows = self._others.and_also(self._rows(texts))
        batch = self._grammar.batch(rows.sentences)
        sentences = round(float(np.mean([self._grammar.sentences_in(places) for places in self._places.values()])))
        halves = self._grammar.background(batch, max(1, sentences), self._seed)
        first = len(self._authors)
        found = {}
        for name, places in self._places.items():
            grammar = (self._grammar.own(batch, places) - self._expected(halves, name)) / batch.tokens
            characters = cosines(rows.characters, self._characters[places].mean(axis=0))
            shape = cosines(rows.shape, self._shape[places].mean(axis=0))
            raw = np.vstack([grammar, characters, shape])
            others = raw[:, :first][:, [author != name for author in self._authors]]
            found[name] = standardised(raw[:, first:], others).mean(axis=0)
        return found

    def _expected(self, halves: Floats, name: str) -> Floats:
        """By models that have seen neither the profile's writer nor, for their own texts, the others."""
        half = self._half[name]
        expected: Floats = halves.mean(axis=0) if half is None else halves[HALVES - 1 - half].copy()
        others = np.arange(len(self._authors))
        expected[others] = halves[self._other_half, others]
        return expected

    def _rows(self, texts: Sequence[str]) -> Rows:
        cut = [first_words(text, self._words) for text in texts]
        sentences = tuple(mask_text(text) for text in cut)
        shapes = np.array([measure_shape(text).row() for text in cut])
        return Rows(
            sentences,
            character_rows(self._background.characters, [masked_codes(each) for each in sentences]),
            self._background.shape_scale(self._words).z(shapes),
        )


def _shapes(texts: Profile, cut: int) -> Floats:
    return np.array([text.shapes[cut] for text in texts])
