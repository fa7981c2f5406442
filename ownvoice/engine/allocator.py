"""glibc's allocator: fast with freed memory kept (ownvoice.worker.client), small with it given back."""

from __future__ import annotations

import ctypes
import gc
import sys

# From glibc's malloc.h; see mallopt(3).
M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3
GIVE_BACK_FROM = 2**20


def give_back_freed_memory() -> None:
    """From now on a freed block of a mebibyte or more goes back to the kernel at once; also what is free already."""
    gc.collect()
    if libc := _glibc():
        libc.mallopt(M_TRIM_THRESHOLD, GIVE_BACK_FROM)
        libc.mallopt(M_MMAP_THRESHOLD, GIVE_BACK_FROM)
        libc.malloc_trim(0)


def give_back_once() -> None:
    """What is free now; what is freed later is kept as before."""
    gc.collect()
    if libc := _glibc():
        libc.malloc_trim(0)


def _glibc() -> ctypes.CDLL | None:
    """None where the C library has other functions for this: macOS, musl."""
    libc = ctypes.CDLL(None) if sys.platform.startswith("linux") else None
    return libc if hasattr(libc, "mallopt") else None
