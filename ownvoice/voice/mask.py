"""The masked text: what is left of a text when its content words are gone, as sentences of tokens."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ownvoice.voice.function_words import FUNCTION_WORDS
from ownvoice.voice.text import Sentence, tokenize

MaskedSentence = tuple[str, ...]


def mask_text(text: str) -> tuple[MaskedSentence, ...]:
    """Sentences of masked tokens, in order; the same text always gives the same sentences."""
    return mask_sentences(sentence for paragraph in tokenize(text) for sentence in paragraph)


def mask_sentences(sentences: Iterable[Sentence]) -> tuple[MaskedSentence, ...]:
    return tuple(tuple(token.masked for token in sentence) for sentence in sentences)


def is_masked_word(token: str) -> bool:
    """Whether a masked token stands for a word or a number; else it is punctuation."""
    return token[0] in "*^#" or token[0].isalpha()


def cut_sentences(sentences: Sequence[MaskedSentence], words: int) -> tuple[MaskedSentence, ...]:
    """The first sentences with `words` words in all; the last one ends where the words do."""
    kept: list[MaskedSentence] = []
    left = words
    for sentence in sentences:
        places = [place for place, token in enumerate(sentence) if is_masked_word(token)]
        if len(places) >= left:
            return (*kept, sentence[: places[left - 1] + 1]) if left else tuple(kept)
        kept.append(sentence)
        left -= len(places)
    return tuple(kept)


def function_word_share(sentences: Iterable[MaskedSentence]) -> float:
    """Share of the words that the mask left as they were: English prose lies about one half, other languages far below."""
    words = [token for sentence in sentences for token in sentence if is_masked_word(token)]
    return sum(1 for word in words if word[0] not in "*^#") / len(words) if words else 0.0


def survives(token: str) -> bool:
    """Whether a token may stand in masked text: the check that shipped figures hold no content word."""
    base, _, _ = token.rpartition("'")
    return not token[0].isalpha() or token in FUNCTION_WORDS or base in FUNCTION_WORDS or token.endswith("n't")
