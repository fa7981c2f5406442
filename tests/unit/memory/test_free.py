"""What is free is the least of what the machine and its limits leave."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ownvoice.errors import ConfigError
from ownvoice.memory.free import container_limits, free_memory, likely_device, parse_size, require_devices
from tests.unit.memory.test_plan import GIB


@pytest.mark.parametrize("visible", ["", "-1"])
def test_a_gpu_that_is_hidden_from_cuda_is_not_planned_for(visible: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    assert likely_device() != "cuda"


def test_the_gpu_that_is_asked_is_the_first_that_cuda_may_use(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An nvidia-smi that answers 8,000 MiB for GPU 1 and 90,000 for any other."""
    tool = tmp_path / "nvidia-smi"
    tool.write_text('#!/bin/sh\ncase "$*" in *--id=1\\ *) echo 8000;; *) echo 90000;; esac\n')
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "1,0")
    assert free_memory("cuda").bytes == 8000 * 2**20
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES")
    assert free_memory("cuda").bytes == 90_000 * 2**20


def test_a_training_that_processes_share_needs_a_gpu_for_each(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tool = tmp_path / "nvidia-smi"
    tool.write_text('#!/bin/sh\nprintf "GPU 0: a T4\\nGPU 1: a T4\\n"\n')
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    require_devices(2, "cuda")
    require_devices(3, "cpu")
    with pytest.raises(ConfigError, match=r"engine.processes = 3, and there are 2 GPUs here"):
        require_devices(3, "cuda")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "1")
    with pytest.raises(ConfigError, match=r"engine.processes = 2, and there is 1 GPU here"):
        require_devices(2, "cuda")


@pytest.mark.parametrize(
    ("text", "size"), [("15GiB", 15 * GIB), ("1.5g", GIB * 3 // 2), ("800 MB", 800 * 2**20), ("4096", 4096)]
)
def test_a_size_is_read_as_people_write_it(text: str, size: int) -> None:
    assert parse_size(text) == size


@pytest.mark.parametrize("text", ["lots", "0", "-1GiB", "15 GiB of it"])
def test_what_is_no_size_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="15GiB"):
        parse_size(text)


def test_a_containers_limit_counts_and_its_page_cache_does_not(tmp_path: Path) -> None:
    (tmp_path / "memory.max").write_text(f"{4 * GIB}\n")
    (tmp_path / "memory.current").write_text(f"{3 * GIB}\n")
    (tmp_path / "memory.stat").write_text(f"anon {GIB}\ninactive_file {GIB}\n")
    (limit,) = container_limits(0, tmp_path)
    assert limit.bytes == 2 * GIB
    (tmp_path / "memory.max").write_text("max\n")
    assert container_limits(0, tmp_path) == []


def test_memory_of_this_machine_is_found() -> None:
    free = free_memory("cpu")
    assert 0 < free.bytes < os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
