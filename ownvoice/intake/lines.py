"""What the lines of a text tell: wrapped prose, verse, a rule, or a paragraph each."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from ownvoice.intake.documents import Block

VERSE_LINE = 60
"""Characters of the longest line of verse that is taken for verse."""
WRAPPED_LINE = 100
"""Hardly an editor wraps wider: a longer line is a paragraph of its own."""
NARROWEST_WRAP = 40
FREE_BREAKS = 0.25
"""Wrapped prose has few breaks that were not needed; verse has many."""
_RULE = re.compile(r"(?:[*_~#=\u2022\u2042\u2013\u2014-]\s*){3,}|[#*~\u2042\u2766]")


def is_rule(text: str) -> bool:
    """A scene break: `* * *`, `---`, `#`."""
    return bool(_RULE.fullmatch(text.strip()))


def is_verse(lines: Sequence[str]) -> bool:
    """Three short lines or more. Whoever asks knows that they were not broken by an editor."""
    return len(lines) >= 3 and all(len(line) <= VERSE_LINE for line in lines)


def paragraph(text: str) -> Block:
    """A paragraph of folded text, or a rule where it is one."""
    folded = " ".join(text.split())
    return Block(kind="rule" if is_rule(folded) else "paragraph", text=folded)


def verse(lines: Sequence[str]) -> Block:
    return Block(kind="verse", text="\n".join(line.replace("\u00a0", " ").rstrip() for line in lines))


def chunks_of(text: str) -> list[list[str]]:
    """The lines between blank lines; a form feed counts as one."""
    plain = "\n".join(text.replace("\f", "\n\n").splitlines())
    chunks = re.split(r"\n(?:[^\S\n]*\n)+", plain.strip("\n"))
    return [[line.rstrip() for line in chunk.split("\n") if line.strip()] for chunk in chunks if chunk.strip()]


def wrap_width(chunks: Sequence[Sequence[str]]) -> int:
    """The width that an editor wrapped at, if one did: nine of ten lines that another follows are no longer."""
    lengths = sorted(len(line) for chunk in chunks for line in chunk[:-1] if len(line) <= WRAPPED_LINE)
    return max(lengths[int(len(lengths) * 0.9)] if lengths else 0, NARROWEST_WRAP)


def has_room(line: str, following: str, width: int) -> bool:
    """Whether the next line's first word would have fitted: then somebody broke the line, not an editor."""
    return len(line) > WRAPPED_LINE or len(line) + 1 + len(following.split(maxsplit=1)[0]) <= width


def broken_freely(lines: Sequence[str], width: int) -> bool:
    """Whether somebody broke the lines where he liked, as in verse or a list of names."""
    free = sum(has_room(line, following, width) for line, following in pairwise(lines))
    return free > FREE_BREAKS * (len(lines) - 1)


def blocks_of(text: str) -> tuple[Block, ...]:
    """A text's paragraphs: wrapped lines joined, verse kept, long lines a paragraph each."""
    chunks = chunks_of(text)
    width = wrap_width(chunks)
    return tuple(block for chunk in chunks for block in _chunk_blocks(chunk, width))


def _chunk_blocks(lines: Sequence[str], width: int) -> Iterator[Block]:
    if any(len(line) > WRAPPED_LINE for line in lines):
        yield from map(paragraph, lines)
    elif not broken_freely(lines, width):
        yield from (paragraph(join_wrapped(part)) for part in _indented_parts(lines))
    elif is_verse(lines):
        yield verse(lines)
    else:
        yield from map(paragraph, lines)


def join_wrapped(lines: Sequence[str]) -> str:
    """One paragraph; after a hyphen at a line's end nothing comes between, and the hyphen stays."""
    return re.sub(r"(?<=\w-)\n\s*(?=[^\W\d_])", "", "\n".join(lines))


def _indented_parts(lines: Sequence[str]) -> Iterator[Sequence[str]]:
    """Paragraphs that begin with an indented line, as typescripts have them."""
    starts = [number for number, line in enumerate(lines) if line[0].isspace()]
    if len(starts) > len(lines) / 2:
        starts = []
    edges = sorted({0, *starts, len(lines)})
    yield from (lines[start:end] for start, end in pairwise(edges))
