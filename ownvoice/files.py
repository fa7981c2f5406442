"""Files that are whole or absent: atomic writes, stamps that tell whether a file is still the same, one lock."""

from __future__ import annotations

import fcntl
import hashlib
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ownvoice.records import FileStamp


def write_atomically(path: Path, content: str | bytes) -> None:
    """Write beside the target, flush to the disk, rename: a reader or a crash sees the old file or the new one.

    Text is written as UTF-8 with its line ends as they are. A symbolic link stays one: its target is replaced.
    """
    target = path.resolve()  # os.replace would put a plain file in the place of the link
    target.parent.mkdir(parents=True, exist_ok=True)
    beside = target.with_name(f".{target.name[:100]}.{os.getpid()}-{secrets.token_hex(4)}.unfinished")
    try:
        with beside.open("xb") as file:
            file.write(content.encode("utf-8") if isinstance(content, str) else content)
            file.flush()
            os.fsync(file.fileno())
        if target.exists():
            beside.chmod(target.stat().st_mode & 0o7777)
        beside.replace(target)
    finally:
        beside.unlink(missing_ok=True)
    flush_folder(target.parent)


def flush_folder(folder: Path) -> None:
    """Make a rename in the folder survive a power cut: the folder's own entry must reach the disk as well."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def stamp(path: Path) -> FileStamp:
    """Size, time and SHA-256 of a file, with its absolute path."""
    absolute = path.resolve()
    status = absolute.stat()  # before the hash: a write during it then shows as a later mtime
    return FileStamp(path=str(absolute), size=status.st_size, mtime_ns=status.st_mtime_ns, sha256=_sha256_of(absolute))


def is_intact(expected: FileStamp) -> bool:
    """Whether the file still holds what it held: size and time first, the hash only where the time differs.

    A hash of 270 MB of weights takes half a second, a stat a microsecond; a copied or touched file has a new
    time and the same content, and still counts.
    """
    path = Path(expected.path)
    try:
        status = path.stat()
        if not path.is_file() or status.st_size != expected.size:
            return False
        return status.st_mtime_ns == expected.mtime_ns or _sha256_of(path) == expected.sha256
    except OSError:
        return False


@contextmanager
def exclusive(lock: Path) -> Iterator[None]:
    """Hold the lock file's flock: one process (or thread) at a time. The kernel drops it when its holder dies.

    Not reentrant: a holder that asks again waits for itself.
    """
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
