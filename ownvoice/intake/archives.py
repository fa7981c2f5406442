"""Reads members of a zip in memory, and nothing of one that would hurt: bombs, names that leave it, passwords."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import PurePosixPath

from ownvoice.intake.documents import UnreadableDocument

MEBIBYTE = 2**20
LARGEST_MEMBER = 20 * MEBIBYTE
LARGEST_ARCHIVE = 500 * MEBIBYTE  # of all members as they say themselves, unpacked
MOST_MEMBERS = 50_000
HIGHEST_RATIO = 200  # unpacked to packed; text packs 3 to 10 times, a bomb a thousand


@contextmanager
def open_zip(content: bytes) -> Iterator[zipfile.ZipFile]:
    """Raises UnreadableDocument for one that is damaged, locked, a bomb, or holds a name that leaves it."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            _require_harmless(archive)
            yield archive
    except (zipfile.BadZipFile, NotImplementedError, EOFError, OSError) as error:
        raise UnreadableDocument(f"a damaged zip ({error}): save it again") from None


def read_member(archive: zipfile.ZipFile, name: str) -> bytes:
    """A member's content, at most as much as it may be, whatever it says of itself."""
    with archive.open(name) as member:
        content = member.read(LARGEST_MEMBER + 1)
    if len(content) > LARGEST_MEMBER:
        raise UnreadableDocument(f"{name} is larger than {LARGEST_MEMBER // MEBIBYTE} MiB")
    return content


def _require_harmless(archive: zipfile.ZipFile) -> None:
    members = archive.infolist()
    unpacked, packed = sum(each.file_size for each in members), sum(each.compress_size for each in members)
    if (
        len(members) > MOST_MEMBERS
        or unpacked > LARGEST_ARCHIVE
        or unpacked > HIGHEST_RATIO * max(packed, MEBIBYTE // 16)
    ):
        raise UnreadableDocument(
            f"a zip that unpacks to {unpacked / MEBIBYTE:,.0f} MiB in {len(members):,} files: not opened"
        )
    if locked := next((each.filename for each in members if each.flag_bits & 1), None):
        raise UnreadableDocument(f"{locked} is locked by a password: save it without one")
    for each in members:
        place = PurePosixPath(each.filename.replace("\\", "/"))
        if place.is_absolute() or ".." in place.parts or (place.parts and ":" in place.parts[0]):
            raise UnreadableDocument(f"it holds the name {each.filename!r}, which leaves the zip: not opened")
