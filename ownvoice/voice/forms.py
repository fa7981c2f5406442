"""What kind of text an answer is: one form each, from nothing at all to prose."""

from __future__ import annotations

import re
import unicodedata
from typing import Literal

from ownvoice.text import words_of
from ownvoice.voice.loops import loop_in

Shape = Literal["empty", "no text", "links only", "a list", "a few words", "a loop", "prose"]

# A topic echoed as a title is under 15 words; the shortest opening of an essay that reads as prose is above.
MIN_PROSE_WORDS = 15
# Letters among the visible characters: 92% at least in 457 essays; digits, symbols and tables are far below.
MIN_LETTERS = 0.6
MIN_VISIBLE = 10
"""Fewer visible characters without a word, such as "---", are an empty answer and not one of symbols."""

_LINK = re.compile(r"(?:https?://|www\.)\S+")
_LIST_LINE = re.compile(r"\s*(?:[-*+\u2022\u2013#]+(?:\s|$)|\(?\d{1,3}[.)](?:\s|$))")
_CODE_LINE = re.compile(
    r"\s*(?:</?\w+[^<>]*>|(?:def|class|import|from|return|function|const|var|let|#include)\b)|.*[{};]\s*$"
)


def shape_of(text: str) -> Shape:
    words = words_of(text)
    lines = [line for line in text.splitlines() if line.strip()]
    if not words and len("".join(text.split())) < MIN_VISIBLE:
        return "empty"
    if _LINK.search(text) and len(words_of(_LINK.sub(" ", text))) < 5:
        return "links only"
    if _is_no_text(text, lines):
        return "no text"
    if len(lines) >= 2 and 2 * sum(1 for line in lines if _LIST_LINE.match(line)) > len(lines):
        return "a list"
    if loop_in(text):
        return "a loop"
    return "a few words" if len(words) < MIN_PROSE_WORDS else "prose"


def _is_no_text(text: str, lines: list[str]) -> bool:
    """Symbols, numbers, markup or code."""
    visible = "".join(_LINK.sub(" ", text).split())
    if sum(1 for character in visible if _is_letter(character)) < MIN_LETTERS * len(visible):
        return True
    return len(lines) >= 2 and 2 * sum(1 for line in lines if _CODE_LINE.match(line)) > len(lines)


def _is_letter(character: str) -> bool:
    """Vowel signs of Indic scripts are marks and part of the word."""
    return character.isalpha() or unicodedata.category(character).startswith("M")
