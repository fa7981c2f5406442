"""Tells the errors that mean that memory ran out."""

from __future__ import annotations

import torch

# Texts of allocation failures that arrive as a plain RuntimeError: the CPU allocator, cuBLAS, cuDNN.
ALLOCATION_FAILURES = (
    "can't allocate memory",
    "not enough memory",
    "out of memory",
    "CUBLAS_STATUS_ALLOC_FAILED",
    "CUDNN_STATUS_ALLOC_FAILED",
    "CUBLAS_STATUS_NOT_INITIALIZED",  # cuBLAS allocates for its handle, and this is what it says where nothing is left
    "Cannot allocate memory",
    "can't start new thread",  # its stack is memory as well
)


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an error means that memory ran out: torch's own, Python's, or an allocator's RuntimeError."""
    if isinstance(error, MemoryError | torch.OutOfMemoryError):
        return True
    return isinstance(error, RuntimeError) and any(text in str(error) for text in ALLOCATION_FAILURES)
