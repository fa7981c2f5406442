"""Holds what the steps of one flow share: the worker, and where progress is shown. It knows nothing of Prefect."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from contextvars import ContextVar
from typing import Protocol

from ownvoice.errors import WorkerDied
from ownvoice.memory.plan import Descent
from ownvoice.records.run import StepReport
from ownvoice.records.training import Attempt
from ownvoice.run.countdown import Countdown
from ownvoice.run.depot import open_depot
from ownvoice.worker.client import Worker
from ownvoice.worker.messages import OnLook, Progress, Report, Request, Result, TurnRequest, ignore_look


class Display(Protocol):
    """Where a person follows the run: the terminal, or nothing but Prefect's log."""

    def progress(self, progress: Progress) -> None: ...
    def finished(self, report: StepReport) -> None: ...
    def say(self, sentence: str) -> None: ...


class SilentDisplay:
    """For served runs: the Prefect UI shows the steps, and whatever is said stands in the run's log there."""

    def progress(self, progress: Progress) -> None:
        pass

    def finished(self, report: StepReport) -> None:
        pass

    def say(self, sentence: str) -> None:
        pass


class Session:
    """One worker, started at the first call that isn't cached, and one display."""

    def __init__(self, worker: Worker, display: Display) -> None:
        self.worker = worker
        self.display = display
        self.depot = open_depot(display.say)
        """What several machines share; None where there is none."""
        self.attempts: list[Attempt] = []
        """At the training that goes on, in order."""
        self.descent: Descent | None = None
        """The rungs of the training that goes on; a full disk takes some out."""
        self.run_name = ""
        """What other runs are told that wait for the device."""
        self.countdown: Countdown | None = None
        """Of the run that goes on; None until its plan is made."""
        self.run_artifact: object = None
        """Where Prefect's UI shows how far the run is; None until it does."""
        self.expected_runs: tuple[float | None, ...] = ()
        """Seconds of the runs of the series that is running, in order; None where nobody knows."""
        self.later_runs: float | None = None
        """Seconds that the runs after this one are expected to take; None outside of a series."""
        self.waited_seconds = 0.0
        self._turn_of: int | None = None

    def begin_run(self) -> None:
        """Of a series' several, the next."""
        self.waited_seconds, self.countdown, self.run_artifact = 0.0, None, None

    def begin_training(self, descent: Descent) -> None:
        """What follows are attempts at this training."""
        self.attempts, self.descent = [], descent

    def call(self, request: Request, report: Report, on_look: OnLook = ignore_look) -> Result | None:
        """Ask the worker, once it is this run's turn at the device."""
        self.take_turn(report)
        return self.worker.call(request, report, on_look)

    def take_turn(self, report: Report) -> None:
        """Wait until no other run uses the device; a worker that was started anew waits anew."""
        self.worker.start()
        if self._turn_of == self.worker.pid:
            return
        wait = _Wait(report)
        try:
            self.worker.call(TurnRequest(run=self.run_name), wait)
        finally:
            self.waited_seconds += wait.seconds
        self._turn_of = self.worker.pid

    def give_device_back(self) -> None:
        """With the model; the worker itself lives on for the session's next run."""
        if self.worker.pid is not None and self._turn_of == self.worker.pid:
            with contextlib.suppress(WorkerDied):  # killed since its last answer: the kernel has given it back
                self.worker.call(TurnRequest(take=False), self.display.progress)
        self._turn_of = None


class _Wait:
    """Passes on what the worker says of its wait, and times it from the first word."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._since: float | None = None

    def __call__(self, progress: Progress) -> None:
        self._since = self._since or time.monotonic()
        self._report(progress)

    @property
    def seconds(self) -> float:
        return time.monotonic() - self._since if self._since else 0.0


_CURRENT: ContextVar[Session | None] = ContextVar("ownvoice_session", default=None)


def current_session() -> Session:
    """The session of the running flow."""
    session = _CURRENT.get()
    assert session is not None, "a step ran outside of a session"
    return session


@contextlib.contextmanager
def open_session(display: Display | None = None) -> Iterator[Session]:
    """The session that the command line opened, or a new one; who opens it ends the worker.

    Raises:
        ConfigError: the URL of the depot means nothing here.
    """
    if existing := _CURRENT.get():
        yield existing
        return
    with Worker() as worker:
        token = _CURRENT.set(Session(worker, display or SilentDisplay()))
        try:
            yield current_session()
        finally:
            _CURRENT.reset(token)
