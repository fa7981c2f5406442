"""Texts as words, and words as numbers: many texts are compared in arrays, exactly, without keeping a word twice."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import count
from typing import NamedTuple

import numpy as np

from ownvoice.essays.index import Members, Numbers, differs, spans

SHINGLE_WORDS = 5
NO_WORD = 0


def words_of(text: str) -> list[str]:
    """Words without case, punctuation or the differences of typography."""
    return re.findall(r"\w+", unicodedata.normalize("NFKC", text).casefold())


def shingles_of(text: str) -> set[tuple[str, ...]]:
    words = words_of(text)
    last = max(len(words) - SHINGLE_WORDS, 0)
    return {tuple(words[at : at + SHINGLE_WORDS]) for at in range(last + 1)} if words else set()


class NumberedTexts(NamedTuple):
    """Texts one after the other, each word as its number, each text with four times `NO_WORD` behind it."""

    numbers: Numbers
    starts: Numbers
    """Where each text begins."""
    lengths: Numbers
    """Words of each text."""
    vocabulary: dict[str, int]

    def holding(self, words: Sequence[str]) -> set[int]:
        """The texts in which these words stand in a row."""
        sought = [self.vocabulary.get(word, -1) for word in words]
        found = np.arange(max(len(self.numbers) - len(sought) + 1, 0))
        for place, number in enumerate(sought):
            found = found[self.numbers[found + place] == number]
        return set((np.searchsorted(self.starts, found, side="right") - 1).tolist())


def number_texts(texts: Iterable[str]) -> NumberedTexts:
    return number_words(words_of(text) for text in texts)


def number_words(texts: Iterable[Sequence[str]]) -> NumberedTexts:
    """The same for texts that are words already."""
    vocabulary: defaultdict[str, int] = defaultdict(count(NO_WORD + 1).__next__)
    behind = [NO_WORD] * (SHINGLE_WORDS - 1)
    parts = [np.array([*map(vocabulary.__getitem__, words), *behind], dtype=np.int32) for words in texts]
    lengths = np.array([len(part) for part in parts], dtype=np.int64)
    return NumberedTexts(
        numbers=np.concatenate(parts) if parts else np.empty(0, np.int32),
        starts=np.cumsum(lengths) - lengths,
        lengths=lengths - len(behind),
        vocabulary=dict(vocabulary),
    )


def single_words(texts: NumberedTexts) -> Members:
    """Each text as the set of its words."""
    is_word = texts.numbers != NO_WORD
    owners = np.repeat(np.arange(len(texts.lengths), dtype=np.int32), texts.lengths)
    return Members(keys=texts.numbers[is_word], owners=owners, sets=len(texts.lengths))


def shingles(texts: NumberedTexts) -> Members:
    """Each text as the set of its runs of five words; a shorter text is one run.

    A run's key is built from its parts' numbers and not by hashing, so that two runs never share one.
    """
    words = texts.numbers
    runs = np.where(texts.lengths > 0, np.maximum(texts.lengths - SHINGLE_WORDS + 1, 1), 0)
    owners = np.repeat(np.arange(len(runs), dtype=np.int32), runs)
    places = spans(texts.starts, runs)
    twos = _numbered(words[:-1], words[1:])
    fours = _numbered(twos[:-2], twos[2:])
    return Members(keys=_joined(fours[places], words[places + 4]), owners=owners, sets=len(runs))


def _numbered(left: Numbers, right: Numbers) -> Numbers:
    """A number for each two numbers that stand side by side, the same for the same two.

    By hand, since NumPy's `unique` takes twice the memory: 540 MiB for 20,000 texts of 350 words.
    """
    keys = _joined(left, right)
    order = np.argsort(keys)
    numbers = np.empty(len(keys), np.int32)
    numbers[order] = np.cumsum(differs(keys[order]), dtype=np.int32)
    return numbers


def _joined(left: Numbers, right: Numbers) -> Numbers:
    """Both in one: there are fewer than 2^31 of either."""
    return left.astype(np.int64) << 32 | right
