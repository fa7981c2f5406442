"""A disk that fills during a write: told as one clear error, whichever library was writing."""

from __future__ import annotations

import errno
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ownvoice.errors import DiskFull

# No space, a quota that is used up, and a file over `ulimit -f`.
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
WAYS_OUT = (
    "free some space (`ownvoice clean` shows which trained weights can go), "
    "or set OWNVOICE_ARTIFACTS to a folder on another disk; finished steps come from the cache"
)


def free_bytes(folder: Path) -> int:
    """Free on the disk that a folder is or will be on, for a user who is not root."""
    return shutil.disk_usage(next(each for each in (folder, *folder.parents) if each.exists())).free


def is_disk_full(error: BaseException) -> bool:
    """Python's own errors by their number; the writers in Rust (safetensors, tokenizers) by the number in their text."""
    if isinstance(error, OSError):
        return error.errno in FULL
    return any(f"(os error {number})" in str(error) for number in FULL)


def disk_full(error: BaseException, where: Path | str) -> DiskFull:
    said = (isinstance(error, OSError) and error.strerror) or str(error).strip().splitlines()[0]
    return DiskFull(f"{where} could not be written: {said}", "room on its disk", WAYS_OUT)


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
