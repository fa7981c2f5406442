"""What every command's output shares: the width of the terminal, and JSON."""

from __future__ import annotations

import shutil

from pydantic import BaseModel

USUAL_WIDTH = 80


def terminal_width() -> int:
    """Columns; as usual where there is no terminal, and as `COLUMNS` says where that is set."""
    return shutil.get_terminal_size((USUAL_WIDTH, 24)).columns


def as_json(printed: BaseModel) -> str:
    """For programs; what is not a number becomes null, for JSON has no such value."""
    return printed.model_dump_json(indent=2)
