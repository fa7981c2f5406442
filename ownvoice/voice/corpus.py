"""Reads texts by author from the disk: a folder with a folder per author, or JSON lines."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

from ownvoice.errors import VoiceError
from ownvoice.frozen import Frozen
from ownvoice.parsing import json_of
from ownvoice.voice.text import count_words, why_unreadable

LAYOUT = (
    "a folder with a folder of .txt or .md files per author, or a .jsonl file with author, text and, if it has, "
    "register, source and licence on every line"
)
FIELDS = ("author", "register", "text", "source", "licence")
OWN_REGISTER = "own folder"
SUFFIXES = (".txt", ".md")
# Texts of the shipped background have about 410 words; what is much longer counts as several.
PIECE_WORDS = 400


class Writing(Frozen):
    author: str
    register_name: str
    text: str
    source: str = ""
    licence: str = ""


class Writings(Frozen):
    texts: tuple[Writing, ...]
    sha256: str
    """The hash of all authors and texts in order."""


def read_writings(path: Path) -> Writings:
    """All texts of a folder or file, long ones in pieces of about 400 words.

    Raises:
        VoiceError: with every problem at once.
    """
    problems: list[str] = []
    found = list(_read_jsonl(path, problems) if path.is_file() else _read_folder(path, problems))
    if not found and not problems:
        problems.append(f"{path}: no text in it")
    if problems:
        raise VoiceError("\n".join(problems), LAYOUT, "mend the files named here, or take them out")
    digest = hashlib.sha256()
    for writing in found:
        digest.update(f"{writing.author}\0{writing.text}\0".encode())
    return Writings(texts=tuple(piece for writing in found for piece in _pieces(writing)), sha256=digest.hexdigest())


def read_text_file(path: Path) -> str:
    """UTF-8, with or without a byte order mark; front matter of Markdown is left out.

    Raises:
        VoiceError: it can't be read.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise VoiceError(f"{path}: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise VoiceError(f"{path}: not UTF-8 (byte {error.start}): save it again as UTF-8") from None
    text = text.replace("\r\n", "\n")
    if text.startswith("---\n") and "\n---\n" in text[3:]:
        return text[text.index("\n---\n", 3) + 5 :]
    return text


def text_files(folder: Path) -> list[Path]:
    """The .txt and .md files of a folder; README.md and names in . or _ are no texts."""
    return sorted(
        path
        for path in folder.iterdir()
        if path.suffix.lower() in SUFFIXES and path.name[0] not in "._" and path.name.lower() != "readme.md"
    )


def _read_folder(folder: Path, problems: list[str]) -> Iterator[Writing]:
    if not folder.is_dir():
        problems.append(f"{folder}: nothing there")
        return
    for author in sorted(path for path in folder.iterdir() if path.is_dir() and path.name[0] not in "._"):
        for file in text_files(author):
            try:
                text = read_text_file(file)
            except VoiceError as error:
                problems.append(error.found)
                continue
            if _is_text(text, str(file), problems):
                yield Writing(author=author.name, register_name=OWN_REGISTER, text=text)


def _read_jsonl(path: Path, problems: list[str]) -> Iterator[Writing]:
    for number, line in enumerate(read_text_file(path).split("\n"), start=1):
        if not line.strip():
            continue
        where = f"{path}:{number}"
        try:
            row = json_of(line)
        except ValueError:
            problems.append(f"{where}: not JSON")
            continue
        fields = {name: row.get(name, "") for name in FIELDS} if isinstance(row, dict) else {}
        if not fields or not all(isinstance(value, str) for value in fields.values()) or not fields["author"]:
            problems.append(f"{where}: no object with author and text, both strings")
        elif _is_text(fields["text"], where, problems):
            yield Writing(register_name=fields.pop("register") or OWN_REGISTER, **fields)


def _is_text(text: str, where: str, problems: list[str]) -> bool:
    reason = why_unreadable(text)
    if reason:
        problems.append(f"{where}: {reason}")
    return not reason


def _pieces(writing: Writing) -> Iterator[Writing]:
    words = count_words(writing.text)
    pieces = max(1, round(words / PIECE_WORDS))
    if pieces == 1:
        yield writing
        return
    tokens = writing.text.split(" ")
    for number in range(pieces):
        part = tokens[number * len(tokens) // pieces : (number + 1) * len(tokens) // pieces]
        yield writing.model_copy(update={"text": " ".join(part)})
