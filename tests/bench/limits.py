"""What this machine can do at most, measured beside what is timed: a large product, and reading memory."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

import torch

AVX2 = {"ONEDNN_MAX_CPU_ISA": "AVX2", "ATEN_CPU_CAPABILITY": "avx2", "MKL_ENABLE_INSTRUCTIONS": "AVX2"}


def without_newer_instructions() -> None:
    """Starts this program anew as on a processor that has AVX2 and nothing newer; so it is for what it starts."""
    if any(name not in os.environ for name in AVX2):
        hidden = str(Path(__file__).parent / "avx2")
        path = os.pathsep.join((hidden, *filter(None, (os.environ.get("PYTHONPATH"),))))
        os.execve(sys.executable, [sys.executable, *sys.argv], {**os.environ, **AVX2, "PYTHONPATH": path})


def product_rate(dtype: torch.dtype) -> float:
    """Operations a second of a large product."""
    one, other = (torch.randn(2048, 2048, dtype=dtype) for _ in range(2))
    return 2 * 2048**3 / min(timed(lambda: one @ other) for _ in range(8))


def reading_rate() -> float:
    """Bytes a second, read once from memory."""
    numbers = torch.ones(2**28)
    return 4 * len(numbers) / min(timed(numbers.sum) for _ in range(4))


def timed(action: Callable[[], object]) -> float:
    """Seconds."""
    started = time.perf_counter()
    action()
    return time.perf_counter() - started
