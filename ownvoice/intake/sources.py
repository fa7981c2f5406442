"""The door of the readers: from files and folders to documents, and a reason for all that gave none.

No bad input raises; whatever does raise is a bug of ours.
"""

from __future__ import annotations

import stat
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from ownvoice.intake.archives import ENCRYPTED
from ownvoice.intake.blogs import read_ghost, read_wordpress
from ownvoice.intake.documents import Document, Reading, Skipped
from ownvoice.intake.essay_files import read_markdown
from ownvoice.intake.kinds import (
    EPUB,
    OPEN_DOCUMENT,
    RTF,
    TEXT,
    WEB_PAGE,
    WORD,
    ZIP,
    Kind,
    is_encrypted_office,
    kind_of,
)
from ownvoice.intake.mail import read_mail, read_mailbox
from ownvoice.intake.newsletters import read_zip
from ownvoice.intake.office import read_epub, read_open_document, read_rtf, read_word
from ownvoice.intake.originals import MB, Found, Original, Reader, Unreadable
from ownvoice.intake.plain_text import read_text
from ownvoice.intake.walk import Place, walk
from ownvoice.intake.web import read_page


class Format(NamedTuple):
    """What is done with a suffix."""

    reader: Reader
    kinds: tuple[Kind, ...]
    """What a file may be by its first bytes; a broken one is left to its reader, which knows more."""
    max_bytes: int = 5 * MB


MARKUP = (TEXT, WEB_PAGE)
FORMATS = {
    **dict.fromkeys((".md", ".markdown"), Format(read_markdown, MARKUP)),
    ".txt": Format(read_text, (TEXT,)),
    ".docx": Format(read_word, (WORD, ZIP), 100 * MB),
    ".odt": Format(read_open_document, (OPEN_DOCUMENT, ZIP), 100 * MB),
    ".rtf": Format(read_rtf, (RTF,)),
    **dict.fromkeys((".html", ".htm"), Format(read_page, MARKUP)),
    ".epub": Format(read_epub, (EPUB, ZIP), 100 * MB),
    ".eml": Format(read_mail, (TEXT,), 50 * MB),
    ".mbox": Format(read_mailbox, (TEXT,), 200 * MB),
    ".zip": Format(read_zip, (ZIP,), 200 * MB),
    ".xml": Format(read_wordpress, MARKUP, 50 * MB),
    ".json": Format(read_ghost, (TEXT,), 50 * MB),
}
NO_TEXT = {
    **dict.fromkeys((".jpg", ".jpeg", ".png", ".gif", ".webp", ".svg", ".heic", ".tif", ".tiff", ".bmp"), "pictures"),
    **dict.fromkeys((".mp3", ".m4a", ".wav", ".ogg", ".flac", ".mp4", ".mov", ".avi", ".mkv"), "sound or film"),
    **dict.fromkeys((".css", ".js", ".woff", ".woff2", ".ttf", ".otf", ".ico", ".map"), "parts of a web page"),
}
REMEDY = "if it holds your writing, save it as .docx, .md or .txt"
ADVICE = {
    **dict.fromkeys((".doc", ".dot", ".pages", ".wpd", ".wps", ".fodt"), "an older or other word processor's file"),
    ".pdf": "a PDF, which has lines and no paragraphs",
    **dict.fromkeys((".csv", ".tsv", ".xlsx", ".xls", ".ods", ".numbers"), "a table"),
    **dict.fromkeys((".gdoc", ".gsheet", ".webloc", ".url"), "only a link to a text on the web"),
    **dict.fromkeys((".7z", ".rar", ".gz", ".tar", ".tgz"), "an archive: unpack it, and then"),
    **dict.fromkeys((".tex", ".org", ".rst", ".adoc", ".fountain", ".fdx"), "a format that is not read"),
}


def read_sources(paths: Sequence[Path]) -> Reading:
    """All that is found in files and folders; they are only ever opened for reading."""
    documents: list[Document] = []
    skipped: list[Skipped] = []
    without_text: Counter[str] = Counter()
    for found in walk(paths):
        if isinstance(found, Place) and found.path.suffix.lower() in NO_TEXT:
            without_text[found.path.suffix.lower()] += 1
            continue
        for each in read_place(found) if isinstance(found, Place) else [found]:
            if isinstance(each, Document):
                documents.append(each)
            else:
                skipped.append(each)
    skipped += [_summed_up(suffix, without_text[suffix]) for suffix in sorted(without_text)]
    return Reading(documents=tuple(documents), skipped=tuple(skipped))


def read_place(place: Place) -> Iterator[Found]:
    """The documents of one file; a Skipped where something can't be read."""
    try:
        format = _format_of(place)
        original = Original(source=place.label, name=place.path.name, content=_content_of(place.path, format.max_bytes))
        _refuse_other_kinds(original, format)
        yield from format.reader(original)
    except Unreadable as unreadable:
        yield Skipped(source=place.label, reason=unreadable.reason)


def _summed_up(suffix: str, number: int) -> Skipped:
    return Skipped(source=f"{number} {suffix} file{'s' * (number > 1)}", reason=f"{NO_TEXT[suffix]}: nothing to read")


def _format_of(place: Place) -> Format:
    suffix = place.path.suffix.lower()
    if suffix in FORMATS:
        return FORMATS[suffix]
    what = ADVICE.get(suffix) or (f"{suffix} files are not read" if suffix else "a file without a suffix")
    raise Unreadable(f"{what}: {REMEDY}")


def _content_of(path: Path, max_bytes: int) -> bytes:
    """The bytes of a regular file; a pipe or a device would be waited for without end."""
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise Unreadable("neither a file nor a folder: give a file")
        _refuse_size(status.st_size, max_bytes)
        with path.open("rb") as file:
            content = file.read(max_bytes + 1)
    except FileNotFoundError:
        raise Unreadable("gone since the folder was listed: run it again") from None
    except OSError as error:
        raise Unreadable(f"can't be opened ({error.strerror}): allow it to be read") from None
    _refuse_size(len(content), max_bytes)
    if not content.strip(b"\0 \t\r\n"):
        raise Unreadable("empty: restore it, or delete it")
    return content


def _refuse_size(size: int, max_bytes: int) -> None:
    if size > max_bytes:
        raise Unreadable(f"{size / MB:.1f} MB, and the limit is {max_bytes // MB} MB: split it")


def _refuse_other_kinds(original: Original, format: Format) -> None:
    if is_encrypted_office(original.content):
        raise Unreadable(ENCRYPTED)
    found = kind_of(original.content)
    if found in format.kinds:
        return
    renamed = found.suffix in FORMATS and found is not TEXT
    remedy = f"rename it to {found.suffix}" if renamed else REMEDY
    raise Unreadable(f"{found.what} named {original.suffix}: {remedy}")
