"""An original as it was read: its bytes and where they stand. Nothing here or above it ever writes to one."""

from __future__ import annotations

import hashlib
import importlib
from collections.abc import Callable, Iterator
from pathlib import PurePosixPath
from typing import Any

from ownvoice.frozen import Frozen
from ownvoice.intake.documents import Contents, Document, Skipped

MB = 1_000_000


class Unreadable(Exception):
    """An original that gives no document; the reason becomes its Skipped."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Original(Frozen):
    """A file, or one member of a file that holds many."""

    source: str
    name: str
    """As it stands in its folder or its zip file."""
    content: bytes

    @property
    def suffix(self) -> str:
        """In lower case, with its dot."""
        return PurePosixPath(self.name).suffix.lower()

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()

    def part(self, name: str, content: bytes) -> Original:
        """One member of it: 'blog.zip: posts/12.html'."""
        return Original(source=f"{self.source}: {name}", name=name, content=content)


Found = Document | Skipped
Reader = Callable[[Original], Iterator[Found]]


def document(original: Original, format: str, contents: Contents) -> Document:
    """The contents with their place.

    Raises:
        Unreadable: no block has a letter in it.
    """
    if not any(letter.isalnum() for block in contents.blocks for letter in block.text):
        raise Unreadable("no text was found in it: look whether it opens, and save it again")
    return Document(
        source=original.source,
        sha256=original.sha256,
        format=format,
        title=one_line(contents.title),
        subtitle=one_line(contents.subtitle),
        date=contents.date,
        tags=tuple(one_line(tag) for tag in contents.tags),
        blocks=contents.blocks,
    )


def one_line(text: str) -> str:
    """White space folded, and no lone surrogate, which could not be written as UTF-8."""
    return " ".join(without_surrogates(text).split())


def without_surrogates(text: str) -> str:
    return text.encode("utf-8", "replace").decode("utf-8")


def library(name: str) -> Any:
    """A library of the extra `formats`, imported when it is needed first.

    Raises:
        Unreadable: it is not installed.
    """
    try:
        return importlib.import_module(name)
    except ImportError:
        raise Unreadable(needs_formats(name)) from None


def needs_formats(name: str) -> str:
    return f'needs {name}, which is not installed: pip install "ownvoice[formats]"'
