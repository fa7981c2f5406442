"""Locks between runs; the kernel drops each when its holder dies."""

from __future__ import annotations

import contextlib
import fcntl
from collections.abc import Callable, Iterator

from ownvoice.config import ExperimentConfig
from ownvoice.files import shared, unless_held
from ownvoice.memory.plan import Descent, descent_of, require_fit
from ownvoice.memory.saves import require_room
from ownvoice.models.shape import shape_of
from ownvoice.paths import artifacts_folder, is_stored
from ownvoice.records import CheckedPairs, ModelInfo
from ownvoice.report.cleanup import weights_lock
from ownvoice.report.runs import next_number
from ownvoice.report.tables import render_plan
from ownvoice.run.plan import plan_disk, plan_memory
from ownvoice.run.session import current_session
from tasks.reporting import Reporter


@contextlib.contextmanager
def only_one(key: str, say: Callable[[str], None], what: str = "The same experiment") -> Iterator[None]:
    """Wait while another process runs the same; what it finished then comes from the cache."""
    path = artifacts_folder() / "locks" / f"{key}.lock"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(f"{what} is running already: waiting for it, its steps will come from the cache.")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextlib.contextmanager
def expected_number() -> Iterator[int]:
    """The number that this run gets if the runs that go on already finish before it: for messages only.

    Numbers are given when a record is written (`ownvoice.report.runs`), so that a run that leaves none leaves no gap.
    """
    folder, number = artifacts_folder() / "locks", next_number(artifacts_folder())
    with contextlib.ExitStack() as holding:
        while not holding.enter_context(unless_held(folder / f"run-{number}.lock")):
            number += 1
        yield number


@contextlib.contextmanager
def weights_in_use(training_key: str) -> Iterator[None]:
    """`ownvoice clean` leaves these weights alone, and what is being saved under their name."""
    with shared(weights_lock(artifacts_folder(), training_key)):
        yield


@contextlib.contextmanager
def device_for_this_run() -> Iterator[None]:
    """What has a turn at the device gives it back at the end, with its model: the next run may be waiting."""
    try:
        yield
    finally:
        current_session().give_device_back()


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
