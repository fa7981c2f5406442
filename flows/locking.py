"""One process at a time for one experiment; the kernel drops the lock when its holder dies."""

from __future__ import annotations

import contextlib
import fcntl
from collections.abc import Callable, Iterator

from ownvoice.workspace import artifacts_folder


@contextlib.contextmanager
def only_one(experiment_key: str, say: Callable[[str], None]) -> Iterator[None]:
    """Wait while another process runs the same experiment; what it finished then comes from the cache."""
    path = artifacts_folder() / "locks" / f"{experiment_key}.lock"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("The same experiment is running already: waiting for it, its steps will come from the cache.")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield
