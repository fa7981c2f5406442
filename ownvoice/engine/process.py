"""Runs the worker process: it reads requests, holds torch and one model, and answers.

Run as `python -m ownvoice.engine.process`. Its standard input and output are the line to the parent;
whatever libraries print goes to standard error.
"""

from __future__ import annotations

import contextlib
import logging
import os
import queue
import threading
import time
import traceback
from collections.abc import Iterator
from pathlib import Path

from ownvoice.errors import OutOfMemory, OwnvoiceError, WorkerFailed
from ownvoice.files import disk_full, is_disk_full
from ownvoice.records.training import Look
from ownvoice.worker.messages import REQUEST, Done, Failed, Looked, Message, Progress, Request

OUT_OF_MEMORY_EXIT = 86
SECONDS_BETWEEN_REPORTS = 0.5


class Line:
    """The line to the parent: JSON lines out, requests in, the end of the parent noticed at once."""

    def __init__(self) -> None:
        self._out = os.dup(1)
        os.dup2(2, 1)  # a library's print must not break the protocol
        self._last_report = 0.0
        self._requests: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        threading.Thread(target=self._read, daemon=True).start()

    def requests(self) -> Iterator[Request]:
        while True:
            yield REQUEST.validate_json(self._requests.get())

    def report(self, progress: Progress) -> None:
        """Send a progress message, at most one every half second, and always the last of its kind and what carries text."""
        now = time.monotonic()
        is_due = now - self._last_report >= SECONDS_BETWEEN_REPORTS
        if is_due or progress.text or progress.done == progress.total:
            self._last_report = now
            self.send(progress)

    def send_look(self, look: Look) -> None:
        self.send(Looked(look=look))

    def send(self, message: Message) -> None:
        data = memoryview(message.model_dump_json().encode() + b"\n")
        while data:
            data = data[os.write(self._out, data) :]

    def give_up(self, error: OwnvoiceError) -> None:
        """From another thread, where the one that answers waits for what will never come."""
        self.send(failure(error))
        os._exit(1)

    def _read(self) -> None:
        pending = b""
        while chunk := os.read(0, 1 << 16):
            *lines, pending = (pending + chunk).split(b"\n")
            for line in lines:
                self._requests.put(line)
        os._exit(0)  # the parent is gone or wants no more: nothing here is worth finishing


def main() -> None:
    line = Line()
    be_the_first_to_go()
    _log_to_standard_error()
    from ownvoice.engine.engine import Workbench  # noqa: PLC0415 - torch: after the reader listens
    from ownvoice.engine.out_of_memory import is_out_of_memory  # noqa: PLC0415

    workbench = Workbench(line.report, line.send_look, line.give_up)
    for request in line.requests():
        try:
            line.send(Done(result=workbench.answer(request)))
        except Exception as error:  # noqa: BLE001 - the process boundary: the parent raises it again
            line.send(failure(error))
            if is_out_of_memory(error):
                os._exit(OUT_OF_MEMORY_EXIT)


def failure(error: Exception) -> Failed:
    """What the parent is told; to be called where the error was caught."""
    told = _told(error)
    return Failed(error=type(told).__name__, found=told.found, expected=told.expected, remedy=told.remedy)


def _told(error: Exception) -> OwnvoiceError:
    from ownvoice.engine.out_of_memory import is_out_of_memory  # noqa: PLC0415 - torch

    if isinstance(error, OwnvoiceError):
        return error
    if is_out_of_memory(error):
        return _out_of_memory(error)
    return disk_full(error, "a file") if is_disk_full(error) else WorkerFailed(traceback.format_exc().strip())


def _out_of_memory(error: BaseException) -> OutOfMemory:
    said = str(error).strip().splitlines()[0][:300] if str(error).strip() else type(error).__name__
    return OutOfMemory(
        f"out of memory: {said}",
        "memory for the model, its gradients and the optimizer's states",
        "close other programs, take a smaller model (`ownvoice models`), or set training.method=lora",
    )


def _log_to_standard_error() -> None:
    """What is ours; the parent passes it on to the run's log."""
    own = logging.getLogger("ownvoice")
    own.addHandler(logging.StreamHandler())
    own.setLevel(logging.INFO)
    own.propagate = False


def be_the_first_to_go() -> None:
    """When memory runs out the kernel should end this process, not the flow that records it."""
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("500")


if __name__ == "__main__":
    main()
