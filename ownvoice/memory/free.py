"""Finds how much memory a training may take, without torch: the least of what the machine and its limits leave."""

from __future__ import annotations

import importlib.util
import os
import platform
import re
import resource
import subprocess
from pathlib import Path
from typing import Literal

import psutil

from ownvoice.errors import ConfigError
from ownvoice.frozen import Frozen
from ownvoice.ladder import Hardware
from ownvoice.units import gib

Device = Literal["cpu", "cuda", "mps"]

CONTROL_GROUP = Path("/sys/fs/cgroup")
UNITS = {"": 1, "k": 2**10, "m": 2**20, "g": 2**30, "t": 2**40}
SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([kmgt]?)(?:i?b)?", re.IGNORECASE)


class FreeMemory(Frozen):
    """Bytes, and where the figure comes from, in words."""

    bytes: int
    source: str

    def in_words(self) -> str:
        return f"{gib(self.bytes)} {self.source}"

    def shared_by(self, processes: int) -> FreeMemory:
        """A process's share."""
        if processes == 1:
            return self
        return FreeMemory(bytes=self.bytes // processes, source=f"{self.source} for each of {processes} processes")


def parse_size(text: str) -> int:
    """`15GiB`, `1.5g`, `800 MB` to bytes; units are powers of 1024, as nvidia-smi and htop count.

    Raises:
        ConfigError: it is no size.
    """
    found = SIZE.fullmatch(text.strip())
    if found is None or float(found[1]) <= 0:
        raise ConfigError(f"--memory {text}", "a size such as 15GiB or 800MiB", "mend the size")
    return int(float(found[1]) * UNITS[found[2].lower()])


def likely_device() -> Device:
    """The device that the worker will choose, as far as can be told without torch."""
    if _torch_knows_cuda() and _gpu_free() is not None:
        return "cuda"
    return "mps" if (platform.system(), platform.machine()) == ("Darwin", "arm64") else "cpu"


def free_memory(device: Device, held_bytes: int = 0) -> FreeMemory:
    """What is free on the device; `held_bytes` is what the worker holds already and will use again."""
    if device == "cuda" and (free := _gpu_free()) is not None:
        return FreeMemory(bytes=free + held_bytes, source="free on the GPU")
    found = [FreeMemory(bytes=psutil.virtual_memory().available + held_bytes, source="free in memory")]
    found += container_limits(held_bytes) + process_limits()
    return min(found, key=lambda each: each.bytes)


def find_hardware(device: Device) -> Hardware:
    """What decides which rungs exist; a GPU that can't be asked counts as one of today's, with bf16."""
    if device != "cuda":
        return Hardware(gpu=device == "mps", bf16=True)
    capability = _ask_gpu("compute_cap")
    bf16 = capability is None or float(capability) >= 8
    return Hardware(gpu=True, bf16=bf16, four_bit=importlib.util.find_spec("bitsandbytes") is not None)


def require_devices(processes: int, device: Device) -> None:
    """A training that processes share takes a GPU for each; on a processor they share its cores.

    Raises:
        ConfigError: there are fewer.
    """
    there = {"cpu": processes, "mps": 1, "cuda": _gpu_count()}[device]
    if there < processes:
        raise ConfigError(
            f"engine.processes = {processes}, and there {'is 1 GPU' if there == 1 else f'are {there} GPUs'} here",
            "a GPU for each process",
            "set engine.processes to what is there" if there > 1 else 'set engine.backend = "single"',
        )


def _gpu_count() -> int:
    """Those that CUDA may use."""
    if (visible := os.environ.get("CUDA_VISIBLE_DEVICES")) is not None:
        return len([each for each in visible.split(",") if each.strip() not in ("", "-1")])
    try:
        listed = subprocess.run(["nvidia-smi", "--list-gpus"], capture_output=True, text=True, timeout=10, check=True)
    except (subprocess.SubprocessError, OSError):
        return 0
    return len(listed.stdout.splitlines())


def _gpu_free() -> int | None:
    mebibytes = _ask_gpu("memory.free")
    return None if mebibytes is None else int(mebibytes) * 2**20


def _torch_knows_cuda() -> bool:
    """Whether the torch installed here is a CUDA build: the processor's, which some indexes serve, sees no GPU."""
    found = importlib.util.find_spec("torch")
    return bool(found and found.origin and any((Path(found.origin).parent / "lib").glob("*torch_cuda*")))


def _ask_gpu(question: str) -> str | None:
    """One figure of the first NVIDIA GPU that CUDA may use, from its driver's own tool, which doesn't mind that limit.

    The worker counts GPUs in the tool's order (`CUDA_DEVICE_ORDER`, see ownvoice.worker.client).
    """
    visible = os.environ.get("CUDA_VISIBLE_DEVICES", "0").split(",")[0].strip()
    if visible in ("", "-1"):
        return None
    query = ["nvidia-smi", f"--id={visible}", f"--query-gpu={question}", "--format=csv,noheader,nounits"]
    try:
        answer = subprocess.run(query, capture_output=True, text=True, timeout=10, check=True).stdout
    except (subprocess.SubprocessError, OSError):
        return None
    figure = answer.split()[:1]
    return figure[0] if figure and figure[0].replace(".", "", 1).isdigit() else None


def container_limits(held_bytes: int, root: Path = CONTROL_GROUP) -> list[FreeMemory]:
    """A container's limit, less what its processes hold; files in the page cache are given up and don't count."""
    try:
        limit, used = (root / "memory.max").read_text().strip(), int((root / "memory.current").read_text())
        rows = dict(row.split() for row in (root / "memory.stat").read_text().splitlines())
    except (OSError, ValueError):
        return []
    if limit == "max":
        return []
    left = int(limit) - used + int(rows.get("inactive_file", 0)) + held_bytes
    return [FreeMemory(bytes=max(left, 0), source="left to this container")]


def process_limits() -> list[FreeMemory]:
    """Limits that the worker inherits from this process (`ulimit -d`, `ulimit -v`)."""
    limits = {"ulimit -d": resource.RLIMIT_DATA, "ulimit -v": resource.RLIMIT_AS}
    found = {name: resource.getrlimit(kind)[0] for name, kind in limits.items()}
    return [
        FreeMemory(bytes=limit, source=f"allowed to a process ({name})")
        for name, limit in found.items()
        if limit != resource.RLIM_INFINITY
    ]
