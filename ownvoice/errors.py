"""The errors a person sees, each with what was found, what was expected and what to do.

OwnvoiceError                 printed without a traceback
├── UserMistake               the config, the essays or the command line; exit code 2, never retried
│   ├── ConfigError
│   ├── PairsError            carries every problem of the set
│   ├── ModelUnavailable      unknown, gated, without safetensors, or with a wrong hash
│   ├── MemoryRefused         no memory setting that the config allows fits; told before loading
│   ├── VoiceError            carries every problem of the texts
│   ├── DiskRefused           no way of saving that the config allows fits the disk; told before training
│   ├── BlindTestError        a blind test that can't be held as asked, or answers to one that can't be taken in
│   └── LogbookError
└── RunFailed                 the run itself; exit code 1, leaves a record
    ├── NetworkUnavailable    a download that may pass on a second try
    ├── ServerUnavailable     no Prefect server could be reached or started
    ├── WorkerFailed          the worker reported a bug of ours, with its traceback
    ├── WorkerDied            the worker ended without an answer (killed, crashed)
    ├── OutOfMemory
    ├── DiskFull              a disk filled while something was written; what was there before is still there
    ├── NonFiniteLoss
    └── RunsFailed            runs of a series; the others are in its entry
"""

from __future__ import annotations

NAMES_SHOWN = 10


class OwnvoiceError(Exception):
    """Base of every error that is shown without a traceback."""

    exit_code = 1

    def __init__(self, found: str, expected: str = "", remedy: str = "") -> None:
        self.found, self.expected, self.remedy = found, expected, remedy
        super().__init__(found, expected, remedy)  # the arguments, so that pickling round-trips

    def __str__(self) -> str:
        lines = [self.found]
        if self.expected:
            lines.append(f"expected: {self.expected}")
        if self.remedy:
            lines.append(f"do:       {self.remedy}")
        return "\n".join(lines)


class UserMistake(OwnvoiceError):
    exit_code = 2


class ConfigError(UserMistake):
    """A config that can't be read or doesn't hold together."""


class PairsError(UserMistake):
    """A set of essays with problems; `found` lists all of them, one a line."""


class ModelUnavailable(UserMistake):
    """A model that can't be had as asked."""


class MemoryRefused(UserMistake):
    """No rung that the config allows fits the memory; `found` carries the table."""


class VoiceError(UserMistake):
    """Texts that the voice can't be measured on; `found` lists all problems, one a line."""


class DiskRefused(UserMistake):
    """The trained weights would not fit the disk, however the config allows them to be saved."""


class BlindTestError(UserMistake):
    """A blind test that can't be held as asked, or answers that can't be taken in; `found` lists all problems, one a line."""


class LogbookError(UserMistake):
    """A logbook that a run can't be added to without losing what is in it."""


class RunFailed(OwnvoiceError):
    exit_code = 1


class NetworkUnavailable(RunFailed):
    """A download that broke off or found no network; worth a second try."""


class ServerUnavailable(RunFailed):
    """No Prefect server could be reached or started."""


class WorkerFailed(RunFailed):
    """The worker raised an error of its own."""


class WorkerDied(RunFailed):
    """The worker process ended without an answer."""


class OutOfMemory(RunFailed):
    """The device or the machine had too little memory."""


class DiskFull(RunFailed):
    """A disk filled up during a write; nothing half written is left under its name."""


class NonFiniteLoss(RunFailed):
    """The loss or a gradient was not a number; nothing was learned."""


class RunsFailed(RunFailed):
    """Runs of a series that failed; what the others reached is in the series' entry."""


def shown_names(names: list[str]) -> str:
    """As an error names many things: the first ten, and how many more there are."""
    more = len(names) - NAMES_SHOWN
    return ", ".join(names[:NAMES_SHOWN]) + (f" and {more} more" if more > 0 else "")
