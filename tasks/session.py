"""What the steps of one flow share: the worker, and where progress is shown. It knows nothing of Prefect."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator
from contextvars import ContextVar
from typing import Protocol

from ownvoice.records import Attempt, StepReport
from ownvoice.requests import Progress
from ownvoice.worker import Worker

LOGGER = logging.getLogger(__name__)


class Display(Protocol):
    """Where a person follows the run: the terminal, or nothing but Prefect's log."""

    def progress(self, progress: Progress) -> None: ...
    def finished(self, report: StepReport) -> None: ...
    def say(self, sentence: str) -> None: ...


class SilentDisplay:
    """For served runs: the Prefect UI shows the steps, so only sentences go to the log."""

    def progress(self, progress: Progress) -> None:
        pass

    def finished(self, report: StepReport) -> None:
        pass

    def say(self, sentence: str) -> None:
        LOGGER.info(sentence)


class Session:
    """One worker, started at the first call that isn't cached, and one display."""

    def __init__(self, worker: Worker, display: Display) -> None:
        self.worker = worker
        self.display = display
        self.attempts: list[Attempt] = []
        """At the training, in order."""


_CURRENT: ContextVar[Session | None] = ContextVar("ownvoice_session", default=None)


def current_session() -> Session:
    """The session of the running flow."""
    session = _CURRENT.get()
    assert session is not None, "a step ran outside of a session"
    return session


@contextlib.contextmanager
def open_session(display: Display | None = None) -> Iterator[Session]:
    """The session that the command line opened, or a new one; who opens it ends the worker."""
    if existing := _CURRENT.get():
        yield existing
        return
    with Worker() as worker:
        token = _CURRENT.set(Session(worker, display or SilentDisplay()))
        try:
            yield current_session()
        finally:
            _CURRENT.reset(token)
