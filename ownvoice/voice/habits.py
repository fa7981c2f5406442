"""Habits of writing that can be counted: for each, the passages where it occurs, one an occurrence, to be quoted."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import pairwise

from ownvoice.text import plain_word, sentences_of, word_places, words_of

SHORT_SENTENCE, LONG_SENTENCE = 6, 20
"""Words: "Nobody was hurt." has 3, the sample author's sentences have 17 on average."""

_ASIDE = re.compile(r"\([^()]{3,400}\)")  # "(a)" and "(2)" are numbering, not an aside
_FIRST_PERSON = frozenset({"i", "i'm", "i've", "i'd", "i'll", "me", "my", "mine", "myself"})
_HYPERBOLE = frozenset(
    [
        "absolutely",
        "always",
        "amazing",
        "awful",
        "best",
        "completely",
        "endless",
        "endlessly",
        "enormous",
        "entire",
        "entirely",
        "ever",
        "every",
        "everybody",
        "everyone",
        "everything",
        "forever",
        "hundreds",
        "immense",
        "incredible",
        "incredibly",
        "literally",
        "million",
        "millions",
        "never",
        "nobody",
        "nothing",
        "perfect",
        "perfectly",
        "terrible",
        "thousand",
        "thousands",
        "totally",
        "tremendous",
        "ultimate",
        "utterly",
        "worst",
    ]
)
_DASH = re.compile(r"\u2014|(?<!\d)\u2013|\u2013(?!\d)|(?<=\S )--?(?= )|(?<=\w)--(?=\w)")
_CONTRACTED = re.compile(r"(?:n't|'m|'re|'ve|'ll|'d)$")
_CONTRACTED_IS = frozenset(
    ["it's", "that's", "he's", "she's", "what's", "there's", "here's", "let's", "who's", "where's", "how's"]
)
# Without the comma or stop that ends speech, and after a word, not after the comma or colon that opens it.
_IRONIC_QUOTE = re.compile(r"(?<=\w )[\"\u201c]([^\"\u201c\u201d,.!?:;]{2,40})[\"\u201d]")


def asides(text: str) -> list[str]:
    """Words in parentheses."""
    return _ASIDE.findall(text)


def first_person(text: str) -> list[str]:
    """I, me, my, mine, myself and their contractions."""
    return _by_word(text, lambda word: word in _FIRST_PERSON)


def contractions(text: str) -> list[str]:
    """don't, I'm, they've, she'll, it's; a possessive is none."""
    return _by_word(text, lambda word: word in _CONTRACTED_IS or bool(_CONTRACTED.search(word)))


def hyperbole(text: str) -> list[str]:
    """Words of the extreme, from a fixed list: never, nobody, every, enormous, thousand, perfectly."""
    return _by_word(text, lambda word: word in _HYPERBOLE)


def ironic_quotes(text: str) -> list[str]:
    """One to three words in quotation marks inside a sentence that are not speech."""
    return [
        sentence
        for sentence in sentences_of(text)
        for match in _IRONIC_QUOTE.finditer(sentence)
        if len(words_of(match[1])) <= 3
    ]


def dashes(text: str) -> list[str]:
    """Dashes between words, typed as one, two or three strokes; a hyphen or a range of numbers is none."""
    return [sentence for sentence in sentences_of(text) for _ in _DASH.finditer(sentence)]


def questions(text: str) -> list[str]:
    """Sentences with a question mark at the end."""
    return [sentence for sentence in sentences_of(text) if sentence.rstrip("\"'\u201d\u2019)]").endswith("?")]


def punchlines(text: str) -> list[str]:
    """A sentence of at most 6 words right after one of at least 20: the drop that deflates."""
    return [
        f"\u2026{' '.join(long.split()[-10:])} {short}"
        for long, short in pairwise(sentences_of(text))
        if len(words_of(long)) >= LONG_SENTENCE and 0 < len(words_of(short)) <= SHORT_SENTENCE
    ]


def references(text: str) -> list[str]:
    """Names: words with a capital inside a sentence, those in a row as one; each with its sentence."""
    return [sentence for sentence in sentences_of(text) for _ in _names_in(sentence)]


def distinct_names(text: str) -> set[str]:
    return {name for sentence in sentences_of(text) for name in _names_in(sentence)}


def _names_in(sentence: str) -> list[str]:
    """A capital after a quotation mark, a colon or a bracket opens a sentence of its own, and I is no name."""
    names: list[str] = []
    end = len(sentence)  # of the name before; none yet
    for place in word_places(sentence)[1:]:
        word, before = place[0], sentence[max(0, place.start() - 2) : place.start()]
        is_name = word[0].isupper() and plain_word(word) not in _FIRST_PERSON
        if is_name and sentence[end : place.start()] == " ":
            names[-1] += f" {word}"
        elif is_name and re.search(r"[\w,;\u2014\u2013-] ?$", before):
            names.append(word)
        else:
            is_name = False
        end = place.end() if is_name else len(sentence)
    return names


def _by_word(text: str, is_meant: Callable[[str], bool]) -> list[str]:
    """The sentence around each word that is meant."""
    return [sentence for sentence in sentences_of(text) for word in words_of(sentence) if is_meant(word)]
