"""Bytes to pandoc, its syntax tree back. It runs in its sandbox: it can read its input and nothing else."""

from __future__ import annotations

import json
import subprocess
import tempfile

from ownvoice.intake.documents import Contents
from ownvoice.intake.originals import Unreadable, library, needs_formats
from ownvoice.intake.syntax import Node, contents_of

HEAP = "1g"
"""Enough for 5 MB of Markdown (0.8 GB); a file that would need more is refused, not swapped for."""
MAX_SECONDS = 30
MAX_TREE_BYTES = 150_000_000
HEAP_EXHAUSTED = 251
TOO_MUCH = "too large or too deeply nested: split it into several files"


def convert(content: bytes, format: str) -> Contents:
    """A whole document in one of pandoc's formats.

    Raises:
        Unreadable: pandoc is missing, or can't make anything of it.
    """
    try:
        return contents_of(syntax_tree(content, format))
    except RecursionError:
        raise Unreadable(TOO_MUCH) from None


def syntax_tree(content: bytes, format: str) -> Node:
    """What pandoc makes of a document, as its JSON says it.

    Raises:
        Unreadable: as `convert`.
    """
    command = [_binary(), "+RTS", f"-M{HEAP}", "-RTS", "--sandbox", "-f", format, "-t", "json"]
    with tempfile.TemporaryFile() as output:
        try:
            done = subprocess.run(
                command, input=content, stdout=output, stderr=subprocess.PIPE, timeout=MAX_SECONDS, check=False
            )
        except subprocess.TimeoutExpired:
            raise Unreadable(TOO_MUCH) from None
        _refuse(done.returncode, done.stderr, size=output.seek(0, 2))
        output.seek(0)
        try:
            tree: Node = json.load(output)
        except RecursionError:
            raise Unreadable(TOO_MUCH) from None
    return tree


def _refuse(returncode: int, said: bytes, size: int) -> None:
    if returncode == HEAP_EXHAUSTED or size > MAX_TREE_BYTES:
        raise Unreadable(TOO_MUCH)
    if returncode:
        raise Unreadable("broken, or not what its name says: open it and save it again")
    if b"Unsupported code page" in said:  # pandoc reads RTF in Windows-1252 only
        raise Unreadable("written in a code page that would be garbled: save it as .docx")


def _binary() -> str:
    try:
        return str(library("pypandoc").get_pandoc_path())
    except OSError:  # pypandoc without the binary
        raise Unreadable(needs_formats("pandoc")) from None
