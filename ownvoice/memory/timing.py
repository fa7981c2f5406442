"""Expects how long a step takes from those like it that were timed on this machine, else from its arithmetic.

artifacts/cache/times.jsonl     one step a line; a line that can't be read counts as absent
"""

from __future__ import annotations

import os
from pathlib import Path
from statistics import median
from typing import Any

from pydantic import Field, ValidationError, model_validator

from ownvoice.estimates import Basis, Expected
from ownvoice.files import exclusive
from ownvoice.frozen import Frozen
from ownvoice.memory.free import Device
from ownvoice.paths import artifacts_folder
from ownvoice.records.run import Machine

LATEST = 5
# Floating-point operations a second where nothing was timed yet. cpu: SmolLM2 on 2 cores, a 512-token step in
# fp32, 4.1 s, so 5e10 a core. cuda and mps: guesses, a T4 and an M1 at a fifth of their data sheets.
FLOPS_PER_CORE = 5e10
FLOPS = {"cuda": 1.2e13, "mps": 5e11}
# How far a step may lie from what is expected of it, as a factor either way. arithmetic: the smoke test's steps on two
# kinds of processor, 0.7 to 1.7 of the arithmetic. ONCE: the same step a second time, on a machine that does nothing else.
FAR: dict[Basis, float] = {"arithmetic": 2.0, "guess": 4.0, "times": 1.2}
ONCE = 1.5


class Setting(Frozen):
    """Steps with the same setting take the same time for the same work."""

    machine: str
    model: str
    rung: str
    """Memory setting of a training; empty of other steps."""
    device: str
    kind: str = "train"
    """'train', or what is asked of whom: 'generate, baseline'."""


class Timing(Frozen):
    """One step: what was expected before it, and what it took."""

    setting: Setting
    work: float = Field(gt=0)
    """Of a training the tokens seen, all epochs together; of another step its seconds by arithmetic."""
    seconds: float = Field(gt=0)
    estimated_seconds: float = Field(gt=0)
    finished_at: str

    @model_validator(mode="before")
    @classmethod
    def _of_trainings_alone(cls, values: Any) -> Any:
        """As lines were when only trainings were timed."""
        if isinstance(values, dict) and "tokens" in values:
            return {("work" if name == "tokens" else name): value for name, value in values.items()}
        return values

    @property
    def error(self) -> float:
        """The error of the estimate as a share of the time taken: 0.5 is half too long, -0.5 half too short."""
        return self.estimated_seconds / self.seconds - 1


def times_file() -> Path:
    return artifacts_folder() / "cache" / "times.jsonl"


def machine_name(machine: Machine) -> str:
    """What decides the speed: the same machine after an update of its system is still the same."""
    return f"{machine.gpu or machine.processor}, {machine.cores} cores"


def training_seconds(flops: float, cores: int, device: Device) -> float:
    """By arithmetic; `flops` is what ownvoice.memory.predict.training_flops says of the training."""
    return flops / FLOPS.get(device, FLOPS_PER_CORE * cores)


def expect(history: list[Timing], setting: Setting, work: float, arithmetic_seconds: float) -> Expected:
    """By the median speed of the latest five like it, else by arithmetic."""
    earlier = [timing.seconds / timing.work for timing in history if timing.setting == setting][-LATEST:]
    if not earlier:
        basis: Basis = "arithmetic" if setting.device == "cpu" else "guess"
        reason = (
            "from its arithmetic" if basis == "arithmetic" else "a guess from its arithmetic and a GPU's data sheet"
        )
        return _within(arithmetic_seconds, FAR[basis], basis, f"{reason}: nothing like it was timed here yet")
    seconds, far = work * median(earlier), ONCE if len(earlier) == 1 else FAR["times"]
    expected = _within(seconds, far, "times", f"from the latest {len(earlier)} like it on this machine")
    low, high = (work * speed for speed in (min(earlier), max(earlier)))
    return expected.model_copy(update={"low": min(expected.low, low), "high": max(expected.high, high)})


def _within(seconds: float, factor: float, basis: Basis, reason: str) -> Expected:
    return Expected(seconds=seconds, low=seconds / factor, high=seconds * factor, basis=basis, reason=reason)


def learn(history: Path, timing: Timing) -> float:
    """Keep a step's time, and return the error of its estimate. Safe beside other processes."""
    line = timing.model_dump_json().encode() + b"\n"
    with exclusive(history.with_suffix(".lock")), history.open("ab") as file:
        if file.tell() and not _ends_with_newline(history):  # a crash cut the last line: keep ours apart from it
            line = b"\n" + line
        file.write(line)
        file.flush()
        os.fsync(file.fileno())
    return timing.error


def read_times(history: Path) -> list[Timing]:
    """Every step that can be read, oldest first."""
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
