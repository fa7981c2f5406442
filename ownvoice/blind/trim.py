"""Makes passages of texts so that nothing but the writing tells whose they are: one length, one typography.

Quotes, dashes, ellipses, line breaks and Markdown's marks are made the same for all, as the measures of the voice read them;
words, spelling, numbers, loops and whatever else a model does stay.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import NamedTuple

from ownvoice.markdown import show_invisible
from ownvoice.text import sentences_of
from ownvoice.voice.text import count_words, first_words, normalise_typography, split_paragraphs

SLACK = 0.25
"""A passage ends with a sentence where one ends within so much of the length that was asked for."""
CHARACTERS_A_WORD = 12
"""English prose has 5 to 6 with the space; a "word" without an end may not make a passage longer than any other."""
READ_FACTOR = 40
"""Of an answer no more is looked at than so many characters a word: one may be 10 MB long."""
_WHOLE = re.compile(r"[.!?][\"')\]]*$")
_DASH = re.compile(r"\s*--\s*")


class Sentence(NamedTuple):
    text: str
    words: int
    opens_paragraph: bool

    @property
    def is_whole(self) -> bool:
        """False of what the length limit broke off: that a passage ends there would tell whose it is."""
        return _WHOLE.search(self.text) is not None


class Cut(NamedTuple):
    text: str
    """Paragraphs on a line each, an empty line between."""
    end: int
    """Number of the first sentence behind it."""


def sentences_in(text: str) -> tuple[Sentence, ...]:
    """The text's sentences in order, typography made the same for all."""
    return tuple(
        Sentence(sentence, count_words(sentence), place == 0)
        for paragraph in split_paragraphs(show_invisible(_evened(text)))
        for place, sentence in enumerate(sentences_of(paragraph))
    )


def beginning_of(text: str, words: int) -> str:
    """As much of a text as a passage can need, so that a huge one costs nothing."""
    return text[: READ_FACTOR * words]


def cut_from(sentences: Sequence[Sentence], first: int, words: int) -> Cut | None:
    """About `words` words from sentence number `first` on, to the nearest end of a sentence; None where there are fewer.

    Where no sentence ends near there, it is cut behind so many words.
    """
    ends = [*accumulate((each.words for each in sentences[first:]), initial=0)]
    near = [
        end
        for end in range(1, len(ends))
        if abs(ends[end] - words) <= SLACK * words and sentences[first + end - 1].is_whole
    ]
    if near:
        end = min(near, key=lambda each: abs(ends[each] - words))
    elif ends[-1] >= (1 - SLACK) * words:
        end = next((each for each, total in enumerate(ends) if total >= words), len(ends) - 1)
    else:
        return None
    text = _joined(sentences[first : first + end])
    text = text if near else first_words(text, words)
    return Cut(text[: CHARACTERS_A_WORD * words], first + end)


def pieces_of(text: str, words: int) -> Iterator[str]:
    """One passage after the other, until fewer words are left than one needs."""
    sentences, first = sentences_in(text), 0
    while (cut := cut_from(sentences, first, words)) is not None:
        yield cut.text
        first = cut.end


def _evened(text: str) -> str:
    return _DASH.sub(" \N{EN DASH} ", normalise_typography(text))


def _joined(sentences: Sequence[Sentence]) -> str:
    parts = [("\n\n" if each.opens_paragraph else " ") + each.text for each in sentences]
    return "".join(parts).strip()
