"""Keeps the looks of a training that goes on, so that one that is killed need not take them again.

    artifacts/cache/looks/<training's key>/<memory setting>/<epoch>.json

Another memory setting rounds otherwise, so its looks are its own. Once the training is done its result holds them.
"""

from __future__ import annotations

import contextlib
import re
import shutil
from pathlib import Path

from pydantic import ValidationError

from ownvoice.errors import DiskFull
from ownvoice.files import write_atomically
from ownvoice.paths import looks_folder
from ownvoice.records.training import Look


class KeptLooks:
    """Of one training at one memory setting."""

    def __init__(self, key: str, rung: str) -> None:
        self._all = looks_folder() / key
        self._folder = self._all / (re.sub(r"[^a-z0-9]+", "-", rung.lower()).strip("-") or "rung")

    def read(self) -> tuple[Look, ...]:
        """Those that can be read, by epoch."""
        looks = (_read(file) for file in self._folder.glob("*.json"))
        return tuple(sorted((look for look in looks if look), key=lambda look: look.epoch))

    def keep(self, look: Look) -> None:
        """A training is not lost to a look that can't be written: its result holds it all the same."""
        with contextlib.suppress(OSError, DiskFull):
            self._folder.mkdir(parents=True, exist_ok=True)
            write_atomically(self._folder / f"{look.epoch}.json", look.model_dump_json())

    def forget(self) -> None:
        """Of every memory setting."""
        shutil.rmtree(self._all, ignore_errors=True)


def _read(file: Path) -> Look | None:
    try:
        return Look.model_validate_json(file.read_bytes())
    except (OSError, ValidationError):
        return None
