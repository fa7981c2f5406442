"""Starts the worker, the one child process that holds torch, and sends it requests.

The child lives in a session of its own, ends with its parent (its standard input closes), and gives
all of its memory back when it ends, which a caught out-of-memory error does not.
"""

from __future__ import annotations

import contextlib
import os
import shlex
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from typing import IO, NamedTuple, Self

import psutil

from ownvoice import errors
from ownvoice.paths import ROOT
from ownvoice.worker.messages import (
    MESSAGE,
    Done,
    Failed,
    Looked,
    OnLook,
    Progress,
    Report,
    Request,
    Result,
    ignore_look,
)

# glibc gives freed blocks back to the kernel at once and faults them in again at the next step. Keeping those under
# 32 MiB costs little and is fast; keeping all of them lets essays of different lengths tear holes in the heap. 13
# essays, SmolLM2, 2 cores: all kept 5.34 GiB and 2.60 s a step, under 32 MiB 4.04 GiB and 2.77 s, none 3.97 GiB and
# 3.31 s; predicted are 3.8 GiB.
KEEP_FREED_MEMORY = {"MALLOC_MMAP_THRESHOLD_": str(2**25), "MALLOC_TRIM_THRESHOLD_": str(2**34)}
# Big blocks in pages of 2 MiB, where the kernel offers them (madvise): a step of SmolLM2 faults in 6 GB otherwise. The
# first step of a training took 5.5 s of processor time instead of 9.6, a step at the bf16 rung 7.3 instead of 8.2.
HUGE_PAGES = {"GLIBC_TUNABLES": "glibc.malloc.hugetlb=1"}
# torch's threads wait for each other by spinning, libgomp's default of 300,000 turns long. Where another program holds
# one of 2 cores, the spinning keeps out the very thread that is waited for: a 600-token step of SmolLM2 took 26 s so.
# At 4,000 turns it takes 3.3 s, and alone on the machine 1.8 s as before; at 1,000 alone 2.1 s.
SHARE_THE_PROCESSOR = {"GOMP_SPINCOUNT": "4000"}
# CUDA's own order is the fastest first; nvidia-smi, which the planner asks, goes by the slot.
SAME_FIRST_GPU = {"CUDA_DEVICE_ORDER": "PCI_BUS_ID"}
# The worker reads local folders only, so nothing in it may reach for a network or report home.
NO_NETWORK = {"HF_HUB_OFFLINE": "1", "HF_HUB_DISABLE_TELEMETRY": "1", "DO_NOT_TRACK": "1"}
QUIET = {"TRANSFORMERS_VERBOSITY": "error", "TOKENIZERS_PARALLELISM": "false", "HF_HUB_DISABLE_PROGRESS_BARS": "1"}
GRACE_SECONDS = 3.0
COMPLAINTS_AT_ONCE = 2**16


class _Child(NamedTuple):
    process: subprocess.Popen[bytes]
    requests: IO[bytes]
    messages: IO[bytes]
    complaints: IO[bytes]
    """Its standard error, kept for its last words."""


Hear = Callable[[str], None]


