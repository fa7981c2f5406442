"""Text as paragraphs of sentences of tokens, each token with its masked form.

The mask (after POSNoise, Halvani & Graner, ARES 2021, without its tagger): function words, contractions and punctuation stay,
a number is `#`, every other word `*` and its ending, with `^` before it where it is capitalised inside a sentence.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from ownvoice.voice.function_words import CONTRACTED, FUNCTION_WORDS, NEGATED, word_set
from ownvoice.voice.typography import normalise_typography, split_paragraphs

_TOKEN = re.compile(
    r"(?P<url>(?:https?://|www\.)\S+)"
    r"|(?P<number>[$£€]?\d+(?:[.,:/]\d+)*(?:st|nd|rd|th|s)?\b%?)"
    r"|(?P<word>(?:[^\W\d_]\.){2,}|[^\W\d_]+(?:'[^\W\d_]+)*)"
    r"|(?P<mark>\.\.\.|--|[.,;:!?\"'()\[\]/&-])"
)
# Endings that carry grammar or register; the longest that leaves three letters is kept.
ENDINGS = sorted(
    word_set("""ing ings ed er ers est ly ness tion tions sion sions ment ments ity ities ance ence ancy ency able ible ful less
    ous ive ives al ic ical ism ist ists ish ship hood dom ise ize ised ized ify ate ates ated ary ory en s"""),
    key=len,
    reverse=True,
)
_SHORTEST_STEM = 3
_ENDS_SENTENCE = frozenset((".", "!", "?", "..."))
_CLOSES = frozenset(('"', "'", ")", "]"))
_OPENS = frozenset(('"', "'", "(", "[", "--"))
_NO_END_AFTER = word_set("mr mrs ms dr st prof rev col capt gen hon jr sr vol fig cf vs")


class Token(NamedTuple):
    text: str
    """As written, with typography normalised."""
    masked: str
    is_word: bool
    """A word or a number; else punctuation."""


Sentence = tuple[Token, ...]


class _Raw(NamedTuple):
    kind: str
    text: str
    spaced: bool


def tokenize(text: str) -> tuple[tuple[Sentence, ...], ...]:
    """Paragraphs of sentences of tokens. What is no letter, number or kept mark is dropped."""
    paragraphs = (_sentences(block) for block in split_paragraphs(normalise_typography(text)))
    return tuple(paragraph for paragraph in paragraphs if paragraph)


def _sentences(block: str) -> tuple[Sentence, ...]:
    raw = [
        _Raw(match.lastgroup or "", match.group(), block[match.start() - 1 : match.start()].isspace())
        for match in _TOKEN.finditer(block)
    ]
    sentences, start = [], 0
    for end in _sentence_ends(raw):
        sentences.append(_mask_sentence(raw[start:end]))
        start = end
    return tuple(sentence for sentence in sentences if any(token.is_word for token in sentence))


def _sentence_ends(raw: list[_Raw]) -> list[int]:
    ends, place = [], 0
    while place < len(raw):
        token = raw[place]
        place += 1
        if token.text not in _ENDS_SENTENCE or _is_abbreviation(raw, place - 1):
            continue
        while place < len(raw) and (
            raw[place].text in _ENDS_SENTENCE or (raw[place].text in _CLOSES and not raw[place].spaced)
        ):
            place += 1
        if place < len(raw) and _begins_sentence(raw[place : place + 3]):
            ends.append(place)
    return [*ends, len(raw)]


def _is_abbreviation(raw: list[_Raw], place: int) -> bool:
    if place == 0 or raw[place].text != "." or raw[place - 1].kind != "word":
        return False
    before = raw[place - 1].text
    return before.lower() in _NO_END_AFTER or (len(before) == 1 and before.isupper() and before != "I")


def _begins_sentence(following: list[_Raw]) -> bool:
    if not following[0].spaced:
        return False
    for token in following:
        if token.text not in _OPENS:
            return token.kind in ("number", "url") or token.text[0].isupper()
    return False


def _mask_sentence(raw: list[_Raw]) -> Sentence:
    tokens, inside = [], False
    for kind, text, _ in raw:
        if kind == "mark":
            tokens.append(Token(text, text, False))
            continue
        masked = mask_word(text, inside) if kind == "word" else "#" if kind == "number" else "*"
        tokens.append(Token(text, masked, True))
        inside = True
    return tuple(tokens)


@lru_cache(maxsize=50_000)
def mask_word(word: str, inside_sentence: bool) -> str:
    """`the` stays, `don't` stays, `Walking` becomes `*ing`, `Darwin's` inside a sentence `^*'s`."""
    lower = word.lower()
    base, apostrophe, tail = lower.rpartition("'")
    if lower in FUNCTION_WORDS or _is_contraction(base, tail):
        return lower
    contracted = apostrophe + tail if apostrophe + tail in CONTRACTED else ""
    stem = base if contracted else lower
    ending = next((e for e in ENDINGS if stem.endswith(e) and len(stem) - len(e) >= _SHORTEST_STEM), "")
    return ("^" if inside_sentence and word[0].isupper() else "") + "*" + ending + contracted


def _is_contraction(base: str, tail: str) -> bool:
    return (base in FUNCTION_WORDS and f"'{tail}" in CONTRACTED) or (
        tail == "t" and base.endswith("n") and base[:-1] in NEGATED | {"ca"}
    )
