"""What a training may take of this machine, told before anything is loaded: its rungs, and what each saves."""

from __future__ import annotations

from ownvoice.config import ExperimentConfig
from ownvoice.memory.plan import Descent, descent_of
from ownvoice.memory.predict import require_fit
from ownvoice.memory.saves import require_room
from ownvoice.models.shape import shape_of
from ownvoice.places import is_stored
from ownvoice.records import CheckedPairs, ModelInfo
from ownvoice.report.plan_table import render_plan
from ownvoice.run.plan import plan_disk, plan_memory
from ownvoice.run.session import current_session
from tasks.reporting import Reporter


def plan_training(config: ExperimentConfig, info: ModelInfo, checked: CheckedPairs, key: str) -> Descent:
    """The rungs, and what each saves. Memory is looked at once the device is this run's: what a run that
    had it held is free by then, and nothing that fits afterwards is refused.

    Raises:
        DiskRefused, MemoryRefused: nothing fits, and nothing was loaded.
    """
    disk = plan_disk(config, info)
    if is_stored(key):
        return descent_of(plan_memory(config, info, checked), disk)
    require_room(disk, shape_of(info), config.memory.allow)
    current_session().take_turn(Reporter("wait-for-the-device"))
    memory = plan_memory(config, info, checked, current_session().worker.resident_bytes)
    require_fit(memory, render_plan(memory))
    return descent_of(memory, disk)
