"""Finds our entries in the logbook's text, and tells whether a person has edited one since.

    <!-- ownvoice:run 1 key=ab12 status=completed text=0f3c -->
    ...
    <!-- ownvoice:notes -->
    what a person wrote about the run
    <!-- ownvoice:notes end -->
    ...
    <!-- ownvoice:run 1 end -->

`text` is the hash of the entry as we wrote it, its notes left out: they are a person's, and go with the entry. An entry that
hashes otherwise was edited, and is hers from then on. Entries of before version 0.3 have neither `status` nor `text`.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

from ownvoice.frozen import Frozen

Of = Literal["run", "series"]

# A line that begins an entry, also one whose end a person has taken out.
START = re.compile(r"^<!-- ownvoice:(run|series) (\d{1,6}) key=(\S*)((?: \w+=\S*)*) -->[ \t]*\r?$", re.MULTILINE)
_BLOCK = re.compile(
    START.pattern.removesuffix("$") + r"\n"
    r"((?:<!-- ownvoice:notes -->[ \t]*\r?\n(?:(?!<!-- ownvoice:notes).*\n)*<!-- ownvoice:notes end -->[ \t]*\r?\n"  # notes may hold any line
    r"|(?!<!-- ownvoice:(?:run|series|next-run) ).*\n)*?)"  # up to our next marker: a damaged end swallows no entry
    r"<!-- ownvoice:\1 \2 end -->[ \t]*(?:\r?\n|\Z)",
    re.MULTILINE,
)
_NOTES = re.compile(
    r"(^<!-- ownvoice:notes -->[ \t]*\r?\n)(.*?)(^<!-- ownvoice:notes end -->[ \t]*\r?$)", re.MULTILINE | re.DOTALL
)


class LogName(Frozen):
    """Which entry is meant."""

    of: Of
    number: int

    @property
    def name(self) -> str:
        """'Run 3'"""
        return f"{self.of.capitalize()} {self.number}"


class LogEntry(LogName):
    """What is put into the logbook."""

    key: str
    text: str
    status: str = "completed"


class Block(NamedTuple):
    """An entry as it stands in the logbook, between its marker lines."""

    of: str
    number: int
    key: str
    is_failed: bool
    digest: str
    """Of the text as it was written; empty in entries of before it was kept."""
    inside: str
    start: int
    end: int

    def is_as_written(self, before: Sequence[str] = ()) -> bool:
        """Whether nobody edited it; `before` are texts that it may have been written with, where it has no hash."""
        return digest(self.inside) in ({self.digest} if self.digest else set(map(digest, before)))


def blocks_in(text: str) -> Iterator[Block]:
    """The entries that have both their marker lines."""
    for match in _BLOCK.finditer(text):
        told = dict(each.split("=", 1) for each in match[4].split())
        is_failed, written = told.get("status") == "failed", told.get("text", "")
        yield Block(match[1], int(match[2]), match[3], is_failed, written, match[5], match.start(), match.end())


def block_of(entry: LogEntry, before_it: str = "") -> str:
    """The entry between its marker lines, `before_it` inside as well."""
    ours = f"ownvoice:{entry.of} {entry.number}"
    inside = f"\n{before_it}{entry.text}\n"
    told = f"key={key_in_marker(entry.key)} status={entry.status} text={digest(inside)}"
    return f"<!-- {ours} {told} -->\n{inside}<!-- {ours} end -->\n"


def key_in_marker(key: str) -> str:
    return re.sub(r"[^0-9A-Za-z._-]", "", key)


def notes_in(text: str) -> str:
    """What a person wrote in the place for notes, to the letter; empty where there is no such place."""
    found = _NOTES.search(text)
    return found[2] if found and found[2].strip() else ""


def with_notes(text: str, notes: str) -> str | None:
    """The text with these notes in its place for notes; None where it has none for what there is."""
    if not notes:
        return text
    return _NOTES.sub(lambda match: match[1] + notes + match[3], text, count=1) if _NOTES.search(text) else None


def digest(text: str) -> str:
    """Hash of its lines without a person's notes, and without the white space that editors add and remove."""
    bare = _NOTES.sub(r"\1\3", text)
    lines = "\n".join(line.rstrip() for line in bare.strip().splitlines())
    return hashlib.sha256(lines.encode()).hexdigest()[:16]
