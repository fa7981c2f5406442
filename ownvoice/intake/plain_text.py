"""Plain text: decoded without being told its encoding, then cut into paragraphs."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator

from ownvoice.intake import lines
from ownvoice.intake.documents import Contents
from ownvoice.intake.originals import Found, Original, Unreadable, document, library

BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_CONTROLS = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")
BINARY_SHARE = 0.001
"""A text has hardly a control character; a binary file has many."""
WESTERN = ("cp1252", "mac_roman")
"""Tried before anything is guessed: of `It\u2019s` in Windows-1252 charset-normalizer 3.5 makes Chinese (big5hkscs, cp949)."""
_MISFIT = re.compile(
    "(?<=[a-z\u00df-\u00ff])[\u00c0-\u00d6\u00d8-\u00de\u0152\u0160\u0178\u017d]"  # a capital behind a small letter
    "|(?<=[^\\W\\d_])[^\\w\\s\\x00-\\x7f\u2018\u2019\u201c\u201d\u2013\u2014\u2026\u00ad\u00b7](?=[^\\W\\d_])"  # a sign inside a word
)
NOT_TEXT = "not text: look whether it has the right name, or save it as UTF-8 text"


def read_text(original: Original) -> Iterator[Found]:
    """A .txt file."""
    text = decode(original.content)
    yield document(original, "text", Contents(blocks=lines.blocks_of(text)))


def decode(content: bytes, declared: str | None = None) -> str:
    """Text of bytes, stray control characters taken out.

    Raises:
        Unreadable: no encoding makes text of them.
    """
    try:
        text = content.decode(_encoding_of(content, declared))
    except (ValueError, LookupError):  # a codec with a NUL in its name is a ValueError
        raise Unreadable(NOT_TEXT) from None
    controls = len(_CONTROLS.findall(text))
    if "\0" in text or controls > BINARY_SHARE * len(text) + 1:
        raise Unreadable(NOT_TEXT)
    return _CONTROLS.sub("", text)


def _encoding_of(content: bytes, declared: str | None) -> str:
    marked = next((encoding for mark, encoding in BOMS if content.startswith(mark)), "")
    if found := marked or _wide_by_zeros(content):
        return found
    for encoding in (declared, "utf-8"):
        if encoding and _decodes(content, encoding):
            return encoding
    return _guessed(content)


def _wide_by_zeros(content: bytes) -> str:
    """UTF-16 without a mark: of Western text every other byte is zero."""
    start = content[: 1 << 16]
    half = len(start) // 2
    if half < 2 or len(content) % 2:
        return ""
    high_last, high_first = start[1::2].count(0), start[::2].count(0)
    if high_last > 0.6 * half and high_first < 0.05 * half:
        return "utf-16-le"
    return "utf-16-be" if high_first > 0.6 * half and high_last < 0.05 * half else ""


def _decodes(content: bytes, encoding: str) -> bool:
    try:
        content.decode(encoding)
    except (ValueError, LookupError):  # a codec with a NUL in its name is a ValueError
        return False
    return True


def _guessed(content: bytes) -> str:
    for encoding in WESTERN:
        if _decodes(content, encoding) and _looks_western(content.decode(encoding)):
            return encoding
    best = library("charset_normalizer").from_bytes(content).best()
    if best is None:
        raise Unreadable(NOT_TEXT)
    return str(best.encoding)


def _looks_western(text: str) -> bool:
    """Whether the characters beyond ASCII are few and stand where Western languages have them."""
    letters = [letter for letter in text if letter.isalpha()]
    foreign = sum(not letter.isascii() for letter in letters)
    return foreign <= 0.2 * len(letters) and not _MISFIT.search(text)
