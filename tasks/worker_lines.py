"""Passes on what the worker says on its standard error to the log of the run in Prefect's UI."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterable, Iterator

from prefect.logging import get_run_logger

from ownvoice.markdown import one_line
from ownvoice.records.essays import Pair
from ownvoice.worker.client import Worker
from ownvoice.worker.discretion import Discretion

MOST_AT_ONCE, SECONDS = 20, 10.0
MOST_LINES = 300  # of a run: a library that warns at every step must not fill Prefect's database
LINE_CHARACTERS = 300


@contextlib.contextmanager
def heard(worker: Worker, essays: Iterable[Pair]) -> Iterator[None]:
    """While this run goes on; nothing that the worker says tells what stands in an essay."""
    lines = WorkerLines()
    worker.hear, worker.conceal = lines, Discretion([pair.essay for pair in essays])
    try:
        yield
    finally:
        worker.hear = None
        lines.tell_left_out()


class WorkerLines:
    """Called with each line; so many at once and in all are logged, the others counted."""

    def __init__(self) -> None:
        self._logger = get_run_logger()
        self._logged = self._left_out = self._lately = 0
        self._since = 0.0

    def __call__(self, line: str) -> None:
        now = time.monotonic()
        if now - self._since >= SECONDS:
            self._since, self._lately = now, 0
        if self._lately >= MOST_AT_ONCE or self._logged >= MOST_LINES:
            self._left_out += 1
            return
        self.tell_left_out()
        self._lately += 1
        self._logged += 1
        self._logger.info(f"worker: {one_line(line, LINE_CHARACTERS)}")

    def tell_left_out(self) -> None:
        if self._left_out:
            self._logger.info(f"worker: {self._left_out} more lines")
            self._left_out = 0
