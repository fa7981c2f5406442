"""Typography made the same for all: curly quotes, dashes and markup tell the source of a text, not its author."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

# In order: single quotes and accents typed for them; double quotes; em dashes; hyphens; invisible characters.
_CHARACTERS = str.maketrans(
    {
        **dict.fromkeys("\u2018\u2019\u201a\u201b\u2032\u02bc`\xb4", "'"),
        **dict.fromkeys("\u201c\u201d\u201e\u201f\u2033\xab\xbb", '"'),
        **dict.fromkeys("\u2014\u2015\u2e3a", "--"),
        **dict.fromkeys("\u2010\u2011", "-"),
        **dict.fromkeys("\u00ad\u200b\u200c\u200d\ufeff", ""),
        "\u2026": "...",
        "\u2013": "--",
    }
)
_REPLACEMENTS = (
    (re.compile(r"\r\n?|[\u2028\u2029\v\f]"), "\n"),
    (re.compile(r"(?<=\d)--(?=\d)"), "-"),  # an en dash in 1914-18 is no aside
    (re.compile(r"(?<=\s)-(?=\s)|-{2,}"), "--"),
    (re.compile(r"\.(?: \.){2,}|\.{3,}"), "..."),
    (re.compile(r"''"), '"'),
    (re.compile(r"^[ \t]*(?:#{1,6}|>|[-*+])[ \t]+", re.MULTILINE), ""),  # Markdown's headings, quotes and lists
    (re.compile(r"[*_~]+"), ""),  # emphasis
)
_LINE_BREAK_IN_PARAGRAPH = re.compile(r"[ \t]*\n[ \t]*")
_BLANK_LINE = re.compile(r"\n[ \t]*\n")
_RUN = re.compile(r"\S+")
_LETTER_OR_DIGIT = re.compile(r"[^\W_]")


def normalise_typography(text: str) -> str:
    """Straight quotes, `--` for dashes, `...` for ellipses, no markup; letters composed (NFC)."""
    text = unicodedata.normalize("NFC", text).translate(_CHARACTERS)
    for pattern, replacement in _REPLACEMENTS:
        text = pattern.sub(replacement, text)
    return text


def split_paragraphs(text: str) -> list[str]:
    """Blocks between blank lines; a text without blank lines has its lines as paragraphs."""
    text = text.strip()
    blocks = _BLANK_LINE.split(text) if _BLANK_LINE.search(text) else text.split("\n")
    return [_LINE_BREAK_IN_PARAGRAPH.sub(" ", block).strip() for block in blocks if block.strip()]


def count_words(text: str) -> int:
    """Words between spaces; a lone dash is none."""
    return sum(1 for _ in _words(text))


def first_words(text: str, words: int) -> str:
    """The text up to and with its word number `words`; line breaks stay."""
    for count, match in enumerate(_words(text), start=1):
        if count == words:
            return text[: match.end()]
    return text


def pieces_of(text: str, words: int) -> list[str]:
    """The text in pieces of `words` words; what is left over goes where it makes fewer than half a piece."""
    starts = [match.start() for match in _words(text)][::words]
    pieces = [text[start:end] for start, end in zip(starts, [*starts[1:], len(text)], strict=True)]
    if len(pieces) > 1 and 2 * count_words(pieces[-1]) < words:
        pieces.pop()
    return pieces or [text]


def _words(text: str) -> Iterator[re.Match[str]]:
    return (match for match in _RUN.finditer(text) if _LETTER_OR_DIGIT.search(match.group()))
