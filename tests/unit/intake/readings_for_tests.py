"""Files as a writer has them, made by the tests, and what is read from them."""

from __future__ import annotations

import io
import subprocess
import zipfile
from pathlib import Path

import pypandoc

from ownvoice.intake.documents import Document
from ownvoice.intake.sources import read_sources

PROSE = "The roof leaked again last night, and I put three buckets under it."


def made_by_pandoc(markdown: str, format: str) -> bytes:
    """A document in another format, with its title and date where the Markdown has them."""
    command = [pypandoc.get_pandoc_path(), "-s", "-f", "markdown", "-t", format, "-o", "-"]
    return subprocess.run(command, input=markdown.encode(), capture_output=True, check=True).stdout


def zip_of(members: dict[str, bytes | str]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, member in members.items():
            packed.writestr(name, member)
    return content.getvalue()


def with_member(content: bytes, name: str, member: bytes) -> bytes:
    """A zip file with one member put in or in another's place."""
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        members = {each: packed.read(each) for each in packed.namelist()}
    return zip_of({**members, name: member})


def documents_of(folder: Path, name: str, content: bytes | str) -> list[Document]:
    """The documents of one file from which nothing was left out."""
    reading = read_sources([written(folder, name, content)])
    assert not reading.skipped, reading.skipped
    return list(reading.documents)


def document_of(folder: Path, name: str, content: bytes | str) -> Document:
    (document,) = documents_of(folder, name, content)
    return document


def reason_of(folder: Path, name: str, content: bytes | str) -> str:
    """Why a file gave no document."""
    reading = read_sources([written(folder, name, content)])
    assert not reading.documents, reading.documents
    (skipped,) = reading.skipped
    assert skipped.source.startswith(name)
    return skipped.reason


def written(folder: Path, name: str, content: bytes | str) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def kinds_and_texts(document: Document) -> list[tuple[str, str]]:
    return [(block.kind, block.text) for block in document.blocks]


def texts(document: Document) -> list[str]:
    return [block.text for block in document.blocks]
