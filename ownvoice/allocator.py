"""glibc's allocator: fast with freed memory kept (ownvoice.worker), small with it given back."""

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
    if not sys.platform.startswith("linux"):
        return
    libc = ctypes.CDLL(None)
    if hasattr(libc, "mallopt"):  # musl has none
        libc.mallopt(M_TRIM_THRESHOLD, GIVE_BACK_FROM)
        libc.mallopt(M_MMAP_THRESHOLD, GIVE_BACK_FROM)
        libc.malloc_trim(0)