class Worker:
    """Starts the child at the first call, keeps it between calls, ends it on `close`.

    `OWNVOICE_WORKER` replaces the command: a wrapper such as `nice`, or a test's fake.
    """

    def __init__(self, command: tuple[str, ...] | None = None) -> None:
        self._command = command or worker_command()
        self._child: _Child | None = None
        self._stopped = False
        self.hear: Hear | None = None
        """Gets the lines of its standard error, while it is asked something; None leaves them for a later one."""
        self.conceal: Callable[[str], str] = str
        """Goes over whatever it says in its own words, line by line."""
        self._heard_bytes = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def pid(self) -> int | None:
        return self._child.process.pid if self._child else None

    @property
    def resident_bytes(self) -> int:
        """Memory that is the child's alone: what it holds already counts in a plan for it; 0 where there is none."""
        if self._child is None:
            return 0
        try:
            memory = psutil.Process(self._child.process.pid).memory_info()
        except psutil.Error:
            return 0
        return int(memory.rss - getattr(memory, "shared", 0))

    def start(self) -> None:
        """Start the child and return at once; it loads torch meanwhile."""
        self._begin()

    def call(self, request: Request, report: Report, on_look: OnLook = ignore_look) -> Result | None:
        """Send one request, hand each progress message to `report` and each look to `on_look`, return the answer.

        Raises:
            OutOfMemory, DiskFull, NonFiniteLoss, WorkerFailed: what the child reported.
            WorkerDied: the child ended without an answer.
        """
        if self._stopped:
            raise KeyboardInterrupt
        child = self._begin()
        try:
            child.requests.write(request.model_dump_json().encode() + b"\n")
            child.requests.flush()
            for line in child.messages:
                self._pass_on_complaints(child)
                message = MESSAGE.validate_json(line)
                if isinstance(message, Progress):
                    report(message)
                elif isinstance(message, Looked):
                    on_look(message.look)
                elif isinstance(message, Done):
                    return message.result
                else:
                    raise self._error_of(message)
        except BrokenPipeError:
            pass  # told below, with the reason
        except Exception:
            raise
        except BaseException:  # Ctrl-C, and what Prefect raises where it is told to end (SIGTERM, a cancel in its UI)
            self.close()
            raise
        if self._stopped:
            self.close()
            raise KeyboardInterrupt
        raise self._died(child)

    def stop(self) -> None:
        """End the child from a signal handler: whoever waits for its answer, now or later, gets KeyboardInterrupt.

        A handler that only raises is not enough: the exception is lost where it strikes in a library's clean-up, and the
        wait goes on.
        """
        self._stopped = True
        if self._child is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._child.process.pid, signal.SIGTERM)

    def close(self) -> None:
        """End the child and its group: close its input, TERM, wait, KILL."""
        child, self._child = self._child, None
        if child is None:
            return
        with contextlib.suppress(BrokenPipeError):
            child.requests.close()
        _end_group(child.process)
        child.messages.close()
        child.complaints.close()

    def _begin(self) -> _Child:
        if self._child is None:
            self._child, self._heard_bytes = _start(self._command), 0
        return self._child

    def _pass_on_complaints(self, child: _Child) -> None:
        """Whole lines, or as much of a very long one. `pread` leaves the place in the file, at which the child writes."""
        if self.hear is None:
            return
        said = os.pread(child.complaints.fileno(), COMPLAINTS_AT_ONCE, self._heard_bytes)
        end = said.rfind(b"\n") + 1
        whole = said[:end] if end or len(said) < COMPLAINTS_AT_ONCE else said
        self._heard_bytes += len(whole)
        for line in filter(None, whole.decode(errors="replace").splitlines()):
            self.hear(self.conceal(line))

    def _error_of(self, message: Failed) -> errors.OwnvoiceError:
        kind = getattr(errors, message.error)
        if issubclass(kind, errors.OutOfMemory | errors.WorkerDied):
            self.close()  # its memory comes back only with its end; and one that shared its training is alone now
        found = "\n".join(map(self.conceal, message.found.split("\n")))
        error: errors.OwnvoiceError = kind(found, message.expected, message.remedy)
        return error

    def _died(self, child: _Child) -> errors.WorkerDied:
        code = child.process.wait()
        self._pass_on_complaints(child)
        child.complaints.seek(0)
        last_words = child.complaints.read().decode(errors="replace").strip().splitlines()[-5:]
        self.close()
        return errors.WorkerDied(
            f"the worker {how_it_ended(code)}" + "".join(f"\n  {line}" for line in map(self.conceal, last_words)),
            "an answer from the worker",
            RUN_AGAIN,
        )


RUN_AGAIN = "run the same command again: finished steps come from the cache"


def how_it_ended(code: int) -> str:
    """'was killed by SIGKILL (the kernel does this when memory runs out)', from a process's exit code."""
    how = f"was killed by {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"
    return how + (" (the kernel does this when memory runs out)" if code == -signal.SIGKILL else "")


def worker_command() -> tuple[str, ...]:
    """`OWNVOICE_WORKER`, split as a shell does, or our own worker process."""
    replaced = replaced_worker()
    return tuple(shlex.split(replaced)) if replaced else (sys.executable, "-m", "ownvoice.engine.process")


def replaced_worker() -> str:
    """The command that stands in the place of our own worker, empty where none does: results are cached for each."""
    return os.environ.get("OWNVOICE_WORKER", "").strip()


def _start(command: tuple[str, ...]) -> _Child:
    complaints = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the child
    process = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=complaints,
        cwd=ROOT,
        env={
            **KEEP_FREED_MEMORY,
            **HUGE_PAGES,
            **SHARE_THE_PROCESSOR,
            **SAME_FIRST_GPU,
            **os.environ,
            **NO_NETWORK,
            **QUIET,
        },
        start_new_session=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    return _Child(process, process.stdin, process.stdout, complaints)


def _end_group(process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + GRACE_SECONDS
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    while process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.02)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
