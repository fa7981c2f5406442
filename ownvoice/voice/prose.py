"""Tells prose that can be scored from what is none, and what makes a score of prose less certain.

What is no prose (a loop, a list, verse, code, a few words, another language) is no absent answer: a model that writes it has
answered as badly as can be, and `ownvoice.voice.distances` counts it so.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from ownvoice.voice.flaws import form_of
from ownvoice.voice.text import count_words, normalise_typography, split_paragraphs, why_unreadable

# Prose that is wrapped by hand has 10 words and more to a line.
VERSE_LINES, VERSE_WORDS = 6, 9
VERSE_SHARE = 0.6
"""Of the words, those in short lines; half of these lines break off inside a sentence: short paragraphs don't."""
MUCH_QUOTED = 0.3
_QUOTED = re.compile(r'"[^"\n]{2,600}"')
_LINE_END = re.compile(r'[.!?]["\')]*$')


def why_no_prose(text: str) -> str | None:
    """None for prose that can be scored; else the reason in words."""
    form = form_of(text)
    if form in ("a loop", "a list", "links only", "no text"):
        return f"no prose: {form}"
    if is_verse(text):
        return "no prose: verse"
    return why_unreadable(text)


def is_verse(text: str) -> bool:
    """Short lines that break off inside sentences, most of the text."""
    lines = [line.strip() for line in normalise_typography(text).splitlines() if line.strip()]
    short = [line for line in lines if count_words(line) <= VERSE_WORDS]
    if len(short) < VERSE_LINES or sum(map(count_words, short)) < VERSE_SHARE * count_words(text):
        return False
    return 2 * sum(1 for line in short if not _LINE_END.search(line)) >= len(short)


def quoted_share(text: str) -> float:
    """Words between double quotation marks, dialogue or quotation, as a share of all."""
    words = count_words(text)
    quoted = sum(
        count_words(match.group())
        for block in split_paragraphs(normalise_typography(text))
        for match in _QUOTED.finditer(block)
    )
    return quoted / words if words else 0.0


def caveats_of(essays: Sequence[str], answers: Sequence[str]) -> tuple[str, ...]:
    """What a reader of the verdict should know of the texts; `answers` are the tuned model's."""
    found = []
    for whose, texts in (("your essays", essays), ("the tuned answers", answers)):
        verse = sum(1 for text in texts if is_verse(text))
        if verse:
            found.append(f"{verse} of {len(texts)} of {whose} read as verse, and the measures know prose only.")
        quoted = sum(quoted_share(text) for text in texts) / max(1, len(texts))
        if quoted > MUCH_QUOTED:
            found.append(
                f"{quoted:.0%} of the words of {whose} stand between quotation marks: whose voice that is, yours or that of "
                "those who speak, the measures can't tell."
            )
    return tuple(found)
