"""Chooses the device and its arithmetic, and keeps the reason for the log."""

from __future__ import annotations

import platform
import resource
import sys
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import NamedTuple

import torch

from ownvoice.memory.machine import processor_has_bf16


class Arithmetic(NamedTuple):
    """`autocast` is None for plain fp32; weights are fp32 in either case."""

    autocast: torch.dtype | None
    reason: str
    keeps_copies: bool = True
    """Autocast keeps its 16-bit copies of trained weights until the forward pass ends."""

    def context(self, device: torch.device) -> AbstractContextManager[object]:
        if self.autocast is None:
            return nullcontext()
        return torch.autocast(device.type, dtype=self.autocast, cache_enabled=self.keeps_copies)


def choose_device() -> torch.device:
    if torch.cuda.is_available():
        return torch.device("cuda", 0)
    if torch.backends.mps.is_available():
        return torch.device("mps")
    return torch.device("cpu")


def choose_arithmetic(device: torch.device) -> Arithmetic:
    """bf16 where the hardware multiplies in it: emulated on an AVX2 processor, one training step took 128 s, not 6."""
    if device.type == "cuda":
        name = torch.cuda.get_device_name(device)
        if torch.cuda.is_bf16_supported(including_emulation=False):  # a T4 emulates it, many times slower than fp16
            return Arithmetic(torch.bfloat16, f"bf16 autocast over fp32 weights: {name} computes in bf16")
        return Arithmetic(torch.float16, f"fp16 autocast over fp32 weights, loss scaled: {name} has no bf16")
    if device.type == "mps":
        return Arithmetic(None, "fp32: Apple's GPU, where autocast gains little")
    if processor_has_bf16():
        return Arithmetic(torch.bfloat16, "bf16 autocast over fp32 weights: this processor has bf16 instructions")
    return Arithmetic(None, "fp32: this processor has no bf16 instructions")


class DeviceName(NamedTuple):
    shown: str
    """For a person: 'cpu', 'gpu:0' as CUDA_VISIBLE_DEVICES counts."""
    key: str
    """The same for every process that uses the device, and for no other device of this machine."""


def name_device(device: torch.device) -> DeviceName:
    """A GPU has an id of its own. A processor goes by its machine's name: a home folder may lie on several machines."""
    if device.type != "cuda":
        return DeviceName(device.type, f"{device.type}-{platform.node()}")
    return DeviceName(f"gpu:{device.index}", f"gpu-{torch.cuda.get_device_properties(device).uuid}")


def reset_peak(device: torch.device) -> None:
    """Start a new measurement of peak memory, which what an earlier request left in a cache has no part in."""
    if device.type == "cuda":
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats(device)
        return
    try:
        Path("/proc/self/clear_refs").write_text("5")  # resets VmHWM, see proc(5)
    except OSError:
        return  # macOS, or a kernel that forbids it: the peak is then that of the whole process


def peak_bytes(device: torch.device) -> int:
    """Peak since `reset_peak`: memory reserved on the GPU (its context not counted), or resident memory."""
    if device.type == "cuda":
        return int(torch.cuda.max_memory_reserved(device))
    try:
        status = Path("/proc/self/status").read_text()
        return next(int(row.split()[1]) * 1024 for row in status.splitlines() if row.startswith("VmHWM"))
    except (OSError, StopIteration):
        usage = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return usage if sys.platform == "darwin" else usage * 1024
