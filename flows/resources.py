"""Gives a run what it needs to itself: its experiment, its weights, its device, and memory and disk for its trainings.

The kernel drops each lock when its holder dies.
"""

from __future__ import annotations

import contextlib
import fcntl
from collections.abc import Callable, Iterable, Iterator

from ownvoice.files import shared, unless_held
from ownvoice.memory.free import find_hardware, free_memory, likely_device, require_devices
from ownvoice.memory.plan import Descent, MemoryPlan, descent_of, plan_memory, possible_rungs, require_fit
from ownvoice.memory.saves import plan_saves, require_room, room_for
from ownvoice.paths import artifacts_folder, is_stored, lock_of_work, weights_folder
from ownvoice.report.kept.runs import next_number
from ownvoice.report.tables import render_plan
from ownvoice.report.upkeep.cleanup import weights_lock
from ownvoice.run.plan import Step, Training
from ownvoice.run.session import current_session
from ownvoice.run.stored import find_stored
from tasks.reporting import Reporter, tell


@contextlib.contextmanager
def only_one(
    key: str,
    say: Callable[[str], None],
    what: str = "The same experiment",
    before_waiting: Callable[[], None] = lambda: None,
) -> Iterator[None]:
    """Wait while another process runs the same; what it finished then comes from the cache."""
    path = lock_of_work(key)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(f"{what} is running already: waiting for it, what it does will come from the cache.")
            before_waiting()
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextlib.contextmanager
def expected_number() -> Iterator[int]:
    """The number that this run gets if the runs that go on already finish before it: for messages only.

    Numbers are given when a record is written (`ownvoice.report.kept.runs`), so that a run that leaves none leaves no gap.
    """
    folder, number = artifacts_folder() / "locks", next_number(artifacts_folder())
    with contextlib.ExitStack() as holding:
        while not holding.enter_context(unless_held(folder / f"run-{number}.lock")):
            number += 1
        yield number


@contextlib.contextmanager
def weights_in_use(trainings: Iterable[Training]) -> Iterator[None]:
    """`ownvoice clean` leaves these weights alone, and what is being saved under their name."""
    with contextlib.ExitStack() as holding:
        for training in trainings:
            holding.enter_context(shared(weights_lock(artifacts_folder(), training.key)))
        yield


@contextlib.contextmanager
def only_step(step: Step, key: str) -> Iterator[None]:
    """A run of another experiment may be at the very same step: the baseline's answers, or the same weights elsewhere.

    A result that is stored needs no lock. Who waits gives its device back: the holder may need it once more.
    """
    if find_stored(key) is not None:
        yield
        return
    session = current_session()
    what = f"{step.name}, the same in another run,"
    with only_one(f"step-{key}", tell, what, before_waiting=session.give_device_back):
        yield


@contextlib.contextmanager
def device_for_this_run() -> Iterator[None]:
    """What has a turn at the device gives it back at the end, with its model: the next run may be waiting."""
    try:
        yield
    finally:
        current_session().give_device_back()


def plan_descents(trainings: Iterable[Training]) -> dict[str, Descent]:
    """By the trainings' ids the rungs that each may take here, and what each saves: all of them find room at once.

    Memory is looked at once the device is this run's: what a run that had it held is free by then, and nothing that
    fits afterwards is refused.

    Raises:
        ConfigError: the training wants more GPUs than there are.
        DiskRefused, MemoryRefused: nothing fits, and nothing was loaded.
    """
    descents, taken = {}, 0
    for training in trainings:
        descent = descents[training.id] = _plan_descent(training, taken)
        if not is_stored(training.key):
            taken += descent.saves(descent.rungs[0])[0].bytes
    return descents


def _plan_descent(training: Training, taken: int) -> Descent:
    demand, room = training.demand, room_for(weights_folder(), taken)
    disk = plan_saves(demand, possible_rungs(demand, find_hardware(likely_device())), room)
    if is_stored(training.key):
        return descent_of(_memory_plan(training, 0), disk)
    require_devices(demand.processes, likely_device())
    require_room(disk, demand)
    current_session().take_turn(Reporter("wait-for-the-device"))
    memory = _memory_plan(training, current_session().worker.resident_bytes)
    require_fit(memory, render_plan(memory))
    return descent_of(memory, disk)


def _memory_plan(training: Training, worker_bytes: int) -> MemoryPlan:
    """The plan for what is free now, and for what this run's worker holds already."""
    device = likely_device()
    held = 0 if device == "cuda" else worker_bytes
    return plan_memory(training.demand, free_memory(device, held), device)
