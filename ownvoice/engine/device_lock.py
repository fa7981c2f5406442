"""Lets one run at a time use a device: by a lock file for each device of this machine, held by the worker itself.

The kernel frees the lock when the process that owns the memory dies, however it dies. Who holds it stands in the
file, for those that wait; the lock and not the text decides.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

from pydantic import ValidationError

from ownvoice.errors import ConfigError
from ownvoice.frozen import Frozen

# A look costs 20 microseconds. Short beside a wait, and longer than the moment in which a holder retakes its turn.
SECONDS_BETWEEN_LOOKS = 0.25


class Holder(Frozen):
    """Who holds a device."""

    run: str
    pid: int
    since: str

    def in_words(self) -> str:
        """'Run 7 (smoke-test, smollm2-135m), process 4711 since 06:41 UTC'."""
        return f"{self.run or 'another worker'}, process {self.pid} since {self.since}"


class DeviceTurn:
    """One process's turn at a device: `shown` is its name for a person ('gpu:0'), `key` one that no other device has."""

    def __init__(self, shown: str, key: str, folder: Path) -> None:
        self._shown = shown
        self._path = folder / f"{key}.lock"
        self._file: TextIO | None = None

    @property
    def held(self) -> bool:
        return self._file is not None

    def take(self, run: str, tell: Callable[[str], None]) -> None:
        """Return once this process holds the device; `tell` gets a sentence at first and when the holder changes.

        Raises:
            ConfigError: there can be no lock file.
        """
        if self.held:
            return
        file, told = self._open(), ""
        while not _locked(file):
            sentence = f"waiting for {self._shown}, held by {_holder_in(file)}"
            if sentence != told:
                tell(sentence)
                told = sentence
            time.sleep(SECONDS_BETWEEN_LOOKS)
        self._file = file
        _write_holder(file, Holder(run=run, pid=os.getpid(), since=datetime.now(UTC).strftime("%H:%M UTC")))

    def _open(self) -> TextIO:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            return self._path.open("a+")
        except OSError as error:
            raise ConfigError(
                f"{self._path}: {error.strerror}",
                "a folder for the lock of each device, the same for all runs on this machine",
                "set OWNVOICE_LOCKS to a folder that can be written",
            ) from None

    def give_back(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None


def _locked(file: TextIO) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _holder_in(file: TextIO) -> str:
    """The text may be half written, or that of a holder before: a name that is not known is not guessed."""
    try:
        file.seek(0)
        return Holder.model_validate_json(file.read()).in_words()
    except (ValidationError, ValueError):
        return "another process"


def _write_holder(file: TextIO, holder: Holder) -> None:
    with contextlib.suppress(OSError):  # a full disk: the lock holds all the same
        file.truncate(0)
        file.write(holder.model_dump_json())
        file.flush()
