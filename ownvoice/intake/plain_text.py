"""Reads plain text: bytes to characters, characters to paragraphs."""

from __future__ import annotations

import codecs
import re

from charset_normalizer import from_bytes

from ownvoice.intake.documents import Block, UnreadableDocument

BYTE_ORDER_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
# Lines that an editor broke at its margin are about as long as each other; lines of verse are short.
MARGIN_CHARACTERS = 55
NUL_SHARE_OF_UTF_16 = 0.2
# Of old text files in English; where all code pages are tried, a few accents are guessed as another one's letters.
LIKELIEST_CODE_PAGE = "cp1252"


def decode(content: bytes) -> str:
    """Text in UTF-8, UTF-16, or else what its bytes look most like; line ends are newlines.

    Raises:
        UnreadableDocument: it is no text.
    """
    return _decoded(content).replace("\r\n", "\n").replace("\r", "\n")


def paragraphs_of_plain_text(text: str) -> tuple[Block, ...]:
    """Blocks between blank lines; where there are none, each line is one."""
    parts = re.split(r"\n[ \t\u00a0]*\n", text.strip("\n"))
    if len(parts) == 1 and _mean_length(text.splitlines()) > MARGIN_CHARACTERS:
        parts = text.splitlines()
    return tuple(block for part in parts for block in _blocks_of(part))


def _decoded(content: bytes) -> str:
    for mark, encoding in BYTE_ORDER_MARKS:
        if content.startswith(mark):
            return _strictly(content, encoding)
    if content.count(0) > NUL_SHARE_OF_UTF_16 * len(content):
        return _strictly(content, "utf-16-le" if content[1:2] == b"\0" else "utf-16-be")
    if 0 in content:
        raise UnreadableDocument("not text: save it as text, or as the document that it is")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        best = from_bytes(content, cp_isolation=[LIKELIEST_CODE_PAGE]).best() or from_bytes(content).best()
        if best is None:
            raise UnreadableDocument("its characters can't be told: save it as UTF-8") from None
        return str(best)


def _strictly(content: bytes, encoding: str) -> str:
    try:
        return content.decode(encoding)
    except UnicodeDecodeError:
        raise UnreadableDocument(f"damaged {encoding.upper()}: save it again as UTF-8") from None


def _blocks_of(part: str) -> tuple[Block, ...]:
    """A paragraph, verse, or the quoted lines and the signature mark of a mail."""
    lines = [line.strip() for line in part.splitlines() if line.strip()]
    if not lines:
        return ()
    for place, line in enumerate(lines):
        if line == "--" and place:
            return (*_blocks_of("\n".join(lines[:place])), *_blocks_of("\n".join(lines[place:])))
    if lines[0] == "--" and len(lines) > 1:
        return (Block(kind="paragraph", text="--"), Block(kind="paragraph", text=" ".join(lines[1:])))
    if all(line.startswith(">") for line in lines):
        return (Block(kind="quote", text=" ".join(line.lstrip("> ") for line in lines)),)
    if len(lines) > 2 and _mean_length(lines) < MARGIN_CHARACTERS:
        return (Block(kind="verse", text="\n".join(lines)),)
    return (Block(kind="paragraph", text=" ".join(" ".join(lines).split())),)


def _mean_length(lines: list[str]) -> float:
    lengths = [len(line) for line in lines if line.strip()]
    return sum(lengths) / len(lengths) if lengths else 0.0
