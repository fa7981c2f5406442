"""What a file is by its first bytes, whatever its name says."""

from __future__ import annotations

from typing import NamedTuple


class Kind(NamedTuple):
    """A kind of file."""

    what: str
    suffix: str
    """The suffix that it should have."""


TEXT = Kind("text", ".txt")
ZIP = Kind("a zip file", ".zip")
WORD = Kind("a Word document", ".docx")
OPEN_DOCUMENT = Kind("an OpenDocument text", ".odt")
EPUB = Kind("an EPUB book", ".epub")
OLE = Kind("an old or encrypted Office document", ".doc")
RTF = Kind("an RTF document", ".rtf")
WEB_PAGE = Kind("a web page", ".html")
_BY_START = (
    (b"{\\rtf", RTF),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", OLE),
    (b"%PDF-", Kind("a PDF", ".pdf")),
    (b"\x89PNG", Kind("a picture", ".png")),
    (b"\xff\xd8\xff", Kind("a picture", ".jpg")),
    (b"GIF8", Kind("a picture", ".gif")),
    (b"\x1f\x8b", Kind("a compressed file", ".gz")),
    (b"7z\xbc\xaf'\x1c", Kind("a compressed file", ".7z")),
    (b"Rar!", Kind("a compressed file", ".rar")),
    (b"SQLite format 3\0", Kind("a database", ".sqlite")),
    (b"bplist00", Kind("a property list", ".plist")),
)
_IN_ZIP = (
    (b"mimetypeapplication/epub+zip", EPUB),
    (b"mimetypeapplication/vnd.oasis.opendocument.text", OPEN_DOCUMENT),
    (b"word/document", WORD),
)


def kind_of(content: bytes) -> Kind:
    """The kind; TEXT where nothing else is known."""
    if content.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return next((kind for mark, kind in _IN_ZIP if mark in content), ZIP)
    start = content[:1024].removeprefix(b"\xef\xbb\xbf").lstrip()
    if start[:15].lower().startswith((b"<!doctype html", b"<html")):
        return WEB_PAGE
    return next((kind for mark, kind in _BY_START if start.startswith(mark)), TEXT)


def is_encrypted_office(content: bytes) -> bool:
    """A .docx with a password is no zip: Office wraps it in its old container under this name."""
    return kind_of(content) is OLE and "EncryptedPackage".encode("utf-16-le") in content
