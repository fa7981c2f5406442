"""Writes files whole or not at all, stamps them to tell whether they are still the same, and holds locks.

A disk that fills during a write is told as one clear error, whichever library was writing."""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ownvoice.errors import DiskFull, RunFailed
from ownvoice.frozen import Frozen


class FileStamp(Frozen):
    """A file that a cached result depends on; `path` is absolute."""

    path: str
    size: int
    mtime_ns: int
    sha256: str


# No space, a quota that is used up, and a file over `ulimit -f`.
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
WAYS_OUT = (
    "free some space (`ownvoice clean` shows which trained weights can go), "
    "or set OWNVOICE_ARTIFACTS to a folder on another disk; finished steps come from the cache"
)


def free_bytes(folder: Path) -> int:
    """Free on the disk that a folder is or will be on, for a user who is not root."""
    return shutil.disk_usage(next(each for each in (folder, *folder.parents) if each.exists())).free


def folder_bytes(folder: Path) -> int:
    """Of the files in it; links lead to what lies elsewhere."""
    return sum(file.lstat().st_size for file in folder.rglob("*") if file.is_file() and not file.is_symlink())


def is_disk_full(error: BaseException) -> bool:
    """Python's own errors by their number; the writers in Rust (safetensors, tokenizers) by the number in their text."""
    if isinstance(error, OSError):
        return error.errno in FULL
    return any(f"(os error {number})" in str(error) for number in FULL)


def disk_full(error: BaseException, where: Path | str) -> DiskFull:
    said = (isinstance(error, OSError) and error.strerror) or str(error).strip().splitlines()[0]
    return DiskFull(f"{where} could not be written: {said}", "room on its disk", WAYS_OUT)


def unusable(error: OSError) -> RunFailed:
    """A file or folder that can't be read or written, whoever tried to."""
    return RunFailed(
        f"{error.filename}: {error.strerror}",
        "files and folders that you can read and write",
        "mend that, or name other places with OWNVOICE_ARTIFACTS and OWNVOICE_MODELS",
    )


@contextmanager
def disk_full_told(where: Path | str) -> Iterator[None]:
    """Raise DiskFull in the place of any error that says so.

    Raises:
        DiskFull: with what was being written.
    """
    try:
        yield
    except DiskFull:
        raise
    except Exception as error:  # Rust's writers raise errors of their own kinds
        if not is_disk_full(error):
            raise
        raise disk_full(error, where) from error


# The end of the name of a file that is being written; one that stays was left by a kill.
UNFINISHED = ".unfinished"


def free_place(path: Path) -> Path:
    """The path, or where something lies there the next one that is free: `name-2.md`."""
    place, number = path, 1
    while place.exists():
        number += 1
        place = path.with_stem(f"{path.stem}-{number}")
    return place


def write_atomically(path: Path, content: str | bytes) -> None:
    """Write beside the target, flush to the disk, rename: a reader or a crash sees the old file or the new one.

    Text is written as UTF-8 with its line ends as they are. A symbolic link stays one: its target is replaced.

    Raises:
        DiskFull: the old file is still there.
    """
    target = path.resolve()  # os.replace would put a plain file in the place of the link
    beside = target.with_name(f".{target.name[:100]}.{os.getpid()}-{secrets.token_hex(4)}{UNFINISHED}")
    with disk_full_told(target):
        target.parent.mkdir(parents=True, exist_ok=True)
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


def keep_from_git(folder: Path) -> None:
    """Make the folder, if it isn't there, so that git leaves out what lies in it: a writer may publish the rest."""
    if not folder.exists():
        folder.mkdir(parents=True)
        (folder / ".gitignore").write_text("*\n")


def flush_tree(folder: Path) -> None:
    """Every file of a folder on the disk, before a rename makes it the one that counts."""
    for file in folder.rglob("*"):
        if file.is_file():
            with file.open("rb") as opened:
                os.fsync(opened.fileno())
    flush_folder(folder)


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


@contextmanager
def shared(lock: Path) -> Iterator[None]:
    """Hold the lock file's flock beside others that share it: it says that something is in use."""
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_SH)
        yield


def is_held(lock: Path) -> bool:
    if not lock.exists():
        return False
    with unless_held(lock) as free:
        return not free


@contextmanager
def unless_held(lock: Path) -> Iterator[bool]:
    """Hold the lock if nobody does, and say whether: False where it is held, shared or not."""
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True


def _sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
