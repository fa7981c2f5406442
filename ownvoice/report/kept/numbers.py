"""Remembers the highest number of runs and of series that was ever given, so that none is given twice.

artifacts/numbers.json     {"run": 7, "series": 2}

Folders and the logbook tell it as well, as long as nobody removes them.
"""

from __future__ import annotations

import json
from pathlib import Path

from ownvoice.files import write_atomically
from ownvoice.parsing import json_of
from ownvoice.report.log.blocks import Of

NUMBERS_NAME = "numbers.json"


def last_number(artifacts: Path, of: Of) -> int:
    """0 where none is known."""
    return _numbers(artifacts).get(of, 0)


def note_number(artifacts: Path, of: Of, number: int) -> None:
    """The caller holds the logbook's lock."""
    known = _numbers(artifacts)
    if number > known.get(of, 0):
        write_atomically(artifacts / NUMBERS_NAME, json.dumps(known | {of: number}) + "\n")


def _numbers(artifacts: Path) -> dict[str, int]:
    """A file that was damaged tells nothing."""
    try:
        read = json_of((artifacts / NUMBERS_NAME).read_bytes())
        return {name: int(number) for name, number in read.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}
