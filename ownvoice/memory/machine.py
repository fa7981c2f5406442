"""Describes this machine, without torch and without a network."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import psutil

from ownvoice.paths import ROOT, artifacts_folder
from ownvoice.records.run import Machine

GIBIBYTE = 2**30
PACKAGES = ("ownvoice", "prefect", "torch", "transformers", "tokenizers", "peft", "safetensors")


def describe_machine() -> Machine:
    """The machine in the record; takes some milliseconds."""
    return Machine(
        system=f"{platform.system()} {platform.machine()}",
        processor=_processor(),
        cores=len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1,
        memory_bytes=psutil.virtual_memory().total,
        disk_free_bytes=shutil.disk_usage(_existing(artifacts_folder())).free,
        gpu=_gpu(),
        versions={"python": platform.python_version()} | {name: _version(name) for name in PACKAGES},
    )


def doctor_report(facts: dict[str, str]) -> str:
    """What `ownvoice doctor` prints: one line a fact."""
    return "\n".join(f"{name:>13}  {value}" for name, value in facts.items())


def doctor_facts(try_hub: bool = False) -> dict[str, str]:
    """What this machine has, and what to do where something is missing."""
    machine = describe_machine()
    memory = psutil.virtual_memory()
    return dict(
        [
            ("processor", f"{machine.processor}, {machine.cores} cores"),
            (
                "bf16",
                "yes: training runs in bf16" if processor_has_bf16() else "no: training on the processor runs in fp32",
            ),
            ("gpu", machine.gpu or "none found: training runs on the processor"),
            ("memory", f"{memory.available / GIBIBYTE:.1f} GiB available of {memory.total / GIBIBYTE:.1f}"),
            ("disk", f"{machine.disk_free_bytes / GIBIBYTE:.1f} GiB free for {artifacts_folder()}"),
            ("system", machine.system),
            *((name, number) for name, number in machine.versions.items()),
            ("hub login", _hub_login()),
            ("hub", _hub_answers() if try_hub else "not tried: `ownvoice doctor --hub` asks it"),
        ]
    )


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


def _processor() -> str:
    try:
        rows = Path("/proc/cpuinfo").read_text().splitlines()
        return next(row.partition(":")[2].strip() for row in rows if row.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def processor_has_bf16() -> bool:
    """Whether the processor multiplies in bf16 itself (AVX512-BF16 or AMX)."""
    try:
        flags = Path("/proc/cpuinfo").read_text().split()
    except OSError:
        return False
    return "avx512_bf16" in flags or "amx_bf16" in flags


def _gpu() -> str | None:
    """Name and memory of the first NVIDIA GPU, from its driver's own tool."""
    if (tool := shutil.which("nvidia-smi")) is None:
        return None
    query = [tool, "--query-gpu=name,memory.total", "--format=csv,noheader"]
    try:
        answer = subprocess.run(query, capture_output=True, text=True, timeout=10, check=True).stdout
    except (subprocess.SubprocessError, OSError):
        return None
    return answer.strip().splitlines()[0] if answer.strip() else None


def _existing(folder: Path) -> Path:
    return next((p for p in (folder, *folder.parents) if p.exists()), ROOT)


def _hub_login() -> str:
    from huggingface_hub import get_token  # noqa: PLC0415 - half a second that only the doctor pays

    return "yes" if get_token() else "none: needed for gated models only (`hf auth login`)"


def _hub_answers() -> str:
    from huggingface_hub import HfApi, constants  # noqa: PLC0415
    from huggingface_hub.errors import HfHubHTTPError  # noqa: PLC0415

    try:
        HfApi().model_info("openai-community/gpt2", timeout=5)
    except (HfHubHTTPError, OSError) as error:
        return f"{constants.ENDPOINT} can't be reached: {str(error).splitlines()[0]}"
    return f"{constants.ENDPOINT} answers"
