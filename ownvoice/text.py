"""Cuts texts into words, sentences and pieces, and measures how much two texts have in common."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import Literal

Words = tuple[str, ...]
OverLength = Literal["error", "truncate", "split", "drop"]
"""What becomes of a text that is longer than a model takes."""
PairField = Literal["id", "topic", "essay", "tier", "split"]
"""What a pair can have, and `data.columns` can name."""
Order = Literal["tier", "across tiers"]
"""In which a run takes its training pairs, see `ownvoice.essays.choose`."""

SENTENCE_END = re.compile(r"[.!?\u2026]+[\"'\u201d\u2019)\]]*(?=\s|$)")
_ABBREVIATION = re.compile(r"(?:^|[\s(\"'])(?:Mr|Mrs|Ms|Dr|Prof|St|vs|e\.g|i\.e|[A-HJ-Z])\.$")
_WORD = re.compile(r"[^\W_]+(?:['\u2019\-][^\W_]+)*")


def words_of(text: str) -> list[str]:
    """Words in lower case with straight apostrophes: `don't` is one, `well-known` is one."""
    words = _WORD.findall(text)
    return plain_word("\0".join(words)).split("\0") if words else []  # all at once: four times as fast as one by one


def word_places(text: str) -> list[re.Match[str]]:
    """The same words where they stand in the text."""
    return list(_WORD.finditer(text))


def plain_word(word: str) -> str:
    return word.lower().replace("\u2019", "'")


def runs_of(words: Sequence[str], length: int) -> list[Words]:
    """Every run of so many words, in order: n - length + 1 of them, none where there are too few words."""
    return list(zip(*(words[i:] for i in range(length)), strict=False))


def first_words(text: str, number: int) -> str:
    """The text up to its `number`-th word."""
    places = word_places(text)
    return text if len(places) <= number else text[: places[number - 1].end()]


def pieces_of(text: str, number: int) -> list[str]:
    """The text in pieces of `number` words each, as it stands; a shorter rest is left out, unless it is all."""
    places = word_places(text)
    if len(places) < number:
        return [text] if places else []
    return [
        text[places[first].start() : places[first + number - 1].end()]
        for first in range(0, len(places) - number + 1, number)
    ]


def sentences_of(text: str) -> list[str]:
    """Sentences on one line each; a paragraph ends one. `Mr. Lok` and `"Why?" he said` are not cut in two."""
    return [sentence for paragraph in paragraphs_of(text) for sentence in _sentences_in(" ".join(paragraph.split()))]


def paragraphs_of(text: str) -> list[str]:
    """Blocks between blank lines; a text without blank lines has its lines as paragraphs."""
    blocks = re.split(r"\n\s*\n", text.strip()) if re.search(r"\n\s*\n", text.strip()) else text.split("\n")
    return [block.strip() for block in blocks if block.strip()]


def trigram_overlap(one: str, other: str) -> float:
    """Share of the 3-word sequences of two texts that both hold (Jaccard): 1 is the same wording, 0 nothing."""
    left, right = _trigrams(words_of(one)), _trigrams(words_of(other))
    if not left and not right:
        return float(words_of(one) == words_of(other))
    return len(left & right) / len(left | right)


def word_similarity(one: str, other: str) -> float:
    """Cosine of the two texts' word counts, 0 to 1: less sparse than 3-word sequences, so it sees small shifts."""
    left, right = Counter(words_of(one)), Counter(words_of(other))
    norm = (sum(n * n for n in left.values()) * sum(n * n for n in right.values())) ** 0.5
    return sum(n * right[word] for word, n in left.items()) / norm if norm else float(left == right)


def _sentences_in(line: str) -> list[str]:
    sentences, start = [], 0
    for end in SENTENCE_END.finditer(line):
        follows = line[end.end() : end.end() + 2].strip()
        if follows[:1].islower() or _ABBREVIATION.search(line[max(start, end.end() - 12) : end.end()]):
            continue
        sentences.append(line[start : end.end()].strip())
        start = end.end()
    return [sentence for sentence in (*sentences, line[start:].strip()) if sentence]


def _trigrams(words: list[str]) -> set[Words]:
    return set(runs_of(words, 3))
