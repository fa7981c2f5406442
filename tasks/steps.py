"""Runs the steps of one flow: each under its cache key, timed, and shown to whoever follows."""

from __future__ import annotations

import time
from typing import Any, Literal, ParamSpec, TypeVar

from prefect import State, Task
from prefect.client.schemas.objects import TaskRun
from prefect.serializers import Serializer
from pydantic import Field

from ownvoice.errors import DiskFull, NetworkUnavailable, OutOfMemory, WorkerDied
from ownvoice.parsing import json_of
from ownvoice.paths import results_folder
from ownvoice.records.run import StepReport
from ownvoice.run.session import current_session
from ownvoice.run.shared_results import fetch_result, made_elsewhere, share_result
from ownvoice.run.stored import SERIALIZER, as_stored, from_stored
from tasks.reporting import tell

P = ParamSpec("P")
R = TypeVar("R")


class CheckedJSON(Serializer):
    """Results as `ownvoice.run.stored` has them; Prefect takes an error on reading as a miss."""

    type: Literal["ownvoice"] = Field(default=SERIALIZER, frozen=True)

    def dumps(self, obj: Any) -> bytes:
        return as_stored(obj)

    def loads(self, blob: bytes) -> Any:
        return from_stored(blob)


class Steps:
    """The steps so far; `current` is the one that a failure belongs to."""

    def __init__(self) -> None:
        self.reports: list[StepReport] = []
        self.current = ""

    def run(self, step: Task[P, R], key: str, *args: P.args, **kwargs: P.kwargs) -> R:
        """Run a task or take its result from the cache, where the depot's result comes to lie as well.

        Raises:
            Whatever the task raised, after its retries.
        """
        session = current_session()
        self.current = str(step.name)
        started, waited = time.monotonic(), session.waited_seconds
        fetch_result(session.depot, key)
        state: State[R] = _cached_under(key, step)(*args, **kwargs, return_state=True)
        result: Any = state.result()
        seconds = time.monotonic() - started - (session.waited_seconds - waited)
        cached = state.name == "Cached"
        made_on = made_elsewhere(key) if cached else ""
        report = StepReport(name=self.current, seconds=round(seconds, 3), cached=cached, made_on=made_on)
        self.reports.append(report)
        session.display.finished(report)
        if not cached:
            share_result(session.depot, key, result)
            if not _is_kept(key):
                tell(f"{self.current}: its result could not be kept (see the free space); a rerun does it again")
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
        json_of(file.read_bytes())
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
    """As retry_with_less, as long as there is a further memory setting; and a full disk where one takes less of it."""
    error, descent = state.result(raise_on_failure=False), current_session().descent
    can_pass = isinstance(error, OutOfMemory | WorkerDied | DiskFull)
    return can_pass and descent is not None and run.run_count < len(descent.rungs)


def retry_with_less(_task: Task[..., Any], _run: TaskRun, state: State[Any]) -> bool:
    """Out of memory, or a worker that was killed (as the kernel does when memory runs out); nothing else."""
    return isinstance(state.result(raise_on_failure=False), OutOfMemory | WorkerDied)
