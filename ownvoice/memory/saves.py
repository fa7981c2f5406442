"""Plans how trained weights are saved on the disk that there is, before they are trained: the exact way first.

Whole weights as they are, whole weights rounded to bf16, and (where a rung trains one) the adapter alone. Nothing is
ever saved between epochs.
"""

from __future__ import annotations

import resource
from pathlib import Path

from ownvoice.errors import DiskRefused
from ownvoice.files import WAYS_OUT, free_bytes
from ownvoice.frozen import Frozen
from ownvoice.ladder import ORDER, Rung
from ownvoice.memory.demand import Demand
from ownvoice.models.known import KNOWN_SHAPES
from ownvoice.units import gib
from ownvoice.worker.messages import Save

FP32, HALF = 4, 2
# The rest of a short smoke test (answers, record, log) took 80 KiB, and the header of SmolLM2's file of weights takes 30:
# most of this is for other programs.
SPARE_BYTES = 64 * 2**20
NO_EPOCH_SAVES = "nothing is saved between epochs"


class Room(Frozen):
    """What a file may take, and where the figure comes from, in words."""

    bytes: int
    source: str
    spare: int = SPARE_BYTES
    """What is left of these to the rest of the run and to others; a limit on one file leaves the rest alone."""

    def holds(self, needed: int) -> bool:
        return needed + self.spare <= self.bytes


class DiskPlan(Frozen):
    """The ways of saving, of each rung that a run may take."""

    room: Room
    saves: dict[str, tuple[Save, ...]]
    """The ways that the config allows, by the rung's name; the exact one first."""

    def fitting(self, rung: str) -> tuple[Save, ...]:
        return tuple(save for save in self.saves[rung] if self.room.holds(save.bytes))

    def reason(self, rung: str) -> str:
        """'whole weights in fp32 need 0.5 GiB, 0.3 GiB free on the disk of /x; nothing is saved between epochs'."""
        exact, fitting = self.saves[rung][0], self.fitting(rung)
        words = f"{exact.name} need {gib(exact.bytes)}, {gib(self.room.bytes)} {self.room.source}"
        if fitting and fitting[0] != exact:
            words += f"; {fitting[0].name} need {gib(fitting[0].bytes)}"
        return f"{words}; {NO_EPOCH_SAVES}"


def plan_saves(demand: Demand, rungs: tuple[Rung, ...], room: Room) -> DiskPlan:
    """For each rung, the ways of saving that are allowed."""
    allowed = ORDER[: ORDER.index(demand.allow) + 1]
    saves = {rung.name: _saves(rung, demand) for rung in rungs}
    by_rung = {name: tuple(save for save in each if save.changes in allowed) for name, each in saves.items()}
    return DiskPlan(room=room, saves=by_rung)


def _saves(rung: Rung, demand: Demand) -> tuple[Save, ...]:
    adapter = demand.method == "lora" or rung.method != "full"
    count, what = demand.shape.parameters, "whole weights"
    if adapter:
        count, what = demand.shape.adapter(demand.lora_rank), "the adapter's weights"
    stored = "fp32" if adapter else rung.weights
    exact = Save(
        name=f"{what} in {stored}",
        changes="nothing",
        bytes=count * (FP32 if stored == "fp32" else HALF) + demand.side_bytes,
    )
    if stored != "fp32":
        return (exact,)
    half = Save(name=f"{what} in bf16", changes="rounding", rounded=True, bytes=count * HALF + demand.side_bytes)
    return (exact, half)


def require_room(plan: DiskPlan, demand: Demand) -> None:
    """Refuse what can't be saved, before it is trained.

    Raises:
        DiskRefused: bytes needed, bytes free, where, and what to do.
    """
    if any(plan.fitting(rung) for rung in plan.saves):
        return
    every = {save.name: save.bytes for saves in plan.saves.values() for save in saves}
    needs = ", ".join(f"{name} need {gib(size)}" for name, size in every.items())
    spare = f", and {gib(plan.room.spare)} for the rest of the run" if plan.room.spare else ""
    raise DiskRefused(
        f"the trained weights don't fit: {needs}; {gib(plan.room.bytes)} {plan.room.source}",
        f"{gib(min(every.values()))}{spare}",
        "; or ".join(_ways_out(demand, plan.room)),
    )


def _ways_out(demand: Demand, room: Room) -> list[str]:
    ways, allow = [WAYS_OUT], demand.allow
    if allow != "method":
        ways.append(f'set memory.allow="{ORDER[ORDER.index(allow) + 1]}", which allows a smaller file')
    smaller = [each for each in KNOWN_SHAPES.values() if each.parameters < demand.shape.parameters]
    fitting = [each for each in smaller if room.holds(each.parameters * FP32)]
    if fitting:
        ways.append(f"take a smaller model: --model {max(fitting, key=lambda each: each.parameters).name}")
    return ways


def room_for(folder: Path, taken: int = 0) -> Room:
    """What a file in a folder may take: free on its disk, or less where `ulimit -f` says so.

    `taken` bytes are other files', which will lie there by then: those of the run's trainings before this one.
    """
    free, limit = max(0, free_bytes(folder) - taken), resource.getrlimit(resource.RLIMIT_FSIZE)[0]
    if limit != resource.RLIM_INFINITY and limit < free - SPARE_BYTES:
        return Room(bytes=limit, source="allowed to a file (ulimit -f)", spare=0)
    beside = f" beside {gib(taken)} of the run's trainings before" if taken else ""
    return Room(bytes=free, source=f"free on the disk of {folder}{beside}")
