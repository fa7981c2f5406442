"""Estimates how long a training takes from those that were timed on this machine, else from its arithmetic.

artifacts/cache/times.jsonl     one training a line; a line that can't be read counts as absent
"""

from __future__ import annotations

import os
from pathlib import Path
from statistics import median

from pydantic import Field, ValidationError

from ownvoice.files import exclusive
from ownvoice.frozen import Frozen
from ownvoice.memory.free import Device
from ownvoice.paths import artifacts_folder
from ownvoice.records import Machine

LATEST = 5
# Floating-point operations a second where nothing was timed yet. cpu: SmolLM2 on 2 cores, a 512-token step in
# fp32, 4.1 s, so 5e10 a core. cuda and mps: guesses, a T4 and an M1 at a fifth of their data sheets.
FLOPS_PER_CORE = 5e10
FLOPS = {"cuda": 1.2e13, "mps": 5e11}


class Setting(Frozen):
    """Trainings with the same setting take the same time a token."""

    machine: str
    model: str
    rung: str
    device: str


class Timing(Frozen):
    """One training: what was expected before it, and what it took."""

    setting: Setting
    tokens: int = Field(ge=1)
    """Seen in training, all epochs together."""
    seconds: float = Field(gt=0)
    estimated_seconds: float = Field(gt=0)
    finished_at: str

    @property
    def error(self) -> float:
        """Of the estimate, as a share of the time taken: 0.5 is half too long, -0.5 half too short."""
        return self.estimated_seconds / self.seconds - 1


class Estimate(Frozen):
    seconds: float
    reason: str


def times_file() -> Path:
    return artifacts_folder() / "cache" / "times.jsonl"


def machine_name(machine: Machine) -> str:
    """What decides the speed: the same machine after an update of its system is still the same."""
    return f"{machine.gpu or machine.processor}, {machine.cores} cores"


def estimate(history: Path, setting: Setting, tokens: int, flops: float, cores: int, device: Device) -> Estimate:
    """Seconds of a training: the median speed of the latest five like it, else from its arithmetic.

    `flops` is what ownvoice.memory.predict.training_flops says of the same training.
    """
    earlier = [timing for timing in read_times(history) if timing.setting == setting][-LATEST:]
    if not earlier:
        speed = FLOPS.get(device, FLOPS_PER_CORE * cores)
        return Estimate(seconds=flops / speed, reason=f"{_basis(device)}: nothing like it was timed here yet")
    seconds = tokens * median(timing.seconds / timing.tokens for timing in earlier)
    noun = "training" if len(earlier) == 1 else "trainings"
    return Estimate(seconds=seconds, reason=f"from the latest {len(earlier)} {noun} like it on this machine")


def _basis(device: Device) -> str:
    return "from its arithmetic" if device == "cpu" else "a guess from its arithmetic and a common GPU's data sheet"


def learn(history: Path, timing: Timing) -> float:
    """Keep a training's time, and return the error of its estimate. Safe beside other processes."""
    line = timing.model_dump_json().encode() + b"\n"
    with exclusive(history.with_suffix(".lock")), history.open("ab") as file:
        if file.tell() and not _ends_with_newline(history):  # a crash cut the last line: keep ours apart from it
            line = b"\n" + line
        file.write(line)
        file.flush()
        os.fsync(file.fileno())
    return timing.error


def read_times(history: Path) -> list[Timing]:
    """Every training that can be read, oldest first."""
    try:
        lines = history.read_bytes().splitlines()
    except OSError:
        return []
    return [timing for line in lines if (timing := _parse(line)) is not None]


def _parse(line: bytes) -> Timing | None:
    try:
        return Timing.model_validate_json(line)
    except ValidationError:
        return None


def _ends_with_newline(file: Path) -> bool:
    with file.open("rb") as opened:
        opened.seek(-1, os.SEEK_END)
        return opened.read() == b"\n"
