"""Members of zip files, read in memory within limits. Nothing is ever unpacked to the disk."""

from __future__ import annotations

import io
import lzma
import stat
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import PurePosixPath

from ownvoice.intake.documents import Skipped
from ownvoice.intake.originals import MB, Original, Unreadable

MAX_MEMBER_BYTES = 25 * MB
MAX_TOTAL_BYTES = 200 * MB
MAX_MEMBERS = 50_000
MAX_RATIO, RATIO_FROM_BYTES = 200, 1 * MB
"""Text shrinks to a third or a tenth; what swells to more than two hundredfold is made to fill a memory."""
ENCRYPTED_FLAG = 0x1
BROKEN = "broken or cut off: get it again from where it came"
ENCRYPTED = "encrypted: save it without a password"
# All that zipfile and the decompressors behind it raise for bytes that are not as they should be.
_FAULTS = (zipfile.BadZipFile, NotImplementedError, zlib.error, lzma.LZMAError, EOFError, OSError, ValueError)


def open_zip(original: Original) -> zipfile.ZipFile:
    """The zip file, of which only the list of names is read yet.

    Raises:
        Unreadable: it is not one, or has too many members.
    """
    try:
        opened = zipfile.ZipFile(io.BytesIO(original.content))
    except _FAULTS:
        raise Unreadable(BROKEN) from None
    if len(opened.namelist()) > MAX_MEMBERS:
        raise Unreadable(f"holds more than {MAX_MEMBERS:,} files: unpack it and give what is yours")
    return opened


def members(original: Original, wanted: Callable[[str], bool]) -> Iterator[Original | Skipped]:
    """The wanted members by their names; a member that leaves the zip file is told, wanted or not.

    Raises:
        Unreadable: the file is no zip file, is encrypted, or the members would fill the memory.
    """
    with open_zip(original) as opened:
        infos = sorted(
            (info for info in opened.infolist() if not info.filename.endswith("/")), key=lambda info: info.filename
        )
        if any(info.flag_bits & ENCRYPTED_FLAG for info in infos if wanted(info.filename)):
            raise Unreadable(ENCRYPTED)
        total = sum(info.file_size for info in infos if wanted(info.filename))
        if total > MAX_TOTAL_BYTES:
            raise Unreadable(f"would unpack to {total // MB} MB: unpack it and give what is yours")
        for info in infos:
            reason = _wrong_with(info, wanted(info.filename))
            if reason:
                yield Skipped(source=f"{original.source}: {info.filename}", reason=reason)
            elif wanted(info.filename):
                yield _read(original, opened, info)


def _wrong_with(info: zipfile.ZipInfo, is_wanted: bool) -> str:
    if _leaves(info.filename):
        return "its name points out of the zip file: take it out of there, or leave it"
    if not is_wanted:
        return ""
    if stat.S_ISLNK(info.external_attr >> 16):
        return "a link, not a file: put the file itself there"
    if info.file_size > MAX_MEMBER_BYTES:
        return f"{info.file_size // MB} MB, and the limit is {MAX_MEMBER_BYTES // MB} MB: split it"
    if info.file_size > RATIO_FROM_BYTES and info.file_size > MAX_RATIO * info.compress_size:
        return f"swells from {info.compress_size:,} to {info.file_size:,} bytes, as no text does: leave it out"
    return ""


def _leaves(name: str) -> bool:
    path = PurePosixPath(name.replace("\\", "/"))
    return path.is_absolute() or ".." in path.parts or (path.parts[:1] != () and path.parts[0].endswith(":"))


def _read(original: Original, opened: zipfile.ZipFile, info: zipfile.ZipInfo) -> Original | Skipped:
    """One member. zipfile reads no more than the declared size, and checks the sum of what it read."""
    try:
        return original.part(info.filename, opened.read(info))
    except _FAULTS:
        return Skipped(source=f"{original.source}: {info.filename}", reason=BROKEN)


def repacked(parts: Iterable[Original]) -> bytes:
    """A zip file of some members only."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_STORED) as packed:
        for part in parts:
            packed.writestr(part.name, part.content)
    return content.getvalue()
