"""Runs the steps of one flow: each under its cache key, timed, and shown to whoever follows."""

from __future__ import annotations

import json
import time
from typing import Any, ParamSpec, TypeVar

from prefect import State, Task
from prefect.client.schemas.objects import TaskRun

from ownvoice.errors import DiskFull, NetworkUnavailable, OutOfMemory, WorkerDied
from ownvoice.places import results_folder
from ownvoice.records import StepReport
from ownvoice.run.session import current_session
from tasks.results import CheckedJSON

P = ParamSpec("P")
R = TypeVar("R")


class Steps:
    """The steps so far; `current` is the one that a failure belongs to."""

    def __init__(self) -> None:
        self.reports: list[StepReport] = []
        self.current = ""

    def run(self, step: Task[P, R], key: str, *args: P.args, **kwargs: P.kwargs) -> R:
        """Run a task or take its result from the cache.

        Raises:
            Whatever the task raised, after its retries.
        """
        session = current_session()
        self.current = str(step.name)
        started, waited = time.monotonic(), session.waited_seconds
        state: State[R] = _cached_under(key, step)(*args, **kwargs, return_state=True)
        result: Any = state.result()
        seconds = time.monotonic() - started - (session.waited_seconds - waited)
        report = StepReport(name=self.current, seconds=round(seconds, 3), cached=state.name == "Cached")
        self.reports.append(report)
        session.display.finished(report)
        if not report.cached and not _is_kept(key):
            session.display.say(
                f"{self.current}: its result could not be kept (see the free space); a rerun does it again"
            )
        return result  # type: ignore[no-any-return]


def _cached_under(key: str, step: Task[P, R]) -> Any:
    return step.with_options(
        cache_key_fn=lambda *_: key,
        result_storage=results_folder(),
        result_serializer=CheckedJSON(),
        persist_result=True,
    )


def _is_kept(key: str) -> bool:
    """Prefect only logs that a result could not be written, and leaves half of it: that goes."""
    file = results_folder() / key
    try:
        json.loads(file.read_bytes())
    except FileNotFoundError:
        return False
    except ValueError:
        file.unlink(missing_ok=True)
        return False
    return True


def retry_network(_task: Task[..., Any], _run: TaskRun, state: State[Any]) -> bool:
    """A download may pass on a second try; nothing else does."""
    return isinstance(state.result(raise_on_failure=False), NetworkUnavailable)


def retry_training(_task: Task[..., Any], run: TaskRun, state: State[Any]) -> bool:
    """As retry_with_less; and a full disk where an adapter is left, which takes less of it."""
    error, descent = state.result(raise_on_failure=False), current_session().descent
    if isinstance(error, DiskFull):
        return descent is not None and run.run_count < len(descent.rungs)
    return isinstance(error, OutOfMemory | WorkerDied)


def retry_with_less(_task: Task[..., Any], _run: TaskRun, state: State[Any]) -> bool:
    """Out of memory, or a worker that was killed (as the kernel does when memory runs out); nothing else."""
    return isinstance(state.result(raise_on_failure=False), OutOfMemory | WorkerDied)
