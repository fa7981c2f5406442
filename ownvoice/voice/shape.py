"""Describes the shape of a text (M3) in 28 named figures: punctuation, contractions, persons, sentence rhythm, word length.

Rates enter as square roots (they are counts: the root evens out their spread), lengths as logarithms.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from statistics import fmean
from typing import Literal

import numpy as np

from ownvoice.frozen import Frozen
from ownvoice.voice.text import SENTENCE_OPENERS, Sentence, Token, tokenize, word_set

Unit = Literal["per 1,000 words", "words", "letters", "share"]
LONG_WORD_LETTERS = 8
FIRST_WORDS = 100
FEWEST_SENTENCES = 3  # for a spread: two lengths say nothing of rhythm


class ShapeFeature(Frozen):
    """One trait: `name` for code, `title` for a reader."""

    name: str
    title: str
    unit: Unit


class TextShape(Frozen):
    """A text's traits as a person reads them, in the order of FEATURES; None where the text is too short to tell."""

    words: int
    values: tuple[float | None, ...]

    def value(self, name: str) -> float | None:
        return self.values[NAMES.index(name)]

    def row(self) -> list[float]:
        """The traits as the measure takes them: roots of rates, logarithms of lengths, NaN where unknown."""
        return [
            math.nan if value is None else _TRANSFORMED[feature.unit](value)
            for feature, value in zip(FEATURES, self.values, strict=True)
        ]


MARKS = {
    "commas": ("Commas", ","),
    "semicolons": ("Semicolons", ";"),
    "colons": ("Colons", ":"),
    "dashes": ("Dashes", "--"),
    "asides": ("Asides in parentheses", "("),
    "exclamations": ("Exclamation marks", "!"),
    "questions": ("Question marks", "?"),
    "double_quotes": ("Double quotation marks", '"'),
    "single_quotes": ("Single quotation marks", "'"),
    "ellipses": ("Ellipses", "..."),
    "slashes": ("Slashes", "/"),
    "hyphens": ("Hyphens", "-"),
}
WORDS = {
    "i": ("I", word_set("i i'm i've i'd i'll")),
    "my": ("me, my, mine, myself", word_set("me my mine myself")),
    "you": ("you, your", word_set("you your yours yourself yourselves you're you've you'd you'll")),
    "we": ("we, us, our", word_set("we us our ours ourselves we're we've we'd we'll let's")),
    "and": ("and", word_set("and")),
}
FEATURES = (
    *(ShapeFeature(name=name, title=title, unit="per 1,000 words") for name, (title, _) in MARKS.items()),
    ShapeFeature(name="contractions", title="Contractions (don't, it's)", unit="per 1,000 words"),
    *(ShapeFeature(name=name, title=title, unit="per 1,000 words") for name, (title, _) in WORDS.items()),
    ShapeFeature(name="negations", title="Negations (not, n't, never)", unit="per 1,000 words"),
    ShapeFeature(name="sentence_length", title="Typical sentence", unit="words"),
    ShapeFeature(name="sentence_spread", title="Spread of sentence lengths", unit="share"),
    ShapeFeature(name="short_sentence", title="Short sentences (1 in 10 is shorter)", unit="words"),
    ShapeFeature(name="long_sentence", title="Long sentences (1 in 10 is longer)", unit="words"),
    ShapeFeature(name="word_length", title="Mean word", unit="letters"),
    ShapeFeature(name="long_words", title="Words of 8 letters or more", unit="share"),
    ShapeFeature(name="paragraph_length", title="Paragraph", unit="words"),
    ShapeFeature(name="conjunction_openings", title="Sentences that open with a conjunction", unit="share"),
    ShapeFeature(name="different_words", title="Different words among the first 100", unit="share"),
)
NAMES = tuple(feature.name for feature in FEATURES)
_TRANSFORMED: dict[Unit, Callable[[float], float]] = {
    "per 1,000 words": math.sqrt,
    "words": math.log,
    "letters": float,
    "share": float,
}


def measure_shape(text: str) -> TextShape:
    return shape_of_paragraphs(tokenize(text))


def shape_of_paragraphs(paragraphs: tuple[tuple[Sentence, ...], ...]) -> TextShape:
    sentences = [sentence for paragraph in paragraphs for sentence in paragraph]
    words = [token for sentence in sentences for token in sentence if token.is_word]
    if not words:
        return TextShape(words=0, values=(None,) * len(FEATURES))
    rates = [1000 * count / len(words) for count in _counts(sentences, words)]
    others = (*_rhythm(sentences), *_word_lengths(words), *_layout(paragraphs, words))
    return TextShape(words=len(words), values=(*rates, *others))


def _counts(sentences: list[Sentence], words: list[Token]) -> list[int]:
    marks = [token.text for sentence in sentences for token in sentence if not token.is_word]
    masked = [word.masked for word in words]
    return [
        *(marks.count(mark) for _, mark in MARKS.values()),
        sum(1 for word in masked if "'" in word and word[0] not in "*^"),
        *(sum(1 for word in masked if word in members) for _, members in WORDS.values()),
        sum(1 for word in masked if word.endswith("n't") or word in ("not", "never", "cannot")),
    ]


def _rhythm(sentences: list[Sentence]) -> list[float | None]:
    lengths = np.log([_words_in(sentence) for sentence in sentences])
    typical = math.exp(float(lengths.mean()))
    if len(lengths) < FEWEST_SENTENCES:
        return [typical, None, None, None]
    short, long = np.exp(np.quantile(lengths, (0.1, 0.9)))
    return [typical, float(lengths.std(ddof=1)), float(short), float(long)]


def _word_lengths(words: list[Token]) -> list[float | None]:
    letters = [len(word.text.replace("'", "")) for word in words if word.masked != "#"]
    if not letters:
        return [None, None]
    return [fmean(letters), fmean(length >= LONG_WORD_LETTERS for length in letters)]


def _layout(paragraphs: tuple[tuple[Sentence, ...], ...], words: list[Token]) -> list[float | None]:
    sentences = [sentence for paragraph in paragraphs for sentence in paragraph]
    openings = [next(token.masked for token in sentence if token.is_word) for sentence in sentences]
    first = {word.text.lower() for word in words[:FIRST_WORDS]}
    return [
        len(words) / len(paragraphs),
        fmean(opening in SENTENCE_OPENERS for opening in openings),
        len(first) / FIRST_WORDS if len(words) >= FIRST_WORDS else None,
    ]


def _words_in(sentence: Iterable[Token]) -> int:
    return sum(1 for token in sentence if token.is_word)
